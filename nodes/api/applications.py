"""Applications for a node over HTTP: draft, amend, check, finalise, reopen, download."""

import re
from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.fields import empty
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.api.bodies import without_body
from kernel.api.integers import PlainIntegerField
from kernel.api.pagination import PageQuery
from kernel.api.schema import page_of
from kernel.api.views import HouseView
from nodes.domain.applications import (
    LIFE,
    ApplicationState,
    FormKind,
    Origin,
    Severity,
    Sex,
    blank_content,
    mask_phone,
    seals_of,
)
from nodes.models import NodeApplication
from nodes.selectors.profiles import application_profile
from nodes.services import applications as services

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
LONGEST_STATEMENT = 20_000  # characters; the public form gives no bound
LARGEST_CAPITAL = 10**16  # fen


class FormText(serializers.CharField):
    """Text that a paper can show: blank where nothing is written yet, lines end in U+000A."""

    default_error_messages = {
        "unprintable": "文本含有控制字符，无法打印；请删除。 It has a control character, which no paper shows; remove it."
    }

    def __init__(self, max_length: int, *, default: Any = "", **options: Any) -> None:
        """Take so many characters; `default=empty` leaves out what is not given."""
        super().__init__(max_length=max_length, allow_blank=True, required=False, default=default, **options)

    def to_internal_value(self, data: Any) -> str:
        """Refuse what no paper shows."""
        text = super().to_internal_value(data).replace("\r\n", "\n").replace("\r", "\n")
        if UNPRINTABLE.search(text):
            self.fail("unprintable")
        return text


class ImplementingBodyIn(serializers.Serializer[Any]):
    """One implementing body."""

    name = FormText(120)
    address = FormText(200)
    code = FormText(30, help_text="组织机构代码 GB 11714 or 统一社会信用代码 GB 32100")


class ApplicationContactIn(serializers.Serializer[Any]):
    """Who answers for the application."""

    name = FormText(60)
    sex = serializers.ChoiceField(Sex.choices(), allow_blank=True, default="")
    post = FormText(60)
    phone = FormText(40)
    email = serializers.EmailField(max_length=120, allow_blank=True, default="")


class StatementsIn(serializers.Serializer[Any]):
    """The five statements; a line break begins a paragraph."""

    policy = FormText(LONGEST_STATEMENT)
    basis = FormText(LONGEST_STATEMENT)
    plan = FormText(LONGEST_STATEMENT)
    application = FormText(LONGEST_STATEMENT)
    safeguards = FormText(LONGEST_STATEMENT)


class BuilderIn(serializers.Serializer[Any]):
    """建设主体: it is not printed on the form, its rules are reported ones and only warn."""

    name = FormText(120)
    registered_capital_fen = PlainIntegerField(
        min_value=0, max_value=LARGEST_CAPITAL, allow_null=True, default=None, help_text="CNY fen"
    )
    sustained_funding = serializers.BooleanField(allow_null=True, default=None)


class NodeOperatorIn(serializers.Serializer[Any]):
    """运营主体: it is not printed on the form, its rules are reported ones and only warn."""

    name = FormText(120)
    public_institution = serializers.BooleanField(allow_null=True, default=None, help_text="needs no licence")
    telecom_licence = FormText(80, help_text="number of the licence")
    site = serializers.BooleanField(allow_null=True, default=None)
    equipment = serializers.BooleanField(allow_null=True, default=None)
    staff = serializers.BooleanField(allow_null=True, default=None)
    clean_record = serializers.BooleanField(
        allow_null=True, default=None, help_text="no record of major dishonesty in the last years"
    )


class ContentIn(serializers.Serializer[Any]):
    """What is filled in; a member that is given replaces the whole of what stood there."""

    applicant = FormText(60, default=empty, help_text="申报区域 / 申报行业")
    recommending_unit = FormText(200, default=empty, help_text="推荐单位, of the form for industries only")
    applicant_unit = FormText(200, default=empty)
    lead = ImplementingBodyIn(required=False)
    joint = ImplementingBodyIn(many=True, required=False, max_length=9)  # type: ignore[call-arg] # of many
    contact = ApplicationContactIn(required=False)
    statements = StatementsIn(required=False)
    builder = BuilderIn(required=False)
    operator = NodeOperatorIn(required=False)


