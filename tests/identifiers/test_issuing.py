"""Issuing: never twice, never reused, whatever the issuer forgot and however many issue at once (INVARIANTS D1)."""

import secrets
import uuid
from typing import Any

import pytest

from identifiers.domain.lifecycle import IdentifierKind
from identifiers.models import Identifier, IssuedCode
from identifiers.services import identifiers as services
from identifiers.services.prefixes import accept_prefix
from kernel.actor import SYSTEM
from tests.support.cast import World
from tests.support.races import kinds, race

CENTRE = {"name": "示范中心", "division": "320509", "design_racks": 1}
ISSUERS, EACH = 8, 5


def applications(world: World, count: int) -> list[Identifier]:
    """So many applications that wait for approval."""
    accept_prefix(prefix="86.320000", delegated_by="000000", actor=SYSTEM)
    return [
        services.apply_identifier(
            kind=IdentifierKind.CENTRE, subject=uuid.uuid4(), attributes=CENTRE, actor=world.ada.actor
        )
        for _ in range(count)
    ]


@pytest.mark.django_db(transaction=True)
def test_eight_issuers_at_once_issue_forty_different_codes(world: World) -> None:
    rows, actor = applications(world, ISSUERS * EACH), world.rhea.actor

    def issue(batch: list[Identifier]) -> list[str]:
        return [str(services.approve_identifier(identifier=row, actor=actor).code) for row in batch]

    batches = [rows[n::ISSUERS] for n in range(ISSUERS)]
    results = race(*(lambda batch=batch: issue(batch) for batch in batches))
    codes = [code for batch in results for code in batch]
    assert len(set(codes)) == ISSUERS * EACH
    assert set(IssuedCode.objects.values_list("code", flat=True)) == set(codes)


@pytest.mark.django_db(transaction=True)
def test_approving_one_application_twice_at_once_issues_one_code(world: World) -> None:
    (row,), actor = applications(world, 1), world.rhea.actor
    results = race(*(lambda: services.approve_identifier(identifier=row, actor=actor) for _ in range(4)))
    assert kinds(results) == {"Identifier": 1, "StateConflict": 3}
    assert IssuedCode.objects.count() == 1


@pytest.mark.django_db
def test_an_issuer_that_draws_a_code_again_takes_another(world: World, monkeypatch: Any) -> None:
    first, second = applications(world, 2)
    drawn = iter([5, 5, 6])
    monkeypatch.setattr(secrets, "randbelow", lambda _: next(drawn))
    one = services.approve_identifier(identifier=first, actor=world.rhea.actor)
    two = services.approve_identifier(identifier=second, actor=world.rhea.actor)
    assert one.code != two.code


@pytest.mark.django_db
def test_a_retired_code_is_drawn_again_and_not_given_again(world: World, monkeypatch: Any) -> None:
    first, second = applications(world, 2)
    drawn = iter([9, 9, 10])
    monkeypatch.setattr(secrets, "randbelow", lambda _: next(drawn))
    gone = services.approve_identifier(identifier=first, actor=world.rhea.actor)
    services.retire_identifier(gone.id, {"reason": "关停"}, world.ron.actor)
    fresh = services.approve_identifier(identifier=second, actor=world.rhea.actor)
    assert fresh.code != gone.code
