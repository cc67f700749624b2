"""Every address of the house with its operations, and the matrix of who may do what, read without asking the house."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from kernel.api.views import HouseView

COLUMNS = {
    "CP": "compute_provider",
    "LP": "line_provider",
    "RS": "resale_provider",
    "AP": "application_provider",
    "CU": "compute_user",
    "OS": "operator_system",
    "OX": "operator_security",
    "OA": "operator_audit",
    "RG": "regulator",
    "SU": "supporting_unit",
    "RD": "reading_authority",
    "AU": "auditor",
    "NN": "node",
    "AN": "anonymous",
}  # INVARIANTS §7; the operator is three
REACHES = {"-": "none", "o": "own", "p": "party", "g": "masked", "a": "all"}
WIDTHS = list(REACHES.values())
KEY = "<uuid:pk>"
INDICATOR = "application_calls"


@dataclass(frozen=True)
class Address:
    """One operation at its address."""

    operation: str
    method: str
    route: str
    view: type[HouseView]

    @property
    def keyed(self) -> bool:
        """Whether the address names an object by its id."""
        return KEY in self.route

    def path(self, key: object = "") -> str:
        """The address with an object's id; other parts get a value that nothing has."""
        route = self.route.replace(KEY, str(key)).replace("<slug:code>", INDICATOR)
        return "/" + re.sub(r"<\w+:\w+>", "nothing", route)


LISTED_UNDER_ANOTHER = {"api/v1/documents/<uuid:pk>": "participants.list_documents"}


@cache
def seen_by(address: Address) -> str:
    """The operation whose row says who sees the object of an address: the one that reads it, else lists its kind.

    What is never read by itself (a key, a seat) is seen by who may do the operation at hand.
    """
    thing = address.route.split(KEY)[0] + KEY
    readers = {each.route: each.operation for each in addresses() if each.method == "GET"}
    listed = readers.get(thing.removesuffix(f"/{KEY}"), address.operation)
    return readers.get(thing) or LISTED_UNDER_ANOTHER.get(thing, listed)


@cache
def addresses() -> list[Address]:
    """Every operation of every view, in the order of their names."""
    found = [
        Address(operation, method, route, view)
        for route, view in routes(get_resolver().url_patterns)
        for method, operation in view.operations.items()
    ]
    return sorted(found, key=lambda each: each.operation)


def routes(patterns: list[Any], before: str = "") -> Iterator[tuple[str, type[HouseView]]]:
    """Address and view of every view of the house."""
    for each in patterns:
        here = before + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from routes(each.url_patterns, here)
        elif isinstance(each, URLPattern):
            view = getattr(each.callback, "view_class", None)
            if isinstance(view, type) and issubclass(view, HouseView):
                yield here, view


def reach(operation: str, role: str) -> str:
    """How far a role reaches, with what everybody may."""
    row = matrix()[operation]
    return max(row[role], row["anonymous"], key=WIDTHS.index)


@cache
def matrix() -> dict[str, dict[str, str]]:
    """Operation → role → reach, from matrix.txt: every role is named, `none` where it may not."""
    rows: dict[str, dict[str, str]] = {}
    roles: list[str] = []
    for line in (Path(__file__).parent / "matrix.txt").read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        operation, *cells = line.split()
        if operation == "operation":
            roles = [COLUMNS[cell] for cell in cells]
        else:
            if len(cells) != len(roles):
                raise ValueError(
                    f"matrix.txt: {operation} has {len(cells)} cells for the columns {list(COLUMNS)}"
                )
            rows[operation] = {role: REACHES[cell] for role, cell in zip(roles, cells, strict=True)}
    return rows