class NodeApplicationIn(ContentIn):
    """A new application: which form, and as much as is known."""

    kind = serializers.ChoiceField(FormKind.choices(), help_text="node-region or node-industry")


class NodeApplicationOut(serializers.ModelSerializer[NodeApplication]):
    """An application with everything that was filled in."""

    class Meta:
        model = NodeApplication
        fields = (
            "id",
            "kind",
            "version",
            "supersedes",
            "state",
            "content",
            "profile",
            "sha256",
            "finalised_at",
            "created_at",
            "generation",
        )


class NodeApplicationItemOut(serializers.ModelSerializer[NodeApplication]):
    """An application as lists show it: whose it is, and no more of the contact than a masked phone."""

    applicant = serializers.CharField(source="content.applicant")
    applicant_unit = serializers.CharField(source="content.applicant_unit")
    lead = serializers.CharField(source="content.lead.name")
    contact_phone = serializers.SerializerMethodField(help_text="masked")

    class Meta:
        model = NodeApplication
        fields = (
            "id",
            "kind",
            "version",
            "supersedes",
            "state",
            "applicant",
            "applicant_unit",
            "lead",
            "contact_phone",
            "sha256",
            "created_at",
            "generation",
        )

    def get_contact_phone(self, application: NodeApplication) -> str:
        """The phone, masked."""
        return mask_phone(application.content["contact"]["phone"])


class ApplicationFindingOut(serializers.Serializer[Any]):
    """One thing to put right (error) or to look at (warning), with the way out in both languages."""

    pointer = serializers.CharField(help_text="JSON pointer into `content`")
    rule = serializers.CharField()
    severity = serializers.ChoiceField(Severity.choices())
    origin = serializers.ChoiceField(Origin.choices(), help_text="who says the rule")
    zh = serializers.CharField(source="text.zh")
    en = serializers.CharField(source="text.en")


class SealOut(serializers.Serializer[Any]):
    """A seal that the printed form needs."""

    pointer = serializers.CharField(source="at")
    zh = serializers.CharField(source="seal.zh")
    en = serializers.CharField(source="seal.en")


class ApplicationCheckOut(serializers.Serializer[Any]):
    """Whether the application can be made final, and everything that was found."""

    complete = serializers.BooleanField(help_text="no error; warnings do not hinder")
    profile = serializers.CharField()
    status = serializers.CharField(help_text="how far the profile is official")
    source = serializers.CharField()  # type: ignore[assignment] # profiles name it
    findings = ApplicationFindingOut(many=True)
    seals = SealOut(many=True)


class NodeApplicationQuery(PageQuery):
    """Filters of the list."""

    kind = serializers.ChoiceField(FormKind.choices(), required=False)
    state = serializers.ChoiceField(ApplicationState.choices(), required=False)


class NodeApplicationsView(HouseView):
    """`/api/v1/node-applications`."""

    operations = {"GET": "nodes.list_applications", "POST": "nodes.draft_application"}

    @extend_schema(parameters=[NodeApplicationQuery], responses=page_of(NodeApplicationItemOut))
    def get(self, request: Request) -> Response:
        """List the applications, without the contact and the statements."""
        rows = NodeApplication.objects.visible_to(self.actor).defer("document")
        return self.page(rows, NodeApplicationItemOut, NodeApplicationQuery)

    @extend_schema(request=NodeApplicationIn, responses={201: NodeApplicationOut})
    def post(self, request: Request) -> Response:
        """Begin an application for a regional or an industry node; it may still lack anything."""
        data = self.read(NodeApplicationIn)
        kind = FormKind(data.pop("kind"))
        row = services.draft_application(kind=kind, content=blank_content() | data, actor=self.actor)
        where = f"/api/v1/node-applications/{row.id}"
        return self.show(row, NodeApplicationOut, status=201, location=where)


