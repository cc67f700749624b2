"""What another tenant has and what nobody has are one answer, to the header and by the same statements (S19, T1)."""

import pytest

from tests.isolation.addresses import Address, addresses
from tests.isolation.checks import told_apart
from tests.isolation.conftest import House
from tests.isolation.owners import Ledger

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "address",
    [each for each in addresses() if each.keyed],
    ids=lambda each: each.operation,
    scope="session",
)
def test_a_stranger_s_object_is_as_one_that_does_not_exist(
    house: House, ledger: Ledger, address: Address
) -> None:
    assert address.view.queryset is not None, "an address with a key declares whose object it names"
    assert told_apart(house, ledger, address) == []
