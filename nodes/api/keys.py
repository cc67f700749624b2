"""The node's own keys over HTTP: what it signs with, and letting the next one follow."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.api.views import HouseView
from nodes.services.keys import propose_key
from nodes.services.signatures import published_keys


class OwnKeyOut(serializers.Serializer[Any]):
    """One version of a public key of this node; times are null where it was the only one ever."""

    keyid = serializers.CharField(help_text="thumbprint (RFC 7638), by the suite's digest")
    suite = serializers.CharField()
    version = serializers.IntegerField()
    jwk = serializers.DictField(child=serializers.CharField())
    valid_from = serializers.DateTimeField(allow_null=True)
    valid_until = serializers.DateTimeField(allow_null=True)


class NodeKeyOut(serializers.Serializer[Any]):
    """The public keys of this node: the one it signs texts with now, and all by which earlier words are verified."""

    keyid = serializers.CharField(help_text="thumbprint (RFC 7638), by the suite's digest")
    jwk = serializers.DictField(child=serializers.CharField())
    keys = OwnKeyOut(many=True)


class KeyProposalIn(serializers.Serializer[Any]):
    """Which key in NODE_KEY follows the present one of its suite."""

    key_id = serializers.CharField(max_length=64, help_text="as new_node_key printed it")


class KeyProposalOut(serializers.Serializer[Any]):
    """The key that waits for a second administrator."""

    id = serializers.UUIDField()
    key_id = serializers.CharField()
    suite = serializers.CharField()
    proposal = serializers.UUIDField()


class NodeKeyView(HouseView):
    """`/api/v1/node-key`."""

    operations = {"GET": "nodes.read_key"}

    @extend_schema(responses=NodeKeyOut)
    def get(self, request: Request) -> Response:
        """Read this node's public keys, to verify what it signs and signed."""
        return Response(NodeKeyOut(published_keys()).data)


class NodeKeysView(HouseView):
    """`/api/v1/node-keys`."""

    operations = {"POST": "nodes.propose_key"}

    @extend_schema(request=KeyProposalIn, responses={201: KeyProposalOut})
    def post(self, request: Request) -> Response:
        """Propose the node's next key; when a second administrator approves, every peer is told it."""
        row, proposal = propose_key(key_id=self.read(KeyProposalIn)["key_id"], actor=self.actor)
        shown = {"id": row.id, "key_id": row.key_id, "suite": row.suite, "proposal": proposal.id}
        return Response(KeyProposalOut(shown).data, 201)
