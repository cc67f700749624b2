"""Every way to ask: each filter, order, count, cursor, header and verb that the contract has, on others' rows too."""

from collections.abc import Iterable
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest

from kernel.models.idempotency import StoredReply
from tests.isolation.addresses import Address, addresses, reach
from tests.isolation.calls import ASKERS, ask, role_of, tenant_of
from tests.isolation.checks import (
    ABSENT,
    answers,
    expected,
    items,
    rows_out_of_reach,
    said,
    things_at,
    told_apart,
    words_of_strangers,
)
from tests.isolation.conftest import House
from tests.isolation.contract import plain_queries, probing_queries, stranger_to
from tests.isolation.owners import Ledger
from tests.isolation.test_lists import LISTS, PAGED
from tests.isolation.world import canary
from tests.support.cast import CAST

pytestmark = pytest.mark.django_db
KEYED = [each for each in addresses() if each.keyed]
WRITES = [each for each in addresses() if each.method != "GET" and not each.view.natural_key]
VERBS = ("GET", "POST", "PUT", "PATCH", "DELETE")
FAR = "9" * 12


def narrow(address: Address) -> list[str]:
    """One of the cast for each role that reaches its own or what it is a party to: who could see too much."""
    found: dict[str, str] = {}
    for asker in ASKERS:
        if asker in CAST and reach(address.operation, role_of(asker)) in ("own", "party"):
            found.setdefault(role_of(asker), asker)
    return [*found.values()]


def ids(addresses_: Iterable[Address]) -> list[str]:
    return [each.operation for each in addresses_]


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


@pytest.mark.parametrize("address", LISTS, ids=lambda each: each.operation)
def test_a_filter_by_a_stranger_s_value_answers_as_by_one_that_nobody_has(
    house: House, ledger: Ledger, address: Address
) -> None:
    wrong = []
    for asker in narrow(address):
        stranger, tenant = stranger_to(house, asker), tenant_of(house, asker)
        for theirs, nobodys in probing_queries(address, ledger, stranger, tenant):
            wrong += rows_out_of_reach(house, ledger, address, asker, theirs)
            told = answers(house, ledger, address, asker, theirs)
            plain = answers(house, ledger, address, asker, nobodys)
            wrong += [
                (asker, theirs, one, other)
                for one, other in zip(told, plain, strict=True)
                if [len(items(one)), one.statements] != [len(items(other)), other.statements]
            ]
    assert not wrong


@pytest.mark.parametrize("address", PAGED, ids=lambda each: each.operation)
def test_a_count_counts_what_the_list_shows_and_a_stranger_s_cursor_shows_no_more(
    house: House, ledger: Ledger, address: Address
) -> None:
    wrong = []
    for asker in narrow(address):
        wrong += [
            f"{asker} counts {counted.document.get('count')} and is shown {len(items(counted))}"
            for counted in answers(house, ledger, address, asker, "count=true&limit=200")
            if counted.document["next"] is None and counted.document.get("count") != len(items(counted))
        ]
        for theirs in answers(house, ledger, address, stranger_to(house, asker), "limit=1")[:1]:
            if where := theirs.document["next"]:
                cursor = parse_qs(urlsplit(where).query)["cursor"][0]
                wrong += rows_out_of_reach(house, ledger, address, asker, f"cursor={cursor}")
    assert not wrong


@pytest.mark.parametrize("address", KEYED, ids=lambda each: each.operation)
def test_no_header_and_no_verb_tells_a_stranger_s_object_from_none(
    house: House, ledger: Ledger, address: Address
) -> None:
    wrong, asked_by = [], set()
    for asker in ASKERS:
        role, tenant = role_of(asker), tenant_of(house, asker)
        strange = [
            thing
            for thing in things_at(ledger, address, tenant)
            if thing and expected(address, role, tenant, thing) == "404"
        ]
        if not strange or role in asked_by:
            continue
        asked_by.add(role)
        if address.view.if_match:
            for version in ("*", '"1"', f'"{FAR}"'):
                wrong += told_apart(house, ledger, address, asker, If_Match=version)
        verbs = ["OPTIONS", *(verb for verb in VERBS if verb not in address.view.operations)]
        if "GET" in address.view.operations:
            verbs.append("HEAD")
        for verb in verbs:
            theirs = ask(house, asker, address, strange[0].id, method=verb)
            nobodys = ask(house, asker, address, ABSENT, method=verb)
            if replace(theirs, key="") != replace(nobodys, key=""):
                wrong.append(f"{asker}: {verb}: {theirs} is not {nobodys}")
            if verb not in ("OPTIONS", "HEAD") and theirs.status != 405:
                wrong.append(f"{asker}: {verb} is answered {theirs.status}")
    assert not wrong


@pytest.mark.parametrize("address", WRITES, ids=lambda each: each.operation)
def test_another_s_idempotency_key_replays_nothing(house: House, ledger: Ledger, address: Address) -> None:
    """The very answer that lies under the key for another tenant, and for nobody, is never given to this one."""
    wrong = []
    for asker in ASKERS[:]:
        if asker not in CAST or role_of(asker) in {role_of(each) for each in ASKERS[: ASKERS.index(asker)]}:
            continue
        tenant, stranger = tenant_of(house, asker), stranger_to(house, asker)
        for thing in things_at(ledger, address, tenant)[:1]:
            key = thing.id if thing else ""
            StoredReply.objects.get_or_create(
                tenant_id=tenant_of(house, stranger), key=f"{asker}-{key}",
                defaults={"fingerprint": b"x" * 32, "status": 200, "headers": {}, "body": canary(stranger).encode()},
            )  # fmt: skip
            plain = ask(house, asker, address, key)
            under = ask(house, asker, address, key, Idempotency_Key=f"{asker}-{key}")
            if said(plain, address) != said(under, address) or plain.status != under.status:
                wrong.append((asker, plain.status, under.status, under.document))
            if "Idempotent-Replayed" in under.headers or under.code == "idempotency_key_reused":
                wrong.append((asker, under))
    assert not wrong
