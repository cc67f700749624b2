"""What the second wall costs: each list with row-level security and the very same list without it, request by request.

`python -m tests.bench.rls [--tenants 20] [--rows 2000] [--pairs 300] [--seed 0] [--only usages]` fills the tables, then
asks each list in pairs on one connection: once as `node_app`, bound by the policies, and once as the owner, whom no
policy binds, with no scope sent; which comes first is left to chance, so that a busy machine is unkind to both alike.
Printed are the median of the pairs' ratios with its quartiles, and beside it what PostgreSQL itself says (EXPLAIN ANALYZE,
planning and running, of every statement of the request, warm). Exit 1 where a list takes more than a tenth longer.
"""

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import cycle
from random import Random
from typing import Any, TypeVar
from uuid import UUID

import django
from django.db import connection
from django.test import Client

if __name__ == "__main__":
    os.environ["DATABASE_URL"] = os.environ["DATABASE_OWNER_URL"]  # who may act as the application, and stop
    django.setup()  # before the models below are imported

from aggregation.models import Centre
from kernel.actor import SYSTEM, Role
from kernel.clock import now
from kernel.ids import new_id
from kernel.tenancy import as_node, current_scope
from marketplace.models import MeterRecord, Order, Quote, Usage
from participants.domain.organisations import OrganisationKind, OrganisationState
from participants.models import Membership, Organisation, User
from participants.services.credentials import issue_key
from scheduling.models import LineProduct, LineProvider, LineTariff
from tests.support.cast import social_credit_code
from tests.support.leaky_api import centre

MOST = 1.10
LOT = 25
WARM = 10  # pairs that are not counted
EXPLAINED = 15  # pairs that PostgreSQL explains
LISTS = {
    "/api/v1/centres": "a column of its own",
    "/api/v1/orders": "three columns of its own",
    "/api/v1/tariffs": "two joins away",
    "/api/v1/usages": "two columns of its own",
    "/api/v1/orders?count=true": "the same, and all counted",
    "/api/v1/usages?count=true": "the same, and all counted",
}
Tenants = dict[UUID, str]
T = TypeVar("T")


def settle(count: int) -> Tenants:
    """Organisations of every kind, each with a key."""
    keys = {}
    for number in range(count):
        house = Organisation.objects.create(
            kind=OrganisationKind.RESALE_PROVIDER, name=f"示范租户{number}", code=social_credit_code(number),
            state=OrganisationState.CERTIFIED,
        )  # fmt: skip
        person = User.objects.create_user(email=f"bench-{number}@example.org", name="T")
        roles = [Role.COMPUTE_PROVIDER, Role.LINE_PROVIDER, Role.COMPUTE_USER]
        member = Membership.objects.create(user=person, organisation=house, roles=roles)
        _, keys[house.id] = issue_key(
            membership=member, name="bench", scopes=["*"], valid_for=timedelta(hours=2), actor=SYSTEM
        )
    return keys


def furnish(tenants: list[UUID], rows: int) -> None:
    """Everybody's rows in small lots, as they come in life: no tenant's lie together."""
    products = {}
    for tenant in tenants:
        provider = LineProvider.objects.create(tenant_id=tenant, key=str(tenant))
        products[tenant] = LineProduct.objects.create(provider=provider, technology="otn")
    for first in range(0, rows, LOT):
        for place, tenant in enumerate(tenants):
            numbers = range(first, min(first + LOT, rows))
            Centre.objects.bulk_create(centre(tenant, each) for each in numbers)
            LineTariff.objects.bulk_create(
                LineTariff(
                    product=products[tenant], bandwidth_mbps=each, zone="z", one_off_cny=0, monthly_cny=0,
                    monthly_cny_per_km=0, min_months=1, terminal_us=1, lead_days=1,
                )
                for each in numbers
            )  # fmt: skip
            trade(tenant, tenants[place - 1], tenants[place - 2], len(numbers))


def trade(tenant: UUID, maker: UUID, carrier: UUID, count: int) -> None:
    """A tenant's orders of others' supply, each with its quote and a usage."""
    amounts = {"compute_fen": 1, "line_fen": 1, "total_fen": 2}
    signed = {"document": "{}", "digest": "d", "signature": "s", "key_id": "k", "valid_until": now()}
    quotes = Quote.objects.bulk_create(
        Quote(tenant_id=tenant, selection=new_id(), bundle=0, **amounts, **signed) for _ in range(count)
    )
    orders = Order.objects.bulk_create(
        Order(
            tenant_id=tenant, client_ref=str(quote.id), quote=quote, compute_provider=maker,
            line_provider=carrier, offer=new_id(), facts={}, **amounts,
        )
        for quote in quotes
    )  # fmt: skip
    window = {"window_start": now() - timedelta(hours=1), "window_end": now(), "machine_seconds": 3600}
    readings = [
        MeterRecord.objects.bulk_create(
            MeterRecord(order=order, source=source, sequence=1, **window) for order in orders
        )
        for source in ("provider", "node")
    ]
    Usage.objects.bulk_create(
        Usage(
            order=order, tenant_id=order.tenant_id, compute_provider=order.compute_provider, provider_record=theirs,
            node_record=ours, profile="p", machine_seconds=3600, window_end=ours.window_end,
        )
        for order, theirs, ours in zip(orders, *readings, strict=True)
    )  # fmt: skip


