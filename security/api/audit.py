"""The audit over HTTP: events with the text of their leaves, checkpoints, and proofs for anybody."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.actor import Reach
from kernel.api.integers import PlainIntegerField
from kernel.api.pagination import PageQuery
from kernel.api.schema import page_of
from kernel.api.views import HouseView
from kernel.systems import System
from security.models import Checkpoint
from security.selectors.audit import Proof, audit_events, consistency, inclusion, leaf_of

MOST_EVENTS = 200


class AuditEventOut(serializers.Serializer[Any]):
    """One event; its leaf in the log is SHA-256 over a zero byte and the UTF-8 of `leaf`."""

    position = serializers.IntegerField()
    id = serializers.UUIDField()
    name = serializers.CharField()
    subject = serializers.UUIDField()
    tenant = serializers.UUIDField(allow_null=True)
    actor_user = serializers.UUIDField(allow_null=True)
    actor_tenant = serializers.UUIDField(allow_null=True)
    actor_client = serializers.UUIDField(allow_null=True, help_text="the OAuth client, where a machine acted")
    actor_node = serializers.CharField(allow_blank=True)
    occurred_at = serializers.DateTimeField()
    payload = serializers.DictField()
    leaf = serializers.SerializerMethodField()

    def get_leaf(self, event: Any) -> str:
        """The exact text that was hashed, if nobody has altered the event since."""
        return leaf_of(event)


class AuditEventsOut(serializers.Serializer[Any]):
    """Events, oldest first; ask again with `after` = `last`."""

    items = AuditEventOut(many=True)
    last = serializers.IntegerField()


class AuditQuery(serializers.Serializer[Any]):
    """Which events."""

    after = PlainIntegerField(min_value=0, default=0)
    limit = PlainIntegerField(min_value=1, max_value=MOST_EVENTS, default=MOST_EVENTS)
    name = serializers.CharField(max_length=100, required=False, default=None)
    subject = serializers.UUIDField(required=False, default=None)


class CheckpointOut(serializers.ModelSerializer[Checkpoint]):
    """A signed checkpoint; the signature is over `cin-bytes-v1`, a zero byte, and the UTF-8 of `text`."""

    class Meta:
        model = Checkpoint
        fields = ("id", "size", "root", "text", "key_id", "signature", "created_at")


class ProofQuery(serializers.Serializer[Any]):
    """Of which event, in which checkpoint."""

    position = PlainIntegerField(min_value=1)
    size = PlainIntegerField(min_value=1, required=False, default=None, help_text="default the newest")


class ConsistencyQuery(serializers.Serializer[Any]):
    """From which checkpoint to which."""

    old = PlainIntegerField(min_value=1)
    size = PlainIntegerField(min_value=1, required=False, default=None, help_text="default the newest")


class ProofOut(serializers.Serializer[Any]):
    """Hashes in hex, in the order of RFC 9162; verify with the leaf (or the old root) and the checkpoint's root."""

    leaf = serializers.CharField(help_text="the leaf hash; for a consistency proof the old root")
    path = serializers.ListField(child=serializers.CharField())
    checkpoint = CheckpointOut()


class AuditEventsView(HouseView):
    """`/api/v1/audit/events`."""

    system = System.SECURITY
    operations = {"GET": "security.list_audit_events"}

    @extend_schema(parameters=[AuditQuery], responses=AuditEventsOut)
    def get(self, request: Request) -> Response:
        """Read who did what: all of it for the audit and the supervision, one's own house's acts for the others."""
        query = self.query(AuditQuery)
        everything = self.actor.reach is Reach.ALL
        rows = audit_events(
            after=query["after"],
            limit=query["limit"],
            name=query["name"],
            subject=query["subject"],
            acted_by=None if everything else self.actor.tenant_id,
        )
        last = rows[-1].position if rows else query["after"]
        return Response(AuditEventsOut({"items": rows, "last": last}).data)


class CheckpointsView(HouseView):
    """`/api/v1/audit/checkpoints`."""

    system = System.SECURITY
    operations = {"GET": "security.list_checkpoints"}

    @extend_schema(parameters=[PageQuery], responses=page_of(CheckpointOut))
    def get(self, request: Request) -> Response:
        """List the checkpoints, newest first: keep one, and nobody can rewrite what came before it unseen."""
        return self.page(Checkpoint.objects.visible_to(self.actor), CheckpointOut)


class ProofView(HouseView):
    """`/api/v1/audit/proof`."""

    system = System.SECURITY
    operations = {"GET": "security.read_proof"}

    @extend_schema(parameters=[ProofQuery], responses=ProofOut)
    def get(self, request: Request) -> Response:
        """Prove that the event at a position is in a checkpoint."""
        query = self.query(ProofQuery)
        return _answer(inclusion(query["position"], query["size"]))


class ConsistencyView(HouseView):
    """`/api/v1/audit/consistency`."""

    system = System.SECURITY
    operations = {"GET": "security.read_consistency"}

    @extend_schema(parameters=[ConsistencyQuery], responses=ProofOut)
    def get(self, request: Request) -> Response:
        """Prove that a checkpoint extends an older one."""
        query = self.query(ConsistencyQuery)
        return _answer(consistency(query["old"], query["size"]))


def _answer(proof: Proof) -> Response:
    body = {
        "leaf": proof.leaf.hex(),
        "path": [each.hex() for each in proof.path],
        "checkpoint": proof.checkpoint,
    }
    return Response(ProofOut(body).data)
