"""Times and days as others write them: RFC 3339, and nothing that only one reader of ISO 8601 would take."""

import re
from datetime import UTC, date, datetime

_DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_CLOCK = r"[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?"
_INSTANT = re.compile(rf"{_DAY}[Tt]{_CLOCK}(?:[Zz]|[+-][0-9]{{2}}:[0-5][0-9])", re.ASCII)


def read_instant(text: str) -> datetime:
    """An instant by `date-time` of RFC 3339, to the microsecond. Raises ValueError for anything else, a leap second too.

    So does one that UTC has not, before the year 1 or after 9999: PostgreSQL would keep it, and nobody could read it.
    """
    if not _INSTANT.fullmatch(text):
        raise ValueError("not a date-time of RFC 3339")
    instant = datetime.fromisoformat(text.upper())
    try:
        instant.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("UTC has no such moment") from error
    return instant


def read_day(text: str) -> date:
    """A day by `full-date` of RFC 3339. Raises ValueError for anything else."""
    if not re.fullmatch(_DAY, text, re.ASCII):
        raise ValueError("not a full-date of RFC 3339")
    return date.fromisoformat(text)
