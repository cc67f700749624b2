"""Keyset pages: newest first by UUIDv7 key, opaque cursors, a `next` link, counts only on request."""

import base64
import binascii
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet
from rest_framework import serializers
from rest_framework.request import Request

from kernel.errors import InvalidField

M = TypeVar("M", bound=Model)

DEFAULT_LIMIT = 50
MAX_LIMIT = 200


class PageQuery(serializers.Serializer[Any]):
    """What every list takes beside its own filters."""

    limit = serializers.IntegerField(min_value=1, max_value=MAX_LIMIT, default=DEFAULT_LIMIT)
    cursor = serializers.CharField(required=False, help_text="Opaque; take it from `next`.")
    count = serializers.BooleanField(default=False, help_text="Count all matching rows too.")


def encode_cursor(key: UUID) -> str:
    """The place after the row with this key, as opaque text."""
    return base64.urlsafe_b64encode(key.bytes).decode().rstrip("=")


def decode_cursor(cursor: str) -> UUID:
    """The key inside a cursor. Raises InvalidField for anything that is not one of ours."""
    try:
        return UUID(bytes=base64.urlsafe_b64decode(cursor + "=="))
    except (ValueError, binascii.Error) as error:
        raise InvalidField(
            pointer="/cursor",
            reason_zh="游标无效；请使用上一页 next 中的值。",
            reason_en="This is no cursor of ours; take the one in the previous page's next.",
        ) from error


def paginate(
    request: Request, rows: QuerySet[M], *, limit: int, cursor: str | None, count: bool
) -> tuple[list[M], dict[str, Any]]:
    """One page of rows, and the envelope's other members: `next` and, if asked for, `count`."""
    envelope: dict[str, Any] = {"next": None}
    if count:
        envelope["count"] = rows.count()
    ordered = rows.order_by("-pk")
    if cursor:
        ordered = ordered.filter(pk__lt=decode_cursor(cursor))
    page = list(ordered[: limit + 1])
    if len(page) > limit:
        page = page[:limit]
        query = request.query_params.copy()
        query["cursor"] = encode_cursor(page[-1].pk)
        envelope["next"] = request.build_absolute_uri(f"{request.path}?{query.urlencode()}")
    return page, envelope
