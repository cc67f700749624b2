"""Attack on uniqueness: many issuers at once whose connections die under them, then a copy of the database (INVARIANTS D1).

`python -m tests.attacks.identifiers [--codes 6000] [--issuers 64] [--at-once 50] [--crashes 10] [--seed 0]` issues so many
codes by the rule, ends so many connections in the act, then copies the database as a backup would be and lets both go on;
exit 1 where a code was given twice, an application was lost, a crash did not land, or the copy drew from the former's block.
The release tier is `--codes 1000000 --at-once 500 --crashes 300`.
"""

import argparse
import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from random import Random
from threading import Event

import django
import psycopg
from django.db import Error, connection, connections
from psycopg import sql

if __name__ == "__main__":
    django.setup()  # before the models below are imported

from identifiers.domain.blocks import BlockState
from identifiers.domain.codes import Code
from identifiers.errors import NoBlock
from identifiers.models import IssuedCode, NumberBlock
from identifiers.services.blocks import grant_block, renew_block
from identifiers.services.issuing import issue_by_rule
from identifiers.services.prefixes import accept_prefix
from kernel.actor import SYSTEM
from kernel.ids import new_id
from kernel.tenancy import as_node

PREFIX = "86.320000"
SAMPLE = 20_000
APPLY = """
    INSERT INTO identifier (id, created_at, generation, tenant_id, kind, subject, state, review, reason, filing)
    SELECT gen_random_uuid(), now(), 1, %s, 'pool', gen_random_uuid(), 'verified', 'by_rule', '', ''
    FROM generate_series(1, %s)
"""
CHECKS = {
    "applications without a code": "SELECT count(*) FROM identifier WHERE code IS NULL",
    "codes that stand twice": "SELECT count(*) - count(DISTINCT code) FROM identifier",
    "codes that are not in the list of issued ones": """
        SELECT count(*) FROM identifier i FULL JOIN issued_code c ON c.identifier_id = i.id WHERE c.code IS DISTINCT FROM i.code
    """,
    "issues that were not announced once": """
        SELECT count(*) FROM identifier i WHERE
        (SELECT count(*) FROM event e WHERE e.subject = i.id AND e.name = 'identifiers.identifier_issued') <> 1
    """,
}
VICTIM = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND usename = current_user AND state <> 'idle' AND pid <> pg_backend_pid()
    ORDER BY hashint4(pid + %s) LIMIT 1
"""


def scalar(query: str, values: tuple[int, ...] = ()) -> int:
    """One number of the database's."""
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def apply_for(codes: int) -> None:
    """So many applications that wait for the rule."""
    with connection.cursor() as cursor:
        cursor.execute(APPLY, [new_id(), codes])


def issue_all(issuers: int, at_once: int, crashes: int, seed: int) -> tuple[float, int]:
    """Let the issuers go on until nothing waits, and end connections in the act; seconds, and crashes that an issuer felt."""
    over = Event()
    felt: list[int] = []  # which issuers felt a crash

    def issuer(number: int) -> None:
        try:
            with as_node("as the attack itself"):
                while not over.is_set():
                    try:
                        if not issue_by_rule(at_once):
                            if not scalar("SELECT count(*) FROM identifier WHERE state = 'verified'"):
                                return
                            time.sleep(0.01)
                    except Error:
                        felt.append(number)
                        connection.close()
        finally:
            connections.close_all()

    def saboteur() -> None:
        dice = Random(seed)
        try:
            while len(felt) < crashes and not over.is_set():
                time.sleep(dice.uniform(0.005, 0.05))
                scalar(VICTIM, (dice.randrange(1 << 16),))
        finally:
            connections.close_all()

    begin = time.monotonic()
    with ThreadPoolExecutor(issuers + 1) as pool:
        ends = pool.submit(saboteur)
        list(pool.map(issuer, range(issuers)))
        over.set()
        ends.result()
    return time.monotonic() - begin, len(felt)


def complaints() -> list[str]:
    """What is wrong with the codes of this database, in words."""
    found = [f"{count} {what}" for what, query in CHECKS.items() if (count := scalar(query))]
    wrong = [
        code
        for code in IssuedCode.objects.values_list("code", flat=True)[:SAMPLE]
        if str(Code.parse(code)) != code
    ]
    return found + [f"{code} is not canonical" for code in wrong]


@contextmanager
def a_copy() -> Iterator[None]:
    """Work on a copy of the database, as a restored backup is one, and remove it."""
    here = connection.settings_dict["NAME"]
    name = f"{here}_copy"
    connections.close_all()
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], dbname="postgres", autocommit=True) as owner:
        copy = sql.Identifier(name)
        owner.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(copy, sql.Identifier(here)))
        connection.settings_dict["NAME"] = name
        try:
            yield
        finally:
            connections.close_all()
            connection.settings_dict["NAME"] = here
            owner.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(copy))


def go_on_in_two(codes: int) -> list[str]:
    """Let the database and a copy of it issue so many each; what is wrong, in words."""
    with a_copy():
        apply_for(codes)
        try:
            issue_by_rule()
        except NoBlock:
            pass
        else:
            return ["the copy issued from the block of the original"]
        renew_block()
        asked = NumberBlock.objects.get(state=BlockState.ASKED)
        grant_block(prefix=PREFIX, number=asked.number, incarnation=asked.incarnation)
        while issue_by_rule():
            pass
        theirs, broken = set(IssuedCode.objects.values_list("code", flat=True)), complaints()
    known = set(IssuedCode.objects.values_list("code", flat=True))
    apply_for(codes)
    while issue_by_rule():
        pass
    ours = set(IssuedCode.objects.values_list("code", flat=True)) - known
    both = ours & (theirs - known)
    if (len(ours), len(theirs - known)) != (codes, codes):
        broken.append(f"{len(ours)} and {len(theirs - known)} codes were issued, not {codes} each")
    return broken + [f"{code} was issued by both" for code in sorted(both)] + complaints()


def main() -> int:
    """Run the attack from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--codes", type=int, default=6000)
    parser.add_argument("--issuers", type=int, default=64)
    parser.add_argument("--at-once", type=int, default=50)
    parser.add_argument("--crashes", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    with as_node("the attack furnishes the house"):
        accept_prefix(prefix=PREFIX, delegated_by="000000", actor=SYSTEM)
        apply_for(asked.codes)
        seconds, felt = issue_all(asked.issuers, asked.at_once, asked.crashes, asked.seed)
        broken = complaints()
        if felt < asked.crashes:
            broken.append(f"only {felt} of {asked.crashes} crashes hit an issuer at work")
        issued = IssuedCode.objects.count()
        print(  # noqa: T201 - a command line
            f"{'FAIL' if broken else 'ok  '} issue: {issued} codes by {asked.issuers} issuers in {seconds:.1f} s "
            f"({issued / seconds:.0f} a second), {felt} crashes, {len(broken)} complaints"
        )
        apart = go_on_in_two(min(1000, asked.codes))
        print(f"{'FAIL' if apart else 'ok  '} copy: two databases went on from one, {len(apart)} complaints")  # noqa: T201
    print(*[*broken, *apart][:20], sep="\n")  # noqa: T201 - a command line
    return 1 if broken or apart else 0


if __name__ == "__main__":
    sys.exit(main())
