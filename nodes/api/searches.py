"""Searches across nodes, as peers ask them."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.api.messages import plain
from nodes.api.federation import FederationView
from nodes.api.statements import SignedStatementOut
from nodes.domain.statements import to_wire
from nodes.services.searches import answer_search


class SearchesView(FederationView):
    """`/api/v1/federation/searches`."""

    operations = {"POST": "nodes.answer_search"}

    @extend_schema(request=OpenApiTypes.OBJECT, responses={200: SignedStatementOut})
    def post(self, request: Request) -> Response:
        """Answer a peer's demand with what this node can grant, and with the signed answers of those it hands it on to."""
        return Response(to_wire(answer_search(peer=self.peer, body=plain(request).body)))
