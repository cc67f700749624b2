"""G-3, G-4 and G-6 on a region's real sender and the national node: late commits, poison, and rows that are gone."""

import json
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from math import ceil, log2
from random import Random
from threading import Event as Flag
from typing import Any
from unittest.mock import patch
from uuid import UUID

import psycopg
from django.conf import settings
from django.db import transaction

from kernel.actor import SYSTEM
from kernel.ids import new_id
from kernel.models import EventPosition
from kernel.services.outbox import drain, publish
from kernel.tenancy import as_node
from nodes.adapters.peers.client import Answer, ask
from nodes.domain.envelopes import REPORT_KNOWN
from nodes.domain.manifests import MANIFEST_AGGREGATE
from nodes.domain.records import canonical, root_of
from nodes.domain.reports import ReportMessage, ReportState, compose_report
from nodes.models import ManifestPair, NodeAlarm, OutboundStream, Peer, Report
from nodes.services import manifests
from nodes.services.manifests import exchange_manifest
from nodes.services.peers import attach_upstream
from nodes.services.reports import aggregate_of
from nodes.services.sending import send_stream
from nodes.services.streams import enqueue_message
from tests.attacks._streams_nation import Nation, told
from tests.attacks.claims import crowd
from tests.kernel.bells import BellRang, listening

HELD = """
    SELECT m.sequence, m.outcome, m.code, m.body FROM incoming m JOIN inbound_stream s ON s.id = m.stream_id
    JOIN peer p ON p.id = s.peer_id WHERE p.code = %s AND s.name = %s ORDER BY m.sequence
"""
LOST_THERE = """
    DELETE FROM incoming WHERE sequence = %s AND stream_id = (
        SELECT s.id FROM inbound_stream s JOIN peer p ON p.id = s.peer_id WHERE p.code = %s AND s.name = %s)
"""
LOST_HERE = """
    WITH gone AS (DELETE FROM envelope WHERE stream_id = %s AND sequence = %s RETURNING *)
    INSERT INTO lost SELECT * FROM gone
"""
LATE, REPORTS, LOST = "filings.late", "reports.platform", "filings.lost"  # streams
KEPT = 64  # messages of a stream of which rows are lost
WRITERS = 8
LARGEST = 10 * 2**20  # bytes that the nation takes
HOURS = count()
FIRST = datetime(2020, 1, 1, tzinfo=UTC)
RECORDS = [{"stream": "filings", "numbered": 4, "stored": 4, "refused": 0}]
SUMS = {"numbered": 4, "stored": 4, "refused": 0}


@dataclass(frozen=True)
class Region:
    """This process as the region: its upstream, and the owner's hand on its database."""

    peer: Peer
    nation: Nation
    owner: psycopg.Connection[Any]

    def say(self, stream: str, body: bytes) -> None:
        """Put a message on a stream that means nothing beyond being there."""
        enqueue_message(peer=self.peer, stream=stream, aggregate=MANIFEST_AGGREGATE, body=body)

    def send(self, stream: str) -> OutboundStream:
        """Send until all that can be sent has its receipt."""
        row = OutboundStream.objects.get(peer=self.peer, name=stream)
        while not row.idle:
            before = row.acked
            send_stream(stream=row.id)
            row.refresh_from_db()
            assert row.acked > before, f"{stream} stands still at {row.acked} of {row.last}"
        return row

    def held(self, stream: str) -> list[tuple[int, str, str, bytes]]:
        """What the nation holds of a stream of ours: number, outcome, code and body."""
        rows = self.nation.rows(HELD, [settings.NODE_CODE, stream])
        return [(number, outcome, code, bytes(body)) for number, outcome, code, body in rows]


def attached(nation: Nation, owner: psycopg.Connection[Any]) -> Region:
    """Attach this process's node to the nation."""
    peer = attach_upstream(url=nation.url, token=nation.invite(settings.NODE_CODE), actor=SYSTEM)
    return Region(peer, nation, owner)


