"""Organisations over HTTP: register, read, correct, leave."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.api.bodies import without_body
from kernel.api.pagination import PageQuery, any_code
from kernel.api.schema import page_of
from kernel.api.views import HouseView
from kernel.systems import System
from participants.domain.organisations import (
    LIFE,
    SELF_REGISTERED,
    OrganisationKind,
    OrganisationState,
    SizeClass,
)
from participants.models import Organisation
from participants.services import organisations as services

KINDS = [(kind.value, kind.label.zh) for kind in SELF_REGISTERED]
MOST_AFFILIATES = 100


class OrganisationIn(serializers.Serializer[Any]):
    """An application to take part, by its first person."""

    kind = serializers.ChoiceField(KINDS)
    name = serializers.CharField(max_length=120)
    code = serializers.CharField(
        max_length=30, help_text="统一社会信用代码 GB 32100-2015; without one the 组织机构代码 GB 11714"
    )
    division = serializers.RegexField(r"^[0-9]{6}$", default="", allow_blank=True, help_text="GB/T 2260")
    size = serializers.ChoiceField(SizeClass.choices(), default="", allow_blank=True)
    affiliates = serializers.ListField(
        child=serializers.CharField(max_length=30),
        default=list,
        max_length=MOST_AFFILIATES,
        help_text="codes of affiliated legal entities",
    )
    person_name = serializers.CharField(max_length=80)
    email = serializers.EmailField()


class AmendmentIn(serializers.Serializer[Any]):
    """What may be corrected until the organisation is certified."""

    name = serializers.CharField(max_length=120, required=False)
    code = serializers.CharField(max_length=30, required=False)
    size = serializers.ChoiceField(SizeClass.choices(), required=False, allow_blank=True)
    affiliates = serializers.ListField(
        child=serializers.CharField(max_length=30), required=False, max_length=MOST_AFFILIATES
    )


class OrganisationOut(serializers.ModelSerializer[Organisation]):
    """An organisation as it, the operator and the supervision see it."""

    affiliates = serializers.ListField(child=serializers.CharField(), source="affiliate_codes")

    class Meta:
        model = Organisation
        fields = (
            "id",
            "kind",
            "name",
            "code",
            "code_check",
            "division",
            "size",
            "affiliates",
            "state",
            "require_signatures",
            "created_at",
            "generation",
        )


class JoinedOut(serializers.Serializer[Any]):
    """What a newcomer is told; the key is shown this once."""

    organisation = OrganisationOut()
    member = serializers.UUIDField(source="member.id")
    person = serializers.UUIDField(source="member.user_id")
    roles = serializers.ListField(child=serializers.CharField(), source="member.roles")
    api_key = serializers.CharField(help_text="shown once; send it as Authorization: Api-Key …")
    expires_at = serializers.DateTimeField(source="key.expires_at")


class OrganisationQuery(PageQuery):
    """Filters of the list."""

    orders = {"name": "name", "code": "code"}

    kind = serializers.ChoiceField(OrganisationKind.choices(), required=False)
    state = serializers.ChoiceField(OrganisationState.choices(), required=False)
    kind__in = any_code(OrganisationKind.choices())
    state__in = any_code(OrganisationState.choices())
    code = serializers.CharField(required=False)
    name__icontains = serializers.CharField(required=False)
    division = serializers.CharField(required=False)


class OrganisationsView(HouseView):
    """`/api/v1/organisations`."""

    system = System.SERVICE
    operations = {"GET": "participants.list_organisations", "POST": "participants.register_organisation"}
    secrets = ("api_key",)

    @extend_schema(parameters=[OrganisationQuery], responses=page_of(OrganisationOut))
    def get(self, request: Request) -> Response:
        """List the organisations that the caller may see."""
        return self.page(Organisation.objects.visible_to(self.actor), OrganisationOut, OrganisationQuery)

    @extend_schema(request=OrganisationIn, responses={201: JoinedOut})
    def post(self, request: Request) -> Response:
        """Apply to take part; nobody needs to be signed in. The first person's key is shown once."""
        data = self.read(OrganisationIn)
        joined = services.register_organisation(
            kind=OrganisationKind(data["kind"]),
            name=data["name"],
            code=data["code"],
            division=data["division"],
            size=data["size"],
            affiliate_codes=data["affiliates"],
            person_name=data["person_name"],
            email=data["email"],
        )
        where = f"/api/v1/organisations/{joined.organisation.id}"
        return Response(JoinedOut(joined).data, 201, headers={"Location": where})


class OrganisationView(HouseView):
    """`/api/v1/organisations/{id}`."""

    operations = {"GET": "participants.read_organisation", "PATCH": "participants.amend_organisation"}
    queryset = Organisation.objects.all()
    visible_by = "participants.read_organisation"
    if_match = frozenset({"PATCH"})
    acts = {"PATCH": (LIFE, "amend")}

    @extend_schema(responses=OrganisationOut)
    def get(self, request: Request, **_: Any) -> Response:
        """Read one organisation."""
        return self.show(self.subject, OrganisationOut)

    @extend_schema(request=AmendmentIn, responses=OrganisationOut)
    def patch(self, request: Request, **_: Any) -> Response:
        """Correct the application, also after a refusal: it starts anew."""
        data = self.read(AmendmentIn)
        row = services.amend_organisation(
            organisation=self.subject,
            name=data.get("name", self.subject.name),
            code=data.get("code", self.subject.code),
            size=data.get("size", self.subject.size),
            affiliate_codes=data.get("affiliates", self.subject.affiliate_codes),
            actor=self.actor,
        )
        return self.show(row, OrganisationOut)


class CloseView(HouseView):
    """`/api/v1/organisations/{id}:close`."""

    operations = {"POST": "participants.close_organisation"}
    queryset = Organisation.objects.all()
    visible_by = "participants.read_organisation"
    acts = {"POST": (LIFE, "close")}

    @without_body(responses={200: OrganisationOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Leave the node for ever; every key of the organisation ends."""
        row = services.close_organisation(organisation=self.subject, actor=self.actor)
        return self.show(row, OrganisationOut)
