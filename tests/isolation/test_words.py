"""Whatever is refused is refused in the caller's language: bad bodies to every write, and every question of rights."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction

from nodes.api.federation import FederationView
from tests.isolation.addresses import Address, addresses
from tests.isolation.calls import ASKERS, NOBODY, role_of, tenant_of
from tests.isolation.conftest import House
from tests.isolation.owners import Ledger
from tests.isolation.test_roles import expected
from tests.support.cast import CAST
from tests.support.contract import contract

pytestmark = pytest.mark.django_db
CHINESE = re.compile(r"[\u3400-\u9fff]")
WRITES = [
    each
    for each in addresses()
    if each.method != "GET"
    and not issubclass(each.view, FederationView)  # machines' own answers, tried in tests/nodes
]


def untranslated(document: Any, language: str) -> Iterator[str]:
    """Every sentence of a problem that is not in its language."""
    said = [document["title"], document["detail"], *(each["detail"] for each in document.get("errors", []))]
    for item in document.get("items") or []:
        if isinstance(item, dict) and item.get("problem"):
            yield from untranslated(item["problem"], language)
    for sentence in said:
        if bool(CHINESE.search(sentence)) is (language == "en"):
            yield sentence


def members_of(address: Address) -> list[str]:
    """The members of the request's body, as the contract names them."""
    path = "/" + re.sub(r"<\w+:(\w+)>", r"{\1}", address.route).replace("{pk}", "{id}")
    content = contract()["paths"][path][address.method.lower()].get("requestBody", {}).get("content", {})
    for kind in content.values():
        schema = kind["schema"]
        if "$ref" in schema:
            schema = contract()["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
        return list(schema.get("properties", {}))
    return []


def bad_bodies(address: Address) -> Iterator[object]:
    """Bodies that nobody can mean: nothing, no object, wrong types, too long, no text, out of every range."""
    names = members_of(address)
    yield from ({}, [], b"{", b"\xff")
    for value in (None, {"odd": 1}, ["odd"], "odd" * 400, "", -1, 10**30, True) if names else ():
        yield dict.fromkeys(names, value)
    if "items" in names:
        yield {"items": [{}, {"odd": 1}]}


def place_of(house: House, ledger: Ledger, address: Address) -> tuple[str, object] | None:
    """Somebody of the cast who gets past the questions of rights, and the object."""
    for asker in (*(each for each in ASKERS if each in CAST), NOBODY):
        role, tenant = role_of(asker), tenant_of(house, asker)
        if not (address.keyed and address.view.queryset is not None):
            if expected(address, role, tenant, None) == "in":
                return asker, ""
            continue
        for thing in ledger.some(address.view.queryset.model, tenant):
            if expected(address, role, tenant, thing) == "in":
                return asker, thing.id
    return None


@pytest.mark.parametrize("address", WRITES, ids=lambda each: each.operation)
def test_a_bad_body_is_refused_in_the_caller_s_language(
    house: House, ledger: Ledger, address: Address
) -> None:
    found = place_of(house, ledger, address)
    assert found, "nobody may do this"
    asker, key = found
    caller = getattr(house.world, asker) if asker in CAST else house.world.nobody
    wrong = set()
    first = WRITES.index(address)  # of two writes next to each other, one is asked in each language
    for language in ("zh-CN", "en-GB"):
        for body in [*bad_bodies(address)][(first + (language == "en-GB")) % 2 :: 2]:
            with transaction.atomic():
                answer = caller.send(address.method, address.path(key), body, Accept_Language=language)
                transaction.set_rollback(True)
            unreachable = b"upstream_unreachable" in answer.content  # another node's fault, and said so
            assert answer.status_code < 500 or unreachable, (body, answer.content)
            if answer.get("Content-Type", "").endswith("json"):
                document = answer.json()
                if isinstance(document, dict) and ("code" in document and "title" in document):
                    wrong |= {(language[:2], each) for each in untranslated(document, language[:2])}
                elif isinstance(document, dict) and document.get("items"):
                    told = {"title": "中" * (language[:2] == "zh"), "detail": "中" * (language[:2] == "zh")}
                    wrong |= {
                        (language[:2], each)
                        for each in untranslated({**told, "items": document["items"]}, language[:2])
                    }
    assert wrong == set()


def test_a_sentence_in_the_wrong_language_is_noticed() -> None:
    one = {"title": "输入有误", "detail": "Wrong.", "errors": [{"detail": "必填"}]}
    assert list(untranslated(one, "zh")) == ["Wrong."]
    assert list(untranslated(one, "en")) == ["输入有误", "必填"]
    assert list(untranslated({"title": "中", "detail": "文", "items": [{"problem": one}]}, "zh")) == [
        "Wrong."
    ]
