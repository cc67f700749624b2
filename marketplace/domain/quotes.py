"""A quote as one canonical text, so that its digest and signature mean the same to everybody."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

VALIDITY = timedelta(minutes=30)


def canonical(document: Mapping[str, Any]) -> str:
    """The document as JSON with sorted keys and no spaces: the text whose UTF-8 bytes are signed."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def plain(value: Any) -> Any:
    """A value of facts as JSON: ids and decimals as strings, times in ISO 8601, dataclasses as objects."""
    if isinstance(value, UUID | Decimal):
        return str(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, tuple | list | frozenset):
        return [plain(item) for item in value]
    if hasattr(value, "__dataclass_fields__"):
        return plain(asdict(value))
    return value
