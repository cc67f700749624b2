"""Rounds of `two_nodes` with clocks apart: a node's clock is its database's, so there it is moved.

`statement_timestamp()` and its like are put before PostgreSQL's own on the search path of one node's database, and
the defaults of its columns are bound to them. The other node, on the same server, keeps the right time.
"""

from collections.abc import Callable
from datetime import timedelta

import psycopg

from config.embedded.nodes import Node
from demo.client import expect
from demo.world import World
from tests.attacks._two_nodes import SECONDS, alarms, receipted, report, stream, the_same_set

NAMES = ("statement_timestamp", "transaction_timestamp", "clock_timestamp", "now")
MOVABLE = """
    CREATE SCHEMA moved;
    CREATE TABLE moved.clock (by interval NOT NULL);
    INSERT INTO moved.clock VALUES ('0');
    GRANT USAGE ON SCHEMA moved TO PUBLIC;
    GRANT SELECT ON moved.clock TO PUBLIC;
"""
FUNCTION = """
    CREATE FUNCTION public.{name}() RETURNS timestamptz LANGUAGE sql STABLE
    AS 'SELECT pg_catalog.{name}() + (SELECT by FROM moved.clock)';
"""
# no path but PostgreSQL's own is set here, so a default that reads its clock is written without a schema
DEFAULTS = r"""
    DO $$
    DECLARE found record;
    BEGIN
        FOR found IN
            SELECT d.adrelid::regclass AS place, a.attname AS name, pg_get_expr(d.adbin, d.adrelid) AS said
            FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
            WHERE a.attgenerated = '' AND pg_get_expr(d.adbin, d.adrelid) ~ '(timestamp|now)[(][)]'
        LOOP
            EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET DEFAULT %s', found.place, found.name,
                           regexp_replace(found.said, '([a-z_]*timestamp|now)[(][)]', 'public.\1()', 'g'));
        END LOOP;
    END $$;
"""


def owner_of(node: Node) -> psycopg.Connection:
    """A connection to the node's database as its owner."""
    return psycopg.connect(node.stack.addresses(node.spec.databases).database_owner, autocommit=True)


def make_movable(node: Node) -> None:
    """Let `set_clock` move the node's clock; once for each database, with the node stopped for it."""
    with owner_of(node) as connection:
        if connection.execute("SELECT to_regnamespace('moved')").fetchone() != (None,):
            return
        node.stop()
        connection.execute(MOVABLE)
        for name in NAMES:
            connection.execute(FUNCTION.format(name=name).encode())
        connection.execute(DEFAULTS)
        path = f'ALTER DATABASE "{connection.info.dbname}" SET search_path = public, pg_catalog'
        connection.execute(path.encode())
    node.start()
    node.wait()


def set_clock(node: Node, ahead: timedelta) -> None:
    """Set the node's clock so far ahead of the right time."""
    with owner_of(node) as connection:
        connection.execute("UPDATE moved.clock SET by = %s", [ahead])


def apart(world: World, node: Node, ahead: timedelta) -> None:
    """What the region sends while the clocks are apart is refused for it, and taken once when they are right again."""
    make_movable(node)
    receipted(world, report(world))
    before = stream(world)
    set_clock(node, ahead)
    waiting = [report(world), report(world)]
    alarm = world.until("the region is told why", lambda: alarms(world, "clock"), seconds=SECONDS)[0]
    ahead_of_receiver = ahead if node is world.regional else -ahead
    reason = "clock_ahead" if ahead_of_receiver > timedelta() else "signature_expired"
    expect(reason in alarm["words"], f"{reason} is why: {alarm['words']}")
    expect(stream(world)["acked"] == before["acked"], "nothing went through")
    set_clock(node, timedelta())
    receipted(world, *waiting)
    world.until("the alarm is over", lambda: not alarms(world, "clock"))
    the_same_set(world)


def _round(whose: str, ahead: timedelta, name: str) -> Callable[[World], None]:
    def each(world: World) -> None:
        apart(world, getattr(world, whose), ahead)

    each.__name__ = name
    return each


ROUNDS = (
    _round("regional", timedelta(minutes=10), "region_10_minutes_ahead"),
    _round("regional", timedelta(minutes=-10), "region_10_minutes_behind"),
    _round("regional", timedelta(days=1), "region_a_day_ahead"),
    _round("regional", timedelta(days=-1), "region_a_day_behind"),
    _round("national", timedelta(days=1), "upstream_a_day_ahead"),
)
