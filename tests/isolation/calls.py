"""Asking: one call by anybody of the cast, the peer node or nobody, whose effects are taken back at once."""

import re
from dataclasses import dataclass, field
from sys import intern
from typing import Any
from uuid import UUID

from django.db import connection

from nodes.api.federation import FederationView
from tests.isolation.addresses import Address
from tests.isolation.conftest import House
from tests.isolation.world import ANOTHERS
from tests.support.caller import Caller
from tests.support.cast import CAST

NODE, NOBODY = "the peer", "nobody"
OF_THE_CALL = ("X-Request-Id", "RateLimit")  # differ from call to call, whatever is asked
BODILESS = ("GET", "HEAD", "OPTIONS")
READS = re.compile(r"(SELECT set_config[^;]+; )?SELECT ")  # a statement, with the scope that goes ahead of it
COLLEAGUES = ("abe", "ron")  # of the same house and role as another
ASKERS = [*(name for name in CAST if name not in COLLEAGUES), NODE, NOBODY]


@dataclass
class Answer:
    """What came back for which object, and what was asked of the database on the way."""

    key: str
    status: int
    document: Any
    headers: dict[str, str]
    statements: list[str] = field(default_factory=list)

    @property
    def code(self) -> str:
        """The problem's code; empty for an answer that is none."""
        return self.document.get("code", "") if isinstance(self.document, dict) else ""


def role_of(asker: str) -> str:
    """The role in which somebody asks."""
    return {NODE: "node", NOBODY: "anonymous"}.get(asker) or CAST[asker].role.value


def tenant_of(house: House, asker: str) -> UUID | None:
    """The organisation of somebody of the cast."""
    return getattr(house.world, asker).organisation.id if asker in CAST else None


def once(
    house: House,
    asker: str,
    address: Address,
    key: object = "",
    query: str = "",
    *,
    method: str = "",
    **headers: str,
) -> Answer:
    """The answer to a question that may have been asked before: whatever it did was taken back, so it is the same."""
    told = (
        address.operation,
        asker,
        str(key),
        query,
        method,
        *(f"{name}: {value}" for name, value in headers.items()),
    )
    if told not in house.told:
        house.told[told] = ask(house, asker, address, key, query, method=method, caller=None, **headers)
    answer: Answer = house.told[told]
    return answer


def ask(
    house: House,
    asker: str,
    address: Address,
    key: object = "",
    query: str = "",
    *,
    method: str = "",
    body: object = None,
    caller: Caller | None = None,
    **headers: str,
) -> Answer:
    """Call the address, with an empty body unless one is given, and take back whatever it did.

    Another `method` than the operation's, a `caller` with another key, and headers may be named. The cast writes under
    an Idempotency-Key under which answers lie for another tenant and for nobody.
    """
    path = address.path(key) + query
    seen: list[str] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:  # noqa: FBT001 - Django's shape
        if "SAVEPOINT" not in sql:
            seen.append(intern(sql))
        return execute(sql, params, many, context)

    if asker in CAST and (method or address.method) not in BODILESS:
        headers.setdefault("Idempotency_Key", ANOTHERS)
    who = caller or (getattr(house.world, asker) if asker in CAST else house.world.nobody)
    mark = house.mark()
    with connection.execute_wrapper(note):
        if asker == NODE and issubclass(address.view, FederationView):
            response = _signed(house, method or address.method, path)
        elif (method or address.method) in BODILESS:
            response = who.send(method or address.method, path, None, **headers)
        else:
            response = who.send(method or address.method, path, {} if body is None else body, **headers)
    if not all(map(READS.match, seen)):
        house.take_back(mark)
    shown = {name: value for name, value in response.items() if name not in OF_THE_CALL}
    document = _document(response)
    if isinstance(document, dict):
        document.pop("request_id", None)
    return Answer(str(key), response.status_code, document, shown, seen)


def _signed(house: House, method: str, path: str) -> Any:
    raw = b"" if method in BODILESS else b"{}"
    return Caller().client.generic(
        method,
        path,
        raw,  # type: ignore[arg-type] # the stubs forget that bytes go as they are
        content_type="application/json",
        headers=house.peer.signed(method, path, raw),
    )


def _document(response: Any) -> Any:
    if response.streaming or not response.content or "json" not in response.headers.get("Content-Type", ""):
        return None
    return response.json()
