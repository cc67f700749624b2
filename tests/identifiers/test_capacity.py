"""The two capacities: in full as described, free as the ledger says; what is unknown is never zero."""

import uuid

import pytest

from identifiers.domain.lifecycle import IdentifierKind
from identifiers.errors import DescriptorIncomplete
from identifiers.selectors.profiles import descriptor_profile
from identifiers.services.identifiers import apply_identifier
from kernel.actor import SYSTEM
from kernel.services.capacity import set_totals
from tests.support.cast import World

POOL = {
    "name": "p", "division": "320509", "compute_kind": "intelligent", "capacity_full": 16, "capacity_unit": "machine",
}  # fmt: skip


@pytest.mark.django_db
def test_what_is_free_is_the_ledger_s_word_and_unknown_is_not_zero(world: World) -> None:
    subject = uuid.uuid4()
    row = apply_identifier(kind=IdentifierKind.POOL, subject=subject, attributes=POOL, actor=world.ada.actor)
    here = f"/api/v1/identifiers/{row.id}/capacity"
    told = world.ada.get(here).json()
    assert (told["full"], told["full_unit"], told["available"]) == (16, "machine", None)
    set_totals(totals={subject: 12}, tenant=world.ada.organisation.id, unit="machine", actor=SYSTEM)
    told = world.ada.get(here).json()
    assert (told["full"], told["available"], told["total"], told["version"]) == (16, 12, 12, 1)
    assert world.cleo.get(here).status_code == 404
    assert world.rhea.get(here).status_code == 200


@pytest.mark.django_db
def test_another_s_ledger_says_nothing_of_mine(world: World) -> None:
    subject = uuid.uuid4()
    set_totals(totals={subject: 12}, tenant=world.cleo.organisation.id, unit="machine", actor=SYSTEM)
    row = apply_identifier(kind=IdentifierKind.POOL, subject=subject, attributes=POOL, actor=world.ada.actor)
    assert world.ada.get(f"/api/v1/identifiers/{row.id}/capacity").json()["available"] is None


@pytest.mark.parametrize(
    "attributes",
    [
        {"name": "p" * 201},
        {"name": " " * 100_000 + "p"},
        {"name": "p" + "\u3000" * 200},
        {"name": " "},
        {"capacity_full": 10**12 + 1},
        {"capacity_full": 10**4000},
        {"cards": -1},
    ],
    ids=lambda attributes: next(iter(attributes)),
)
def test_a_text_is_bounded_with_its_blanks_and_a_count_by_what_a_ledger_holds(
    attributes: dict[str, object],
) -> None:
    descriptor_profile().check("pool", POOL | {"name": "p" * 200, "capacity_full": 10**12})
    with pytest.raises(DescriptorIncomplete):
        descriptor_profile().check("pool", POOL | attributes)
