"""Declaring feeds, and announcing those that fall silent."""

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from aggregation.selectors.owners import owners
from identifiers.selectors.identifiers import is_application
from kernel.actor import SYSTEM, Actor
from kernel.clock import now
from kernel.services.outbox import publish
from monitoring.domain.alarms import AlarmKind
from monitoring.domain.feeds import FeedClass, FeedState, Method, due_again
from monitoring.errors import FeedExists, FeedRefused
from monitoring.events import FeedDeclared, FeedSilent
from monitoring.models import Feed
from monitoring.selectors.profiles import fields_profile
from monitoring.services.alarms import raise_alarm
from participants.selectors.organisations import standings

AT_MOST = 500  # feeds announced in one sweep; the rest wait for the next


@transaction.atomic
def declare_feed(
    *,
    kind: FeedClass,
    resource: UUID | None,
    interval_seconds: int,
    method: Method,
    filing_number: str,
    since: datetime | None,
    actor: Actor,
    marking: str = "",
) -> Feed:
    """Declare that the actor's organisation will report a class every `interval_seconds`, from `since` (default now) on.

    Raises FeedRefused naming the field, FeedExists where this class is declared for this resource.
    """
    assert actor.tenant_id is not None  # noqa: S101 - sources are organisations
    profile, at = fields_profile(), now()
    party = standings([actor.tenant_id])[actor.tenant_id]
    if party.kind not in profile.sources[kind]:
        may = ", ".join(sorted(profile.sources[kind]))
        raise FeedRefused(
            pointer="/kind",
            reason_zh=f"该类数据由 {may} 报送。",
            reason_en=f"This class is reported by: {may}.",
        )
    if resource is not None and not _is_own(resource, kind, actor.tenant_id):
        raise FeedRefused(
            pointer="/resource",
            reason_zh="请填写本主体登记的算力中心、资源池或报价的 id；应用业务数据源填写本主体已申请标识的应用（subject）。",
            reason_en="Give the id of a centre, pool or offer of your own; for a feed of applications, the subject of an "
            "identifier of kind application of your own.",
        )
    if kind is FeedClass.APPLICATION and not filing_number:
        raise FeedRefused(
            pointer="/filing_number",
            reason_zh="应用业务数据源须填写备案号。",
            reason_en="A feed of applications names its filing number.",
        )
    if since is not None and not at - profile.late <= since <= at:
        raise FeedRefused(
            pointer="/since",
            reason_zh="起始时间须在可补报时段之内，且不晚于现在。",
            reason_en="It must lie within the time that may be reported late, and not ahead.",
        )
    known = Feed.objects.filter(tenant_id=actor.tenant_id, kind=kind, resource=resource)
    try:
        with transaction.atomic():
            row = Feed.objects.create(
                tenant_id=actor.tenant_id,
                kind=kind,
                resource=resource,
                interval_seconds=interval_seconds,
                method=method,
                filing_number=filing_number,
                since=since or at,
                due_at=due_again(at, interval_seconds),
                marking=marking,
            )
    except IntegrityError as error:
        raise FeedExists(feed=known.get().id) from error
    publish(
        FeedDeclared(subject=row.id, tenant=row.tenant_id, kind=kind.value, seconds=interval_seconds),
        actor=actor,
    )
    return row


@transaction.atomic
def announce_silence(at: datetime | None = None) -> int:
    """Announce every feed whose time has passed at `at` (default now), once each, with an alarm; how many."""
    at = at or now()
    due = Feed.objects.select_for_update(skip_locked=True).exclude(state=FeedState.SILENT)
    rows = list(due.filter(due_at__lte=at).order_by("due_at")[:AT_MOST])
    for row in rows:
        row.state = FeedState.SILENT.value
        row.advance("state")
        since = row.last_ts or row.since
        publish(FeedSilent(subject=row.id, tenant=row.tenant_id, kind=row.kind, since=since), actor=SYSTEM)
        raise_alarm(feed=row, kind=AlarmKind.FEED_SILENT, metric="", at=at, value=None, rule="")
    return len(rows)


def _is_own(resource: UUID, kind: FeedClass, tenant: UUID) -> bool:
    if kind is FeedClass.APPLICATION and is_application(tenant=tenant, subject=resource):
        return True
    return owners([resource]).get(resource) == tenant
