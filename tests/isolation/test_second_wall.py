"""The second wall by itself: with every filter of the first torn down, no list and no address shows a stranger's row."""

from collections import Counter
from typing import Any

import pytest

from kernel.models.base import Entity, EntityQuerySet
from tests.isolation.addresses import Address, addresses, reach, seen_by
from tests.isolation.calls import ASKERS, Answer, ask, role_of, tenant_of
from tests.isolation.checks import FIGURES, items
from tests.isolation.conftest import House
from tests.isolation.owners import Ledger
from tests.isolation.test_lists import LISTS

pytestmark = pytest.mark.django_db
READ_BY_KEY = [
    each
    for each in addresses()
    if each.method == "GET"
    and each.keyed
    and each.view.queryset is not None
    and each.operation not in FIGURES
]


@pytest.fixture(autouse=True)
def no_first_wall(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everybody forgot every filter."""

    def unfiltered(self: EntityQuerySet[Any], _: Any) -> EntityQuerySet[Any]:
        return self

    monkeypatch.setattr(EntityQuerySet, "visible_to", unfiltered)
    monkeypatch.setattr(Entity, "within_reach_of", lambda *_: True)


def askers(address: Address) -> list[str]:
    """Those who see rows of their own there, and not the rows of all."""
    asked = {address.operation, seen_by(address)}
    return [each for each in ASKERS if {reach(name, role_of(each)) for name in asked} <= {"own", "party"}]


@pytest.mark.parametrize("address", LISTS, ids=lambda each: each.operation)
def test_a_list_without_its_filter_has_no_row_of_a_stranger_s(
    house: House, ledger: Ledger, address: Address
) -> None:
    wrong = []
    for asker in askers(address):
        found: Answer = ask(house, asker, address)
        for item in items(found) if found.status == 200 else []:
            thing = ledger.by_id.get(str(item.get("id")))
            if thing is not None and thing.relation(tenant_of(house, asker)) == "strange":
                wrong.append((asker, thing))
    assert not wrong


@pytest.mark.parametrize("address", READ_BY_KEY, ids=lambda each: each.operation)
def test_an_address_without_its_filter_knows_no_row_of_a_stranger_s(
    house: House, ledger: Ledger, address: Address
) -> None:
    statuses: Counter[int] = Counter()
    for asker in askers(address):
        for thing in ledger.some(address.view.queryset.model, tenant_of(house, asker)):  # type: ignore[union-attr]
            if thing.relation(tenant_of(house, asker)) == "strange":
                statuses[ask(house, asker, address, thing.id).status] += 1
    assert set(statuses) <= {404}
