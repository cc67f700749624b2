"""Questions that are put together once: they answer as their query sets do, to whoever asks, with any values."""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.db.models import QuerySet
from django.db.models.functions import Length, Now
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kernel.actor import Reach
from kernel.ids import new_id
from kernel.models import Proposal
from kernel.models.suspensions import Suspension
from kernel.questions import ask, insert, question, run
from kernel.selectors.suspensions import open_causes
from kernel.tenancy import as_node, reaching_as
from tests.support.cast import World

quick = pytest.mark.django_db
real = pytest.mark.django_db(transaction=True)
TIMES = 8  # from the sixth on PostgreSQL may keep one plan for all values


@question
def kinds(*, ids: Iterable[UUID], kind: str) -> QuerySet[Proposal, Any]:
    rows = Proposal.objects.filter(id__among=ids).exclude(kind=kind).exclude(kind="100 %s")
    return rows.annotate(length=Length("kind"), at=Now()).order_by("kind").values_list("kind", "length")


@question
def mine(*, kind: str) -> QuerySet[Proposal]:
    return Proposal.objects.filter(kind=kind).order_by("id")


def proposal(tenant: UUID, kind: str) -> Proposal:
    return Proposal.objects.create(tenant_id=tenant, kind=kind, subject=new_id(), proposer=new_id())


@quick
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
@given(kinds_=st.lists(st.sampled_from(["a", "%s", "100 %s", "é'\\"]), max_size=5), asked=st.data())
def test_it_answers_as_its_query_set_does(kinds_: list[str], asked: st.DataObject) -> None:
    rows = [proposal(new_id(), kind) for kind in kinds_]
    ids = [row.id for row in rows if asked.draw(st.booleans())]
    kind = asked.draw(st.sampled_from(["a", "%s", "b"]))
    plain = Proposal.objects.filter(id__in=ids).exclude(kind__in=[kind, "100 %s"]).order_by("kind")
    assert kinds(ids=ids, kind=kind) == [(row.kind, len(row.kind)) for row in plain]


@quick
def test_the_wall_stands_however_often_it_was_asked(world: World) -> None:
    ada, cleo = world.ada, world.cleo
    rows = {firm: proposal(firm.organisation.id, "x").id for firm in (ada, cleo)}

    def seen(scope: AbstractContextManager[None]) -> list[UUID]:
        with scope:
            return [row.id for row in mine(kind="x")]

    for _ in range(TIMES):
        for firm in (ada, cleo):
            assert seen(reaching_as(firm.actor.reaching(Reach.OWN))) == [rows[firm]]
        assert seen(reaching_as(ada.actor.reaching(Reach.NONE))) == []
        assert seen(as_node("test")) == sorted(rows.values())


@quick
def test_it_is_one_statement_that_postgresql_keeps() -> None:
    with CaptureQueriesContext(connection) as queries:
        for kind in "abcdefgh":
            assert mine(kind=kind) == []
    assert len(queries) == TIMES
    (kept,) = run(
        "SELECT count(*), sum(generic_plans + custom_plans) FROM pg_prepared_statements WHERE statement LIKE %s",
        ['%FROM "proposal" WHERE "proposal"."kind" = ($1) ORDER BY%'],
    )
    assert kept[0] == 1
    assert kept[1] >= TIMES - 2, "it was planned anew"


@real
def test_outside_a_transaction_it_carries_its_scope(world: World) -> None:
    row = proposal(world.ada.organisation.id, "x")
    assert connection.get_autocommit()
    with reaching_as(world.ada.actor.reaching(Reach.OWN)):
        assert mine(kind="x") == [row]
    with reaching_as(world.cleo.actor.reaching(Reach.OWN)):
        assert mine(kind="x") == []


@real
@pytest.mark.parametrize("whole", [True, False], ids=["transaction", "savepoint"])
def test_what_is_rolled_back_takes_no_plan_with_it(whole: bool) -> None:  # noqa: FBT001 - a table's
    """psycopg would have PostgreSQL forget all plans, so that the requests after a refused one would pay for it."""
    with transaction.atomic():
        for number in range(TIMES):
            run("SELECT %s::int + 2", [number])
        before = run(KEPT, ["%+ 2"])
        with transaction.atomic():
            transaction.set_rollback(not whole)
        transaction.set_rollback(whole)
    with transaction.atomic():
        assert run(KEPT, ["%+ 2"]) == before != [(None,)]


KEPT = (
    "SELECT min(name) FROM pg_prepared_statements WHERE statement LIKE %s AND statement NOT LIKE '%%LIKE%%'"
)


@real
def test_after_ddl_what_was_kept_is_prepared_anew() -> None:
    """What psycopg does of its own accord: once it prepared something, DDL has PostgreSQL forget all that is."""
    assert ask("SELECT %s::int", [1]) == [(1,)]
    assert ask("SELECT 3", []) == [(3,)]
    with transaction.atomic(), connection.cursor() as cursor:
        for number in range(TIMES):
            run("SELECT %s::int + 1", [number])
        cursor.execute("DROP TABLE IF EXISTS never_made")
    assert ask("SELECT %s::int", [2]) == [(2,)]


@real
def test_a_connection_that_the_server_ended_is_not_used_again() -> None:
    connection.ensure_connection()
    assert connection.is_usable()
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("RESET ROLE")
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [connection.connection.info.backend_pid])
    other.close()
    assert not connection.is_usable()
    connection.close()


@quick
def test_an_inserted_row_is_as_a_saved_one() -> None:
    subject = new_id()
    row = Suspension(subject=subject, cause="finding", scope="running", reference=new_id())
    with transaction.atomic():
        insert(row)
    again = Suspension.objects.get(id=row.id)
    names = [field.attname for field in Suspension._meta.concrete_fields]
    assert {name: getattr(row, name) for name in names} == {name: getattr(again, name) for name in names}
    row.cause = "instruction"
    row.save()
    assert open_causes([subject, new_id()]) == {subject: ["instruction"]}
