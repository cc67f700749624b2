"""Empties a test's database by what is in it: most tests leave rows in few tables, and TRUNCATE makes files anew for all."""

from functools import cache

from django.db import connection
from django.test import TransactionTestCase

FIXED = ("django_migrations", "django_content_type", "auth_permission")  # the same after every migration
TABLES = """
    SELECT c.relname, EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal)
    FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace
    ORDER BY NOT EXISTS (  -- first those whose rows must be gone before the rows that they name
        SELECT FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'f' AND NOT k.condeferrable
    )
"""


def empty(_: TransactionTestCase) -> None:
    """Take every row away, as the owner of the tables; foreign keys are looked at when all are gone."""
    guarded = _tables()
    looks = " UNION ALL ".join(
        f"SELECT '{name}' WHERE EXISTS (SELECT FROM \"{name}\")"  # noqa: S608 - the names of our own tables
        for name in guarded
    )
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")
        cursor.execute(looks)
        found = {name for (name,) in cursor.fetchall()}
        full = [name for name in guarded if name in found]
        for words in (
            [f'ALTER TABLE "{name}" DISABLE TRIGGER USER' for name in full if guarded[name]],
            [f'DELETE FROM "{name}"' for name in full],  # noqa: S608 - the same
            [f'ALTER TABLE "{name}" ENABLE TRIGGER USER' for name in full if guarded[name]],
        ):
            if words:
                cursor.execute("; ".join(words))  # one message is one transaction
        cursor.execute("SET ROLE node_app")


@cache
def _tables() -> dict[str, bool]:
    """Every table, and whether a trigger of ours may stand against a DELETE."""
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        return {name: guarded for name, guarded in cursor.fetchall() if name not in FIXED}