class NodeApplicationView(HouseView):
    """`/api/v1/node-applications/{id}`."""

    operations = {"GET": "nodes.read_application", "PATCH": "nodes.amend_application"}
    queryset = NodeApplication.objects.defer("document")
    visible_by = "nodes.read_application"
    if_match = frozenset({"PATCH"})
    acts = {"PATCH": (LIFE, "amend")}

    @extend_schema(responses=NodeApplicationOut)
    def get(self, request: Request, **_: Any) -> Response:
        """Read one application."""
        return self.show(self.subject, NodeApplicationOut)

    @extend_schema(request=ContentIn, responses=NodeApplicationOut)
    def patch(self, request: Request, **_: Any) -> Response:
        """Fill a draft in further; a member that is given replaces the whole of what stood there."""
        row = services.amend_application(
            application=self.subject, changed=dict(self.read(ContentIn)), actor=self.actor
        )
        return self.show(row, NodeApplicationOut)


class CheckApplicationView(HouseView):
    """`/api/v1/node-applications/{id}:check`."""

    operations = {"POST": "nodes.check_application"}
    queryset = NodeApplication.objects.defer("document")
    visible_by = "nodes.read_application"
    natural_key = True

    @without_body(responses={200: ApplicationCheckOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Say everything that is missing, wrong or to be looked at, with the way out; nothing changes."""
        findings, profile = services.findings_of(self.subject), application_profile()
        report = {
            "complete": all(each.severity is Severity.WARNING for each in findings),
            "profile": profile.version,
            "status": profile.status,
            "source": profile.source,
            "findings": findings,
            "seals": seals_of(FormKind(self.subject.kind), self.subject.content, profile),
        }
        return Response(ApplicationCheckOut(report).data)


class FinaliseApplicationView(HouseView):
    """`/api/v1/node-applications/{id}:finalise`."""

    operations = {"POST": "nodes.finalise_application"}
    queryset = NodeApplication.objects.defer("document")
    visible_by = "nodes.read_application"
    if_match = frozenset({"POST"})
    acts = {"POST": (LIFE, "finalise")}

    @without_body(responses={200: NodeApplicationOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Freeze a complete application, and keep the .docx with its SHA-256."""
        row = services.finalise_application(application=self.subject, actor=self.actor)
        return self.show(row, NodeApplicationOut)


class ReopenApplicationView(HouseView):
    """`/api/v1/node-applications/{id}:reopen`."""

    operations = {"POST": "nodes.reopen_application"}
    queryset = NodeApplication.objects.defer("document")
    visible_by = "nodes.read_application"
    acts = {"POST": (LIFE, "reopen")}

    @without_body(responses={201: NodeApplicationOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Begin the next version from a final one, which stays as it is."""
        row = services.reopen_application(application=self.subject, actor=self.actor)
        where = f"/api/v1/node-applications/{row.id}"
        return self.show(row, NodeApplicationOut, status=201, location=where)


class ApplicationDocumentView(HouseView):
    """`/api/v1/node-applications/{id}/document`."""

    operations = {"GET": "nodes.read_application_document"}
    queryset = NodeApplication.objects.all()
    visible_by = "nodes.read_application"
    sends = ("Content-Disposition",)

    @extend_schema(responses={(200, DOCX): OpenApiTypes.BINARY})
    def get(self, request: Request, **_: Any) -> HttpResponse:
        """The form as .docx in the layout of the public form: the kept bytes of a final one, or a draft as it stands."""
        row = self.subject
        headers = {
            "Content-Disposition": f'attachment; filename="{row.kind}-v{row.version}-{row.state}.docx"',
            "Cache-Control": "private, no-store",
        }
        return HttpResponse(services.render_application(row), content_type=DOCX, headers=headers)
