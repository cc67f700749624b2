"""Bodies: what a write does with members that it never declared, and with ids that are a stranger's."""

from collections.abc import Container, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import connection, models, transaction
from django.urls import resolve

from kernel import errors
from kernel.api.members import CODE
from kernel.api.views import HouseView
from kernel.models.base import Entity
from kernel.models.idempotency import StoredReply
from tests.isolation.checks import ABSENT
from tests.support.caller import Caller
from tests.support.contract import contract

PLANTED = UUID("0eadbeef-0000-7000-8000-000000000000")
MAGIC = (
    "id", "pk", "generation", "created_at", "updated_at", "deleted_at", "is_staff", "is_superuser", "is_active",
    "administers", "roles", "role", "scopes", "tenant", "tenant_id", "organisation_id", "owner", "owner_id", "user_id",
    "state", "status", "approver", "approved_by", "certified_by", "reach", "_state", "__class__",
)  # fmt: skip
OWN_TEXT = {
    models.UUIDField: str(PLANTED),
    models.BooleanField: True,
    models.IntegerField: 7,
    models.JSONField: {"x": 7},
}


@dataclass(frozen=True)
class Call:
    """A write as somebody made it."""

    caller: Caller
    method: str
    path: str
    data: dict[str, Any]

    @property
    def view(self) -> type[HouseView]:
        """The view at its address."""
        found: type[HouseView] = resolve(self.path.split("?")[0]).func.view_class  # type: ignore[attr-defined] # Django's
        return found

    @property
    def operation(self) -> str:
        """The operation that it asks for."""
        return self.view.operations[self.method]


@dataclass(frozen=True)
class Effect:
    """What a write answered, every statement behind it, and what it wrote: statement and values."""

    status: int
    document: Any
    statements: list[str]
    written: list[tuple[str, list[str]]]


def effect(call: Call, data: dict[str, Any]) -> Effect:
    """Make the call with a body, note what it wrote, and take it back."""
    statements: list[str] = []
    written: list[tuple[str, list[str]]] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:  # noqa: FBT001 - Django's shape
        if "SAVEPOINT" not in sql:
            statements.append(sql)
            of_the_call = StoredReply._meta.db_table in sql or 'SET "last_used_at"' in sql  # once a minute
            if ("INSERT" in sql or "UPDATE" in sql) and not of_the_call:
                written.append((sql, [repr(getattr(each, "obj", each)) for each in params or ()]))
        return execute(sql, params, many, context)

    with transaction.atomic():
        with connection.execute_wrapper(note):
            answer = Caller.send(call.caller, call.method, call.path, data)
        transaction.set_rollback(True)
    document = answer.json() if "json" in answer.headers.get("Content-Type", "") else None
    return Effect(answer.status_code, document, statements, written)


def mass_assigned(call: Call) -> list[str]:
    """What a body with every column of the floor and the magic names beside its own changes: nothing, by law.

    It is refused for them, or (where an address tolerates them, or reads no body) does what it does without them.
    Values that differ between two calls with the plain body (keys, times, secrets) are left out of the comparison.
    """
    one, other = effect(call, call.data), effect(call, call.data)
    stuffed = effect(call, {**undeclared(call), **call.data})
    if stuffed.status == errors.InvalidInput.status and not stuffed.written:
        codes = {each["code"] for each in stuffed.document["errors"]}
        return [] if codes == {CODE} else [f"{call.operation}: {stuffed.document}"]
    if (stuffed.status, len(stuffed.written)) != (one.status, len(one.written)):
        return [f"{call.operation}: {one.status} became {stuffed.status}: {stuffed.document}"]
    wrong = []
    for (sql, values), (_, again), (also, found) in zip(
        one.written, other.written, stuffed.written, strict=True
    ):
        if sql != also or len(values) != len(found):
            wrong.append(f"{call.operation}: {sql} became {also}")
        elif changed := [b for a, same, b in zip(values, again, found, strict=True) if a == same and a != b]:
            wrong.append(f"{call.operation}: {sql}: wrote {changed}")
    return wrong


def undeclared(call: Call) -> dict[str, Any]:
    """A value for every column of the floor's tables and every magic name that the contract does not declare."""
    floor = call.operation.split(".")[0]
    found: dict[str, Any] = dict.fromkeys(MAGIC, "planted")
    for model in apps.get_app_config(floor).get_models():
        for field in model._meta.concrete_fields:
            found[field.name] = found[field.attname] = value_of(field)
    return {name: value for name, value in found.items() if name not in declared()[call.operation]}


def value_of(field: "models.Field[Any, Any]") -> Any:
    """A value that the column would take, and that no plain call writes."""
    if field.choices:
        return list(field.choices)[-1][0]
    for kind, value in OWN_TEXT.items():
        if isinstance(field, kind) or isinstance(getattr(field, "target_field", None), kind):
            return value
    return "2031-02-03T04:05:06Z" if isinstance(field, models.DateTimeField) else "planted"


