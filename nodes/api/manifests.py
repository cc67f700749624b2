"""Comparisons of manifests over HTTP."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.api.bodies import without_body
from kernel.api.pagination import PageQuery
from kernel.api.schema import page_of
from kernel.api.views import HouseView
from nodes.models import ManifestPair
from nodes.services.manifests import exchange_manifests


class ManifestOut(serializers.ModelSerializer[ManifestPair]):
    """One comparison: the range, both roots and signed manifests, whether they agree, and where not."""

    peer = serializers.CharField(source="peer.code")

    class Meta:
        model = ManifestPair
        fields = (
            "id",
            "peer",
            "stream",
            "sender",
            "day",
            "first",
            "last",
            "root",
            "their_root",
            "agreed",
            "differing",
            "located",
            "ours",
            "theirs",
            "created_at",
        )


class ManifestQuery(PageQuery):
    """Filters of the list."""

    stream = serializers.CharField(required=False)
    agreed = serializers.BooleanField(required=False)


class ExchangedOut(serializers.Serializer[Any]):
    """The last comparison of every stream."""

    items = ManifestOut(many=True)


class ManifestsView(HouseView):
    """`/api/v1/manifests`."""

    operations = {"GET": "nodes.list_manifests"}

    @extend_schema(parameters=[ManifestQuery], responses=page_of(ManifestOut))
    def get(self, request: Request) -> Response:
        """List the comparisons of manifests with other nodes."""
        rows = ManifestPair.objects.visible_to(self.actor).select_related("peer")
        return self.page(rows, ManifestOut, ManifestQuery)


class ExchangeView(HouseView):
    """`/api/v1/manifests:exchange`."""

    operations = {"POST": "nodes.exchange_manifests"}

    @without_body(responses={200: ExchangedOut})
    def post(self, request: Request) -> Response:
        """Compare every stream with its peer now; what the peer has lost is found and sent again."""
        pairs = exchange_manifests(actor=self.actor)
        return Response({"items": ManifestOut(pairs, many=True).data})
