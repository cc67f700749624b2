"""Every way to ask: each filter, order, count, cursor, header and verb that the contract has, on others' rows too."""

import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import TypeVar
from urllib.parse import parse_qs, urlsplit

import pytest

from nodes.api.federation import FederationView
from tests.isolation.addresses import Address, addresses, reach
from tests.isolation.calls import ASKERS, Answer, once, role_of, tenant_of
from tests.isolation.checks import (
    ABSENT,
    answers,
    cells,
    expected,
    items,
    rows_out_of_reach,
    told_apart,
    words_of_strangers,
)
from tests.isolation.conftest import House
from tests.isolation.contract import parameters, plain_queries, probing_queries, stranger_to
from tests.isolation.owners import Ledger, Thing
from tests.isolation.test_lists import LISTS, PAGED
from tests.support.cast import CAST

pytestmark = pytest.mark.django_db
KEYED = [each for each in addresses() if each.keyed]
WRITES = [
    each
    for each in addresses()
    if each.method != "GET" and not each.view.natural_key and not issubclass(each.view, FederationView)
]
COUNTED = [each for each in PAGED if "count" in dict(parameters()[each.operation])]
EVERYBODY = bool(os.environ.get("ISOLATION_EVERYBODY"))
Q = TypeVar("Q")
VERBS = ("GET", "POST", "PUT", "PATCH", "DELETE")
FAR = "9" * 12


def narrow(address: Address) -> list[str]:
    """One of the cast for each role that reaches its own or what it is a party to: who could see too much."""
    found: dict[str, str] = {}
    for asker in ASKERS:
        if asker in CAST and reach(address.operation, role_of(asker)) in ("own", "party"):
            found.setdefault(role_of(asker), asker)
    return [*found.values()]


def shared_out(
    askers: Sequence[str], queries: Callable[[str], Iterable[Q]]
) -> Iterator[tuple[str, Iterable[Q]]]:
    """Who asks which of an address's queries: all are asked and everybody asks some, in turn; for a release, everybody all."""
    for place, asker in enumerate(askers):
        yield asker, queries(asker) if EVERYBODY else islice(queries(asker), place, None, len(askers))


def found_by_what_is_not_shown(answer: Answer, query: str) -> list[object]:
    """Rows that a filter finds by a value which they do not say themselves to who reads them."""
    value = query.partition("=")[2]
    return [each for each in items(answer) if value not in json.dumps(each, ensure_ascii=False)]


@pytest.mark.parametrize("address", LISTS, ids=lambda each: each.operation, scope="session")
def test_no_filter_order_member_or_relation_opens_a_stranger_s_row(
    house: House, ledger: Ledger, address: Address
) -> None:
    wrong = []
    for asker, queries in shared_out(narrow(address), lambda _: plain_queries(address.operation)):
        for query in queries:
            wrong += rows_out_of_reach(house, ledger, address, asker, query)
            wrong += words_of_strangers(house, ledger, address, asker, query)
    assert not wrong


@pytest.mark.parametrize("address", LISTS, ids=lambda each: each.operation, scope="session")
def test_a_filter_by_a_stranger_s_value_answers_as_by_one_that_nobody_has(
    house: House, ledger: Ledger, address: Address
) -> None:
    def probing(asker: str) -> Iterator[tuple[str, str]]:
        return probing_queries(address, ledger, stranger_to(house, asker), tenant_of(house, asker))

    wrong = []
    for asker, queries in shared_out(narrow(address), probing):
        for theirs, nobodys in queries:
            wrong += rows_out_of_reach(house, ledger, address, asker, theirs)
            told = answers(house, ledger, address, asker, theirs)
            plain = answers(house, ledger, address, asker, nobodys)
            wrong += [
                f"{asker}: {theirs}: {one} is not {other}"
                for one, other in zip(told, plain, strict=True)
                if found_by_what_is_not_shown(one, theirs)
                or (not items(one) and replace(one, key="") != replace(other, key=""))
            ]
    assert not wrong


@pytest.mark.parametrize("address", COUNTED, ids=lambda each: each.operation, scope="session")
def test_a_count_counts_what_the_list_shows_and_a_stranger_s_cursor_shows_no_more(
    house: House, ledger: Ledger, address: Address
) -> None:
    wrong = []
    for asker in narrow(address):
        counts = answers(house, ledger, address, asker, "count=true&limit=200")
        assert bool(counts) is bool(answers(house, ledger, address, asker)), "the count was refused"
        wrong += [
            f"{asker} counts {counted.document.get('count')} and is shown {len(items(counted))}"
            for counted in counts
            if counted.document["next"] is None and counted.document.get("count") != len(items(counted))
        ]
        for theirs in answers(house, ledger, address, stranger_to(house, asker), "limit=1")[:1]:
            if where := theirs.document.get("next"):
                cursor = parse_qs(urlsplit(where).query)["cursor"][0]
                wrong += rows_out_of_reach(house, ledger, address, asker, f"cursor={cursor}")
    assert not wrong


@pytest.mark.parametrize("address", KEYED, ids=lambda each: each.operation, scope="session")
def test_no_header_and_no_verb_tells_a_stranger_s_object_from_none(
    house: House, ledger: Ledger, address: Address
) -> None:
    """A verb that the address has not is refused before anybody is known, so one asker asks for all."""
    wrong, beside = [], verbs_beside(address)
    for asker, strange in strangers_at(house, ledger, address):
        if address.method in address.view.if_match:
            for version in ("*", '"1"', f'"{FAR}"'):
                wrong += told_apart(house, ledger, address, [asker], If_Match=version)
        for verb in beside:
            theirs = once(house, asker, address, strange.id, method=verb)
            nobodys = once(house, asker, address, ABSENT, method=verb)
            if replace(theirs, key="") != replace(nobodys, key=""):
                wrong.append(f"{asker}: {verb}: {theirs} is not {nobodys}")
            if verb in VERBS and theirs.status != 405:
                wrong.append(f"{asker}: {verb} is answered {theirs.status}")
        beside = [verb for verb in beside if verb == "HEAD"]
    assert not wrong


def strangers_at(house: House, ledger: Ledger, address: Address) -> list[tuple[str, Thing]]:
    """One asker of each role that must not know of some object of the address, and that object."""
    found: dict[str, tuple[str, Thing]] = {}
    for asker, thing in cells(house, ledger, address):
        role = role_of(asker)
        if thing and expected(address, role, tenant_of(house, asker), thing) == "404":
            found.setdefault(role, (asker, thing))
    return [*found.values()]


def verbs_beside(address: Address) -> list[str]:
    """The verbs that the address has not, OPTIONS and HEAD; asked at the first operation of an address only."""
    first = min(each.operation for each in KEYED if each.route == address.route)
    if address.operation != first:
        return []
    there = address.view.operations
    return ["OPTIONS", *(["HEAD"] if "GET" in there else []), *(verb for verb in VERBS if verb not in there)]


@pytest.mark.parametrize("address", WRITES, ids=lambda each: each.operation, scope="session")
def test_another_s_idempotency_key_replays_nothing(house: House, ledger: Ledger, address: Address) -> None:
    """Everybody writes under one key, under which answers lie for another tenant and for nobody: it is told neither."""
    wrong, through = [], False
    for asker, thing in cells(house, ledger, address, [*CAST]):
        under = once(house, asker, address, thing.id if thing else "")
        through = through or expected(address, role_of(asker), tenant_of(house, asker), thing) == "in"
        if "Idempotent-Replayed" in under.headers or under.code == "idempotency_key_reused":
            wrong.append((asker, under))
    assert through, "nobody came as far as the key"
    assert not wrong
