"""Masked readings (INVARIANTS §7, `g`): no hidden member, no value of one and no name of a house, by no way of asking."""

from pathlib import Path

import pytest

from kernel.permissions import masked_roles, masks, table
from tests.isolation.addresses import Address, addresses, matrix
from tests.isolation.calls import ask, once, tenant_of
from tests.isolation.checks import answers
from tests.isolation.conftest import House
from tests.isolation.contract import parameters, plain_queries
from tests.isolation.masking import (
    MASKED,
    hidden_by_row,
    masked_askers,
    rows_of,
    said_all_the_same,
    telling_queries,
)
from tests.isolation.owners import Ledger

pytestmark = pytest.mark.django_db
TOLD = Path(__file__).with_name("told_masked.txt")


def test_what_is_read_masked_says_what_it_hides_and_nothing_else_does() -> None:
    told = {operation for operation, row in matrix().items() if "masked" in row.values()}
    assert told == set(masks())
    assert told == {each.operation for each in addresses() if each.method == "GET"} & told
    for operation, hidden in masks().items():
        members = {*dict(parameters()[operation])["fields"]["enum"]}
        assert hidden < members, operation
        assert masked_roles(operation) == [
            role for role, reach in table()[operation].items() if reach.value == "masked"
        ]


def test_a_member_that_is_new_in_a_masked_reading_is_thought_of() -> None:
    lines = [each for each in TOLD.read_text(encoding="utf-8").splitlines() if each and each[0] != "#"]
    by_hand = {operation: {*words.split()} for operation, _, words in (line.partition(":") for line in lines)}
    says = {
        operation: {*dict(parameters()[operation])["fields"]["enum"]} - hidden
        for operation, hidden in masks().items()
    }
    assert says == by_hand


@pytest.mark.parametrize("address", MASKED, ids=lambda each: each.operation, scope="session")
def test_a_masked_reading_says_nothing_of_what_it_hides(
    house: House, ledger: Ledger, address: Address
) -> None:
    assert hidden_by_row(house, ledger, address), "nobody reads it whole: nothing is proven"
    wrong = []
    for asker in masked_askers(address):
        assert [row for each in answers(house, ledger, address, asker) for row in rows_of(each)], asker
        for query in ("", *plain_queries(address.operation)):
            wrong += said_all_the_same(house, ledger, address, asker, query)
    assert wrong == []


@pytest.mark.parametrize("address", MASKED, ids=lambda each: each.operation, scope="session")
def test_a_masked_reading_is_not_asked_by_what_it_hides(
    house: House, ledger: Ledger, address: Address
) -> None:
    for asker in masked_askers(address):
        for first in answers(house, ledger, address, asker)[:1]:
            for query in telling_queries(address):
                refused = once(house, asker, address, first.key, f"?{query}")
                assert (refused.status, refused.code) == (400, "masked_parameter"), query
                assert refused.document["errors"][0]["parameter"] == query.partition("=")[0]


def test_what_is_one_s_own_is_whole_and_the_stranger_s_beside_it_is_not(house: House, ledger: Ledger) -> None:
    address = next(each for each in MASKED if each.operation == "participants.list_organisations")
    page = {row["id"]: row for row in rows_of(ask(house, "aude", address, query="?limit=200"))}
    assert page[str(tenant_of(house, "aude"))]["name"] == house.world.aude.organisation.name
    assert "name" not in page[str(tenant_of(house, "ben"))]
    assert page[str(tenant_of(house, "ben"))]["kind"] == "compute_user"


def test_a_relation_of_a_masked_reading_is_not_expanded(house: House) -> None:
    pools = next(each for each in MASKED if each.operation == "aggregation.list_pools")
    orders = next(each for each in MASKED if each.operation == "marketplace.list_orders")
    for asker, address, query in (("ben", pools, "?expand=centre"), ("otto", orders, "?expand=quote")):
        for row in rows_of(ask(house, asker, address, query=query)):
            assert not row.get("expanded")
