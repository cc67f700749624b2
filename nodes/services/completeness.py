"""Telling the upstream that a period is complete, and holding a downstream to it."""

from dataclasses import asdict
from uuid import UUID

from django.conf import settings
from django.db.models import Q

from kernel.actor import SYSTEM, Actor
from kernel.locks import Lock, take_lock
from kernel.reports import SECTIONS
from kernel.services.outbox import publish
from nodes import events
from nodes.domain.completeness import (
    STREAM,
    Completeness,
    PeriodState,
    SectionLine,
    compose_completeness,
    read_completeness,
)
from nodes.domain.envelopes import Message, Outcome, Receipt
from nodes.domain.reports import ReportState, read_report
from nodes.models import Envelope, Peer, Report, ReportedPeriod
from nodes.selectors.peers import upstream
from nodes.selectors.profiles import upstream_profiles
from nodes.services.streams import enqueue_message

MALFORMED = "completeness_malformed"
NOT_ITS_OWN = "completeness_not_its_own"
INCOMPLETE = "period_incomplete"


def tell_complete(*, report: Report) -> None:
    """Say that the report's period is complete, where every section that its upstream wants now has its receipt.

    After a correction it is said again, of the newest versions. In the transaction that notes the receipt.
    """
    profile, peer = upstream_profiles()[report.upstream], upstream()
    if peer is None:
        return
    take_lock(Lock.STREAM, f"period:{report.upstream}:{report.start.isoformat()}")
    counted = Report.objects.filter(
        node=settings.NODE_CODE,
        upstream=report.upstream,
        start=report.start,
        end=report.end,
        state=ReportState.RECEIPTED.value,
    )
    lines = [_line(row) for row in counted]
    if {line.section for line in lines} != {name for name in SECTIONS if profile.wants(name)}:
        return
    word = compose_completeness(settings.NODE_CODE, profile.name, report.start, report.end, lines)
    refused = ReportedPeriod.objects.filter(
        node=word.node,
        upstream=report.upstream,
        start=word.start,
        end=word.end,
        state=PeriodState.REFUSED.value,
    ).first()
    row = _keep(word, upstream=report.upstream, state=PeriodState.SENT, sequence=None)
    enqueue_message(
        peer=peer,
        stream=STREAM,
        aggregate=f"{report.upstream}/{int(report.start.timestamp())}-{int(report.end.timestamp())}",
        body=word.encode(),
        supersedes=refused.sequence if refused else None,
        reference=row.id,
    )
    publish(events.PeriodCompleted(subject=row.id, tenant=None, node=row.node), actor=SYSTEM)


def _line(report: Report) -> SectionLine:
    said = read_report(bytes(report.body))
    assert said is not None  # noqa: S101 - written here, or judged when it came
    assert report.sequence is not None  # noqa: S101 - it has its receipt
    return SectionLine(said.section, said.kind, report.sequence, said.count, said.figures, said.root)


def _keep(word: Completeness, *, upstream: str, state: PeriodState, sequence: int | None) -> ReportedPeriod:
    """The next version of the word; those before stay, marked."""
    before = ReportedPeriod.objects.filter(
        node=word.node, upstream=upstream, start=word.start, end=word.end
    ).order_by("-version")
    last = before.first()
    for row in before.exclude(state=PeriodState.SUPERSEDED.value):
        row.state = PeriodState.SUPERSEDED.value
        row.advance("state")
    return ReportedPeriod.objects.create(
        node=word.node,
        upstream=upstream,
        start=word.start,
        end=word.end,
        version=last.version + 1 if last else 1,
        body=word.encode(),
        sections=[asdict(line) for line in word.sections],
        state=state.value,
        sequence=sequence,
    )


def take_back(message: Message, receipt: Receipt) -> UUID | None:
    """Keep again a word that this node gave and forgot; its id."""
    word = read_completeness(message.body)
    if word is None:
        return None
    state = PeriodState.RECEIPTED if receipt.outcome is Outcome.STORED else PeriodState.REFUSED
    upstream_code = word.profile.partition("/")[0][:20]
    return _keep(word, upstream=upstream_code, state=state, sequence=receipt.sequence).id


class Completenesses:
    """Messages of the stream `completeness`."""

    def judge(self, *, peer: Peer, message: Message) -> str:
        """Refuse a word on reports that this node does not hold as they are said: numbers, figures and roots.

        Also those that were corrected since are held, and stand for what was said then.
        """
        word = read_completeness(message.body)
        if word is None:
            return MALFORMED
        if word.node != peer.code:
            return NOT_ITS_OWN
        asked = Q()
        for line in word.sections:
            asked |= Q(kind=line.kind, sequence=line.sequence)
        held = Report.objects.filter(asked, node=peer.code, start=word.start, end=word.end)
        return (
            ""
            if {row.section: _line(row) for row in held} == {line.section: line for line in word.sections}
            else INCOMPLETE
        )

    def store(self, *, peer: Peer, message: Message, receipt: Receipt) -> None:  # noqa: ARG002 - the protocol's
        """Keep the word."""
        word = read_completeness(message.body)
        assert word is not None  # noqa: S101 - judged before
        upstream_code = word.profile.partition("/")[0][:20]
        if ReportedPeriod.objects.filter(node=peer.code, sequence=message.sequence).exists():
            return
        row = _keep(word, upstream=upstream_code, state=PeriodState.RECEIVED, sequence=message.sequence)
        publish(
            events.PeriodCompleted(subject=row.id, tenant=None, node=row.node), actor=Actor(node=peer.code)
        )

    def receipted(self, *, envelope: Envelope, receipt: Receipt) -> None:
        """Note the upstream's answer; one that a later word has superseded only gets its number."""
        assert envelope.message.reference is not None  # noqa: S101 - every word's message has it
        row = ReportedPeriod.objects.select_for_update().get(id=envelope.message.reference)
        row.sequence = receipt.sequence
        if row.state != PeriodState.SUPERSEDED.value:
            stored = receipt.outcome is Outcome.STORED
            row.state = (PeriodState.RECEIPTED if stored else PeriodState.REFUSED).value
        row.advance("sequence", "state")
