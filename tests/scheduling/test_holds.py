"""Holds: compute and every span together or nothing, the demanded bandwidth, and both gates at each step."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from aggregation.errors import NotSellable
from kernel.actor import SYSTEM
from kernel.errors import HoldGone, SoldOut
from kernel.models.capacity import Capacity
from kernel.models.suspensions import SuspensionCause, SuspensionScope
from kernel.selectors.capacity import free
from kernel.services.capacity import set_totals
from kernel.services.suspensions import open_suspension
from scheduling.errors.lines import LineNotSellable
from scheduling.models import LineProduct
from scheduling.selectors.selections import BundleFacts
from scheduling.services.holds import confirm_bundle, hold_bundle, release_bundle
from tests.scheduling.live import first_bundle, leave_free, open_market
from tests.support.cast import World
from tests.support.races import kinds, race

SCENE = open_market

TTL = timedelta(minutes=30)


def hold(world: World, facts: BundleFacts, bundle: UUID | None = None) -> UUID:
    """Hold the bundle for Ben; its id."""
    bundle = bundle or uuid4()
    hold_bundle(bundle=bundle, facts=facts, tenant=world.ben.organisation.id, ttl=TTL, actor=world.ben.actor)
    return bundle


def taken() -> dict[UUID, int]:
    """What is claimed of each resource."""
    return {row.resource: row.standing for row in Capacity.objects.filter(standing__gt=0)}


def suspend(subject: UUID) -> None:
    open_suspension(
        subject=subject,
        tenant=None,
        cause=SuspensionCause.INSTRUCTION,
        scope=SuspensionScope.NEW_SALE,
        reference=subject,
        actor=SYSTEM,
    )


@pytest.mark.django_db
def test_a_hold_takes_the_machines_and_the_demanded_bandwidth_on_every_span(world: World) -> None:
    facts = first_bundle(world.ben, quantity=2, bandwidth_mbps=700)
    assert facts.line_terms["step_mbps"] == 1000
    hold(world, facts)
    assert taken() == {facts.pool: 2} | dict.fromkeys(facts.spans, 700)
    assert len(facts.spans) > 1


@pytest.mark.django_db
def test_protection_holds_both_routes(world: World) -> None:
    facts = first_bundle(world.ben, protection="one_plus_one")
    assert facts.protection_spans
    assert not set(facts.spans) & set(facts.protection_spans)
    hold(world, facts)
    assert taken() == {facts.pool: 1} | dict.fromkeys((*facts.spans, *facts.protection_spans), 1000)


@pytest.mark.django_db
def test_where_any_part_is_gone_nothing_is_held(world: World) -> None:
    facts = first_bundle(world.ben, quantity=2)
    for resource, total, unit in ((facts.spans[-1], 999, "mbps"), (facts.pool, 1, "machine")):
        before = Capacity.objects.get(resource=resource)
        set_totals(totals={resource: total}, tenant=before.tenant_id, unit=unit, actor=SYSTEM)
        with pytest.raises(SoldOut):
            hold(world, facts)
        assert taken() == {}
        set_totals(totals={resource: before.total}, tenant=before.tenant_id, unit=unit, actor=SYSTEM)


GATES: list[tuple[Callable[[World, BundleFacts], UUID], type[Exception]]] = [
    (lambda _, facts: facts.offer, NotSellable),
    (lambda _, facts: facts.pool, NotSellable),
    (lambda _, facts: facts.provider, NotSellable),
    (lambda _, facts: facts.line_provider, LineNotSellable),
    (lambda _, facts: LineProduct.objects.get(technology=facts.technology).id, LineNotSellable),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("subject", "refusal"), GATES)
def test_a_suspension_after_the_selection_stops_the_hold(
    world: World, subject: Callable[[World, BundleFacts], UUID], refusal: type[Exception]
) -> None:
    facts = first_bundle(world.ben)
    suspend(subject(world, facts))
    with pytest.raises(refusal):
        hold(world, facts)
    assert taken() == {}


@pytest.mark.django_db
@pytest.mark.parametrize(("subject", "refusal"), GATES)
def test_a_suspension_after_the_hold_stops_the_confirmation(
    world: World, subject: Callable[[World, BundleFacts], UUID], refusal: type[Exception]
) -> None:
    facts = first_bundle(world.ben)
    bundle = hold(world, facts)
    suspend(subject(world, facts))
    with pytest.raises(refusal):
        confirm_bundle(bundle=bundle, facts=facts, actor=world.ben.actor)


@pytest.mark.django_db
def test_a_confirmed_bundle_stays_and_a_released_one_is_free_again(world: World) -> None:
    facts = first_bundle(world.ben)
    before = free([facts.pool, *facts.spans])
    bundle = hold(world, facts)
    confirm_bundle(bundle=bundle, facts=facts, actor=world.ben.actor)
    assert free([facts.pool])[facts.pool] == before[facts.pool] - 1
    for _ in range(2):
        release_bundle(bundle=bundle, actor=world.ben.actor)
    assert free([facts.pool, *facts.spans]) == before
    with pytest.raises(HoldGone):
        confirm_bundle(bundle=bundle, facts=facts, actor=world.ben.actor)


@pytest.mark.django_db
def test_what_is_held_leaves_the_next_selection(world: World) -> None:
    leave_free(world.ada, 1)
    hold(world, first_bundle(world.ben))
    answer = world.bea.post(
        "/api/v1/selections", {"from_site": "sip-weiting", "quantity": 1, "bandwidth_mbps": 1000}
    )
    assert answer.json()["answer"]["rejected"]["offers"] == {"available": 1}


@pytest.mark.django_db(transaction=True)
def test_eight_buyers_race_for_the_last_three_machines_and_exactly_three_win(world: World) -> None:
    leave_free(world.ada, 3)
    facts = first_bundle(world.ben)
    tenant, actor = world.ben.organisation.id, world.ben.actor

    def buy() -> UUID:
        bundle = uuid4()
        hold_bundle(bundle=bundle, facts=facts, tenant=tenant, ttl=TTL, actor=actor)
        return bundle

    results = race(*[buy] * 8)
    assert kinds(results) == {"UUID": 3, "SoldOut": 5}
    assert taken() == {facts.pool: 3} | dict.fromkeys(facts.spans, 3000)
