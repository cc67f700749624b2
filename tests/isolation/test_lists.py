"""What lists and readings show: no row and no word of a stranger's, and no more statements for more rows."""

import json

import pytest

from tests.isolation.addresses import Address, addresses, matrix, reach
from tests.isolation.calls import ASKERS, ask, role_of, tenant_of
from tests.isolation.checks import (
    FIGURES,
    NOT_CALLED,
    answers,
    items,
    rows_out_of_reach,
    things_in,
    words_of_strangers,
)
from tests.isolation.conftest import House
from tests.isolation.owners import Ledger
from tests.isolation.world import canary
from tests.support.cast import CAST

pytestmark = pytest.mark.django_db
READINGS = [each for each in addresses() if each.method == "GET" and each.operation not in NOT_CALLED]
LISTS = [each for each in READINGS if ".list_" in each.operation]
ROWS_ENOUGH = 3
WHOLE = {
    "identifiers.list_codecs",
    "identifiers.list_dictionaries",
    "kernel.list_problems",
    "kernel.list_vocabularies",
    "monitoring.list_indicators",
    "nodes.list_report_upstreams",
    "participants.list_webhook_events",
}  # a page of the code's or a profile's, no rows
PAGED = [each for each in LISTS if each.operation not in WHOLE]


@pytest.mark.parametrize("address", LISTS, ids=lambda each: each.operation, scope="session")
def test_a_list_has_only_rows_within_the_caller_s_reach(
    house: House, ledger: Ledger, address: Address
) -> None:
    assert [each for asker in ASKERS for each in rows_out_of_reach(house, ledger, address, asker)] == []
    if address.operation not in FIGURES and {"own", "party"} & set(matrix()[address.operation].values()):
        own = [
            thing
            for asker in ASKERS
            for answer in answers(house, ledger, address, asker)
            for thing in things_in(ledger, answer)
            if thing.owner is not None and thing.owner == tenant_of(house, asker)
        ]
        assert own, "nobody found a row of its own: the house lacks one"


@pytest.mark.parametrize("address", READINGS, ids=lambda each: each.operation, scope="session")
def test_no_answer_has_a_word_of_a_stranger_s(house: House, ledger: Ledger, address: Address) -> None:
    assert [each for asker in ASKERS for each in words_of_strangers(house, ledger, address, asker)] == []


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


@pytest.mark.parametrize("address", PAGED, ids=lambda each: each.operation, scope="session")
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
