"""What another tenant has and what nobody has are one answer, to the header and by the same statements (S19, T1)."""

from dataclasses import replace
from uuid import UUID

import pytest

from tests.isolation.addresses import Address, addresses
from tests.isolation.calls import ASKERS, ask, role_of, tenant_of
from tests.isolation.conftest import House
from tests.isolation.owners import Ledger
from tests.isolation.test_roles import expected

pytestmark = pytest.mark.django_db
ABSENT = UUID("01900000-0000-7000-8000-000000000000")


@pytest.mark.parametrize(
    "address", [each for each in addresses() if each.keyed], ids=lambda each: each.operation
)
def test_a_stranger_s_object_is_as_one_that_does_not_exist(
    house: House, ledger: Ledger, address: Address
) -> None:
    assert address.view.queryset is not None, "an address with a key declares whose object it names"
    wrong, asked_by = [], set()
    for asker in ASKERS:
        role, tenant = role_of(asker), tenant_of(house, asker)
        for thing in ledger.some(address.view.queryset.model, tenant):
            if expected(address, role, tenant, thing) == "404" and role not in asked_by:
                asked_by.add(role)
                theirs, nobodys = ask(house, asker, address, thing.id), ask(house, asker, address, ABSENT)
                if replace(theirs, key="") != replace(nobodys, key=""):
                    wrong.append((asker, thing, theirs, nobodys))
    assert not wrong
