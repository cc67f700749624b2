"""Appointed organisations and their mandates over HTTP."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.api.bodies import without_body
from kernel.api.instants import DayField
from kernel.api.pagination import PageQuery
from kernel.api.proposals import ProposalOut
from kernel.api.schema import page_of
from kernel.api.views import HouseView
from participants.domain.organisations import APPOINTED, OrganisationKind
from participants.models import Mandate, Organisation
from participants.services import mandates as services

MOST_OPERATIONS = 300


class AppointmentIn(serializers.Serializer[Any]):
    """Whom a regulator appoints, and the address of its first administrator."""

    kind = serializers.ChoiceField([(kind.value, kind.label.zh) for kind in APPOINTED])
    name = serializers.CharField(max_length=120)
    code = serializers.CharField(max_length=30, help_text="统一社会信用代码 GB 32100-2015")
    division = serializers.RegexField(r"^[0-9]{6}$", default="", allow_blank=True, help_text="GB/T 2260")
    email = serializers.EmailField()


class AppointmentOut(serializers.Serializer[Any]):
    """The organisation, and the seat of its first administrator as it is shown once."""

    organisation = serializers.UUIDField()
    invitation = serializers.UUIDField()
    expires_at = serializers.DateTimeField()
    token = serializers.CharField(help_text="shown once; POST /api/v1/invitations/{token}:accept takes it")


class MandateIn(serializers.Serializer[Any]):
    """What is delegated, for which case, until when."""

    operations = serializers.ListField(
        child=serializers.CharField(max_length=80), min_length=1, max_length=MOST_OPERATIONS
    )
    case = serializers.CharField(max_length=60)
    reason = serializers.CharField(max_length=500)
    last_day = DayField(help_text="last day of validity in China, within a year")


class MandateOut(serializers.ModelSerializer[Mandate]):
    """A mandate as its holder, the regulator and the audit see it."""

    class Meta:
        model = Mandate
        fields = (
            "id",
            "organisation",
            "grantor",
            "operations",
            "case",
            "reason",
            "last_day",
            "proposed_by",
            "approved_by",
            "created_at",
            "ended_at",
        )


class MandateQuery(PageQuery):
    """Filters of the list."""

    organisation = serializers.UUIDField(required=False)


class AppointmentsView(HouseView):
    """`/api/v1/appointments`."""

    operations = {"POST": "participants.appoint_organisation"}
    secrets = ("token",)

    @extend_schema(request=AppointmentIn, responses={201: AppointmentOut})
    def post(self, request: Request) -> Response:
        """Appoint a supporting unit, a reading authority or an auditor; the first seat's token is shown once."""
        data = self.read(AppointmentIn)
        row, seat, token = services.appoint_organisation(
            kind=OrganisationKind(data["kind"]),
            name=data["name"],
            code=data["code"],
            division=data["division"],
            email=data["email"],
            actor=self.actor,
        )
        shown = {
            "organisation": row.id,
            "invitation": seat.id,
            "expires_at": seat.expires_at,
            "token": token,
        }
        where = f"/api/v1/organisations/{row.id}"
        return Response(AppointmentOut(shown).data, 201, headers={"Location": where})


class MandatesView(HouseView):
    """`/api/v1/mandates`."""

    operations = {"GET": "participants.list_mandates"}

    @extend_schema(parameters=[MandateQuery], responses=page_of(MandateOut))
    def get(self, request: Request) -> Response:
        """List the mandates that the caller may see, ended ones too."""
        return self.page(Mandate.objects.visible_to(self.actor), MandateOut, MandateQuery)


class ProposeMandateView(HouseView):
    """`/api/v1/organisations/{id}:propose-mandate`."""

    operations = {"POST": "participants.propose_mandate"}
    queryset = Organisation.objects.all()
    visible_by = "participants.read_organisation"

    @extend_schema(request=MandateIn, responses={201: ProposalOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Propose what a supporting unit or an auditor may do and see; a second regulator approves."""
        data = self.read(MandateIn)
        row = services.propose_mandate(
            organisation=self.subject,
            operations=data["operations"],
            case=data["case"],
            reason=data["reason"],
            last_day=data["last_day"],
            actor=self.actor,
        )
        return self.show(row, ProposalOut, status=201)


class EndMandateView(HouseView):
    """`/api/v1/mandates/{id}:end`."""

    operations = {"POST": "participants.end_mandate"}
    queryset = Mandate.objects.all()
    visible_by = "participants.list_mandates"

    @without_body(responses={200: MandateOut})
    def post(self, request: Request, **_: Any) -> Response:
        """End a mandate at once."""
        return self.show(services.end_mandate(mandate=self.subject, actor=self.actor), MandateOut)
