"""A small API over proposals that only the kernel's own tests serve: every question of the house on one page."""

from datetime import date
from threading import Event as Flag
from typing import Any, ClassVar

from django.urls import path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from config.urls import handler404, handler500
from config.urls import urlpatterns as of_the_house
from kernel.actor import Reach, Role
from kernel.api.deprecation import Deprecation
from kernel.api.pagination import PageQuery
from kernel.api.proposals import ProposalOut
from kernel.api.views import HouseView
from kernel.ids import new_id
from kernel.models.proposals import Proposal, ProposalState
from kernel.permissions import table
from kernel.states import StateTable
from kernel.systems import System

__all__ = ["handler404", "handler500", "urlpatterns"]

LIFE = StateTable(
    states=ProposalState,
    initial=ProposalState.OPEN,
    acts={"close": (frozenset({ProposalState.OPEN}), ProposalState.WITHDRAWN)},
)
ROWS: dict[str, dict[str, Reach]] = {
    "kernel.list_boxes": {Role.REGULATOR: Reach.OWN, Role.AUDITOR: Reach.ALL, Role.OPERATOR_AUDIT: Reach.ALL},
    "kernel.open_box": {Role.REGULATOR: Reach.OWN},
    "kernel.close_box": {Role.REGULATOR: Reach.OWN},
}


def with_the_rows() -> dict[str, dict[str, Reach]]:
    """The permission table of the house, and the rows of this API."""
    return {**table(), **{name: dict(row) for name, row in ROWS.items()}}


class BoxIn(serializers.Serializer[Any]):
    """What opens or closes a box."""

    kind = serializers.CharField(max_length=20)
    size = serializers.IntegerField(min_value=1)


class BoxQuery(PageQuery):
    """Filters of the list."""

    kind = serializers.CharField(required=False)
    approver__isnull = serializers.BooleanField(required=False)


class BoxesView(HouseView):
    """All boxes; opening one may be made slow, and tells a secret once."""

    operations = {"GET": "kernel.list_boxes", "POST": "kernel.open_box"}
    secrets = ("secret",)
    entered: ClassVar[Flag | None] = None
    leave: ClassVar[Flag | None] = None

    def get(self, request: Request) -> Response:
        """List the boxes that the caller may see."""
        return self.page(Proposal.objects.visible_to(self.actor), ProposalOut, BoxQuery)

    def post(self, request: Request) -> Response:
        """Open a box."""
        data = self.read(BoxIn)
        tenant, person = self.actor.tenant_id, self.actor.user_id
        assert tenant
        assert person
        row = Proposal.objects.create(tenant_id=tenant, kind=data["kind"], subject=new_id(), proposer=person)
        if BoxesView.entered and BoxesView.leave:
            BoxesView.entered.set()
            assert BoxesView.leave.wait(10)
        response = self.show(row, ProposalOut, status=201, location=f"/api/v1/boxes/{row.id}")
        response.data = {**response.data, "secret": f"opened-{row.id}"}
        return response


class BoxView(HouseView):
    """One box; closing it asks everything that can be asked."""

    operations = {"GET": "kernel.list_boxes", "PATCH": "kernel.close_box"}
    queryset = Proposal.objects.all()
    visible_by = "kernel.list_boxes"
    if_match = frozenset({"PATCH"})
    acts = {"PATCH": (LIFE, "close")}

    def get(self, request: Request, **_: Any) -> Response:
        """Read a box."""
        return self.show(self.subject, ProposalOut)

    def patch(self, request: Request, **_: Any) -> Response:
        """Close a box."""
        self.subject.kind = self.read(BoxIn)["kind"]
        self.subject.state = LIFE.after("close", self.subject.state)
        self.subject.advance("kind", "state")
        return self.show(self.subject, ProposalOut)


class ElsewhereView(HouseView):
    """Served by a system that a national node does not run."""

    operations = {"GET": "kernel.list_boxes"}
    system = System.SELECTION

    def get(self, request: Request) -> Response:
        """Answer."""
        return Response({})


class OldView(HouseView):
    """Answered until its day."""

    operations = {"GET": "kernel.read_root"}
    deprecated = {"GET": Deprecation(date(2027, 1, 1), date(2027, 7, 1), "/api/v1/boxes")}

    def get(self, request: Request) -> Response:
        """Answer."""
        return Response({})


class BrokenView(HouseView):
    """A mistake of ours."""

    operations = {"GET": "kernel.read_root"}

    def get(self, request: Request) -> Response:
        """Fail in a way that nobody foresaw."""
        raise ZeroDivisionError


urlpatterns = [
    path("api/v1/boxes", BoxesView.as_view()),
    path("api/v1/boxes/<uuid:pk>", BoxView.as_view()),
    path("api/v1/elsewhere", ElsewhereView.as_view()),
    path("api/v1/old", OldView.as_view()),
    path("api/v1/broken", BrokenView.as_view()),
    *of_the_house,
]
