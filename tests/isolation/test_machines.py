"""A machine of each reach meets every operation: answered by the matrix or told that a person is needed, never by a fault."""

from collections.abc import Iterator

import pytest
from django.db import transaction

from tests.isolation.addresses import Address, addresses, reach
from tests.isolation.checks import ABSENT
from tests.isolation.conftest import House
from tests.isolation.owners import Ledger
from tests.isolation.test_roles import NOT_CALLED
from tests.participants.machines import Bearer, registered
from tests.support.cast import CAST

pytestmark = pytest.mark.django_db
SPEAKERS = ("ada", "lin", "rex", "ann", "ben", "otto", "olga", "owen", "rhea", "aude")


@pytest.fixture(scope="module")
def machines(house: House) -> Iterator[dict[str, Bearer]]:
    """A machine of everybody's house, with all that its maker may; gone after this module."""
    with transaction.atomic():
        yield {name: registered(getattr(house.world, name)).caller() for name in SPEAKERS}
        transaction.set_rollback(True)


@pytest.mark.parametrize(
    "address",
    [each for each in addresses() if each.operation not in NOT_CALLED],
    ids=lambda each: each.operation,
)
def test_a_machine_is_never_answered_by_a_fault(
    house: House, ledger: Ledger, machines: dict[str, Bearer], address: Address
) -> None:
    """What a machine lacks is a person: the same for all roles that reach as far, so one of them asks."""
    wrong = []
    of_each_reach = {reach(address.operation, CAST[name].role.value): name for name in SPEAKERS}
    of_each_reach.pop("none", None)
    for name in of_each_reach.values():
        machine, key = machines[name], ABSENT
        if address.keyed and address.view.queryset is not None:
            mine = getattr(house.world, name).organisation.id
            key = next((thing.id for thing in ledger.some(address.view.queryset.model, mine)), ABSENT)
        path = address.path(key)
        with transaction.atomic():
            answer = (
                machine.get(path)
                if address.method == "GET"
                else machine.send(address.method, path, {}, If_Match="*")
            )
            transaction.set_rollback(True)
        if answer.status_code >= 500 or answer.status_code == 401:
            wrong.append((name, answer.status_code, answer.content[:300]))
    assert not wrong
