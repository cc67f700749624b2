"""Mergers and splits over HTTP: proposed here, in force once a second person approves."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from identifiers.domain.lifecycle import LIFE
from identifiers.domain.successions import MOST
from identifiers.models import Identifier
from identifiers.selectors.successions import way_on
from identifiers.services import successions as services
from kernel.api.proposals import ProposalOut
from kernel.api.views import HouseView
from kernel.systems import System


class MergerIn(serializers.Serializer[Any]):
    """Which identifiers end, so that the one of the address goes on for all of them."""

    predecessors = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=MOST)
    reason = serializers.CharField(max_length=500)


class SplitIn(serializers.Serializer[Any]):
    """Which identifiers go on in the place of the one of the address."""

    successors = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=MOST)
    reason = serializers.CharField(max_length=500)


class ProposeMergerView(HouseView):
    """`/api/v1/identifiers/{id}:propose-merger`."""

    system = System.IDENTIFIERS
    operations = {"POST": "identifiers.propose_merger"}
    queryset = Identifier.objects.all()
    visible_by = "identifiers.read_identifier"

    @extend_schema(request=MergerIn, responses={201: ProposalOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Propose that others end and this one goes on for them; their tombstones point to it."""
        data = self.read(MergerIn)
        row = services.propose_merger(
            successor=self.subject, predecessors=data["predecessors"], reason=data["reason"], actor=self.actor
        )
        return self.show(row, ProposalOut, status=201)


class ProposeSplitView(HouseView):
    """`/api/v1/identifiers/{id}:propose-split`."""

    system = System.IDENTIFIERS
    operations = {"POST": "identifiers.propose_split"}
    queryset = Identifier.objects.all()
    visible_by = "identifiers.read_identifier"
    acts = {"POST": (LIFE, "retire")}

    @extend_schema(request=SplitIn, responses={201: ProposalOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Propose that this one ends and others go on; its tombstone points to them."""
        data = self.read(SplitIn)
        row = services.propose_split(
            predecessor=self.subject, successors=data["successors"], reason=data["reason"], actor=self.actor
        )
        return self.show(row, ProposalOut, status=201)


class SuccessorsQuery(serializers.Serializer[Any]):
    """A code in any spelling."""

    code = serializers.CharField(max_length=200)


class SuccessorsOut(serializers.Serializer[Any]):
    """The codes that went on in the place of one that ended; each of them resolves."""

    code = serializers.CharField()
    successors = serializers.ListField(child=serializers.CharField())


class SuccessorsView(HouseView):
    """`/api/v1/successors?code=…`."""

    system = System.IDENTIFIERS
    operations = {"GET": "identifiers.read_successors"}

    @extend_schema(parameters=[SuccessorsQuery], responses=SuccessorsOut)
    def get(self, request: Request) -> Response:
        """Read what a tombstone points to, after a merger or a split."""
        code, successors = way_on(self.query(SuccessorsQuery)["code"])
        return Response({"code": code, "successors": successors})
