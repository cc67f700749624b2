"""Laws of the second wall: the database's policies are those of the models, and who steps over them is known by name."""

import ast
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.core.checks import run_checks
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from kernel.row_security import declared_policies, differences, put_in_force
from kernel.tenancy import as_node
from tests.laws.house import PRODUCT, ROOT, nodes, sources
from tests.laws.test_models import models_of_the_house
from tests.support.cast import World

# Each opens the rows of all. One more is a decision: it is made here.
CROSSINGS = {
    "aggregation/api/allotments.py": 1,
    "aggregation/api/offers.py": 1,
    "config/celery.py": 1,
    "kernel/api/health.py": 1,
    "kernel/api/views.py": 2,
    "kernel/middleware.py": 1,
    "kernel/services/outbox.py": 1,
    "kernel/systems.py": 1,
    "monitoring/api/window.py": 1,
    "participants/selectors/organisations.py": 1,
    "participants/selectors/sellers.py": 1,
}
SAYS_THE_SETTINGS = {"kernel/tenancy.py"}


@contextmanager
def as_owner() -> Iterator[None]:
    """Act as the owner of the tables, and take everything back."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("RESET ROLE")
        yield
        transaction.set_rollback(True)


@contextmanager
def serving() -> Iterator[None]:
    """Act as the role that serves."""
    on_table("SET ROLE node_app")
    yield
    on_table("RESET ROLE")


def on_table(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def policies() -> list[tuple[str, ...]]:
    """Every policy as PostgreSQL reads it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename, policyname, cmd, qual, with_check FROM pg_policies ORDER BY 1, 2")
        return list(cursor.fetchall())


def crossings() -> Counter[str]:
    """How often each file of the product opens the rows of all."""
    found: Counter[str] = Counter()
    for path in sources(*PRODUCT):
        calls = [node for node in nodes(path) if isinstance(node, ast.Call)]
        named = [each for each in calls if isinstance(each.func, ast.Name) and each.func.id == "as_node"]
        assert all(isinstance(each.args[0], ast.Constant) for each in named), f"{path} gives no reason"
        found[str(path.relative_to(ROOT))] += len(named)
    return +found


@pytest.mark.django_db
def test_the_database_has_the_policies_that_the_models_declare_and_no_others() -> None:
    assert differences(connection) == []


def test_every_model_with_a_tenant_has_a_policy_and_no_public_one() -> None:
    tables = {each.table for each in declared_policies() if each.name == "tenant"}
    for model in models_of_the_house():
        assert (model._meta.db_table in tables) != getattr(model, "public", False), model.__name__


def test_every_party_stands_in_the_policy() -> None:
    bodies = {each.table: each.body for each in declared_policies() if each.name == "tenant"}
    for model in models_of_the_house():
        for path in [
            getattr(model, "tenant_field", ""),
            *getattr(model, "party_fields", []),
            *getattr(model, "shown_with", []),
        ]:
            if path and path != "id":
                assert path.split("__")[-1] in bodies[model._meta.db_table], (model.__name__, path)


@pytest.mark.django_db
def test_what_a_tenant_has_few_of_is_read_once_a_statement() -> None:
    with as_node("test"), connection.cursor() as cursor:
        for table, through in (("line_tariff", "line_product"), ("line_product", "line_provider")):
            cursor.execute(f"EXPLAIN (FORMAT TEXT) SELECT * FROM {table}")  # noqa: S608 - names of our own
            plan = "\n".join(line for (line,) in cursor.fetchall())
            assert "hashed SubPlan" in plan.partition(f" on {through} ")[0], plan


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("statement", "complaint"),
    [
        ("DROP POLICY tenant ON centre", "centre lacks the policy tenant"),
        ("DROP POLICY door ON api_key", "api_key lacks the policy door"),
        ("ALTER TABLE centre DISABLE ROW LEVEL SECURITY", "centre does not enforce its policies"),
        ("ALTER TABLE centre NO FORCE ROW LEVEL SECURITY", "centre does not enforce its policies"),
        (
            "CREATE OR REPLACE FUNCTION entry_balances() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
            "the trigger function entry_balances() does not see the rows of all",
        ),
        ("CREATE POLICY loot ON job USING (true)", "job has the policy loot that no model declares"),
    ],
)
def test_what_is_missing_open_or_foreign_is_noticed_and_mended(statement: str, complaint: str) -> None:
    with as_owner():
        before = policies()
        on_table(statement)
        assert complaint in differences(connection)
        put_in_force(connection)
        assert [each for each in differences(connection) if not each.startswith("the role")] == []
        assert policies() == before