@cache
def declared() -> dict[str, set[str]]:
    """Operation → the members of its body by the contract."""
    document = contract()
    schemas = document["components"]["schemas"]
    found: dict[str, set[str]] = {}
    for methods in document["paths"].values():
        for words in methods.values():
            members: set[str] = set()
            for content in words.get("requestBody", {}).get("content", {}).values():
                schema = content["schema"]
                schema = schemas[schema["$ref"].rsplit("/", 1)[-1]] if "$ref" in schema else schema
                members |= set(schema.get("properties", {}))
            found[words["operationId"]] = members
    return found


def references(
    call: Call, tenant: UUID, known: Container[tuple[str, str]] = ()
) -> Iterator[tuple[str, dict[str, Any], dict[str, Any], str]]:
    """Each place of the body, of those not known yet, that names a row of the caller's: a stranger's there, and nobody's."""
    for path, value in leaves(call.data):
        pointer = "/" + "/".join(map(str, path))
        if (call.operation, pointer) in known:
            continue
        if (found := own_row(value, tenant)) and (foreign := strangers_row(*found, tenant)):
            absent = str(ABSENT) if found[1] == "pk" else "nothing-of-this-name"
            yield pointer, replaced(call.data, path, foreign), replaced(call.data, path, absent), foreign


def told_apart(call: Call, theirs: dict[str, Any], nobodys: dict[str, Any], foreign: str) -> list[str]:
    """Where a body with a stranger's row is answered otherwise than one with a row that nobody has."""
    one, other = effect(call, theirs), effect(call, nobodys)
    plain = [
        str({**(each.document or {}), "request_id": ""}).replace(foreign, "it").replace(str(ABSENT), "it")
        for each in (one, other)
    ]
    plain = [text.replace("nothing-of-this-name", "it") for text in plain]
    if (one.status, plain[0]) != (other.status, plain[1]):
        return [f"{call.operation}: a stranger's {one.status} {plain[0]}; nobody's {other.status} {plain[1]}"]
    if one.statements != other.statements:
        return [
            f"{call.operation}: {len(one.statements)} statements for a stranger's, {len(other.statements)} for none"
        ]
    return (
        [f"{call.operation}: {one.status} took a stranger's row"]
        if one.status < 300 and not any(verdicts in plain[0] for verdicts in ("'items'", "'refused'"))
        else []
    )


def leaves(data: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], str]]:
    """Every text of a body with its place."""
    if isinstance(data, dict):
        for name, inner in data.items():
            yield from leaves(inner, (*path, name))
    elif isinstance(data, list):
        for place, inner in enumerate(data):
            yield from leaves(inner, (*path, place))
    elif isinstance(data, str):
        yield path, data


def replaced(data: Any, path: tuple[Any, ...], value: str) -> Any:
    """The body with another text at one place."""
    if not path:
        return value
    first, *rest = path
    if isinstance(data, list):
        return [replaced(each, tuple(rest), value) if at == first else each for at, each in enumerate(data)]
    return {
        name: replaced(each, tuple(rest), value) if name == first else each for name, each in data.items()
    }


def own_row(value: str, tenant: UUID) -> tuple[type[Entity], str] | None:
    """The table that has a row of the tenant's under this id, or under this key of its own, and that column."""
    try:
        column, wanted = "pk", UUID(value)
    except ValueError:
        column, wanted = "key", value  # type: ignore[assignment] # a text
    owned = _owned(column)
    rows = [
        model.objects.order_by()
        .filter(**{column: wanted, model.tenant_field: tenant})
        .values_list(models.Value(at))
        for at, model in enumerate(owned)
    ]
    found = list(rows[0].union(*rows[1:], all=True))
    return (owned[min(found)[0]], column) if found else None


def strangers_row(model: type[Entity], column: str, tenant: UUID) -> str | None:
    """The same column of a row of which the tenant is neither the owner nor a party."""
    rows = model.objects.exclude(**{model.tenant_field: tenant})
    for each in model.party_fields:
        rows = rows.exclude(**{each: tenant})
    mine = model.objects.filter(**{model.tenant_field: tenant})
    found = rows.exclude(**{f"{column}__in": mine.values(column)}).values_list(column, flat=True).first()
    return str(found) if found else None


@cache
def _owned(column: str) -> list[type[Entity]]:
    return [
        model
        for model in apps.get_models()
        if issubclass(model, Entity)
        and not model.public
        and (column == "pk" or any(_is_text(field, column) for field in model._meta.concrete_fields))
    ]


def _is_text(field: "models.Field[Any, Any]", name: str) -> bool:
    """Whether it is the text column of this name; a key of another kind is no name that a caller gave."""
    return field.name == name and isinstance(field, models.CharField)
