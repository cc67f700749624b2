"""Nodes below the one of the full house, and one row of everything that the streams keep."""

from datetime import UTC, date, datetime, timedelta

from kernel.ids import new_id
from nodes.domain.alarms import AlarmKind as NodeAlarmKind
from nodes.domain.filings import FilingState
from nodes.domain.peers import PeerAct
from nodes.models import (
    Envelope,
    Filing,
    ManifestPair,
    NodeAlarm,
    OutboundStream,
    Outgoing,
    Peer,
    PeerLogEntry,
)
from tests.aggregation.supply import made
from tests.isolation.handing import SEVERAL
from tests.nodes.far import FarNode, reported_period
from tests.support.cast import World


def federation(world: World, far: FarNode) -> FarNode:
    """An industry node attaches to us; with it, one row of everything that the streams keep."""
    asked = made(world.otto.post("/api/v1/node-invitations", {"code": far.code, "role": far.role}))
    answer = far.ask_to_attach(asked["token"])
    assert answer.status_code == 201, answer.content
    peer = Peer.objects.get(code=far.code)
    ordered = {
        "node": far.code, "about": "91320000MA00000000", "number": f"N-{far.code}", "legal_basis": "x", "reason": "x",
        "effect": "x",
    }  # fmt: skip
    made(world.rhea.post("/api/v1/node-instructions", ordered))
    for turn in SEVERAL:
        PeerLogEntry.objects.create(peer=peer, act=PeerAct.KEY_ROTATED.value, key_id=f"{turn}-{far.code}")
    stream = OutboundStream.objects.create(peer=peer, name="reports.platform")
    message = Outgoing.objects.create(stream=stream, position=1, aggregate="a", body=b"{}")
    Envelope.objects.create(stream=stream, sequence=1, message=message, digest="x", leaf=b"x" * 32)
    NodeAlarm.objects.create(peer=peer, stream=stream.name, kind=NodeAlarmKind.GAP, sequence=1)
    Filing.objects.create(
        code=f"86.{far.code}/1", kind="pool", peer=peer, owner=new_id(), state=FilingState.FILED, descriptor_version=1,
        profile="1", attributes={}, number=f"N-{far.code}", sequence=1,
    )  # fmt: skip
    ManifestPair.objects.create(
        peer=peer, stream=stream.name, sender=far.code, day=date(2026, 6, 1), first=1, last=1, ours={}, theirs={},
        root="0" * 64, their_root="0" * 64, agreed=True,
    )  # fmt: skip
    hour = datetime(2026, 6, 1, int(far.code[-1]), tzinfo=UTC)
    reported_period(far.code, hour)
    body = {
        "section": "nodes.traffic",
        "start": hour.isoformat(),
        "end": (hour + timedelta(hours=1)).isoformat(),
    }
    made(world.otto.post("/api/v1/reports", body))
    return far
