"""One clock: decisions read PostgreSQL's, people read Asia/Shanghai, storage is UTC."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db import connection

SHANGHAI = ZoneInfo("Asia/Shanghai")


def now() -> datetime:
    """The database's time of this statement, aware, in UTC. The only clock that decides anything."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement_timestamp()")
        (instant,) = cursor.fetchone()
    assert isinstance(instant, datetime)  # noqa: S101 - narrows the driver's Any
    return instant


def shanghai_year(instant: datetime) -> int:
    """The calendar year of an instant as people in China count it."""
    return instant.astimezone(SHANGHAI).year


def shanghai_date(instant: datetime) -> date:
    """The calendar day of an instant in China: licences run until the end of their last day there."""
    return instant.astimezone(SHANGHAI).date()
