"""The second wall: PostgreSQL's row-level security, derived from what the models say of their tenants.

Every table whose model has a `tenant_field` gets one policy, by which a row is seen and written only in the scope
(kernel.tenancy) of its tenant, of a party to it or of one with whose rows it is shown, or of all; a model that says `signs_in` also opens to reading at the
door. `manage.py migrate` puts the policies in force; nobody writes one by hand. A trigger keeps an invariant over the
rows of all, whoever made it fire, so trigger functions run as their owner, whom no policy binds (roles.sql).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import ForeignKey, Model

from kernel.tenancy import ALL, DOOR, REACH_SETTING, TENANT_SETTING

# Scalar subqueries, so that each is evaluated once a statement and not once a row. A policy says CASE … IS NOT NULL, which
# PostgreSQL expects to hold for nearly every row: so it does, behind the filter of the first wall, and plans stay as they were.
REACH = f"(SELECT current_setting('{REACH_SETTING}', true))"
TENANT = f"(SELECT nullif(current_setting('{TENANT_SETTING}', true), '')::uuid)"
# Names the role at hand where no policy binds it.
PASSES = "SELECT rolname FROM pg_roles WHERE rolname = current_user AND (rolsuper OR rolbypassrls)"


@dataclass(frozen=True, slots=True)
class Policy:
    """One policy of one table; its own text is kept as its comment, to be compared."""

    table: str
    name: str
    body: str


def declared_policies() -> list[Policy]:
    """The policies that follow from the models, by table and name."""
    found = []
    for model in apps.get_models():
        if path := getattr(model, "tenant_field", ""):
            paths = [path, *getattr(model, "party_fields", []), *getattr(model, "shown_with", [])]
            whose = _is_theirs(model, paths, f'"{model._meta.db_table}"')
            body = f"USING ((CASE WHEN {REACH} = '{ALL}' OR {whose} THEN 1 END) IS NOT NULL)"
            found.append(Policy(model._meta.db_table, "tenant", body))
            if getattr(model, "signs_in", False):
                found.append(Policy(model._meta.db_table, "door", f"FOR SELECT USING ({REACH} = '{DOOR}')"))
    return sorted(found, key=lambda each: (each.table, each.name))


def put_in_force(connection: BaseDatabaseWrapper) -> None:
    """Make the database's policies those of the models; only what differs is touched. For the owner of the tables.

    A release that finds a later one's tables leaves them alone: it would take down walls that it does not know.
    """
    if a_later_release_migrated(connection):
        return
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
        wanted = {each for each in declared_policies() if each.table in tables}
        standing = set(_standing(cursor))
        for table in sorted({each.table for each in standing ^ wanted}):
            with transaction.atomic(using=connection.alias):  # a node that serves meanwhile is never without
                _rewrite(cursor, table, standing - wanted, wanted - standing)
        for table in sorted({each.table for each in standing} - {each.table for each in wanted}):
            cursor.execute(
                f"ALTER TABLE {quote(table)} DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY"
            )
        for table in sorted(set(_open_tables(cursor)) & {each.table for each in wanted}):
            cursor.execute(f"ALTER TABLE {quote(table)} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        for function in _blind_triggers(cursor):
            cursor.execute("SELECT current_schema()")
            path = f"{quote(cursor.fetchone()[0])}, pg_temp"  # nobody's temporary table stands before ours
            cursor.execute(f"ALTER FUNCTION {function} SECURITY DEFINER SET search_path TO {path}")


def _rewrite(cursor: Any, table: str, old: set[Policy], new: set[Policy]) -> None:
    for each in sorted((each for each in old if each.table == table), key=repr):
        cursor.execute(f'DROP POLICY "{each.name}" ON "{table}"')
    for each in sorted((each for each in new if each.table == table), key=repr):
        on = f'"{each.name}" ON "{table}"'
        cursor.execute(f"CREATE POLICY {on} {each.body}")
        cursor.execute(f"COMMENT ON POLICY {on} IS %s", [each.body])


def differences(connection: BaseDatabaseWrapper) -> list[str]:
    """What stands between the models' word and the database, and what would go round the wall; empty when all holds.

    Where a later release has migrated, what this one knows must stand and be enforced; its text, and what stands
    beside it, are the later one's.
    """
    with connection.cursor() as cursor:
        wanted, standing = set(declared_policies()), set(_standing(cursor))
        if wanted != standing and a_later_release_migrated(connection):
            there = {(each.table, each.name) for each in standing}
            standing = {each for each in wanted if (each.table, each.name) in there}
        found = [f"{each.table} lacks the policy {each.name}" for each in wanted - standing]
        found += [
            f"{each.table} has the policy {each.name} that no model declares" for each in standing - wanted
        ]
        walled = {each.table for each in wanted}
        found += [f"{table} does not enforce its policies" for table in walled & set(_open_tables(cursor))]
        found += [
            f"the trigger function {each} does not see the rows of all" for each in _blind_triggers(cursor)
        ]
        cursor.execute(
            "SELECT DISTINCT rolname FROM pg_class JOIN pg_roles r ON r.oid = relowner WHERE relname = ANY(%s) "
            "AND relnamespace = current_schema()::regnamespace AND NOT (rolsuper OR rolbypassrls)",
            [sorted(walled)],
        )
        found += [
            f"the owner {name} is bound by the policies, and with it migrations and triggers"
            for (name,) in cursor.fetchall()
        ]
        cursor.execute(PASSES)
        found += [f"the role {name} passes through every policy" for (name,) in cursor.fetchall()]
    return sorted(found)


def a_later_release_migrated(connection: BaseDatabaseWrapper) -> bool:
    """Whether the newest migration that is applied is one that this code does not have."""
    applied = MigrationRecorder(connection).migration_qs.order_by("-id").values_list("app", "name").first()
    return applied is not None and applied not in MigrationLoader(None).disk_migrations


def _standing(cursor: Any) -> Iterator[Policy]:
    cursor.execute(
        "SELECT relname, polname, coalesce(obj_description(p.oid, 'pg_policy'), '') FROM pg_policy p "
        "JOIN pg_class c ON c.oid = polrelid WHERE relnamespace = current_schema()::regnamespace"
    )
    return (Policy(*row) for row in cursor.fetchall())


def _open_tables(cursor: Any) -> list[str]:
    cursor.execute(
        "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = current_schema()::regnamespace "
        "AND NOT (relrowsecurity AND relforcerowsecurity)"
    )
    return [name for (name,) in cursor.fetchall()]


def _blind_triggers(cursor: Any) -> list[str]:
    cursor.execute(
        "SELECT oid::regprocedure::text FROM pg_proc WHERE prorettype = 'trigger'::regtype "
        "AND pronamespace = current_schema()::regnamespace AND NOT (prosecdef AND proconfig IS NOT NULL) ORDER BY 1"
    )
    return [name for (name,) in cursor.fetchall()]


def _is_theirs(model: type[Model], paths: list[str], here: str, depth: int = 1) -> str:
    """The condition that one of the paths leads from the row `here` to the tenant of the scope."""
    found, further = [], dict[Any, list[str]]()
    for path in paths:
        name, _, rest = path.partition("__")
        by_attribute = {each.attname: each for each in model._meta.concrete_fields}
        field: Any = by_attribute.get(name) or model._meta.get_field(name)
        if not rest or (isinstance(field, ForeignKey) and rest == field.target_field.name):
            found.append(f'{here}."{field.column}" = {TENANT}')
        else:
            further.setdefault(field, []).append(rest)
    for field, rests in further.items():
        there = f'"t{depth}"'
        outer: Any
        if isinstance(field, ForeignKey):
            outer, inner = field.column, field.target_field.column
        else:  # a relation back: the other table points here
            outer, inner = model._meta.pk.column, field.field.column
        theirs = _is_theirs(field.related_model, rests, there, depth + 1)
        rows = f'FROM "{field.related_model._meta.db_table}" {there} WHERE ({theirs})'
        if getattr(field.related_model, "few", False):  # read once a statement, into a hash
            found.append(f'{here}."{outer}" IN (SELECT {there}."{inner}" {rows})')
        else:  # not EXISTS, for which PostgreSQL may rather read all that there are into a hash
            found.append(f'(SELECT true {rows} AND {there}."{inner}" = {here}."{outer}" LIMIT 1)')
    return " OR ".join(found)
