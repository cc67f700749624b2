"""What lists and readings show: no row and no word of a stranger's, and no more statements for more rows."""

import json
from uuid import UUID

import pytest

from tests.isolation.addresses import Address, addresses, matrix, reach
from tests.isolation.calls import ASKERS, Answer, ask, role_of, tenant_of
from tests.isolation.conftest import House
from tests.isolation.owners import Ledger, Thing
from tests.isolation.test_roles import NOT_CALLED, expected
from tests.isolation.world import canary
from tests.support.cast import CAST

pytestmark = pytest.mark.django_db
READINGS = [each for each in addresses() if each.method == "GET" and each.operation not in NOT_CALLED]
LISTS = [each for each in READINGS if ".list_" in each.operation]
ROWS_ENOUGH = 3
WHOLE = {
    "kernel.list_problems",
    "kernel.list_vocabularies",
    "monitoring.list_indicators",
    "participants.list_webhook_events",
}  # a page of the code's or a profile's, no rows
FIGURES = {"monitoring.list_points": "metric=cards_in_use"}  # without ids: what its address names decides
PAGED = [each for each in LISTS if each.operation not in WHOLE]


def answers(house: House, ledger: Ledger, address: Address, asker: str) -> list[Answer]:
    """What somebody reads at an address, of all that it may read there: one answer for each object it names.

    Reading changes nothing, so what was read once is not asked again.
    """
    if (address.operation, asker) not in house.read:
        house.read[address.operation, asker] = _answers(house, ledger, address, asker)
    return house.read[address.operation, asker]


def _answers(house: House, ledger: Ledger, address: Address, asker: str) -> list[Answer]:
    role, tenant = role_of(asker), tenant_of(house, asker)
    if address.keyed and address.view.queryset is not None:
        found = [
            ask(house, asker, address, thing.id, f"?{FIGURES.get(address.operation, '')}")
            for thing in ledger.some(address.view.queryset.model, tenant)
            if expected(address, role, tenant, thing) == "in"
        ]
    elif expected(address, role, tenant, None) == "in":
        found = [ask(house, asker, address)]
    else:
        found = []
    return [each for each in found if each.status == 200]


def items(answer: Answer) -> list[dict[str, object]]:
    """The rows of a list."""
    found: list[dict[str, object]] = (
        answer.document if isinstance(answer.document, list) else answer.document["items"]
    )
    return found


@pytest.mark.parametrize("address", LISTS, ids=lambda each: each.operation)
def test_a_list_has_only_rows_within_the_caller_s_reach(
    house: House, ledger: Ledger, address: Address
) -> None:
    wrong, own = [], 0
    for asker in ASKERS:
        width, tenant = reach(address.operation, role_of(asker)), tenant_of(house, asker)
        for answer in answers(house, ledger, address, asker):
            for item in items(answer):
                thing = ledger.by_id.get(str(item.get("id")))
                if thing is None and "actor_tenant" in item:  # the audit is his who acted
                    thing = Thing(
                        UUID(str(item["id"])),
                        "event",
                        UUID(str(item["actor_tenant"] or UUID(int=0))),
                        frozenset(),
                    )
                if thing is not None:
                    own += thing.owner is not None and thing.owner == tenant
                    if not thing.within(width, tenant):
                        wrong.append((asker, thing))
    assert not wrong
    if address.operation not in FIGURES and {"own", "party"} & set(matrix()[address.operation].values()):
        assert own, "nobody found a row of its own: the house lacks one"


@pytest.mark.parametrize("address", READINGS, ids=lambda each: each.operation)
def test_no_answer_has_a_word_of_a_stranger_s(house: House, ledger: Ledger, address: Address) -> None:
    heard = []
    for asker in ASKERS:
        if reach(address.operation, role_of(asker)) != "own":
            continue
        strangers = [name for name in CAST if tenant_of(house, name) != tenant_of(house, asker)]
        for answer in answers(house, ledger, address, asker):
            text = json.dumps([answer.document, answer.headers], ensure_ascii=False)
            heard += [
                (asker, name)
                for name in strangers
                if f'{canary(name)}"' in text or f"{canary(name)}@" in text
            ]
    assert not heard


def test_everybody_s_canary_is_heard_at_home(house: House, ledger: Ledger) -> None:
    said = {name: "" for name in ASKERS if name in CAST}
    for address in READINGS:
        for asker in said:
            if reach(address.operation, role_of(asker)) == "own":
                said[asker] += "".join(
                    json.dumps(each.document) for each in answers(house, ledger, address, asker)
                )
    heard = {name: text.count(canary(name)) for name, text in said.items()}
    assert min(heard.values()) >= 2, heard
    assert all(heard[name] >= 4 for name in ("ada", "ben", "lin", "rex", "ann")), heard


@pytest.mark.parametrize("address", PAGED, ids=lambda each: each.operation)
def test_s11_more_rows_cost_no_more_statements(house: House, ledger: Ledger, address: Address) -> None:
    rows, asker, key = max(
        (len(items(answer)), asker, answer.key)
        for asker in ASKERS
        for answer in answers(house, ledger, address, asker)
    )
    assert rows >= ROWS_ENOUGH, f"only {rows} rows: the house lacks some"
    query = f"?{FIGURES.get(address.operation, '')}&limit="
    few, many = (ask(house, asker, address, key, query + str(limit)) for limit in (1, 200))
    assert (len(items(few)), len(items(many))) == (1, rows)
    assert len(few.statements) == len(many.statements)
