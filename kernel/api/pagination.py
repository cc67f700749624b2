"""Keyset pages: newest first unless ordered otherwise, opaque cursors, a `next` link, counts only on request."""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self, TypeVar
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Field, Model, Q, QuerySet
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request

from kernel.api.instants import InstantField
from kernel.api.integers import PlainIntegerField
from kernel.errors import InvalidField

M = TypeVar("M", bound=Model)

DEFAULT_LIMIT = 50
MAX_LIMIT = 200
BINDING_BYTES = 8
NEWEST_FIRST = "-created_at"
SAME_LIST = frozenset({"limit", "cursor", "count", "fields", "expand"})  # what may change from page to page


class AnyOf(serializers.ListField):
    """Several values of one parameter: repeated, or separated by commas."""

    def to_internal_value(self, data: Any) -> list[Any]:
        """Each value as the child reads it."""
        given = data if isinstance(data, list) else [data]
        return super().to_internal_value([word for text in given for word in str(text).split(",") if word])


class OrderField(serializers.ChoiceField):
    """One of the orders that the list's serializer declares, rising or, with `-`, falling."""

    def __init__(self, **options: Any) -> None:
        """Start with what every list has; the serializer's own are added when the field is bound."""
        super().__init__(choices=[], **options)

    def bind(self, field_name: str, parent: Any) -> None:
        """Take the orders of the serializer that the field stands in."""
        super().bind(field_name, parent)
        self.choices = [f"{sign}{name}" for name in ("created_at", *parent.orders) for sign in ("-", "")]


@extend_schema_serializer(exclude_fields=("fields", "expand"))  # HouseSchema names the members of each answer
class ReadQuery(serializers.Serializer[Any]):
    """What every reading of objects takes: which members, and which relations whole."""

    fields = AnyOf(child=serializers.CharField(), required=False)  # type: ignore[assignment] # the API's word
    expand = AnyOf(child=serializers.CharField(), required=False)


@extend_schema_serializer(exclude_fields=("fields", "expand"))
class PageQuery(ReadQuery):
    """What every list takes beside its own filters; `orders`: name → column that is never null."""

    orders: ClassVar[Mapping[str, str]] = {}

    limit = PlainIntegerField(min_value=1, max_value=MAX_LIMIT, default=DEFAULT_LIMIT)
    cursor = serializers.CharField(
        required=False,
        help_text="The parameter `cursor` of the address in the previous page's `next`, opaque; or follow that address as it is.",
    )
    count = serializers.BooleanField(default=False, help_text="Count all matching rows too.")
    order_by = OrderField(default=NEWEST_FIRST)
    id__in = AnyOf(child=serializers.UUIDField(), required=False, max_length=MAX_LIMIT)
    created_at__gte = InstantField(required=False)
    created_at__lt = InstantField(required=False)


def any_code(choices: list[tuple[str, str]], **options: Any) -> AnyOf:
    """The filter `name__in` of a vocabulary: any of its codes."""
    return AnyOf(child=serializers.ChoiceField(choices), required=False, **options)


@dataclass(frozen=True, slots=True)
class Cursor:
    """The place after a row: its key, its value in the order, and the list that it belongs to."""

    key: UUID
    binding: bytes = bytes(BINDING_BYTES)
    value: str = ""

    def encode(self) -> str:
        """The place as opaque text."""
        raw = self.binding + self.key.bytes + self.value.encode()
        return base64.urlsafe_b64encode(raw).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str) -> Self:
        """The place that a text means. Raises InvalidField for anything that is not one of ours."""
        try:
            raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
            key = UUID(bytes=raw[BINDING_BYTES : BINDING_BYTES + 16])
            value = raw[BINDING_BYTES + 16 :].decode()
        except (ValueError, binascii.Error) as error:
            raise _no_cursor() from error
        if "\0" in value:  # no column holds it, so none of ours has it
            raise _no_cursor()
        return cls(key, raw[:BINDING_BYTES], value)


@dataclass(frozen=True, slots=True)
class Order:
    """How a list is ordered: by a column and then the key, rising or falling."""

    column: str
    falling: bool

    @classmethod
    def of(cls, name: str, columns: Mapping[str, str]) -> Self:
        """The order that `-name` or `name` asks for; keys are in the order of creation."""
        return cls(columns.get(name.removeprefix("-"), "pk"), name.startswith("-"))

    def sort(self, rows: QuerySet[M]) -> QuerySet[M]:
        """The rows in this order."""
        sign = "-" if self.falling else ""
        return rows.order_by(*dict.fromkeys([f"{sign}{self.column}", f"{sign}pk"]))

    def after(self, rows: QuerySet[M], place: Cursor) -> QuerySet[M]:
        """The rows behind a place."""
        than = "lt" if self.falling else "gt"
        behind = Q((f"pk__{than}", place.key))
        if self.column == "pk":
            return rows.filter(behind)
        try:
            value = self._field(rows).to_python(place.value)
        except (ValidationError, ValueError) as error:
            raise _no_cursor() from error
        return rows.filter(Q((f"{self.column}__{than}", value)) | Q((self.column, value)) & behind)

    def place(self, rows: QuerySet[M], row: M, binding: bytes) -> Cursor:
        """The place of a row."""
        value = "" if self.column == "pk" else self._field(rows).value_to_string(row)
        return Cursor(row.pk, binding, value)

    def _field(self, rows: QuerySet[M]) -> "Field[Any, Any]":
        return rows.model._meta.get_field(self.column)  # type: ignore[return-value] # a column, not a relation


def paginate(
    request: Request,
    rows: QuerySet[M],
    *,
    limit: int,
    cursor: str | None,
    count: bool,
    order_by: str = NEWEST_FIRST,
    columns: Mapping[str, str] | None = None,
) -> tuple[list[M], dict[str, Any]]:
    """One page of rows, and the envelope's other members: `next` and, if asked for, `count`."""
    order, binding = Order.of(order_by, columns or {}), _binding(request, order_by)
    envelope: dict[str, Any] = {"next": None}
    if count:
        envelope["count"] = rows.count()
    ordered = order.sort(rows)
    if cursor:
        place = Cursor.decode(cursor)
        if place.binding != binding:
            raise InvalidField(
                parameter="cursor",
                reason_zh="该游标属于另一列表、排序或筛选；更改条件后请从第一页（不带 cursor）重新开始。",
                reason_en="This cursor is of another list, order or filter; begin again without a cursor.",
            )
        ordered = order.after(ordered, place)
    page = list(ordered[: limit + 1])
    if len(page) > limit:
        page = page[:limit]
        query = request.query_params.copy()
        query["cursor"] = order.place(rows, page[-1], binding).encode()
        envelope["next"] = request.build_absolute_uri(f"{request.path}?{query.urlencode()}")
    return page, envelope


def _binding(request: Request, order_by: str) -> bytes:
    """What a cursor belongs to: the list's address, its order and its filters."""
    filters = sorted(
        (name, value)
        for name, values in request.query_params.lists()
        if name not in SAME_LIST and name != "order_by"
        for value in values
    )
    return hashlib.sha256(repr((request.path, order_by, filters)).encode()).digest()[:BINDING_BYTES]


def _no_cursor() -> InvalidField:
    return InvalidField(
        parameter="cursor",
        reason_zh="游标无效；请使用上一页 next 网址中 cursor 参数的值，或直接访问该网址。",
        reason_en="This is no cursor of ours: take the parameter cursor of the address in the previous page's next, or follow it.",
    )
