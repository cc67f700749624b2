"""How the streams stand: what went out, what waits, what calls for a person."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Q

from nodes.domain import filings
from nodes.domain.envelopes import Outcome
from nodes.domain.manifests import Entry, message_sums
from nodes.domain.peers import PeerState
from nodes.models import Envelope, Incoming, NodeAlarm, OutboundStream, Peer


def traffic(start: datetime, end: datetime) -> list[dict[str, Any]]:
    """One record for each stream: messages numbered in [start, end), and how many of them were stored or refused."""
    rows = (
        Envelope.objects.filter(created_at__gte=start, created_at__lt=end)
        .values(name=F("stream__name"))
        .annotate(
            numbered=Count("id"),
            stored=Count("id", filter=Q(outcome=Outcome.STORED.value)),
            refused=Count("id", filter=Q(outcome=Outcome.REFUSED.value)),
        )
        .order_by("name")
    )
    return [
        {
            "stream": row["name"],
            "numbered": row["numbered"],
            "stored": row["stored"],
            "refused": row["refused"],
        }
        for row in rows
    ]


def filed(start: datetime, end: datetime) -> list[dict[str, Any]]:
    """One record for each act on identifiers: filings numbered in [start, end), how many were stored or refused."""
    rows = Envelope.objects.filter(
        stream__name=filings.STREAM, created_at__gte=start, created_at__lt=end
    ).values_list("message__body", "outcome")
    counts: dict[str, Counter[str]] = {}
    for body, outcome in rows.iterator():
        filing = filings.read_filing(bytes(body))
        if filing is not None:
            counts.setdefault(filing.act.value, Counter()).update(["filed", *([outcome] if outcome else [])])
    return [
        {
            "act": act,
            "filed": counts[act]["filed"],
            "stored": counts[act][Outcome.STORED.value],
            "refused": counts[act][Outcome.REFUSED.value],
        }
        for act in filings.FilingAct.codes()
        if act in counts
    ]


def sent_entries(stream: OutboundStream, first: int, last: int) -> list[Entry]:
    """The receipted messages among the numbers `first` to `last`, as a manifest counts them."""
    rows = Envelope.objects.filter(stream=stream, sequence__range=(first, last)).exclude(outcome="")
    columns = rows.values_list("sequence", "outcome", "leaf", "message__body")
    return [_entry(*row) for row in columns.order_by("sequence").iterator()]


def received_entries(peer: Peer, stream: str, first: int, last: int) -> list[Entry]:
    """The same on the receiver's side, from what is really stored there."""
    rows = Incoming.objects.filter(stream__peer=peer, stream__name=stream, sequence__range=(first, last))
    columns = rows.values_list("sequence", "outcome", "leaf", "body")
    return [_entry(*row) for row in columns.order_by("sequence").iterator()]


def _entry(
    sequence: int, outcome: str, leaf: "bytes | memoryview[int]", body: "bytes | memoryview[int]"
) -> Entry:
    sums = message_sums(bytes(body)) if outcome == Outcome.STORED else {}
    return Entry(sequence, Outcome(outcome), bytes(leaf), sums)


def sending_streams() -> list[UUID]:
    """The streams to attached peers that have sent something."""
    rows = OutboundStream.objects.filter(peer__state=PeerState.ATTACHED.value, last__gt=0)
    return list(rows.order_by("id").values_list("id", flat=True))


def leaves_of(entries: Iterable[Entry]) -> Mapping[int, bytes]:
    """Sequence → leaf, as fingerprints are made of."""
    return {entry.sequence: entry.leaf for entry in entries}


def attention() -> tuple[dict[tuple[str, str], int], dict[str, int]]:
    """For the metrics: messages without a receipt by (peer, stream), and open alarms by kind."""
    streams = OutboundStream.objects.select_related("peer").filter(last__gt=F("acked"))
    waiting = {(row.peer.code, row.name): row.last - row.acked for row in streams}
    kinds = NodeAlarm.objects.filter(closed_at=None).values_list("kind").annotate(Count("id"))
    return waiting, dict(kinds.order_by("kind"))
