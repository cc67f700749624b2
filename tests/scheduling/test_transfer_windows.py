"""A line that only moves data is held for its hours, at the beginning of the window, and not for all that the compute has."""

from datetime import timedelta
from uuid import UUID

import pytest

from kernel.clock import now
from kernel.models import Claim
from scheduling.models import Selection
from tests.aggregation.supply import made
from tests.scheduling.live import chosen, open_market
from tests.support.cast import World

pytestmark = pytest.mark.django_db
SCENE = open_market


def test_the_spans_are_held_for_the_transfer_and_the_machines_for_all_of_it(world: World) -> None:
    start = (now() + timedelta(days=60)).replace(microsecond=0)
    wish = {"transfer": {"volume_gb": "1000", "within_hours": 5}, "bandwidth_mbps": None}
    choice = chosen(world.ben, duration_hours=100, starts_at=start.isoformat(), **wish)
    terms = Selection.objects.get(id=choice["id"]).terms[0]
    hours = float(terms["line_terms"]["hours"])
    assert hours <= 5
    held = made(world.ben.post("/api/v1/holds", {"selection": choice["id"], "bundle": 0}))
    periods = {
        claim.resource_id: (claim.period.lower, claim.period.upper)
        for claim in Claim.objects.filter(bundle=held["id"])
        if claim.period
    }
    whole, moving = (start, start + timedelta(hours=100)), (start, start + timedelta(hours=hours))
    assert periods.pop(UUID(terms["pool"])) == whole
    assert set(periods) == {UUID(each) for each in terms["spans"]}
    assert set(periods.values()) == {moving}
    assert len(set(Claim.objects.filter(bundle=held["id"]).values_list("expires_at"))) == 1