@pytest.mark.django_db
def test_a_policy_is_replaced_in_one_transaction() -> None:
    with as_owner():
        on_table("COMMENT ON POLICY tenant ON centre IS 'of another release'")
        with CaptureQueriesContext(connection) as queries:
            put_in_force(connection)
        verbs = [each["sql"].split(" ")[0] for each in queries]
        first, last = verbs.index("DROP"), verbs.index("CREATE")
        assert verbs[first - 1] == "SAVEPOINT"
        assert "RELEASE" not in verbs[first:last]


LATER = (
    "INSERT INTO django_migrations (app, name, applied) VALUES ('kernel', '9999_of_a_later_release', now())"
)
ANOTHER_TEXT = (
    "DROP POLICY tenant ON centre; CREATE POLICY tenant ON centre USING ("
    "(SELECT current_setting('cin.reach', true)) = 'all')"
)
FURTHER_TABLE = (
    "CREATE TABLE later (id int); ALTER TABLE later ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY; "
    "CREATE POLICY tenant ON later USING (true)"
)


@pytest.mark.django_db
def test_a_release_serves_on_while_a_later_one_has_migrated(world: World) -> None:
    with as_owner():
        on_table(ANOTHER_TEXT)
        on_table(FURTHER_TABLE)
        with serving():
            assert len(differences(connection)) == 3  # nobody migrated: it was altered by hand
            assert world.nobody.get("/readyz").json()["checks"]["row_security"] == "differs"
        on_table(LATER)
        with serving():
            assert differences(connection) == []
            assert world.nobody.get("/readyz").json()["checks"]["row_security"] == "ok"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("statement", "complaint"),
    [
        ("DROP POLICY tenant ON centre", "centre lacks the policy tenant"),
        ("ALTER TABLE centre DISABLE ROW LEVEL SECURITY", "centre does not enforce its policies"),
        ("ALTER TABLE centre NO FORCE ROW LEVEL SECURITY", "centre does not enforce its policies"),
    ],
)
def test_a_later_release_too_keeps_the_walls_of_the_one_before(statement: str, complaint: str) -> None:
    with as_owner():
        on_table(f"{LATER}; {ANOTHER_TEXT}; {statement}")
        with serving():
            assert differences(connection) == [complaint]


@pytest.mark.django_db
def test_a_release_that_migrates_after_a_later_one_takes_down_no_wall() -> None:
    with as_owner():
        on_table(f"{LATER}; {ANOTHER_TEXT}; {FURTHER_TABLE}")
        before = policies()
        put_in_force(connection)
        assert policies() == before


@pytest.mark.django_db
def test_a_migration_that_was_folded_away_is_no_later_release() -> None:
    with as_owner():
        on_table(LATER)
        on_table("UPDATE django_migrations SET id = -1 WHERE name = '9999_of_a_later_release'")
        on_table(ANOTHER_TEXT)
        with serving():
            assert len(differences(connection)) == 2


@pytest.mark.django_db
def test_no_policy_was_altered_by_hand() -> None:
    with as_owner():
        standing = policies()
        for table, name, *_ in standing:
            on_table(f'DROP POLICY "{name}" ON "{table}"')
        put_in_force(connection)
        assert policies() == standing


@pytest.mark.django_db
def test_a_role_that_passes_every_policy_is_noticed() -> None:
    with as_owner():
        complaint = "the role node_owner passes through every policy"
        assert complaint in differences(connection)
        assert complaint in [each.msg for each in run_checks(databases=["default"])]


def test_who_opens_the_rows_of_all_is_known() -> None:
    assert crossings() == CROSSINGS


def test_nobody_else_speaks_of_the_settings() -> None:
    def says(path: Path) -> bool:
        return "cin.tenant" in (text := path.read_text(encoding="utf-8")) or "cin.reach" in text

    assert {str(path.relative_to(ROOT)) for path in sources(*PRODUCT) if says(path)} == SAYS_THE_SETTINGS
