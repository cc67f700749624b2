"""What a masked reading (INVARIANTS §7, `g`) may not say, looked for in an answer; what it says comes back as words."""

import json
import re
from collections.abc import Iterator
from typing import Any

from kernel.permissions import masks
from tests.isolation.addresses import Address, addresses, reach
from tests.isolation.calls import ASKERS, Answer, role_of, tenant_of
from tests.isolation.checks import ABSENT, answers, items
from tests.isolation.conftest import House
from tests.isolation.contract import OF_THE_PAGE, parameters
from tests.isolation.owners import Ledger
from tests.isolation.world import canary
from tests.support.cast import CAST

MASKED = [
    each
    for each in addresses()
    if each.method == "GET" and any(reach(each.operation, role_of(asker)) == "masked" for asker in ASKERS)
]
# what was wanted, and at what price, is hidden; whose it is is the operator's and the regulator's to know
PARTIES_NAMED = {
    "marketplace.list_demands",
    "marketplace.read_demand",
    "marketplace.list_quotes",
    "marketplace.read_quote",
    "marketplace.list_orders",
    "marketplace.read_order",
}
AMOUNT = re.compile(r"[0-9]+(\.[0-9]+)?")
TELLING = 6  # symbols of a text, or fen of an amount, from which on it is no coincidence
LEAST_FEN = 1000


def masked_askers(address: Address) -> list[str]:
    """One of the cast of each role that reads an address masked."""
    found = {role_of(each): each for each in ASKERS if reach(address.operation, role_of(each)) == "masked"}
    return [*found.values()]


def rows_of(answer: Answer) -> list[dict[str, Any]]:
    """The rows of a list, or the one object."""
    return items(answer) if "items" in answer.document else [answer.document]


def hidden_by_row(house: House, ledger: Ledger, address: Address) -> dict[str, dict[str, Any]]:
    """Row → its hidden members, as those say it who read it whole."""
    hidden = masks()[address.operation]
    found: dict[str, dict[str, Any]] = {}
    for asker in ASKERS:
        if asker in CAST and reach(address.operation, role_of(asker)) in ("own", "party", "all"):
            for answer in answers(house, ledger, address, asker):
                for row in rows_of(answer):
                    found.setdefault(row["id"], {name: row[name] for name in hidden & set(row)})
    return found


def said_all_the_same(
    house: House, ledger: Ledger, address: Address, asker: str, query: str = ""
) -> list[str]:
    """The hidden members, their values, and the names of houses and people in the masked answers to somebody."""
    whole, hidden = hidden_by_row(house, ledger, address), masks()[address.operation]
    wrong = []
    for answer in answers(house, ledger, address, asker, query):
        for row in rows_of(answer):
            if is_own(ledger, address, answer, row, tenant_of(house, asker)):
                continue
            where = f"{asker} {query}: {row['id']}"
            wrong += [f"{where} has {name}" for name in hidden & set(row)]
            secret = {*leaves(whole.get(row["id"], {}))}
            if address.operation in PARTIES_NAMED:
                secret = {each for each in secret if AMOUNT.fullmatch(each) or "canary" in each}
            wrong += [f"{where} says {each}" for each in secret & {*leaves(row)}]
            if address.operation not in PARTIES_NAMED:
                wrong += [f"{where} names {each}" for each in named(house, asker, row)]
    return wrong


def is_own(ledger: Ledger, address: Address, answer: Answer, row: dict[str, Any], tenant: object) -> bool:
    """Whether a row is of the asker's own house: such a one is whole."""
    thing = ledger.by_id.get(str(row["id"])) or ledger.by_id.get(answer.key)
    return thing is not None and thing.owner == tenant


def leaves(value: Any) -> Iterator[str]:
    """The texts and amounts in a value that are long enough to tell something."""
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from leaves(each)
    elif (isinstance(value, str) and len(value) >= TELLING) or (
        isinstance(value, int) and value >= LEAST_FEN
    ):
        yield str(value)


def named(house: House, asker: str, row: dict[str, Any]) -> list[str]:
    """Whose house or person a row names: by id, name, code, address or a private word. Its own id names nobody."""
    text = json.dumps({name: value for name, value in row.items() if name != "id"}, ensure_ascii=False)
    found = []
    for name in CAST:
        person = getattr(house.world, name)
        if person.organisation.id != tenant_of(house, asker):
            words = (
                person.organisation.id, person.organisation.name, person.organisation.code, person.user.id,
                f'"{person.user.name}"', person.user.email, canary(name),
            )  # fmt: skip
            found += [f"{name}: {word}" for word in words if str(word) in text]
    return found


def telling_queries(address: Address) -> Iterator[str]:
    """Each filter and order of the contract by what a masked reading does not say."""
    schemas = dict(parameters()[address.operation])
    told = {*schemas["fields"]["enum"]} - masks()[address.operation]
    for name, schema in schemas.items():
        if name == "order_by":
            yield from (
                f"order_by={each}" for each in schema["enum"] if each.lstrip("-") not in {*told, "created_at"}
            )
        elif name not in {*OF_THE_PAGE, "fields", "expand"} and name.split("__")[0] not in {
            *told,
            "created_at",
        }:
            plain = ABSENT if schema.get("format") == "uuid" else "x"
            yield f"{name}={schema.get('enum', [plain])[0]}"
