"""Reports from draft to receipt, their corrections, and those that downstream nodes send."""

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction

from kernel.actor import SYSTEM, Actor
from kernel.domain.systems import NodeRole
from kernel.errors import SamePerson
from kernel.reports import SECTIONS
from kernel.services.outbox import publish
from nodes import events
from nodes.adapters.reports.formats import document_of
from nodes.domain.envelopes import REPORT_KNOWN, Message, Outcome, Receipt
from nodes.domain.parts import as_documents
from nodes.domain.reports import (
    CORRECTABLE,
    LIFE,
    STREAM,
    ReportMessage,
    ReportState,
    difference,
    read_report,
)
from nodes.domain.upstreams import Channel, Format
from nodes.errors import NoUpstream, ReceiptComesSigned, ReportExists, UnknownSection
from nodes.models import Envelope, Peer, Report
from nodes.selectors.peers import upstream
from nodes.selectors.profiles import upstream_profiles
from nodes.services.completeness import tell_complete
from nodes.services.drafts import assemble_report, follow_industry_node, sections_of
from nodes.services.signing import sign_bytes
from nodes.services.streams import enqueue_message

MALFORMED = "report_malformed"
NOT_ITS_OWN = "report_not_its_own"
OVERLAPS = "report_overlaps"
NOT_THE_SAME = "correction_of_another"
NO_REASON = "correction_without_reason"
NOT_ITS_DELTA = "correction_not_the_difference"
REFUSED_THERE = "refused_by_platform"


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
    """Sign a reviewed report and let it go: onto its stream, or as the file that a person hands in.

    Raises SamePerson where the reviewer sends it, NoUpstream.
    """
    row = _moved(report, "sign")
    if actor.user_id is not None and actor.user_id == row.reviewed_by:
        raise SamePerson
    row.key_id, row.signature = sign_bytes(document(row)[1])
    row.sent_by, row.state = actor.user_id, LIFE.after("send", row.state)
    if upstream_profiles()[row.upstream].channel is Channel.FEDERATION:
        peer = upstream()
        if peer is None:
            raise NoUpstream
        enqueue_message(
            peer=peer,
            stream=f"{STREAM}.{row.kind}",
            aggregate=aggregate_of(row.section, row.start),
            body=bytes(row.body),
            supersedes=row.supersedes.sequence if row.supersedes else None,
            reference=row.id,
        )
    row.advance("state", "key_id", "signature", "sent_by")
    publish(events.ReportSent(subject=row.id, tenant=None, section=row.section), actor=actor)
    return row


@transaction.atomic
def acknowledge_report(*, report: Report, number: str, refused: str, actor: Actor) -> Report:
    """Note what a platform answered to a file: the number of its receipt, or why it refused. Raises ReceiptComesSigned."""
    row = _moved(report, "refuse" if refused else "receipt")
    if upstream_profiles()[row.upstream].channel is Channel.FEDERATION:
        raise ReceiptComesSigned
    row.number, row.refusal = number, refused
    row.advance("state", "number", "refusal")
    if not refused:
        _supersede(row.supersedes)
    outcome = Outcome.REFUSED if refused else Outcome.STORED
    code = REFUSED_THERE if refused else ""
    publish(events.ReportAnswered(subject=row.id, tenant=None, outcome=outcome.value, code=code), actor=actor)
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
    profile = upstream_profiles()[row.upstream]
    if row.section not in SECTIONS:
        raise UnknownSection(section=row.section, known=", ".join(sections_of(profile)))
    section = SECTIONS[row.section]
    return assemble_report(profile, section, row.start, row.end, actor=actor, supersedes=row, reason=reason)


def document(report: Report) -> tuple[Format, bytes]:
    """A report in the format of its upstream, and which that is; of a downstream's the bytes that came."""
    profile = upstream_profiles().get(report.upstream)
    ours = profile is not None and report.node == settings.NODE_CODE
    kind = profile.format if profile is not None and ours else Format.JSON
    return kind, document_of(kind, bytes(report.body))


def aggregate_of(section: str, start: datetime) -> str:
    """The thing reported on: a refused report delays only its own corrections."""
    return f"{section}/{int(start.timestamp())}"


def _moved(report: Report, act: str) -> Report:
    row = Report.objects.select_for_update(of=("self",)).select_related("supersedes").get(id=report.id)
    row.state = LIFE.after(act, row.state)
    return row


def _supersede(before: Report | None) -> None:
    """The version before stays, marked."""
    if before is not None:
        before.state = LIFE.after("supersede", before.state)
        before.advance("state")


def take_back(message: Message, receipt: Receipt) -> UUID | None:
    """Keep again a report that this node sent and forgot; its id, None where another one has a part of its period."""
    said = read_report(message.body)
    if said is None:
        return None
    ours = Report.objects.filter(node=settings.NODE_CODE, upstream=upstream_of(said), section=said.section)
    before = None
    if message.supersedes is not None:
        before = ours.filter(kind=said.kind, sequence=message.supersedes).first()
    drafted = ours.filter(start=said.start, end=said.end, supersedes=before, sequence=None).first()
    overlapping = ours.filter(start__lt=said.end, end__gt=said.start, supersedes=None)
    others = overlapping if drafted is None else overlapping.exclude(id=drafted.id)
    if before is None and others.exists():
        return None
    row = drafted or Report(node=said.node, upstream=upstream_of(said), section=said.section, kind=said.kind)
    row.start, row.end, row.body, row.count = said.start, said.end, message.body, said.count
    row.sums, row.parts = said.sums, as_documents(said.parts)
    stored = receipt.outcome is Outcome.STORED
    row.state = (ReportState.RECEIPTED if stored else ReportState.REFUSED).value
    row.sequence, row.supersedes = receipt.sequence, before
    row.reason = said.correction.reason if said.correction else ""
    row.save()
    if stored:
        _supersede(before)
    return row.id


