"""Drafting reports: what each section says of a closed period, for each upstream that wants it."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from kernel.actor import SYSTEM, Actor
from kernel.clock import now
from kernel.locks import Lock, take_lock
from kernel.models.base import EntityQuerySet
from kernel.reports import SECTIONS, Section, Tells
from kernel.services.jobs import enqueue_job
from kernel.services.outbox import publish
from nodes.domain.parts import add_part, as_documents, part_of
from nodes.domain.periods import gaps, last_closed
from nodes.domain.records import add_up, root_of
from nodes.domain.reports import (
    LIFE,
    Correction,
    Difference,
    ReportMessage,
    compose_report,
    difference,
    differences,
    plain,
    read_report,
    records_of,
)
from nodes.domain.upstreams import Channel, UpstreamProfile
from nodes.errors import (
    PeriodOpen,
    ReportExists,
    ReportNotOurs,
    ReportOverlaps,
    UnknownSection,
    UnknownUpstream,
)
from nodes.events import ReportDrafted
from nodes.models import Report
from nodes.selectors.peers import industry_nodes, upstream
from nodes.selectors.profiles import upstream_profiles
from nodes.selectors.reports import brought_by

DRAFT_JOB = "nodes.draft_section"


@transaction.atomic
def draft_report(
    *, section: str, start: datetime, end: datetime, actor: Actor, upstream_code: str = "national"
) -> Report:
    """Assemble one section of one closed period for one upstream.

    Raises UnknownUpstream, UnknownSection, PeriodOpen, ReportExists, ReportOverlaps.
    """
    profile = reported_to().get(upstream_code)
    if profile is None:
        raise UnknownUpstream(
            pointer="/upstream", upstream=upstream_code, known=", ".join(reported_to()) or "-"
        )
    sections = sections_of(profile)
    if section not in sections:
        raise UnknownSection(pointer="/section", section=section, known=", ".join(sections) or "-")
    moment = now()
    if start >= end or end > moment:
        raise PeriodOpen(pointer="/end", now=moment.isoformat(timespec="seconds"))
    _lock(profile, section)
    others = _first_versions(profile, section).filter(start__lt=end, end__gt=start)
    if other := others.order_by("start").first():
        if (other.start, other.end) == (start, end):
            raise ReportExists(report=_newest(other).id)
        raise ReportOverlaps(
            pointer="/start",
            report=other.id,
            start=other.start.isoformat(timespec="seconds"),
            end=other.end.isoformat(timespec="seconds"),
        )
    return assemble_report(profile, SECTIONS[section], start, end, actor=actor)


@transaction.atomic
def plan_drafts() -> int:
    """Have what is due for each upstream drafted, a job for each section, once a period; how many sections there are.

    To an upstream node nothing is drafted before this node was attached to one.
    """
    moment, planned = now(), 0
    for profile in reported_to().values():
        if profile.channel is Channel.FEDERATION and upstream() is None:
            continue
        _, until = last_closed(moment, profile.period)
        for section in sections_of(profile):
            key = f"report:{profile.code}:{section}:{until.isoformat()}"
            enqueue_job(DRAFT_JOB, key=key, upstream_code=profile.code, section=section)
            planned += 1
    return planned


@transaction.atomic
def draft_due(*, upstream_code: str, section: str) -> int:
    """Draft every closed period of a section that nothing covers, also those of an outage; how many there were."""
    profile = upstream_profiles()[upstream_code]
    _lock(profile, section)
    covered = _first_versions(profile, section).values_list("start", "end")
    spans = gaps(covered, at=now(), length=profile.period)
    for start, end in spans:
        assemble_report(profile, SECTIONS[section], start, end, actor=SYSTEM)
    return len(spans)


def reported_to() -> dict[str, UpstreamProfile]:
    """The upstreams that this node reports to, by code, as its settings say."""
    known = upstream_profiles()
    return {code: known[code] for code in settings.REPORT_UPSTREAMS if code in known}


def sections_of(profile: UpstreamProfile) -> list[str]:
    """The names of the registered sections that an upstream wants, in order."""
    return [name for name in sorted(SECTIONS) if profile.wants(name)]


def _lock(profile: UpstreamProfile, section: str) -> None:
    take_lock(Lock.STREAM, f"report:{profile.code}:{section}")


def _first_versions(profile: UpstreamProfile, section: str) -> EntityQuerySet[Report]:
    return Report.objects.filter(
        node=settings.NODE_CODE, upstream=profile.code, section=section, supersedes=None
    )


def _newest(report: Report) -> Report:
    """The last version of a report."""
    while (later := Report.objects.filter(supersedes=report).first()) is not None:
        report = later
    return report


def collect(
    profile: UpstreamProfile, section: Section, start: datetime, end: datetime
) -> tuple[ReportMessage, list[dict[str, Any]]]:
    """What a section says of a period now, and the records that it says it from.

    Where industry nodes report to this one, theirs of the same section follow our own, told apart, whatever the channel:
    all that they reported within the period, since they report by days and some platforms want months.
    """
    own = section.collect(start, end)
    records, parts = [*own], []
    for code, attached in industry_nodes().items():
        brought = brought_by(node=code, section=section.name, start=start, end=end)
        if not brought and not attached:
            continue
        part, theirs = add_part(code, brought, section.sums, (start, end), section.tells)
        parts.append(part)
        records += theirs
    if parts:
        parts.insert(0, part_of(settings.NODE_CODE, own, section.sums))
    message = ReportMessage(
        node=settings.NODE_CODE,
        profile=profile.name,
        kind=section.kind.value,
        section=section.name,
        start=start,
        end=end,
        count=len(records),
        sums=add_up(records, section.sums),
        root=root_of(records),
        as_of=None if section.tells is Tells.HAPPENED else now(),
        parts=tuple(parts),
    )
    return message, records


def assemble_report(
    profile: UpstreamProfile,
    section: Section,
    start: datetime,
    end: datetime,
    *,
    actor: Actor,
    supersedes: Report | None = None,
    reason: str = "",
) -> Report:
    """Keep what a section says of a period now as a draft; `supersedes` is the version that it corrects."""
    message, records = collect(profile, section, start, end)
    if supersedes is not None:
        before = read_report(bytes(supersedes.body))
        assert before is not None  # noqa: S101 - we wrote it
        message = replace(message, correction=Correction(before.root, reason, difference(before, message)))
    row = Report.objects.create(
        node=message.node,
        upstream=profile.code,
        section=section.name,
        kind=section.kind.value,
        start=start,
        end=end,
        count=message.count,
        sums=message.sums,
        parts=as_documents(message.parts),
        body=compose_report(message, records),
        state=LIFE.initial.value,
        supersedes=supersedes,
        reason=reason,
    )
    publish(ReportDrafted(subject=row.id, tenant=None, section=row.section), actor=actor)
    return row


def follow_industry_node(*, section: str, start: datetime, end: datetime) -> None:
    """Assemble our drafts of a section that span this period anew, now that an industry node has reported it.

    What has been reviewed stays as it was read; the comparison names what came later, and a correction adds it. A draft
    that is being assembled is waited for: either it has read the report, or is assembled again.
    """
    for profile in reported_to().values():
        if profile.wants(section):
            _lock(profile, section)
    drafts = Report.objects.select_for_update().filter(
        node=settings.NODE_CODE,
        section=section,
        start__lte=start,
        end__gte=end,
        state=LIFE.initial.value,
        supersedes=None,
    )
    for row in drafts:
        profile = upstream_profiles()[row.upstream]
        message, records = collect(profile, SECTIONS[section], row.start, row.end)
        row.count, row.sums, row.parts = message.count, message.sums, as_documents(message.parts)
        row.body = compose_report(message, records)
        row.advance("count", "sums", "parts", "body")
        publish(ReportDrafted(subject=row.id, tenant=None, section=row.section), actor=SYSTEM)


@dataclass(frozen=True, slots=True)
class Comparison:
    """A report beside the same section and period read again: their roots, and every line that differs."""

    same: bool
    root_then: str
    root_now: str
    differences: list[Difference]


def compare_report(*, report: Report) -> Comparison:
    """Read the section and period of a report of ours once more; nothing is written. Raises ReportNotOurs."""
    section, profile = SECTIONS.get(report.section), upstream_profiles().get(report.upstream)
    if report.node != settings.NODE_CODE or section is None or profile is None:
        raise ReportNotOurs(node=report.node, section=report.section)
    message, records = collect(profile, section, report.start, report.end)
    then = records_of(bytes(report.body))
    lines = differences(then, plain(records), section.sums)
    before = root_of(then)
    return Comparison(before == message.root, before, message.root, lines)
