"""How long a quote is good, and its facts as JSON, so that its text means the same to everybody."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

VALIDITY = timedelta(minutes=30)


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