class Reports:
    """Messages of the streams `reports.*`."""

    def judge(self, *, peer: Peer, message: Message) -> str:
        """Refuse what is no report of the peer's own, on its own stream, of a period it has not reported yet."""
        report = read_report(message.body)
        if report is None or (report.parts and peer.role != NodeRole.REGIONAL):
            return MALFORMED
        if report.node != peer.code or message.stream != f"{STREAM}.{report.kind}":
            return NOT_ITS_OWN
        before = _version_before(peer, message, report)
        if before is not None:
            return _judge_correction(before, report, message)
        others = Report.objects.filter(
            node=peer.code,
            upstream=upstream_of(report),
            section=report.section,
            start__lt=report.end,
            end__gt=report.start,
            supersedes=None,
        ).exclude(sequence=message.sequence)
        for other in others:
            return REPORT_KNOWN if (other.start, other.end) == (report.start, report.end) else OVERLAPS
        return ""

    def store(self, *, peer: Peer, message: Message, receipt: Receipt) -> None:  # noqa: ARG002 - the protocol's
        """Keep the report; the version that it corrects stays, marked."""
        report = read_report(message.body)
        assert report is not None  # noqa: S101 - judged before
        mine = Report.objects.filter(node=peer.code, kind=report.kind)
        if mine.filter(sequence=message.sequence).exists():
            return
        before = _version_before(peer, message, report)
        _supersede(before)
        row = Report.objects.create(
            node=peer.code,
            upstream=upstream_of(report),
            schema=2 if report.profile else 1,
            section=report.section,
            kind=report.kind,
            start=report.start,
            end=report.end,
            count=report.count,
            sums=report.sums,
            parts=as_documents(report.parts),
            body=message.body,
            state=ReportState.RECEIVED.value,
            sequence=message.sequence,
            supersedes=before,
        )
        if peer.role == NodeRole.INDUSTRY and row.section in SECTIONS:
            follow_industry_node(section=row.section, start=row.start, end=row.end)
        publish(
            events.ReportReceived(subject=row.id, tenant=None, node=peer.code, section=row.section),
            actor=Actor(node=peer.code),
        )

    def receipted(self, *, envelope: Envelope, receipt: Receipt) -> None:
        """Note the upstream's answer; a correction that is stored supersedes what it corrects."""
        rows = Report.objects.select_for_update(of=("self",)).select_related("supersedes")
        assert envelope.message.reference is not None  # noqa: S101 - every report's message has it
        row = rows.get(id=envelope.message.reference)
        if row.sequence is not None:  # what was sent before a backup was restored has the period already
            return
        stored = receipt.outcome is Outcome.STORED
        row.state = LIFE.after("receipt" if stored else "refuse", row.state)
        row.sequence = receipt.sequence
        row.advance("state", "sequence")
        if stored:
            _supersede(row.supersedes)
            tell_complete(report=row)
        publish(
            events.ReportAnswered(
                subject=row.id, tenant=None, outcome=receipt.outcome.value, code=receipt.code
            ),
            actor=SYSTEM,
        )


def _version_before(peer: Peer, message: Message, report: ReportMessage) -> Report | None:
    """The stored report that this message corrects; None for a first version, or where that one was refused.

    A node of 0.1.0 that forgot what it sent says a period again, and holds all that concerns it back for ever when that is
    refused: there the word stands that came last.
    """
    mine = Report.objects.filter(node=peer.code, kind=message.stream.removeprefix(f"{STREAM}."))
    before = mine.filter(sequence=message.supersedes).first() if message.supersedes is not None else None
    if before is None and not report.profile:
        mine = mine.filter(section=report.section, start=report.start, end=report.end)
        return mine.filter(state=ReportState.RECEIVED.value, sequence__lt=message.sequence).first()
    return before


def _judge_correction(before: Report, report: ReportMessage, message: Message) -> str:
    """Why this is no correction of the version before; empty where it is one."""
    same = (before.section, before.start, before.end) == (report.section, report.start, report.end)
    if not same or Report.objects.filter(supersedes=before).exclude(sequence=message.sequence).exists():
        return NOT_THE_SAME
    if not report.profile:
        return ""  # of a node of 0.1.0, which said no reason
    if report.correction is None:
        return NO_REASON
    known = read_report(bytes(before.body))
    assert known is not None  # noqa: S101 - judged when it came
    meant = (known.root, difference(known, report))
    return "" if (report.correction.of, dict(report.correction.delta)) == meant else NOT_ITS_DELTA


def upstream_of(report: ReportMessage) -> str:
    """The code of the profile that a report names; those of 0.1.0 named none."""
    return report.profile.partition("/")[0][:20] or "national"
