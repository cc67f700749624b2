"""Scopes: what each opens, that it costs no round trip, and that nothing of it is left when it ends."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
from django.db import DatabaseError, ProgrammingError, connection, transaction
from django.test.utils import CaptureQueriesContext
from psycopg import sql

from kernel.actor import ANONYMOUS, SYSTEM, Actor, Reach
from kernel.api.health import lag_seconds
from kernel.ids import new_id
from kernel.models import Proposal
from kernel.tenancy import as_nobody, as_node, at_the_door, reach_as
from participants.models import ApiKey, Membership, Organisation, User
from tests.attacks import tenancy
from tests.kernel.bells import ring_bell
from tests.support.cast import World

real = pytest.mark.django_db(transaction=True)
quick = pytest.mark.django_db


def proposal(tenant: Any) -> Proposal:
    """A row of a tenant's."""
    return Proposal.objects.create(tenant_id=tenant, kind="x", subject=new_id(), proposer=new_id())


def told() -> tuple[str, str]:
    """What PostgreSQL believes, asked round the house's own connection class."""
    row = connection.connection.execute(
        "SELECT coalesce(current_setting('cin.tenant', true), ''), coalesce(current_setting('cin.reach', true), '')"
    ).fetchone()
    return (row[0], row[1])


def fail_after(act: Callable[[], Any]) -> None:
    """Do it, then fail in a way that nobody foresaw."""
    act()
    raise ZeroDivisionError


@contextmanager
def asked_by(actor: Actor) -> Iterator[None]:
    """A block in which an actor's request is at its work."""
    with as_nobody():
        reach_as(actor)
        yield


@quick
def test_each_scope_opens_what_it_says(world: World) -> None:
    ada, cleo = world.ada.organisation.id, world.cleo.organisation.id
    for tenant in (ada, ada, cleo):
        proposal(tenant)

    def seen(scope: AbstractContextManager[None]) -> list[int]:
        with scope:
            return [Proposal.objects.count(), ApiKey.objects.count(), User.objects.count()]

    assert seen(as_node("test")) == [3, 2, 2]
    assert seen(as_nobody()) == [0, 0, 0]
    assert seen(at_the_door()) == [0, 2, 2]
    assert seen(asked_by(world.ada.actor.reaching(Reach.OWN))) == [2, 1, 1]
    assert seen(asked_by(world.cleo.actor.reaching(Reach.PARTY))) == [1, 1, 1]
    assert seen(asked_by(world.cleo.actor.reaching(Reach.NONE))) == [0, 0, 0]
    assert seen(asked_by(world.cleo.actor.reaching(Reach.ALL))) == [3, 2, 2]
    assert seen(asked_by(ANONYMOUS)) == [0, 0, 0]
    assert seen(asked_by(SYSTEM)) == [3, 2, 2]


@quick
def test_the_door_opens_to_reading_only(world: World) -> None:
    world.ada  # noqa: B018 - spoken of
    with at_the_door():
        assert ApiKey.objects.update(name="stolen") == 0
        assert Membership.objects.update(administers=True) == 0
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            User.objects.create_user(email="thief@example.org", name="T")


