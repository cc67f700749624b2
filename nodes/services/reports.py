"""Reports from draft to receipt, their corrections, and those that downstream nodes send."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from kernel.actor import SYSTEM, Actor
from kernel.clock import now
from kernel.locks import Lock, take_lock
from kernel.reports import SECTIONS, Section
from kernel.services.outbox import publish
from nodes import events
from nodes.domain.envelopes import Message, Outcome, Receipt
from nodes.domain.reports import (
    CORRECTABLE,
    LIFE,
    STREAM,
    ReportMessage,
    ReportState,
    add_up,
    compose_report,
    last_closed_period,
    read_report,
)
from nodes.errors import NoUpstream, PeriodOpen, ReportExists, UnknownSection
from nodes.models import Envelope, Peer, Report
from nodes.selectors.peers import upstream
from nodes.services.signing import sign_bytes
from nodes.services.streams import enqueue_message

MALFORMED = "report_malformed"
NOT_ITS_OWN = "report_not_its_own"
KNOWN = "report_known"
NOT_THE_SAME = "correction_of_another"


@transaction.atomic
def draft_report(*, section: str, start: datetime, end: datetime, actor: Actor) -> Report:
    """Assemble one section of one closed period. Raises UnknownSection, PeriodOpen, ReportExists."""
    known = SECTIONS.get(section)
    if known is None:
        raise UnknownSection(pointer="/section", section=section, known=", ".join(sorted(SECTIONS)) or "-")
    moment = now()
    if start >= end or end > moment:
        raise PeriodOpen(pointer="/end", now=moment.isoformat(timespec="seconds"))
    take_lock(Lock.STREAM, f"report:{section}:{start.isoformat()}")
    same = Report.objects.filter(node=settings.NODE_CODE, section=section, start=start, end=end)
    if found := same.exclude(state=ReportState.SUPERSEDED.value).first():
        raise ReportExists(report=found.id)
    return _assemble(known, start, end, actor=actor)


@transaction.atomic
def draft_last_period() -> int:
    """Assemble every section of the last closed period that has none yet, where somebody waits for it; how many."""
    if upstream() is None:
        return 0
    length = timedelta(seconds=settings.REPORT_PERIOD_SECONDS)
    start, end = last_closed_period(now(), length)
    take_lock(Lock.STREAM, f"report:{start.isoformat()}")
    mine = Report.objects.filter(node=settings.NODE_CODE, start=start, end=end)
    there = set(mine.values_list("section", flat=True))
    missing = [section for name, section in sorted(SECTIONS.items()) if name not in there]
    for section in missing:
        _assemble(section, start, end, actor=SYSTEM)
    return len(missing)


def _assemble(
    section: Section,
    start: datetime,
    end: datetime,
    *,
    actor: Actor,
    supersedes: Report | None = None,
    reason: str = "",
) -> Report:
    records = section.collect(start, end)
    sums = add_up(records, section.sums)
    message = ReportMessage(
        settings.NODE_CODE, section.kind.value, section.name, start, end, len(records), sums
    )
    row = Report.objects.create(
        node=message.node,
        section=section.name,
        kind=section.kind.value,
        start=start,
        end=end,
        count=len(records),
        sums=sums,
        body=compose_report(message, records),
        state=LIFE.initial.value,
        supersedes=supersedes,
        reason=reason,
    )
    publish(events.ReportDrafted(subject=row.id, tenant=None, section=row.section), actor=actor)
    return row


@transaction.atomic
def review_report(*, report: Report, actor: Actor) -> Report:
    """A person of the supervision lets the report go out as it is. Raises PersonNeeded."""
    reviewer = actor.person
    row = _moved(report, "review")
    row.reviewed_by = reviewer
    row.advance("state", "reviewed_by")
    publish(events.ReportReviewed(subject=row.id, tenant=None), actor=actor)
    return row


@transaction.atomic
def send_report(*, report: Report, actor: Actor) -> Report:
    """Sign a reviewed report and put it on its stream; it is sent as soon as the upstream answers. Raises NoUpstream."""
    row = _moved(report, "sign")
    peer = upstream()
    if peer is None:
        raise NoUpstream
    row.key_id, row.signature = sign_bytes(bytes(row.body))
    row.state = LIFE.after("send", row.state)
    enqueue_message(
        peer=peer,
        stream=f"{STREAM}.{row.kind}",
        aggregate=aggregate_of(row.section, row.start),
        body=bytes(row.body),
        supersedes=row.supersedes.sequence if row.supersedes else None,
        reference=row.id,
    )
    row.advance("state", "key_id", "signature")
    publish(events.ReportSent(subject=row.id, tenant=None, section=row.section), actor=actor)
    return row


@transaction.atomic
def correct_report(*, report: Report, reason: str, actor: Actor) -> Report:
    """Assemble the same section and period anew; when it is stored it takes the place of the one that was sent.

    Raises StateConflict before the upstream has answered, ReportExists where a correction is on its way.
    """
    row = Report.objects.select_for_update(of=("self",)).get(id=report.id)
    LIFE.after("supersede", row.state)
    if row.state not in CORRECTABLE:
        raise ReportExists(report=row.id)  # a downstream's: it corrects its own
    if correction := Report.objects.filter(supersedes=row).first():
        raise ReportExists(report=correction.id)
    if row.section not in SECTIONS:
        raise UnknownSection(section=row.section, known=", ".join(sorted(SECTIONS)))
    return _assemble(SECTIONS[row.section], row.start, row.end, actor=actor, supersedes=row, reason=reason)


def aggregate_of(section: str, start: datetime) -> str:
    """The thing reported on: a refused report delays only its own corrections."""
    return f"{section}/{int(start.timestamp())}"


def _moved(report: Report, act: str) -> Report:
    row = Report.objects.select_for_update(of=("self",)).select_related("supersedes").get(id=report.id)
    row.state = LIFE.after(act, row.state)
    return row


class Reports:
    """Messages of the streams `reports.*`."""

    def judge(self, *, peer: Peer, message: Message) -> str:
        """Refuse what is no report of the peer's own, on its own stream, of a period it has not reported yet."""
        report = read_report(message.body)
        if report is None:
            return MALFORMED
        if report.node != peer.code or message.stream != f"{STREAM}.{report.kind}":
            return NOT_ITS_OWN
        before = _version_before(peer, message)
        if before is not None:
            same = (before.section, before.start, before.end) == (report.section, report.start, report.end)
            return "" if same else NOT_THE_SAME
        known = Report.objects.filter(
            node=peer.code, section=report.section, start=report.start, end=report.end, supersedes=None
        ).exclude(sequence=message.sequence)
        return KNOWN if known.exists() else ""

    def store(self, *, peer: Peer, message: Message, receipt: Receipt) -> None:  # noqa: ARG002 - the protocol's
        """Keep the report; the version that it corrects stays, marked."""
        report = read_report(message.body)
        assert report is not None  # noqa: S101 - judged before
        mine = Report.objects.filter(node=peer.code, kind=report.kind)
        if mine.filter(sequence=message.sequence).exists():
            return
        before = _version_before(peer, message)
        if before is not None:
            before.state = LIFE.after("supersede", before.state)
            before.advance("state")
        row = Report.objects.create(
            node=peer.code,
            section=report.section,
            kind=report.kind,
            start=report.start,
            end=report.end,
            count=report.count,
            sums=report.sums,
            body=message.body,
            state=ReportState.RECEIVED.value,
            sequence=message.sequence,
            supersedes=before,
        )
        publish(
            events.ReportReceived(subject=row.id, tenant=None, node=peer.code, section=row.section),
            actor=Actor(node=peer.code),
        )

    def receipted(self, *, envelope: Envelope, receipt: Receipt) -> None:
        """Note the upstream's answer; a correction that is stored supersedes what it corrects."""
        rows = Report.objects.select_for_update(of=("self",)).select_related("supersedes")
        assert envelope.message.reference is not None  # noqa: S101 - every report's message has it
        row = rows.get(id=envelope.message.reference)
        stored = receipt.outcome is Outcome.STORED
        row.state = LIFE.after("receipt" if stored else "refuse", row.state)
        row.sequence = receipt.sequence
        row.advance("state", "sequence")
        if stored and row.supersedes is not None:
            row.supersedes.state = LIFE.after("supersede", row.supersedes.state)
            row.supersedes.advance("state")
        publish(
            events.ReportAnswered(
                subject=row.id, tenant=None, outcome=receipt.outcome.value, code=receipt.code
            ),
            actor=SYSTEM,
        )


def _version_before(peer: Peer, message: Message) -> Report | None:
    """The stored report that this message corrects; None for a first version, or where that one was refused."""
    if message.supersedes is None:
        return None
    kind = message.stream.removeprefix(f"{STREAM}.")
    return Report.objects.filter(node=peer.code, kind=kind, sequence=message.supersedes).first()
