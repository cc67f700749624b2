"""The two database roles and append-only tables."""

import psycopg
import pytest
from django.apps import apps
from django.db import DatabaseError, transaction
from django.db.migrations.loader import MigrationLoader
from psycopg import errors

from kernel.append_only import AppendOnly
from kernel.models import EventRecord
from tests.kernel.bells import ring_bell
from tests.support.races import as_role

real = pytest.mark.django_db(transaction=True)
quick = pytest.mark.django_db
APPEND_ONLY = sorted(
    operation.table
    for migration in MigrationLoader(None).disk_migrations.values()
    for operation in migration.operations
    if isinstance(operation, AppendOnly)
)


@quick
def test_node_app_is_no_superuser_and_owns_nothing() -> None:
    with as_role("node_app") as app:
        (mighty,) = app.execute(
            "SELECT rolsuper OR rolbypassrls OR rolcreatedb OR rolcreaterole FROM pg_roles WHERE rolname = current_user"
        ).fetchone() or (True,)
        (owned,) = app.execute(
            "SELECT count(*) FROM pg_class WHERE relowner = current_user::regrole"
        ).fetchone() or (1,)
    assert (mighty, owned) == (False, 0)


@quick
@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE loot (id int)",
        "ALTER TABLE event ADD COLUMN loot int",
        "ALTER TABLE event DISABLE TRIGGER ALL",
        "DROP TABLE job",
        "CREATE ROLE thief",
        "SET ROLE node_owner",
        *[f"{verb} {table}" for table in APPEND_ONLY for verb in ("TRUNCATE", "DELETE FROM")],
        "UPDATE event SET name = 'x'",
        "UPDATE event_position SET position = 0",
    ],
)
def test_node_app_may_not(statement: str) -> None:
    with as_role("node_app") as app, pytest.raises(errors.InsufficientPrivilege):
        app.execute(statement)


@quick
def test_node_app_may_read_and_write_rows_of_every_table_of_the_house() -> None:
    tables = {model._meta.db_table for model in apps.get_models()}
    with as_role("node_app") as app:
        for table in sorted(tables):
            rights = app.execute(
                "SELECT has_table_privilege(%(t)s, 'SELECT') AND has_table_privilege(%(t)s, 'INSERT')",
                {"t": table},
            ).fetchone()
            assert rights == (True,), table


@quick
def test_every_table_that_calls_itself_insert_only_is_so() -> None:
    said = {each._meta.db_table for each in apps.get_models() if "Insert-only" in (each.__doc__ or "")}
    assert {"event", "event_position"} <= said <= set(APPEND_ONLY)


@real
@pytest.mark.parametrize("statement", ["UPDATE event SET name = 'x'", "DELETE FROM event"])
def test_not_even_the_owner_changes_an_event(statement: str) -> None:
    ring_bell()
    with as_role("node_owner") as owner, pytest.raises(errors.RestrictViolation, match="append-only"):
        owner.execute(psycopg.sql.SQL(statement))
    with pytest.raises(DatabaseError), transaction.atomic():
        EventRecord.objects.update(name="x")
    assert EventRecord.objects.get().name == "tests.bell_rang"