class SlowCommits:
    """G-3: events that are written first and committed last, while later ones are relayed, delivered and sent."""

    def __init__(self, region: Region) -> None:
        """Nothing happened yet."""
        self.region = region
        self.overtaken = 0

    def hear(self, event: BellRang) -> None:
        """Tell the nation what happened, as a floor does that files or reports."""
        self.region.say(LATE, str(event.subject).encode())

    def ring(self, wrote: Flag | None = None, may_commit: Flag | None = None) -> UUID:
        """One act; between its event and its commit it may wait."""
        subject = new_id()
        with as_node("as the attack itself"), transaction.atomic():
            publish(BellRang(subject=subject, tenant=None, count=1), actor=SYSTEM)
            if wrote and may_commit:
                wrote.set()
                assert may_commit.wait(30), "a commit was held back for too long"
        return subject

    def round(self, pool: ThreadPoolExecutor, quick: int) -> list[UUID]:
        """Slow acts that have written, quick ones that overtake them all the way to the nation, then the slow commits."""
        wrote, may_commit = [Flag() for _ in range(WRITERS)], Flag()
        slow: list[Future[UUID]] = [pool.submit(self.ring, each, may_commit) for each in wrote]
        assert all(each.wait(30) for each in wrote), "a slow commit did not begin"
        fast = [self.ring() for _ in range(quick)]
        drain()
        self.region.send(LATE)
        relayed = EventPosition.objects.filter(event__subject__in=fast).count()
        may_commit.set()
        late = [each.result() for each in slow]
        self.overtaken += WRITERS if relayed == quick else 0
        drain()
        return [*fast, *late]


def slow_commits(region: Region, commits: int, seed: int) -> list[str]:
    """Let so many transactions commit after a later one was relayed and sent; what was skipped, doubled or turned round."""
    began, dice = time.monotonic(), Random(seed)
    attack, acts, broken = SlowCommits(region), list[UUID](), list[str]()
    drain()  # what the attacks before this one have left: nobody holds a commit back for that
    with listening(attack.hear), crowd(WRITERS) as people:
        while len(acts) < commits or attack.overtaken < commits:
            acts += attack.round(people.pool, dice.randint(1, 3))
            if attack.overtaken == 0:
                return told(
                    "G-3 slow commits", "nothing", ["no commit was overtaken"], seed=seed, began=began
                )
    region.send(LATE)
    rows = EventPosition.objects.filter(event__name=BellRang.name).order_by("position")
    order = [str(each) for each in rows.values_list("event__subject", flat=True)]
    held = region.held(LATE)
    if sorted(order) != sorted(map(str, acts)):
        broken.append(
            f"{len(acts)} acts were committed, {len(set(order))} of them relayed {len(order)} times"
        )
    if [body.decode() for _, _, _, body in held] != order:
        broken.append(
            f"of {len(order)} acts the nation holds {len(held)}, or in another order than they were relayed"
        )
    if [number for number, *_ in held] != list(range(1, len(held) + 1)):
        broken.append("the numbers of the stream have holes")
    done = (
        f"{attack.overtaken} commits overtaken by {len(acts) - attack.overtaken} that were relayed and sent"
    )
    return told("G-3 slow commits", done, broken, seed=seed, began=began)


def _report(hour: int, **said: Any) -> bytes:
    """A report of this hour, that says something else besides."""
    start = FIRST + timedelta(hours=hour)
    message = ReportMessage(
        settings.NODE_CODE, "platform", "nodes.traffic", start, start + timedelta(hours=1), len(RECORDS), SUMS,
        root_of(RECORDS), "national/2026.1",
    )  # fmt: skip
    return canonical(json.loads(compose_report(message, RECORDS)) | said)


