"""Attack on tenancy: views without any filter, two connections, many tenants, and requests that end in every way.

`python -m tests.attacks.tenancy [--requests 10000] [--tenants 20] [--seed 0]` prints what came of it; exit 1 where a
request touched a row of another's, lacked one of its own, or left a scope on its connection (INVARIANTS §6.8).
"""

import argparse
import logging
import sys
import time
from collections import Counter
from datetime import timedelta
from random import Random
from unittest.mock import patch
from uuid import UUID

import django
from django.db import connection
from django.test import Client, override_settings

if __name__ == "__main__":
    django.setup()  # before the models below are imported

from kernel import permissions
from kernel.actor import SYSTEM, Role
from kernel.tenancy import as_nobody, as_node
from participants.domain.organisations import OrganisationKind, OrganisationState
from participants.models import Membership, Organisation, User
from participants.services.credentials import issue_key
from tests.attacks.claims import crowd
from tests.support import leaky_api
from tests.support.cast import social_credit_code

CONNECTIONS = 2
CENTRES = 3
EXPECTED = {
    "answer": 200,
    "problem": 404,
    "mistake": 500,
    "aborted": 500,
    "rolled-back": 200,
    "streamed": 200,
}


def tenants(count: int) -> dict[UUID, str]:
    """So many organisations with rows of their own; each with a key to sign in."""
    keys = {}
    for number in range(count):
        house = Organisation.objects.create(
            kind=OrganisationKind.COMPUTE_PROVIDER, name=f"示范租户{number}", code=social_credit_code(number),
            state=OrganisationState.CERTIFIED,
        )  # fmt: skip
        person = User.objects.create_user(email=f"tenant-{number}@example.org", name="T")
        member = Membership.objects.create(user=person, organisation=house, roles=[Role.COMPUTE_PROVIDER])
        _, keys[house.id] = issue_key(
            membership=member, name="leak", scopes=["*"], valid_for=timedelta(hours=1), actor=SYSTEM
        )
        for each in range(CENTRES):
            leaky_api.centre(house.id, each).save()
    return keys


class Leak:
    """The requests of all threads, and what was wrong with one."""

    def __init__(self, keys: dict[UUID, str], seed: int) -> None:
        """Know the tenants."""
        self.keys, self.seed = keys, seed
        self.all = {str(each): CENTRES + 1 for each in keys}
        self.ended: Counter[str] = Counter()
        self.backends: set[int] = set()

    def ask(self, number: int) -> list[str]:
        """One request of a tenant's or of nobody's; what it touched that it should not, in words."""
        dice = Random(self.seed * 1_000_003 + number)
        tenant = dice.choice([*self.keys, None])
        method, end = dice.choice(["get", "get", "post"]), dice.choice(leaky_api.ENDS)
        client = Client(raise_request_exception=False)
        headers = {"Authorization": f"Api-Key {self.keys[tenant]}"} if tenant else {}
        response = getattr(client, method)(f"/api/v1/leaks?end={end}&number={number}", headers=headers)
        if response.streaming:
            b"".join(response)
        self.ended[f"{response.status_code} {end}" if tenant else f"{response.status_code} nobody"] += 1
        return [
            f"request {number} ({method}, {end}): {each}"
            for each in self._wrong(number, tenant, method, end, response.status_code)
        ]

    def _wrong(self, number: int, tenant: UUID | None, method: str, end: str, status: int) -> list[str]:
        seen, later = (leaky_api.LeakyView.seen.pop(f"{number}{when}", None) for when in ("", " later"))
        mine = self.all if method == "post" else {str(tenant): CENTRES + 1}
        wrong = []
        if status != (EXPECTED[end] if tenant else 401):
            wrong.append(f"answered {status}")
        if seen != (mine if tenant else None):
            wrong.append(f"touched {seen}, should have touched {mine}")
        if later:
            wrong.append(f"its stream touched {later}")
        with as_nobody(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_backend_pid(), current_setting('cin.reach', true), count(*) FROM centre"
            )
            backend, reach, left = cursor.fetchone()
        self.backends.add(backend)
        if reach or left:
            wrong.append(f"left the scope {reach!r} behind, with {left} rows")
        return wrong


def run(*, requests: int, count: int, seed: int) -> list[str]:
    """Run the attack; what was broken, in words. Prints one line."""
    begin = time.monotonic()
    leak = Leak(tenants(count), seed)
    rows = leaky_api.with_the_rows()
    logging.disable(logging.ERROR)  # thousands of mistakes on purpose
    try:
        with (
            patch.object(permissions, "table", lambda: rows),
            override_settings(ROOT_URLCONF="tests.support.leaky_api", WHITENOISE_AUTOREFRESH=True),
            crowd(CONNECTIONS) as people,
        ):
            broken = [each for found in people.pool.map(leak.ask, range(requests)) for each in found]
    finally:
        logging.disable(logging.NOTSET)
    if len(leak.backends) != CONNECTIONS:
        broken.append(f"{len(leak.backends)} connections were used, not {CONNECTIONS}")
    print(  # noqa: T201 - a command line
        f"{'FAIL' if broken else 'ok  '} leak: {requests} requests of {count} tenants on {CONNECTIONS} connections in "
        f"{time.monotonic() - begin:.1f} s, {len(broken)} complaints, {dict(sorted(leak.ended.items()))}"
    )
    return broken


def main() -> int:
    """Run the attack from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--tenants", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    with as_node("the attack furnishes the house"):
        broken = run(requests=asked.requests, count=asked.tenants, seed=asked.seed)
    print(*broken[:20], sep="\n")  # noqa: T201 - a command line
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
