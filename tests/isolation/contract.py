"""What may be asked of a list, read from the contract: every filter, order, member and relation that it declares."""

from collections.abc import Iterator
from functools import cache
from itertools import zip_longest
from typing import Any

from kernel.models.base import Entity
from tests.isolation.addresses import Address
from tests.isolation.checks import ABSENT
from tests.isolation.owners import Ledger
from tests.isolation.world import canary
from tests.support.cast import CAST
from tests.support.contract import contract

OF_THE_PAGE = {"limit", "cursor", "count"}
DAYS = ("2000-01-01T00:00:00Z", "2100-01-01T00:00:00Z")
NOTHING = "nothing"
HANDFUL = 12  # members


@cache
def parameters() -> dict[str, list[tuple[str, dict[str, Any]]]]:
    """Operation → its query parameters with their schemas."""
    document = contract()
    return {
        words["operationId"]: [
            (each["name"], schema_of(document, each["schema"]))
            for each in words.get("parameters", [])
            if each["in"] == "query"
        ]
        for methods in document["paths"].values()
        for words in methods.values()
    }


def schema_of(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """A schema with its reference followed, and the schema of its items in the place of a list."""
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]]
    for inner in ("allOf", "oneOf", "anyOf"):
        if inner in schema:
            schema = {**schema_of(document, schema[inner][0]), **schema}
    return schema_of(document, schema["items"]) if schema.get("type") == "array" else schema


def plain_queries(operation: str) -> Iterator[str]:
    """Each value of each parameter whose values the contract names: filters, relations, days; orders and members.

    An order and a handful of members change neither which rows are shown nor each other: they are asked together.
    """
    named: dict[str, list[Any]] = {"order_by": [], "fields": []}
    for name, schema in parameters()[operation]:
        if name in OF_THE_PAGE:
            continue
        values: list[Any] = schema.get("enum", [])
        if "boolean" in str(schema.get("type")):
            values = ["true", "false"]
        elif schema.get("format") == "date-time":
            values = [*DAYS]
        named[name] = [value for value in values if value not in (None, "")]
    orders, members = named.pop("order_by"), named.pop("fields")
    hands = [",".join(members[start : start + HANDFUL]) for start in range(0, len(members), HANDFUL)]
    for order, hand in zip_longest(orders, hands):
        yield "&".join([f"order_by={order}"] * bool(order) + [f"fields={hand}"] * bool(hand))
    yield from (f"{name}={value}" for name, values in named.items() for value in values)


def probing_queries(
    address: Address, ledger: Ledger, stranger: str, tenant: object
) -> Iterator[tuple[str, str]]:
    """Pairs of queries that a stranger's value and one that nobody has must answer alike."""
    for name, schema in parameters()[address.operation]:
        if name in OF_THE_PAGE or "enum" in schema:
            continue
        if schema.get("format") == "uuid":
            for id_ in foreign_ids(name, ledger, tenant):
                yield f"{name}={id_}", f"{name}={ABSENT}"
        elif schema.get("type") == "string" and "format" not in schema:
            yield f"{name}={canary(stranger)}", f"{name}={NOTHING}"


def foreign_ids(name: str, ledger: Ledger, tenant: object) -> list[str]:
    """Ids that a parameter of this name may mean, of rows that are another tenant's; else the tenant itself."""
    noun = name.removesuffix("__in")
    kinds = {model._meta.label for model in Entity.__subclasses__() if noun in model.__name__.lower()}
    found: dict[str, str] = {}
    for thing in ledger.by_id.values():
        if (
            thing.owner not in (None, tenant)
            and tenant not in thing.parties
            and (thing.kind in kinds or noun == "id")
        ):
            found.setdefault(thing.kind, str(thing.id))
    return [*found.values()][:4] or [str(ledger.some_tenant(besides=tenant))]


def stranger_to(house: Any, asker: str) -> str:
    """Somebody of the cast of another house than the asker's, of the same role where there is one."""
    own = getattr(house.world, asker).organisation.id
    others = [name for name in CAST if getattr(house.world, name).organisation.id != own]
    return next((name for name in others if CAST[name].role == CAST[asker].role), others[0])
