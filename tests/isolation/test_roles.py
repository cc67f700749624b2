"""Who may do what: every operation is asked by everybody, on objects of several owners, and answers by the matrix."""

import pytest

from kernel.permissions import table
from tests.isolation.addresses import Address, addresses, matrix
from tests.isolation.checks import NOT_CALLED, expected, rights_without_scope, said, wrong_rights
from tests.isolation.conftest import House
from tests.isolation.owners import Ledger

pytestmark = pytest.mark.django_db
ROWS = matrix()
CALLED = [each for each in addresses() if each.operation not in NOT_CALLED]
__all__ = ["NOT_CALLED", "expected", "said"]


def test_the_permission_table_says_what_the_matrix_says() -> None:
    """A change of rights is made twice: in config/permissions.yaml, and by hand in tests/isolation/matrix.txt."""
    told = {
        operation: {role: width for role, width in row.items() if width != "none"}
        for operation, row in ROWS.items()
    }
    assert {name: {role: width.value for role, width in row.items()} for name, row in table().items()} == told


def test_every_operation_of_the_matrix_has_its_address() -> None:
    assert {address.operation for address in addresses()} == set(ROWS)
    assert set(NOT_CALLED) <= set(ROWS)


@pytest.mark.parametrize("address", CALLED, ids=lambda each: each.operation, scope="session")
def test_everybody_is_answered_as_the_matrix_says(house: House, ledger: Ledger, address: Address) -> None:
    if address.view.queryset is not None and address.keyed:
        kind = address.view.queryset.model
        assert ledger.some(kind, None), f"the house has no {kind.__name__}"
    assert wrong_rights(house, ledger, address) == []


@pytest.mark.parametrize("address", CALLED, ids=lambda each: each.operation, scope="session")
def test_a_colleague_whose_key_covers_nothing_gets_no_further_than_anybody(
    house: House, ledger: Ledger, address: Address
) -> None:
    assert rights_without_scope(house, ledger, address) == []
