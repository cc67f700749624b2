"""The other nodes over HTTP: who they are, attaching to an upstream, detaching, and what was decided on each."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.api.bodies import ReasonIn
from kernel.api.pagination import PageQuery
from kernel.api.schema import page_of
from kernel.api.views import HouseView
from kernel.domain.systems import NodeRole
from nodes.domain.peers import PEER_LIFE, PeerState, Relation
from nodes.models import Peer, PeerKeyRow, PeerLogEntry
from nodes.services import peers as services


class PeerKeyOut(serializers.ModelSerializer[PeerKeyRow]):
    """A registered public key of a peer."""

    class Meta:
        model = PeerKeyRow
        fields = ("key_id", "suite", "version", "valid_from", "valid_until")


class NodeLogOut(serializers.ModelSerializer[PeerLogEntry]):
    """One decision on a node; `person` is null where the node itself acted."""

    class Meta:
        model = PeerLogEntry
        fields = ("id", "act", "reason", "key_id", "person", "created_at")


class NodeOut(serializers.ModelSerializer[Peer]):
    """A node that this one is or was attached to."""

    keys = PeerKeyOut(many=True)
    prefixes = serializers.SlugRelatedField("prefix", many=True, read_only=True)  # type: ignore[var-annotated]

    class Meta:
        model = Peer
        fields = (
            "id",
            "code",
            "name",
            "role",
            "relation",
            "url",
            "state",
            "suite",
            "protocol",
            "contact",
            "keys",
            "prefixes",
            "created_at",
            "generation",
        )


class NodeQuery(PageQuery):
    """Filters of the list."""

    orders = {"code": "code"}

    relation = serializers.ChoiceField(Relation.choices(), required=False)
    state = serializers.ChoiceField(PeerState.choices(), required=False)
    code = serializers.CharField(required=False)
    role = serializers.ChoiceField(NodeRole.choices(), required=False)


class UpstreamIn(serializers.Serializer[Any]):
    """Where the upstream is, and its invitation."""

    url = serializers.URLField(help_text="the upstream's own address, without a path")
    token = serializers.CharField(max_length=200)
    reason = serializers.CharField(
        max_length=500, default="", help_text="为何接入，记入认证记录 / for the certification log"
    )


class NodesView(HouseView):
    """`/api/v1/nodes`."""

    operations = {"GET": "nodes.list_nodes"}

    @extend_schema(parameters=[NodeQuery], responses=page_of(NodeOut))
    def get(self, request: Request) -> Response:
        """List the nodes that this one is or was attached to, with their keys."""
        rows = Peer.objects.visible_to(self.actor).prefetch_related("keys", "prefixes")
        return self.page(rows, NodeOut, NodeQuery)


class NodeView(HouseView):
    """`/api/v1/nodes/{id}`."""

    operations = {"GET": "nodes.read_node"}
    queryset = Peer.objects.all()

    @extend_schema(responses=NodeOut)
    def get(self, request: Request, **_: Any) -> Response:
        """Read one node."""
        return self.show(self.subject, NodeOut)


class DetachView(HouseView):
    """`/api/v1/nodes/{id}:detach`."""

    operations = {"POST": "nodes.detach_node"}
    queryset = Peer.objects.all()
    visible_by = "nodes.read_node"
    acts = {"POST": (PEER_LIFE, "detach")}

    @extend_schema(request=ReasonIn, responses={200: NodeOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Exchange nothing more with a node, and tell it why; what is due to it waits."""
        reason = self.read(ReasonIn)["reason"]
        return self.show(services.detach_peer(peer=self.subject, reason=reason, actor=self.actor), NodeOut)


class NodeLogView(HouseView):
    """`/api/v1/nodes/{id}/log`."""

    operations = {"GET": "nodes.list_log"}
    queryset = Peer.objects.all()

    @extend_schema(responses=page_of(NodeLogOut))
    def get(self, request: Request, **_: Any) -> Response:
        """List what was decided on one node: attached, detached, by whom and why; and its changes of keys."""
        return self.page(PeerLogEntry.objects.visible_to(self.actor).filter(peer=self.subject), NodeLogOut)


class UpstreamsView(HouseView):
    """`/api/v1/upstreams`."""

    operations = {"POST": "nodes.attach_upstream"}

    @extend_schema(request=UpstreamIn, responses={201: NodeOut})
    def post(self, request: Request) -> Response:
        """Attach this node to its upstream: keys are exchanged and the code prefix is accepted."""
        data = self.read(UpstreamIn)
        row = services.attach_upstream(**data, actor=self.actor)
        return self.show(row, NodeOut, status=201, location=f"/api/v1/nodes/{row.id}")