@quick
def test_a_row_of_another_s_is_neither_written_changed_nor_given_away(world: World) -> None:
    ada, cleo = world.ada.organisation.id, world.cleo.organisation.id
    mine, hers = proposal(ada), proposal(cleo)
    with asked_by(world.ada.actor.reaching(Reach.OWN)):
        assert Proposal.objects.filter(id=hers.id).update(kind="y") == 0
        assert Proposal.objects.filter(id=hers.id).delete()[0] == 0
        for theft in (
            lambda: proposal(cleo),
            lambda: Proposal.objects.filter(id=mine.id).update(tenant_id=cleo),
        ):
            with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
                theft()
        assert proposal(ada).tenant_id == ada
        with (
            pytest.raises(DatabaseError, match="row-level security"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(  # returns nothing, so that only what may be written is asked, not what may be read
                "INSERT INTO proposal SELECT made.* FROM proposal p, jsonb_populate_record(p, %s::jsonb) made WHERE p.id = %s",
                [json.dumps({"id": str(new_id()), "tenant_id": str(cleo)}), mine.id],
            )


@quick
def test_a_scope_costs_no_statement_and_is_told_once(world: World) -> None:
    world.ada  # noqa: B018 - spoken of
    with CaptureQueriesContext(connection) as queries, asked_by(world.ada.actor.reaching(Reach.OWN)):
        for _ in range(3):
            assert Organisation.objects.count() == 1
    assert len(queries) == 3
    assert [each["sql"].count("set_config") for each in queries] == [2, 0, 0]


@real
def test_nothing_is_left_when_a_transaction_ends(world: World) -> None:
    with asked_by(world.ada.actor.reaching(Reach.OWN)):
        with transaction.atomic():
            Organisation.objects.count()
            assert told() == (str(world.ada.organisation.id), "")
        assert told() == ("", "")
        assert Organisation.objects.count() == 1  # by itself, in a transaction of its own
        assert told() == ("", "")
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            fail_after(Organisation.objects.count)
        assert told() == ("", "")


@real
def test_a_transaction_that_begins_with_a_savepoint_is_told_its_scope_too(world: World) -> None:
    with asked_by(world.ada.actor.reaching(Reach.OWN)):
        assert Organisation.objects.count() == 1
        with transaction.atomic(), transaction.atomic():
            assert Organisation.objects.count() == 1


@real
def test_a_savepoint_that_is_rolled_back_takes_no_scope_with_it(world: World) -> None:
    world.cleo  # noqa: B018 - spoken of

    def reach_on() -> None:
        """Change the scope to the end of the request, and have it told in a savepoint."""
        reach_as(world.ada.actor.reaching(Reach.OWN))
        Organisation.objects.count()

    with transaction.atomic(), asked_by(world.ada.actor.reaching(Reach.OWN)):
        assert Organisation.objects.count() == 1
        with pytest.raises(ZeroDivisionError), transaction.atomic(), as_node("test"):
            fail_after(lambda: Organisation.objects.get(id=world.cleo.organisation.id))
        assert Organisation.objects.count() == 1
        with (
            pytest.raises(DatabaseError),
            transaction.atomic(),
            as_node("test"),
            connection.cursor() as cursor,
        ):
            cursor.execute("SELECT 1 / 0")
        assert Organisation.objects.count() == 1
        with as_node("test"):
            assert Organisation.objects.count() == 2
            with pytest.raises(ZeroDivisionError), transaction.atomic():
                fail_after(reach_on)
            assert Organisation.objects.count() == 1


@real
def test_every_way_to_send_a_statement_carries_the_scope(world: World) -> None:
    world.cleo  # noqa: B018 - spoken of
    count = "SELECT count(*) FROM organisation"
    ways: list[Callable[[Any], Any]] = [
        lambda cursor: cursor.execute(count).fetchone()[0],
        lambda cursor: cursor.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier("organisation"))).fetchone()[0],
        lambda cursor: cursor.execute(count + " WHERE name <> %s", ["100 %"]).fetchone()[0],
        lambda _: len(list(Organisation.objects.all().iterator(chunk_size=1))),
    ]  # fmt: skip
    for way in ways:
        for _ in range(2):
            with (
                transaction.atomic(),
                asked_by(world.ada.actor.reaching(Reach.OWN)),
                connection.cursor() as cursor,
            ):
                assert way(cursor) == 1
    with transaction.atomic(), asked_by(world.ada.actor.reaching(Reach.OWN)), connection.cursor() as cursor:
        cursor.executemany("UPDATE organisation SET division = %s", [["320100"], ["320200"]])
        assert cursor.rowcount == 2  # one row, twice
    assert Organisation.objects.filter(division="320200").count() == 1


@real
def test_what_cannot_carry_its_scope_says_so(world: World) -> None:
    with pytest.raises(ProgrammingError, match="open a transaction"):
        list(Organisation.objects.all().iterator())


@real
def test_signing_in_is_one_statement_and_the_view_has_its_own_scope(world: World) -> None:
    house = world.ada.organisation.id
    path = f"/api/v1/organisations/{house}"
    world.ada.get(path)
    with CaptureQueriesContext(connection) as queries:
        assert world.ada.get(path).status_code == 200
    said = [each["sql"] for each in queries]
    assert sum('"api_key"' in each for each in said) == 1
    told = [each for each in said if "set_config" in each]
    assert len(told) == 1  # the door, to what PostgreSQL keeps, is told on its own
    assert f"'cin.tenant', '{house}'" in told[0]


@real
def test_the_outbox_s_lag_is_seen_without_a_scope() -> None:

    ring_bell()
    with as_nobody():
        assert lag_seconds() > 0


@pytest.mark.slow
@real
def test_no_request_leaves_anything_to_the_next(capsys: pytest.CaptureFixture[str]) -> None:
    assert tenancy.run(requests=300, count=20, seed=3) == []
    assert "'200 streamed'" in capsys.readouterr().out
