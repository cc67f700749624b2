"""What the second wall costs: lists with row-level security, and the very same lists without it, by turns.

`python -m tests.bench.rls [--tenants 20] [--rows 2000] [--rounds 15] [--requests 20] [--seed 0]` fills the tables, then
asks each list over and over on one connection, each round once with the policies in force and once with them disabled
and no scope sent, in an order left to chance. Printed is the ratio of the two medians: its median over the rounds, and
its range. Exit 1 where a list costs more than a tenth more.
"""

import argparse
import os
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import cycle
from random import Random
from uuid import UUID

import django
import psycopg
from django.db import connection
from django.test import Client

if __name__ == "__main__":
    django.setup()  # before the models below are imported

from aggregation.models import Centre
from kernel.actor import SYSTEM, Role
from kernel.clock import now
from kernel.ids import new_id
from kernel.row_security import declared_policies
from kernel.tenancy import as_node
from marketplace.models import MeterRecord, Order, Quote, Usage
from participants.domain.organisations import OrganisationKind, OrganisationState
from participants.models import Membership, Organisation, User
from participants.services.credentials import issue_key
from scheduling.models import LineProduct, LineProvider, LineTariff
from tests.support.cast import social_credit_code
from tests.support.leaky_api import centre

MOST = 1.10
LOT = 25
WARM = 5  # requests that are not counted, after the tables were altered
LISTS = {
    "/api/v1/centres": "a column of its own",
    "/api/v1/orders": "three columns of its own",
    "/api/v1/tariffs": "two joins away",
    "/api/v1/usages": "one join away, two parties",
    "/api/v1/orders?count=true": "the same, and all counted",
    "/api/v1/usages?count=true": "the same, and all counted",
}
Tenants = dict[UUID, str]


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
            order=order, provider_record=theirs, node_record=ours, profile="p", machine_seconds=3600,
            window_end=ours.window_end,
        )
        for order, theirs, ours in zip(orders, *readings, strict=True)
    )  # fmt: skip


@contextmanager
def without_policies(owner: psycopg.Connection) -> Iterator[None]:
    """As if the second wall had never been built: no policy is in force, no scope is sent."""
    wrappers = connection.execute_wrappers[:]

    def turn(way: str) -> None:
        for table in sorted({each.table for each in declared_policies()}):
            owner.execute(f'ALTER TABLE "{table}" {way} ROW LEVEL SECURITY'.encode())

    turn("DISABLE")
    connection.execute_wrappers.clear()
    try:
        yield
    finally:
        connection.execute_wrappers[:] = wrappers
        turn("ENABLE")


def median_of(path: str, keys: Iterator[str], requests: int) -> float:
    """The median seconds of a request, after a few that are not counted."""
    client, seconds = Client(), []
    for number in range(WARM + requests):
        headers = {"Authorization": f"Api-Key {next(keys)}"}
        start = time.perf_counter()
        response = client.get(path, headers=headers)
        took = time.perf_counter() - start
        assert response.status_code == 200, response.content
        assert len(response.json()["items"]) == 50
        if number >= WARM:
            seconds.append(took)
    return statistics.median(seconds)


def measure(size: argparse.Namespace) -> bool:
    """Fill the tables, ask by turns, print a line for each list; whether each is within the bound."""
    dice, begin = Random(size.seed), time.monotonic()
    with as_node("the measurement furnishes the house"):
        tenants = settle(size.tenants)
        furnish(list(tenants), size.rows)
    owner = psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True)
    owner.execute("ANALYZE")
    print(  # noqa: T201 - a command line
        f"{size.tenants} tenants × {size.rows} rows of each table in {time.monotonic() - begin:.0f} s"
    )
    keys, good = cycle(tenants.values()), True
    ratios: dict[str, list[float]] = {path: [] for path in LISTS}
    walled: dict[str, list[float]] = {path: [] for path in LISTS}
    for _ in range(size.rounds):
        medians: dict[bool, dict[str, float]] = {}
        for way in dice.sample([True, False], 2):
            if way:
                medians[way] = {path: median_of(path, keys, size.requests) for path in LISTS}
            else:
                with without_policies(owner):
                    medians[way] = {path: median_of(path, keys, size.requests) for path in LISTS}
        for path in LISTS:
            ratios[path].append(medians[True][path] / medians[False][path])
            walled[path].append(medians[True][path])
    for path, kind in LISTS.items():
        ratio = statistics.median(ratios[path])
        good &= ratio <= MOST
        print(  # noqa: T201 - a command line
            f"{'ok  ' if ratio <= MOST else 'FAIL'} {path} ({kind}): {ratio:.3f} ({min(ratios[path]):.3f}–{max(ratios[path]):.3f}) "
            f"of {statistics.median(walled[path]) * 1000:.1f} ms, {size.rounds} rounds of {size.requests}"
        )
    return good


def main() -> int:
    """Measure from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tenants", type=int, default=20)
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--requests", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    return 0 if measure(parser.parse_args()) else 1


if __name__ == "__main__":
    sys.exit(main())
