"""A demand without a start needs its term, not all time to come: what is booked far ahead leaves it room, and is not oversold."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from aggregation.models import Offer
from kernel.clock import now
from kernel.domain.windows import Window
from kernel.errors import SoldOut
from kernel.ids import new_id
from kernel.models import Capacity, Claim
from kernel.selectors.capacity import first_end, free_over
from kernel.services.capacity import confirm, cut, release
from kernel.services.regrants import bound
from scheduling.domain.demand import Demand
from scheduling.domain.engine.selection import lines_of, select
from scheduling.domain.engine.wishes import Access, Storage, Wishes, instant
from scheduling.domain.supply.extras import Booked, Extras, Store
from scheduling.domain.supply.supply import Supply
from scheduling.models import Selection
from scheduling.services.access import Placed
from scheduling.services.holds import hold_bundle
from scheduling.services.questions import Question
from scheduling.services.room import with_room
from scheduling.services.supply import refresh_supply
from tests.aggregation.supply import made
from tests.kernel.ledger import declare, hold
from tests.scheduling.live import chosen, first_bundle, open_market
from tests.scheduling.test_wishes import ASKED, DEMAND, town
from tests.support.cast import World

pytestmark = pytest.mark.django_db
SCENE = open_market
MAINTENANCE = "/api/v1/maintenance-windows"
MONTH = 730


def closed(world: World, *, ahead: int, days: int = 20) -> UUID:
    """All machines out of service so many days ahead; the pool."""
    pool = first_bundle(world.ben).pool
    start = now() + timedelta(days=ahead)
    body: dict[str, Any] = {"resource": str(pool), "start": start.isoformat(), "reason": "works"}
    made(world.ada.post(MAINTENANCE, body | {"end": (start + timedelta(days=days)).isoformat()}))
    return pool


def test_what_is_booked_far_ahead_hides_nothing_from_a_month_that_ends_before_it(world: World) -> None:
    pool = closed(world, ahead=365)
    found = chosen(world.ben, duration_hours=MONTH)
    assert found["answer"]["bundles"]
    assert found["answer"]["extras"]
    again = world.ben.post(f"/api/v1/selections/{found['id']}:replay").json()
    assert (again["same_snapshot"], again["same_answer"]) == (True, True)
    held = made(world.ben.post("/api/v1/holds", {"selection": found["id"], "bundle": 0}))
    claim = Claim.objects.get(bundle=held["id"], resource=pool)
    needed = datetime.fromisoformat(found["access"]["needed_until"])
    assert claim.period is not None
    assert claim.period.upper <= needed + timedelta(minutes=1)  # it asks for no more than the selection saw
    row = Capacity.objects.get(resource=pool)
    assert row.standing + row.peak <= row.total or row.over_committed
    spans = Claim.objects.filter(bundle=held["id"]).exclude(resource=pool)
    assert set(spans.values_list("period", flat=True)) == {None}  # where nothing is booked ahead, without end


def test_what_is_booked_within_the_term_hides_it_and_the_start_after_it_is_named_and_held(
    world: World,
) -> None:
    closed(world, ahead=40)
    found = chosen(world.ben, duration_hours=MONTH)
    assert found["answer"]["bundles"] == []
    (later,) = [each for each in found["answer"]["relax"] if each["constraint"] == "starts_at"]
    assert (later["from"], later["admits"] > 0) == (None, True)
    there = chosen(world.ben, duration_hours=MONTH, starts_at=later["to"])
    held = made(world.ben.post("/api/v1/holds", {"selection": there["id"], "bundle": 0}))
    period = Claim.objects.filter(bundle=held["id"]).values_list("period", flat=True)[0]
    assert period is not None
    assert period.lower == datetime.fromisoformat(later["to"])
    for days, named in ((669, True), (671, False)):  # nothing may be booked that ends after 730
        found = chosen(world.ben, duration_hours=24 * days)
        starts = [each["to"] for each in found["answer"]["relax"] if each["constraint"] == "starts_at"]
        assert (found["answer"]["bundles"], len(starts)) == ([], named)
        for start in starts:
            assert chosen(world.ben, duration_hours=24 * days, starts_at=start)["answer"]["bundles"]
    again = world.ben.post(f"/api/v1/selections/{found['id']}:replay").json()
    assert again["same_answer"] is not False


def test_an_offer_that_a_booking_leaves_room_is_asked_beside_one_that_is_free_for_ever() -> None:
    plain = town()

    def asked(*steps: str, demand: Demand = DEMAND, storage: Storage | None = None) -> Question:
        """The two offers of the town, of which a is booked in full at some time; or the storage beside it is, where it is asked for."""
        short = storage is None and bool(steps)
        offers = [
            replace(each, available=0 if short and each.offer == "a" else 2) for each in plain.offers.values()
        ]
        row = Booked("offer", "a", 2, 2, steps) if short else Booked("store", "grey|archive", 2, 2, steps)
        booked = {f"{row.part}|{row.key}": row} if steps else {}
        stores = [
            Store("grey", "archive", Decimal(1), 0 if steps else 2),
            Store("green", "archive", Decimal(1), 2),
        ]
        slow = {key: replace(row, lead_days=9) for key, row in plain.tariffs.items()}
        supply = Supply.build(
            plain.sites.values(),
            plain.spans.values(),
            slow.values(),
            plain.centres.values(),
            offers,
            extras=Extras(booked=booked, stores={f"{each.centre}|archive": each for each in stores}),
        )
        told = {"tariffs": {key: {"lead_in": "calendar"} for key in supply.tariffs}}
        version: Any = SimpleNamespace(supply=supply, told=told)
        return Question(version, ASKED, {}, Placed("s", Access(), {}), demand, Wishes(storage=storage))

    for days, found, storage in (
        (60, ["a", "b"], None),
        (20, ["b"], None),
        (60, ["a", "b"], Storage(2, "archive")),
        (20, ["b"], Storage(2, "archive")),
    ):
        start = ASKED + timedelta(days=days)
        steps = f"{instant(start)}:2", f"{instant(start + timedelta(days=9))}:0"
        question = with_room(asked(*steps, storage=storage))
        lines = lines_of(question.supply, DEMAND, question.wishes)
        answer = select(question.supply, DEMAND, lines)
        assert sorted(each.offer for each in answer.bundles) == found
        assert ("needed_until" in question.placed.shown) == (days == 60)  # what was not asked is not told
    assert with_room(asked()).wishes == Wishes()
    far = ASKED + timedelta(days=60)
    other = replace(DEMAND, centre=replace(DEMAND.centre, exclude=(plain.offers["a"].centre,)))
    whom_it_does_not_help = asked(f"{instant(far)}:2", f"{instant(far + timedelta(days=9))}:0", demand=other)
    assert with_room(whom_it_does_not_help).wishes == Wishes()


def test_where_nothing_is_booked_ahead_the_answer_rests_on_the_files_alone(world: World) -> None:
    found = chosen(world.ben, duration_hours=MONTH)
    assert found["answer"]["bundles"]
    assert "extras" not in found["answer"] or found["answer"]["extras"] is None
    assert Selection.objects.get(id=found["id"]).extras == ""


def test_an_offer_that_is_rented_for_longer_or_with_notice_is_no_answer_to_less_and_is_not_sold_for_it(
    world: World,
) -> None:
    before = chosen(world.ben, duration_hours=24)
    assert (len(before["answer"]["bundles"]) > 0, before["access"].get("offer_terms")) == (True, None)
    Offer.objects.update(min_hours=MONTH, notice_hours=480)
    refresh_supply(everything=True)
    body = {"selection": before["id"], "bundle": 0}
    for path, more in (("quotes", {}), ("holds", {}), ("line-quotes", {"kind": "budgetary"})):
        answer = world.ben.post(f"/api/v1/{path}", body | more)
        assert (answer.status_code, answer.json()["code"]) == (409, "schedule_unpriced"), path
        assert "730" in answer.json()["detail"]
    found = chosen(world.ben, duration_hours=24)
    assert (found["answer"]["bundles"], found["answer"]["relax"]) == ([], [])
    assert found["answer"]["rejected"]["offers"] == {"min_hours": 1}
    again = world.ben.post(f"/api/v1/selections/{found['id']}:replay").json()
    assert (found["access"]["offer_terms"], again["same_answer"]) == (True, True)
    month = chosen(world.ben, duration_hours=MONTH)
    made(world.ben.post("/api/v1/quotes", {"selection": month["id"], "bundle": 0}))
    assert (month["answer"].get("extras"), month["access"].get("offer_terms")) == (None, None)
    soon = chosen(world.ben, duration_hours=MONTH, starts_at=(now() + timedelta(days=19)).isoformat())
    assert (soon["answer"]["bundles"], soon["answer"]["rejected"]["offers"]) == ([], {"notice": 1})
    (later,) = [each for each in soon["answer"]["relax"] if each["constraint"] == "starts_at"]
    asked_at = datetime.fromisoformat(later["to"]) - timedelta(days=21)  # to be decided upon within a day
    assert abs(now() - asked_at) < timedelta(minutes=5)
    there = chosen(world.ben, duration_hours=MONTH, starts_at=later["to"])
    made(world.ben.post("/api/v1/holds", {"selection": there["id"], "bundle": 0}))


def test_two_bundles_have_what_one_booking_leaves_only_once(world: World) -> None:
    pool = closed(world, ahead=365)
    facts = first_bundle(world.ben, duration_hours=MONTH)
    free = free_over([pool], [Window(now(), now() + timedelta(days=100))])[pool]
    for turn in range(free // facts.quantity + 1):
        try:
            hold_bundle(
                bundle=new_id(), facts=facts, tenant=new_id(), ttl=timedelta(minutes=5), actor=world.ben.actor
            )
        except SoldOut:
            assert turn == free // facts.quantity
            return
    pytest.fail("more was held than there is")


def test_a_contract_goes_on_for_its_term_only_as_far_as_others_leave_room() -> None:
    cards, instant = declare(1), now()
    at = [instant + timedelta(days=each) for each in range(40)]
    far = hold({cards: 1}, windows=(Window(at[20], at[30]),))
    with pytest.raises(SoldOut):
        hold({cards: 1})
    with pytest.raises(SoldOut):
        hold({cards: 1}, until=at[20] + timedelta(microseconds=1))
    mine = hold({cards: 1}, until=at[20])  # which ends as the other begins
    assert first_end(mine) == at[20]
    confirm(bundle=mine)
    assert bound(bundle=mine, resources=[cards], window=Window(at[1], at[25])) == at[20]
    assert bound(bundle=mine, resources=[cards], window=Window(at[1], at[10])) == at[10]
    hold({cards: 1}, windows=(Window(at[10], at[20]),))  # what it needs no more is booked by somebody else
    assert bound(bundle=mine, resources=[cards], window=Window(at[1], at[15])) == at[10]
    release(bundle=far)
    later = hold({cards: 1}, windows=(Window(at[20], at[22]),))
    confirm(bundle=later)
    assert bound(bundle=later, resources=[cards], window=Window(at[20], at[35])) == at[35]
    worn = declare(1)
    hit = hold({worn: 1})
    confirm(bundle=hit)
    work = {"tenant": new_id(), "resource": worn, "quantity": 1, "window": Window(at[5], at[6])}
    assert cut(bundle=new_id(), **work) == [hit]  # type: ignore[arg-type] # a mapping
    assert bound(bundle=hit, resources=[worn], window=Window(at[1], at[9])) == at[9], "what was sold stands"
    assert Capacity.objects.get(resource=worn).over_committed