@contextmanager
def without_the_wall() -> Iterator[None]:
    """As if the second wall had never been built: no policy binds, no scope is sent."""
    wrappers = connection.execute_wrappers[:]
    act_as(None)
    connection.execute_wrappers.clear()
    try:
        yield
    finally:
        connection.execute_wrappers[:] = wrappers
        act_as("node_app")


def act_as(role: str | None) -> None:
    """Be the application, or the owner that one was all along."""
    connection.ensure_connection()
    connection.connection.execute(f"SET ROLE {role}" if role else "RESET ROLE")


class Explained:
    """Lets PostgreSQL explain every reading statement before it runs; what planning and running took, and pages touched."""

    def __init__(self) -> None:
        """Count from nothing."""
        self.milliseconds, self.pages = 0.0, 0

    def __call__(
        self,
        execute: Callable[..., Any],
        statement: str,
        params: Any,
        many: bool,  # noqa: FBT001 - Django's shape
        context: Any,
    ) -> Any:
        """Explain, under the scope that the statement carries, then send it on as it is."""
        bare = statement.removeprefix(scope := current_scope().announcement)
        if bare.startswith("SELECT"):
            ahead = scope if statement != bare else ""
            cursor = connection.connection.execute(
                f"{ahead}EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) {bare}", params
            )
            if ahead:
                cursor.nextset()
            told = cursor.fetchone()[0][0]
            self.milliseconds += told["Planning Time"] + told["Execution Time"]
            self.pages += told["Plan"]["Shared Hit Blocks"] + told["Plan"]["Shared Read Blocks"]
        return execute(statement, params, many, context)


def ask(path: str, key: str) -> float:
    """One request; the seconds that it took."""
    client = Client(headers={"Authorization": f"Api-Key {key}"})
    start = time.perf_counter()
    response = client.get(path)
    took = time.perf_counter() - start
    assert response.status_code == 200, response.content
    assert len(response.json()["items"]) == 50
    return took


def explain(path: str, key: str) -> Explained:
    """One request; what PostgreSQL says of it."""
    explained = Explained()
    with connection.execute_wrapper(explained):
        ask(path, key)
    return explained


def both_ways(act: Callable[[str, str], T], path: str, key: str, dice: Random) -> tuple[T, T]:
    """The same with the wall and without it, in an order left to chance."""
    found: dict[bool, T] = {}
    for walled in dice.sample([True, False], 2):
        if walled:
            found[walled] = act(path, key)
        else:
            with without_the_wall():
                found[walled] = act(path, key)
    return found[True], found[False]


def compare(path: str, keys: Iterator[str], pairs: int, dice: Random) -> bool:
    """Ask one list in pairs and print what came of it; whether it is within the bound."""
    took = [both_ways(ask, path, next(keys), dice) for _ in range(WARM + pairs)][WARM:]
    said = [both_ways(explain, path, next(keys), dice) for _ in range(EXPLAINED)]
    low, ratio, high = statistics.quantiles((ours / bare for ours, bare in took), n=4)
    ours, bare = (statistics.median(each) * 1000 for each in zip(*took, strict=True))
    spent = [statistics.median(each.milliseconds for each in way) for way in zip(*said, strict=True)]
    pages = [statistics.median(each.pages for each in way) for way in zip(*said, strict=True)]
    print(  # noqa: T201 - a command line
        f"{'ok  ' if ratio <= MOST else 'FAIL'} {path} ({LISTS[path]}): {ratio:.3f} ({low:.3f}–{high:.3f}), "
        f"{ours:.1f} ms against {bare:.1f}; PostgreSQL {spent[0]:.2f} ms against {spent[1]:.2f}, "
        f"{pages[0]:.0f} pages against {pages[1]:.0f}",
        flush=True,
    )
    return ratio <= MOST


def measure(size: argparse.Namespace) -> bool:
    """Fill the tables, ask in pairs, print a line for each list; whether each is within the bound."""
    dice, begin = Random(size.seed), time.monotonic()
    with as_node("the measurement furnishes the house"):
        tenants = settle(size.tenants)
        furnish(list(tenants), size.rows)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    print(  # noqa: T201 - a command line
        f"{size.tenants} tenants × {size.rows} rows of each table in {time.monotonic() - begin:.0f} s; {size.pairs} pairs a list",
        flush=True,
    )
    act_as("node_app")
    keys = cycle(tenants.values())
    good = [compare(path, keys, size.pairs, dice) for path in LISTS if size.only in path]
    return all(good)


def main() -> int:
    """Measure from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tenants", type=int, default=20)
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--pairs", type=int, default=300)
    parser.add_argument("--only", default="", help="lists whose address has this in it")
    parser.add_argument("--seed", type=int, default=0)
    return 0 if measure(parser.parse_args()) else 1


if __name__ == "__main__":
    sys.exit(main())
