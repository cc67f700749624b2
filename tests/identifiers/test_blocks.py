"""Number blocks: a database draws from its own block only, and a restored or second one waits for another (INVARIANTS D1)."""

import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identifiers.domain.blocks import BLOCKS, NUMBERS, number_within
from identifiers.domain.codes import ALPHABET, BODIES, Code
from identifiers.domain.lifecycle import IdentifierKind
from identifiers.domain.review import Review
from identifiers.models import Identifier, NumberBlock
from identifiers.services import identifiers as services
from identifiers.services.blocks import grant_block, refuse_block, renew_block
from identifiers.services.issuing import issue_by_rule
from identifiers.services.prefixes import accept_prefix
from identifiers.tasks import issue, renew_blocks
from kernel.actor import SYSTEM
from kernel.models.outbox import EventRecord
from tests.support.cast import World
from tests.support.races import kinds, race

CENTRE = {"name": "示范中心", "division": "320509", "design_racks": 1}
PREFIX = "86.320000"


@given(st.integers(0, BLOCKS - 1), st.integers(0, NUMBERS - 1))
def test_three_symbols_name_the_block_and_blocks_share_no_number(block: int, drawn: int) -> None:
    number = number_within(block, drawn)
    assert 0 <= number < BODIES
    assert divmod(number, NUMBERS) == (block, drawn)
    if code := Code.of_number(PREFIX, number):
        assert code.suffix[:3] == "".join(ALPHABET[block >> shift & 31] for shift in (10, 5, 0))


def applied(world: World, count: int = 1) -> list[Identifier]:
    """So many applications, with a prefix and its first block."""
    accept_prefix(prefix=PREFIX, delegated_by="000000", actor=SYSTEM)
    return [
        services.apply_identifier(
            kind=IdentifierKind.CENTRE, subject=uuid.uuid4(), attributes=CENTRE, actor=world.ada.actor
        )
        for _ in range(count)
    ]


def restored() -> None:
    """Let the database be another than the one that the block was granted to."""
    NumberBlock.objects.update(incarnation="a-database-that-was")


def asked() -> dict[str, Any]:
    """What the upstream was asked for last."""
    payload = EventRecord.objects.filter(name="identifiers.block_needed").latest("id").payload
    return {name: payload[name] for name in ("prefix", "number", "incarnation")}


@pytest.mark.django_db
def test_after_a_restore_nothing_is_issued_before_the_upstream_grants_another_block(world: World) -> None:
    first, second = applied(world, 2)
    before = services.approve_identifier(identifier=first, actor=world.rhea.actor)
    restored()
    here = f"/api/v1/identifiers/{second.id}:approve"
    waits = world.rhea.post(here)
    assert (waits.status_code, waits.json()["code"]) == (409, "no_number_block")
    renew_blocks()
    assert renew_block() is False, "it has asked"
    assert world.rhea.post(here).status_code == 409
    grant_block(**{**asked(), "incarnation": "somebody-else"})
    assert world.rhea.post(here).status_code == 409
    grant_block(**asked())
    after = world.rhea.post(here).json()["code"]
    assert before.code
    assert [code.split("/")[1][:3] for code in (before.code, after)] == ["000", "001"]
    told = world.otto.get("/api/v1/number-blocks").json()
    assert {each["number"]: each["state"] for each in told} == {0: "closed", 1: "open"}


@pytest.mark.django_db
def test_a_block_that_a_lost_database_had_is_passed_over(world: World) -> None:
    applied(world)
    restored()
    renew_block()
    refuse_block(**asked())
    assert asked()["number"] == 2
    grant_block(**asked())
    states = NumberBlock.objects.order_by("number").values_list("number", "state")
    assert list(states) == [(0, "closed"), (1, "refused"), (2, "open")]


@pytest.mark.django_db
def test_what_the_rule_would_issue_waits_and_is_issued_once_a_block_is_there(world: World) -> None:
    (row,) = applied(world)
    Identifier.objects.update(review=Review.BY_RULE)
    restored()
    issue()
    renew_block()
    grant_block(**asked())
    issue()
    row.refresh_from_db()
    assert (row.state, issue_by_rule()) == ("filing", 0)


@pytest.mark.django_db(transaction=True)
def test_many_who_miss_a_block_ask_for_one(world: World) -> None:
    applied(world)
    restored()
    assert kinds(race(*(renew_block for _ in range(6)))) == {"bool": 6}
    assert NumberBlock.objects.filter(state="asked").count() == 1
