"""Standing, history, the review of a code, and qualification over HTTP."""

from typing import Any

from django.utils.translation import get_language
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.api.instants import DayField
from kernel.api.pagination import PageQuery
from kernel.api.proposals import ProposalOut
from kernel.api.schema import page_of
from kernel.api.views import HouseView
from kernel.clock import now, shanghai_date
from kernel.systems import System
from participants.api.organisations import OrganisationOut
from participants.domain.credit_codes import CodeCheck
from participants.domain.licences import Shortfall, Want
from participants.domain.qualifications import QualificationAct
from participants.models import Decision, Organisation
from participants.selectors.certification import certification_report
from participants.selectors.licences import sales_rights
from participants.selectors.profiles import certification_profile
from participants.services import certification as services
from participants.services.qualifications import propose_qualification


class ShortfallOut(serializers.Serializer[Any]):
    """A document that is asked for and does not count."""

    document = serializers.CharField()
    want = serializers.ChoiceField(Want.choices())
    text = serializers.SerializerMethodField()

    def get_text(self, row: Shortfall) -> str:
        """The shortfall in the caller's language."""
        return row.text.within(get_language())


class StandingOut(serializers.Serializer[Any]):
    """Where an organisation stands, and what it lacks."""

    state = serializers.CharField()
    certified = serializers.BooleanField()
    qualified = serializers.BooleanField()
    qualification_until = serializers.DateField(allow_null=True)
    shortfalls = ShortfallOut(many=True)
    code_check = serializers.ChoiceField(CodeCheck.choices())
    suspensions = serializers.ListField(child=serializers.CharField(), help_text="open causes")
    affiliated = serializers.BooleanField(
        help_text="shares its legal entity with another, or one declares the other"
    )
    affiliates = serializers.ListField(child=serializers.UUIDField())
    case = serializers.UUIDField(allow_null=True, help_text="the certification case that is open")
    profile = serializers.CharField(help_text="version of the certification profile")


class DecisionOut(serializers.ModelSerializer[Decision]):
    """One step of the history."""

    class Meta:
        model = Decision
        fields = ("id", "case", "of_case", "act", "reason", "profile", "decided_by", "decided_at")


class CodeReviewIn(serializers.Serializer[Any]):
    """What a comparison of the code with the licence showed."""

    confirmed = serializers.BooleanField(help_text="true: it is the entity's code as it was issued")
    reason = serializers.CharField(max_length=500)


class QualificationIn(serializers.Serializer[Any]):
    """What a second person is asked to approve."""

    act = serializers.ChoiceField(QualificationAct.choices())
    reason = serializers.CharField(max_length=500)
    valid_until = DayField(required=False, help_text="last day; for a grant")


class LicencesQuery(serializers.Serializer[Any]):
    """What may be asked about."""

    city = serializers.RegexField(r"^[0-9]{6}$", required=False, help_text="GB/T 2260")


class PartyView(HouseView):
    """The base of what concerns one organisation."""

    system = System.SERVICE
    queryset = Organisation.objects.all()
    visible_by = "participants.read_organisation"


class StandingView(PartyView):
    """`/api/v1/organisations/{id}/standing`."""

    operations = {"GET": "participants.read_standing"}

    @extend_schema(responses=StandingOut)
    def get(self, request: Request, **_: Any) -> Response:
        """Say whether the organisation is certified and qualified, and what stands in the way."""
        report = certification_report(self.subject, today=shanghai_date(now()))
        return Response(StandingOut(report).data)


class ProductOut(serializers.Serializer[Any]):
    """One product of the party's kind: where it may be sold today, or why it may not."""

    product = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment] # DRF's fields have an attribute of that name
    sellable = serializers.BooleanField()
    cities = serializers.ListField(
        child=serializers.CharField(), help_text="divisions (GB/T 2260); 100000 is the nation"
    )
    shortfalls = ShortfallOut(many=True)


class LicencesOut(serializers.Serializer[Any]):
    """What a party may sell by its licences."""

    profile = serializers.CharField(help_text="version of the certification profile")
    products = ProductOut(many=True)


class LicencesView(PartyView):
    """`/api/v1/organisations/{id}/licences`."""

    operations = {"GET": "participants.read_licences"}

    @extend_schema(parameters=[LicencesQuery], responses=LicencesOut)
    def get(self, request: Request, **_: Any) -> Response:
        """Say which products the party may sell today and where, and what each lacks; `city` asks for one place."""
        city = self.query(LicencesQuery).get("city")
        rights = sales_rights([self.subject.id])[self.subject.id]
        shown = [
            {
                "product": product,
                "label": rights.labels[product].within(get_language()),
                "sellable": not lacking,
                "cities": rights.cities(product),
                "shortfalls": lacking,
            }
            for product in rights.products
            for lacking in [rights.why_not(product, [city] if city else [])]
        ]
        return Response(LicencesOut({"profile": certification_profile().version, "products": shown}).data)


class DecisionsView(PartyView):
    """`/api/v1/organisations/{id}/decisions`."""

    operations = {"GET": "participants.list_decisions"}

    @extend_schema(parameters=[PageQuery], responses=page_of(DecisionOut))
    def get(self, request: Request, **_: Any) -> Response:
        """List what was decided about the organisation, and why."""
        return self.page(self.subject.decisions.all(), DecisionOut)


class ReviewCodeView(PartyView):
    """`/api/v1/organisations/{id}:review-code`."""

    operations = {"POST": "participants.review_code"}

    @extend_schema(request=CodeReviewIn, responses={200: OrganisationOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Confirm or refuse a code that failed its check character, with the reason; certification waits for it."""
        data = self.read(CodeReviewIn)
        row = services.review_code(
            organisation=self.subject, confirmed=data["confirmed"], reason=data["reason"], actor=self.actor
        )
        return self.show(row, OrganisationOut)


class ProposeQualificationView(PartyView):
    """`/api/v1/organisations/{id}:propose-qualification`."""

    operations = {"POST": "participants.propose_qualification"}

    @extend_schema(request=QualificationIn, responses={201: ProposalOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Propose to grant, suspend, restore or revoke the qualification; a second person approves."""
        data = self.read(QualificationIn)
        row = propose_qualification(
            organisation=self.subject,
            act=QualificationAct(data["act"]),
            reason=data["reason"],
            valid_until=data.get("valid_until"),
            actor=self.actor,
        )
        return self.show(row, ProposalOut, status=201)
