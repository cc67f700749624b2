"""The order's table of states: what leads where, and that the database holds the same table."""

import re
from pathlib import Path

import pytest
from django.db import IntegrityError, transaction

from kernel.errors import StateConflict
from marketplace.domain.orders import (
    LIFE,
    UNACCEPTED,
    UNDELIVERED,
    AcceptanceSheet,
    OrderState,
    Part,
    acceptance_act,
    refusal_act,
)
from marketplace.errors import AcceptanceMismatch
from marketplace.models import Order
from tests.marketplace.trade import ordered
from tests.scheduling.live import open_market
from tests.support.cast import World

SCENE = open_market

S = OrderState
ROOT = Path(__file__).resolve().parents[2]
RULES = ROOT / "marketplace" / "migrations" / "0011_refused_compute.py"
DRAWN = ROOT / "docs" / "orders.md"


def test_what_is_over_stays_over() -> None:
    assert LIFE.terminal == {S.ENDED, S.REJECTED, S.CANCELLED, S.EXPIRED}


@pytest.mark.parametrize(
    ("part", "state", "after"),
    [
        (Part.COMPUTE, S.AWAITING_PROVIDERS, S.AWAITING_LINE_PROVIDER),
        (Part.LINE, S.AWAITING_PROVIDERS, S.AWAITING_COMPUTE_PROVIDER),
        (Part.LINE, S.AWAITING_LINE_PROVIDER, S.ACCEPTED),
        (Part.COMPUTE, S.AWAITING_COMPUTE_PROVIDER, S.ACCEPTED),
        (Part.COMPUTE, S.AWAITING_LINE_PROVIDER, None),
        (Part.LINE, S.AWAITING_COMPUTE_PROVIDER, None),
        (Part.LINE, S.RUNNING, None),
        (Part.COMPUTE, S.EXPIRED, None),
    ],
)
def test_both_parts_are_accepted_once_each(part: Part, state: S, after: S | None) -> None:
    act = acceptance_act(part, state)
    if after is None:
        with pytest.raises(StateConflict):
            LIFE.after(act, state)
    else:
        assert LIFE.after(act, state) == after


def test_compute_is_refused_between_its_dispatch_and_its_acceptance() -> None:
    back = {S.AWAITING_LINE: S.OPENING, S.AWAITING_USER: S.AWAITING_DISPATCH}
    for state in OrderState:
        if state in back:
            assert LIFE.after(refusal_act(state), state) == back[state]
        else:
            with pytest.raises(StateConflict):
                refusal_act(state)


def test_only_what_does_not_run_yet_can_be_cancelled_rejected_or_expired() -> None:
    for state in OrderState:
        assert (state in LIFE.acts["cancel"][0]) == (state in UNACCEPTED | UNDELIVERED | {S.RUNNING})
        assert (state in LIFE.acts["expire"][0]) == (state in UNACCEPTED)
        assert (state in LIFE.acts["reject"][0]) == (state in UNACCEPTED)


def test_the_trigger_holds_the_very_same_table() -> None:
    written = set(re.findall(r"'(\w+)>(\w+)'", RULES.read_text(encoding="utf-8")))
    meant = {(s.value, target.value) for sources, target in LIFE.acts.values() for s in sources}
    assert written == meant


def test_the_documents_draw_the_very_same_table() -> None:
    assert f"```mermaid\n{LIFE.diagram()}\n```" in DRAWN.read_text(encoding="utf-8")


@pytest.mark.django_db
def test_the_database_refuses_a_step_that_is_not_listed(world: World) -> None:
    order = Order.objects.get(id=ordered(world.ben)["id"])
    refused: list[dict[str, object]] = [
        {"state": "running", "generation": order.generation + 1},
        {"state": "rejected", "generation": order.generation},
        {"state": "rejected", "generation": order.generation + 2},
        {"line_fen": 1, "total_fen": order.compute_fen + 1, "generation": order.generation + 1},
    ]
    for change in refused:
        with pytest.raises(IntegrityError), transaction.atomic():
            Order.objects.filter(id=order.id).update(**change)


@pytest.mark.parametrize(
    ("received", "field"),
    [((8, "A", 64), None), ((7, "A", 64), "cards"), ((8, "B", 64), "model"), ((8, "A", 32), "memory_gib")],
)
def test_a_sheet_is_what_was_ordered(received: tuple[int, str, int], field: str | None) -> None:
    cards, model, memory = received
    sheet = AcceptanceSheet(cards=cards, model=model, memory_gib=memory)
    if field is None:
        sheet.check({"cards": 8, "model": "A", "memory_gib": 64})
        sheet.check({"cards": 8, "model": "A", "memory_gib": None})
    else:
        with pytest.raises(AcceptanceMismatch) as refusal:
            sheet.check({"cards": 8, "model": "A", "memory_gib": 64})
        assert refusal.value.pointer == f"/{field}"