# what a report can have that no nation ever takes, and the code with which it says so
POISONS: dict[str, tuple[str, Callable[[int], bytes]]] = {
    "nothing": ("report_malformed", lambda _: b""),
    "no JSON": ("report_malformed", lambda hour: _report(hour)[:-1]),
    "no end of brackets": ("report_malformed", lambda _: b"[" * 100_000),
    "wrong sums": ("report_malformed", lambda hour: _report(hour, sums=SUMS | {"records": 2})),
    "wrong root": ("report_malformed", lambda hour: _report(hour, root="00" * 32)),
    "schema of tomorrow": ("report_malformed", lambda hour: _report(hour, schema="cin-report/3")),
    "no schema": ("report_malformed", lambda hour: _report(hour, schema=None)),
    "another node's": ("report_not_its_own", lambda hour: _report(hour, node="330000")),
    "of another stream": ("report_not_its_own", lambda hour: _report(hour, kind="trade")),
    "no time zone": ("report_malformed", lambda hour: _report(hour, start="2020-01-01T00:00:00")),
    "before all time": ("report_malformed", lambda hour: _report(hour, start="0001-01-01T00:00:00+14:00")),
    "a NUL": ("content_unstorable", lambda hour: _report(hour, section="nodes\0traffic")),
    "half a character": (
        "content_unstorable",
        lambda hour: _report(hour, section="half").replace(b"half", rb"\ud800"),
    ),
    "too large": ("message_too_large", lambda hour: _report(hour, more="x" * LARGEST)),
    "a name without end": ("content_unstorable", lambda hour: _report(hour, section="x" * 1000)),
}


def _thing(hour: int) -> str:
    return aggregate_of("nodes.traffic", FIRST + timedelta(hours=hour))


def _put(region: Region, hour: int, body: bytes, supersedes: int | None = None) -> None:
    """Send a report that this node has reviewed and signed, whatever its bytes are."""
    start = FIRST + timedelta(hours=hour)
    period = {"start": start, "end": start + timedelta(hours=1)}
    row, _ = Report.objects.get_or_create(
        node=settings.NODE_CODE, upstream="national", section="nodes.traffic", kind="platform", **period,
        defaults={"count": 1, "sums": SUMS, "body": body, "state": ReportState.SENT.value},
    )  # fmt: skip
    enqueue_message(
        peer=region.peer,
        stream=REPORTS,
        aggregate=_thing(hour),
        body=body,
        supersedes=supersedes,
        reference=row.id,
    )


def poison(region: Region, count: int, seed: int) -> list[str]:
    """Let so many reports go out that can never be taken, among good ones; what was blocked, lost or not told."""
    began, dice, broken = time.monotonic(), Random(seed), list[str]()
    kinds, good = [*POISONS], list[bytes]()
    for name in (kinds[each % len(kinds)] for each in range(count)):
        code, make = POISONS[name]
        bad, *others = (next(HOURS) for _ in range(dice.randint(2, 4)))
        words = [(hour, _report(hour)) for hour in others]
        good += [_report(bad), *(body for _, body in words)]
        words.insert(dice.randrange(len(words)), (bad, make(bad)))
        words.insert(-1, (bad, _report(bad)))  # of the same hour, and good: it waits for the correction
        for hour, body in words:
            _put(region, hour, body)
        waiting = region.send(REPORTS).waiting
        thing = _thing(bad)
        if [*waiting] != [thing]:
            broken.append(f"{name}: {waiting} wait, not {thing} alone")
            break
        number = waiting[thing]
        alarms = NodeAlarm.objects.filter(kind="quarantined", stream=REPORTS, sequence=number, closed_at=None)
        if not alarms.exists():
            broken.append(f"{name}: number {number} is quarantined and nobody is told")
        there = {each: (outcome, why) for each, outcome, why, _ in region.held(REPORTS)}[number]
        if there != ("refused", code):
            broken.append(f"{name}: {there}, not refused as {code}")
        _put(region, bad, _report(bad), supersedes=number)
        if waiting := region.send(REPORTS).waiting:
            broken.append(f"{name}: {waiting} wait behind the correction")
    held = region.held(REPORTS)
    stored = [body for _, outcome, _, body in held if outcome == "stored"]
    if sorted(stored) != sorted(good):
        broken.append(f"{len(stored)} reports are stored of {len(good)} good ones")
    refused = sum(
        outcome == "refused" and why not in ("aggregate_waits", REPORT_KNOWN) for _, outcome, why, _ in held
    )
    done = f"{refused} of {count} poisoned reports quarantined among {len(good)} good ones"
    return told("G-4 poison", done, broken, seed=seed, began=began)


