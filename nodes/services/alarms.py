"""Raising and closing the alarms of streams."""

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from kernel.actor import SYSTEM, Actor
from kernel.services.outbox import publish
from nodes.domain.alarms import Alarm, AlarmKind
from nodes.events import AlarmClosed, AlarmRaised
from nodes.models import NodeAlarm, Peer


@transaction.atomic
def raise_alarm(*, peer: Peer, stream: str, alarm: Alarm) -> NodeAlarm:
    """Keep the alarm; the same one while it is open only counts. The caller holds the stream's row."""
    known = NodeAlarm.objects.filter(
        peer=peer, stream=stream, kind=alarm.kind.value, sequence=alarm.sequence, closed_at=None
    ).first()
    if known is not None:
        known.times, known.last_at, known.words = F("times") + 1, Now(), alarm.words
        known.advance("times", "last_at", "words")
        return known
    row = NodeAlarm.objects.create(
        peer=peer, stream=stream, kind=alarm.kind.value, sequence=alarm.sequence, words=alarm.words
    )
    publish(
        AlarmRaised(
            subject=row.id,
            tenant=None,
            node=peer.code,
            stream=stream,
            kind=row.kind,
            sequence=row.sequence,
        ),
        actor=SYSTEM,
    )
    return row


@transaction.atomic
def close_alarm(*, alarm: NodeAlarm, actor: Actor) -> NodeAlarm:
    """A person has looked; closing it again changes nothing."""
    if NodeAlarm.objects.filter(id=alarm.id, closed_at=None).update(
        closed_at=Now(), generation=F("generation") + 1
    ):
        publish(
            AlarmClosed(subject=alarm.id, tenant=None, node=alarm.peer.code, kind=alarm.kind), actor=actor
        )
    alarm.refresh_from_db()
    return alarm


def settle_alarms(*, peer: Peer, stream: str, kinds: tuple[AlarmKind, ...], up_to: int) -> None:
    """Close what has settled itself: the hole is filled, the peer answers again."""
    rows = NodeAlarm.objects.select_related("peer").filter(
        peer=peer,
        stream=stream,
        kind__in=[kind.value for kind in kinds],
        sequence__lte=up_to,
        closed_at=None,
    )
    for row in rows:
        close_alarm(alarm=row, actor=SYSTEM)
