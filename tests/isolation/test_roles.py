"""Who may do what: every operation is asked by everybody, on objects of several owners, and answers by the matrix."""

from uuid import UUID

import pytest

from kernel.permissions import table
from nodes.api.federation import FederationView
from tests.isolation.addresses import Address, addresses, matrix, reach, seen_by
from tests.isolation.calls import ASKERS, Answer, ask, role_of, tenant_of
from tests.isolation.conftest import House
from tests.isolation.owners import Ledger, Thing

pytestmark = pytest.mark.django_db
ROWS = matrix()
NOT_CALLED = {"monitoring.follow_events": "the answer is a stream that lasts"}
OTHER_SIDE = {"marketplace.accept_order"}  # a provider's word: a reseller who buys has none of its own


def expected(address: Address, role: str, tenant: UUID | None, thing: Thing | None) -> str:
    """What the law says: `401`, `404`, `403`, or `in` for somebody who gets past the questions of rights."""
    if issubclass(address.view, FederationView) and role != "node":
        return "401"  # these addresses ask for a node's signature and take no key
    if role == "node" and not issubclass(address.view, FederationView):
        role = "anonymous"  # and all others take no signature
    reaches, sees = reach(address.operation, role), reach(seen_by(address), role)
    if role == "anonymous" and reaches == "none":
        return "401"
    if thing is not None and not thing.within(sees, tenant):
        return "404"
    if reaches == "none" or (thing is not None and not thing.within(reaches, tenant)):
        return "403"
    if thing is not None and address.operation in OTHER_SIDE and thing.relation(tenant) == "own":
        return "403"
    return "in"


def said(answer: Answer, address: Address) -> str:
    """The same of an answer; what is refused for another reason than rights at this address has got in."""
    assert answer.status < 500, answer.document
    if answer.code == "forbidden" and address.operation not in answer.document["detail"]:
        return "in"  # who approves a proposal must also be one who may propose it: the proposals' own tests
    refusals = {"unauthenticated": "401", "signature_refused": "401", "not_found": "404", "forbidden": "403"}
    return refusals.get(answer.code, "in")


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


@pytest.mark.parametrize(
    "address",
    [each for each in addresses() if each.operation not in NOT_CALLED],
    ids=lambda each: each.operation,
)
def test_everybody_is_answered_as_the_matrix_says(house: House, ledger: Ledger, address: Address) -> None:
    wrong = []
    for asker in ASKERS:
        role, tenant = role_of(asker), tenant_of(house, asker)
        things: list[Thing | None] = [None]
        if address.view.queryset is not None and address.keyed:
            things = [*ledger.some(address.view.queryset.model, tenant)]
            assert things, f"the house has no {address.view.queryset.model.__name__}"
        for thing in things:
            answer = ask(house, asker, address, thing.id if thing else "")
            law = expected(address, role, tenant, thing)
            if said(answer, address) != law:
                wrong.append((asker, thing, f"law: {law}", answer.status, answer.document))
    assert not wrong