class Losses:
    """G-6: one row gone at a time, on either side, and what the next manifest makes of it."""

    def __init__(self, region: Region, seed: int) -> None:
        """A stream of messages that both sides hold."""
        self.region, self.dice, self.most = region, Random(seed), 0
        with transaction.atomic():
            for number in range(KEPT):
                region.say(LOST, b'{"sums":{"things":%d}}' % number)
        region.owner.execute("CREATE TEMPORARY TABLE lost AS SELECT * FROM envelope WHERE false")

    def compare(self, row: OutboundStream) -> tuple[list[ManifestPair], int]:
        """Exchange manifests: the comparisons that were kept, and how many questions for fingerprints it took."""
        known, questions = ManifestPair.objects.filter(stream=LOST).count(), list[str]()

        def asking(client: Any, method: str, url: str, **more: Any) -> Answer:
            questions.append(url)
            return ask(client, method, url, **more)

        with patch.object(manifests, "ask", asking):
            exchange_manifest(stream=row.id)
        pairs = ManifestPair.objects.filter(stream=LOST).order_by("id")[known:]
        return list(pairs), sum(url.endswith("/fingerprints") for url in questions)

    def lose_there(self, number: int) -> None:
        """Delete what the nation holds under a number, past the trigger that keeps it."""
        owner = self.region.nation.owner
        with owner.transaction():
            owner.execute("ALTER TABLE incoming DISABLE TRIGGER incoming_append_only")
            gone = owner.execute(LOST_THERE, [number, settings.NODE_CODE, LOST]).rowcount
            owner.execute("ALTER TABLE incoming ENABLE TRIGGER incoming_append_only")
        assert gone == 1

    def lose_here(self, row: OutboundStream, number: int) -> None:
        """Take away what the region holds under a number."""
        assert self.region.owner.execute(LOST_HERE, [row.id, number]).rowcount == 1

    def put_back(self) -> None:
        """Give the region its row again, as from a backup: nobody else can."""
        self.region.owner.execute("INSERT INTO envelope SELECT * FROM lost; TRUNCATE lost")

    def round(self, *, there: bool) -> list[str]:
        """Lose one row, compare, and set right; what was not found."""
        row = self.region.send(LOST)
        number, size = self.dice.randint(1, row.acked), row.acked
        if there:
            self.lose_there(number)
        else:
            self.lose_here(row, number)
        pairs, exchanges = self.compare(row)
        self.most = max(self.most, exchanges)
        where = f"number {number} of {size}, lost {'there' if there else 'here'}"
        broken = []
        if pairs[0].agreed or pairs[0].located != [number]:
            broken.append(f"{where}: agreed {pairs[0].agreed}, located {pairs[0].located}")
        if exchanges > ceil(log2(size)):
            broken.append(f"{where}: {exchanges} exchanges, more than {ceil(log2(size))}")
        if pairs[-1].agreed != there:
            broken.append(f"{where}: {'not filled again' if there else 'said to be there'}")
        if not there:
            self.put_back()
        return broken


def deletions(region: Region, count: int, seed: int) -> list[str]:
    """Lose so many rows, one after the other, on either side; what the next manifest did not find, in words."""
    began = time.monotonic()
    attack = Losses(region, seed)
    broken = [each for number in range(count) for each in attack.round(there=number % 2 == 0)]
    row = region.send(LOST)
    (pair,), exchanges = attack.compare(row)
    if not pair.agreed or exchanges:
        broken.append(f"with nothing lost the two differ in {pair.differing}")
    done = (
        f"{count} rows of up to {row.acked} lost, located in at most {attack.most} exchanges after the manifest "
        f"(log2 {row.acked} = {log2(row.acked):.1f})"
    )
    return told("G-6 deletions", done, broken, seed=seed, began=began)
