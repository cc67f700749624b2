"""Every way to narrow a list that the contract names: each filter, order, member and relation."""

import pytest

from tests.isolation.addresses import Address, reach
from tests.isolation.calls import ASKERS, role_of
from tests.isolation.checks import (
    rows_out_of_reach,
    words_of_strangers,
)
from tests.isolation.conftest import House
from tests.isolation.contract import plain_queries
from tests.isolation.owners import Ledger
from tests.isolation.test_lists import LISTS
from tests.support.cast import CAST

pytestmark = pytest.mark.django_db


def narrow(address: Address) -> list[str]:
    """One of the cast for each role that reaches its own or what it is a party to: who could see too much."""
    found: dict[str, str] = {}
    for asker in ASKERS:
        if asker in CAST and reach(address.operation, role_of(asker)) in ("own", "party"):
            found.setdefault(role_of(asker), asker)
    return [*found.values()]


@pytest.mark.parametrize("address", LISTS, ids=lambda each: each.operation)
def test_no_filter_order_member_or_relation_opens_a_stranger_s_row(
    house: House, ledger: Ledger, address: Address
) -> None:
    wrong = []
    for asker in narrow(address):
        for query in plain_queries(address.operation):
            wrong += rows_out_of_reach(house, ledger, address, asker, query)
            wrong += words_of_strangers(house, ledger, address, asker, query)
    assert not wrong
