"""Attack on uniqueness: many issuers at once whose connections die under them, then a copy of the database (INVARIANTS D1).

`python -m tests.attacks.identifiers [--codes 6000] [--issuers 64] [--at-once 50] [--crashes 10] [--copies 1] [--after 1000]
[--retired 20] [--seed 0]` issues so many codes by the rule, ends so many connections in the act, copies the database so often as a
backup would be, lets both go on for so many codes each, and retires so many; exit 1 where a code was given twice, an application
was lost, a crash did not land, a copy drew from another's block, or what is retired does not resolve to a tombstone.
The release tier is `--codes 1000000 --at-once 500 --crashes 300 --after 10000`, and `--copies 100 --after 100 --retired 2000`.
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
from identifiers.models import Descriptor, Identifier, IssuedCode, NumberBlock
from identifiers.services.blocks import grant_block, refuse_block, renew_block
from identifiers.services.identifiers import accept_filing, retire_identifier
from identifiers.services.issuing import issue_by_rule
from identifiers.services.prefixes import accept_prefix
from identifiers.services.resolution import resolve_signed
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


def granted_anew(granted: set[int]) -> None:
    """Ask for a block, and be the upstream that refuses those which it gave to others."""
    renew_block()
    while True:
        asked = NumberBlock.objects.get(state=BlockState.ASKED)
        known = asked.number in granted
        granted.add(asked.number)
        (refuse_block if known else grant_block)(
            prefix=PREFIX, number=asked.number, incarnation=asked.incarnation
        )
        if not known:
            return


def go_on_in_two(codes: int, granted: set[int], theirs: set[str]) -> list[str]:
    """Let the database and a copy of it issue so many each; what is wrong, in words.

    `granted` are the blocks that the upstream gave away, `theirs` the codes of copies: both grow.
    """
    known = set(IssuedCode.objects.values_list("code", flat=True))
    with a_copy():
        apply_for(codes)
        try:
            issue_by_rule()
        except NoBlock:
            pass
        else:
            return ["the copy issued from the block of the original"]
        granted_anew(granted)
        while issue_by_rule():
            pass
        copied = set(IssuedCode.objects.values_list("code", flat=True)) - known
        broken = complaints()
    apply_for(codes)
    while issue_by_rule():
        pass
    ours = set(IssuedCode.objects.values_list("code", flat=True)) - known
    if (len(ours), len(copied)) != (codes, codes):
        broken.append(f"{len(ours)} and {len(copied)} codes were issued, not {codes} each")
    broken += [
        f"{code} was issued twice" for code in sorted(copied & (theirs | known) | ours & (theirs | copied))
    ]
    theirs |= copied
    return broken + complaints()


def bury(count: int) -> list[str]:
    """File and retire so many; those that do not resolve to a tombstone, signed, without a word of what they were."""
    rows = list(Identifier.objects.filter(state="filing").order_by("id")[:count])
    broken = [] if len(rows) == count else [f"only {len(rows)} codes could be retired"]
    Descriptor.objects.bulk_create(
        Descriptor(identifier=row, version=1, profile="1", attributes={"name": "演示资源池"}) for row in rows
    )
    for row in rows:
        if resolve_signed(Code.parse(str(row.code))).facts["attributes"] == {}:
            broken.append(f"{row.code} said nothing while it lived")
        accept_filing(code=str(row.code), receipt="N-1")
        retire_identifier(row.id, {"reason": "演示注销"}, SYSTEM)
    for row in rows:
        facts = resolve_signed(Code.parse(str(row.code))).facts
        if (facts["code"], facts["state"], facts["attributes"]) != (row.code, "retired", {}):
            broken.append(f"{row.code} resolves to {facts}")
    return broken


def main() -> int:
    """Run the attack from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--codes", type=int, default=6000)
    parser.add_argument("--issuers", type=int, default=64)
    parser.add_argument("--at-once", type=int, default=50)
    parser.add_argument("--crashes", type=int, default=10)
    parser.add_argument("--copies", type=int, default=1)
    parser.add_argument("--after", type=int, default=1000)
    parser.add_argument("--retired", type=int, default=20)
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
        granted, theirs = {number for (number,) in NumberBlock.objects.values_list("number")}, set[str]()
        apart = [each for _ in range(asked.copies) for each in go_on_in_two(asked.after, granted, theirs)]
        print(  # noqa: T201 - a command line
            f"{'FAIL' if apart else 'ok  '} copies: {asked.copies} times two databases went on from one, for {asked.after} "
            f"codes each, {len(apart)} complaints"
        )
        unquiet = bury(asked.retired)
        words = f"tombstones: {asked.retired} retired, {len(unquiet)} complaints"
        print(f"{'FAIL' if unquiet else 'ok  '} {words}")  # noqa: T201 - a command line
    wrong = [*broken, *apart, *unquiet]
    print(*wrong[:20], sep="\n")  # noqa: T201 - a command line
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
