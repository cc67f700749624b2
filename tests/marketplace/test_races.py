"""Races on real connections: sixteen for the last units, one cap for many claims, one settlement for many runs."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.db.models import Sum

from kernel.domain.windows import Window
from kernel.models import Capacity
from marketplace.domain.orders import AcceptanceSheet, Found
from marketplace.errors import VoucherCapReached, VoucherClaimed
from marketplace.models import JournalEntry, Order, Posting, Settlement, Statement, VoucherClaim, VoucherYear
from marketplace.services.acceptance import accept_compute, refuse_compute
from marketplace.services.orders import accept_order, note_dispatched, note_line_accepted, place_order
from marketplace.services.settlements import run_settlement
from marketplace.services.vouchers import claim_voucher
from scheduling.models import Dispatch
from tests.aggregation.supply import made, moment
from tests.marketplace.trade import (
    aged,
    metered,
    ordered,
    period,
    policy_in_force,
    quoted,
    running,
    sized,
)
from tests.scheduling.live import leave_free, open_market
from tests.support.cast import World
from tests.support.races import kinds, race

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
SCENE = open_market


def acts(act: Callable[..., Any], many: list[dict[str, Any]]) -> list[Callable[[], Any]]:
    return [lambda given=given: act(**given) for given in many]  # type: ignore[misc] # mypy cannot see the default


def test_sixteen_users_race_for_the_last_five_machines(world: World) -> None:
    leave_free(world.ada, 5)
    quotes = [quoted(world.ben if turn % 2 else world.bea) for turn in range(16)]
    actors = [(world.ben if turn % 2 else world.bea).actor for turn in range(16)]
    orders = [
        {"quote": UUID(quote["id"]), "client_ref": f"PO-{turn}", "actor": actor}
        for turn, (quote, actor) in enumerate(zip(quotes, actors, strict=True))
    ]
    came = kinds(race(*acts(place_order, orders)))
    assert came == {"Order": 5, "SoldOut": 11}
    assert Order.objects.filter(state="awaiting_providers").count() == Order.objects.count() == 5
    assert not Capacity.objects.filter(unit="machine", standing__gt=5).exists()


def test_one_quote_sent_by_many_hands_becomes_one_order(world: World) -> None:
    quote = UUID(quoted(world.ben)["id"])
    same = [{"quote": quote, "client_ref": "PO-1", "actor": world.ben.actor}] * 8
    assert {order.id for order in race(*acts(place_order, same))} == {Order.objects.get().id}
    other = [
        {"quote": UUID(quoted(world.ben)["id"]), "client_ref": "PO-1", "actor": world.ben.actor}
        for _ in range(2)
    ]
    assert kinds(race(*acts(place_order, other))) == {"ClientRefReused": 2}


def test_both_providers_accepting_at_once_open_the_order_once_and_its_user_accepts_or_refuses(
    world: World,
) -> None:
    by, sheet = world.ben.actor, AcceptanceSheet(cards=8, model="Ascend 910B", memory_gib=64)
    for _ in range(3):
        order = Order.objects.get(id=ordered(world.ben)["id"])
        both = [{"order": order, "actor": person.actor} for person in (world.ada, world.lin)]
        assert kinds(race(*acts(accept_order, both))) == {"Order": 2}
        order.refresh_from_db()
        assert order.state == "opening"
        assert order.steps.filter(act="open").count() == 1
        note_line_accepted(order=order.id)
        note_dispatched(order=order.id)
        order.refresh_from_db()
        accept = acts(accept_compute, [{"order": order, "sheet": sheet, "line_waived": False, "actor": by}])
        refuse = acts(refuse_compute, [{"order": order, "reason": "x", "found": Found(), "actor": by}])
        accepted, refused = race(*accept, *refuse)
        assert kinds([accepted, refused]) == {"Order": 1, "StateConflict": 1}
        order.refresh_from_db()
        stands = (order.state, order.dispatched_at is None, Dispatch.objects.get(order=order.id).delivery)
        assert stands == (
            ("running", False, 1) if isinstance(accepted, Order) else ("awaiting_dispatch", True, 2)
        )


def test_many_claims_at_once_stay_under_the_years_cap(world: World) -> None:
    sized(world.ben)
    policy_in_force(world, annual_cap_fen=4_000_000)  # a claim is 1,646,880: two whole ones and a part
    orders = [Order.objects.get(id=ordered(world.ben)["id"]) for _ in range(5)]
    claims = [{"order": order.id, "actor": world.ben.actor} for order in orders]
    came = race(*acts(claim_voucher, claims))
    granted = sorted(claim.amount_fen for claim in came if isinstance(claim, VoucherClaim))
    assert granted == [4_000_000 - 2 * 1_646_880, 1_646_880, 1_646_880]
    assert sum(isinstance(each, VoucherCapReached) for each in came) == 2
    assert VoucherYear.objects.get().claimed_fen == 4_000_000


def test_one_contract_claimed_by_many_hands_has_one_claim(world: World) -> None:
    sized(world.ben)
    policy_in_force(world)
    order = ordered(world.ben)["id"]
    came = race(*acts(claim_voucher, [{"order": order, "actor": world.ben.actor}] * 8))
    assert kinds(came) == {"VoucherClaim": 1, VoucherClaimed.__name__: 7}
    assert VoucherYear.objects.get().claimed_fen == VoucherClaim.objects.get().amount_fen


def test_a_period_settled_by_eight_workers_is_settled_once(world: World) -> None:
    order = aged(running(world), 100)
    metered(world, order, first=0, last=10)
    said = period(order, first=0, last=20)
    window = Window(moment(said["start"]), moment(said["end"]))
    came = race(*acts(run_settlement, [{"window": window, "actor": world.otto.actor}] * 8))
    assert sorted(new for _, new in came) == [False] * 7 + [True]
    assert (Settlement.objects.count(), Statement.objects.count(), JournalEntry.objects.count()) == (1, 1, 1)
    assert Posting.objects.aggregate(sum=Sum("amount_fen"))["sum"] == 0


def test_a_reversal_by_many_hands_happens_once(world: World) -> None:
    from marketplace.services.ledger import reverse_entry  # registered as an act; called as the approval does

    order = aged(running(world), 100)
    metered(world, order, first=0, last=10)
    made(world.otto.post("/api/v1/settlements", period(order, first=0, last=20)))
    entry = JournalEntry.objects.get()
    same = [{"subject": entry.id, "terms": {"reason": "x"}, "actor": world.olga.actor}] * 4
    assert kinds(race(*acts(reverse_entry, same))) == {"NoneType": 1, "EntryReversed": 3}
    assert JournalEntry.objects.filter(reverses=entry).count() == 1
