"""Evidence over HTTP: submit, list, accept, open."""

from functools import cached_property
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.api.bodies import ReasonIn
from kernel.api.instants import DayField
from kernel.api.pagination import PageQuery
from kernel.api.schema import page_of
from kernel.api.views import HouseView
from kernel.systems import System
from participants.domain.documents import FileType
from participants.domain.particulars import masked
from participants.models import Document, Organisation
from participants.selectors.documents import may_open
from participants.selectors.profiles import certification_profile
from participants.services import documents as services


class DocumentIn(serializers.Serializer[Any]):
    """One file with its particulars, as multipart/form-data."""

    kind = serializers.CharField(max_length=40, help_text="as in the certification profile")
    number = serializers.CharField(max_length=80, default="", allow_blank=True)
    valid_until = DayField(required=False, allow_null=True, help_text="last day of validity in China")
    particulars = serializers.JSONField(
        default=dict, help_text="a JSON object of the fields that the kind declares"
    )
    file = serializers.FileField(allow_empty_file=True, help_text="PDF, PNG or JPEG, at most 5 MiB")


class DocumentOut(serializers.ModelSerializer[Document]):
    """A document's particulars, personal ones for those who may open its file; it is opened apart."""

    class Meta:
        model = Document
        fields = (
            "id",
            "organisation",
            "kind",
            "number",
            "valid_until",
            "particulars",
            "file_type",
            "size",
            "sha256",
            "case",
            "accepted_at",
            "refused_at",
            "refusal",
            "created_at",
            "generation",
        )

    @cached_property
    def _openable(self) -> dict[UUID, bool]:
        """Organisation → whether the reader may open its files; asked once for a list."""
        return {}

    def to_representation(self, instance: Document) -> dict[str, Any]:
        """Personal particulars are masked for those who may not open the file."""
        shown, owner = super().to_representation(instance), instance.organisation_id
        if owner not in self._openable:
            self._openable[owner] = may_open(owner, self.context["view"].actor)
        if "particulars" in shown and not self._openable[owner]:
            rule = certification_profile().documents.get(instance.kind)
            shown["particulars"] = masked(rule.particulars if rule else {}, shown["particulars"])
        return shown


class DocumentQuery(PageQuery):
    """Filters of the list."""

    kind = serializers.CharField(required=False)


class DocumentsView(HouseView):
    """`/api/v1/organisations/{id}/documents`."""

    system = System.SERVICE
    operations = {"GET": "participants.list_documents", "POST": "participants.submit_document"}
    queryset = Organisation.objects.all()
    visible_by = "participants.read_organisation"
    parser_classes = [MultiPartParser]

    @extend_schema(parameters=[DocumentQuery], responses=page_of(DocumentOut))
    def get(self, request: Request, **_: Any) -> Response:
        """List an organisation's documents."""
        return self.page(self.subject.documents.all(), DocumentOut, DocumentQuery)

    @extend_schema(request=DocumentIn, responses={201: DocumentOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Submit a document to the open case, or open one with it: a newer document renews an older one of its kind."""
        data = self.read(DocumentIn)
        row = services.submit_document(
            organisation=self.subject,
            kind=data["kind"],
            number=data["number"],
            valid_until=data.get("valid_until"),
            particulars=data["particulars"],
            content=data["file"].read(),
            actor=self.actor,
        )
        return self.show(row, DocumentOut, status=201)


class RefuseDocumentView(HouseView):
    """`/api/v1/documents/{id}:refuse`."""

    system = System.SERVICE
    operations = {"POST": "participants.refuse_document"}
    queryset = Document.objects.select_related("organisation")
    visible_by = "participants.list_documents"

    @extend_schema(request=ReasonIn, responses={200: DocumentOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Refuse one document with a reason, as the reviewer who has the case; the others stay."""
        reason = self.read(ReasonIn)["reason"]
        row = services.refuse_document(document=self.subject, reason=reason, actor=self.actor)
        return self.show(row, DocumentOut)


class DocumentFileView(HouseView):
    """`/api/v1/documents/{id}/file`."""

    system = System.SERVICE
    operations = {"GET": "participants.read_document"}
    queryset = Document.objects.select_related("organisation")
    visible_by = "participants.list_documents"
    sends = ("Content-Disposition",)

    @extend_schema(responses={(200, kind.media_type): OpenApiTypes.BINARY for kind in FileType})
    def get(self, request: Request, **_: Any) -> HttpResponse:
        """Open the file; the operator only while there is something to decide. Every opening is on record."""
        content = services.open_document(document=self.subject, actor=self.actor)
        kind = FileType(self.subject.file_type)
        headers = {
            "Content-Disposition": f'attachment; filename="{self.subject.id}.{kind.value}"',
            "Cache-Control": "private, no-store",
        }
        return HttpResponse(content, content_type=kind.media_type, headers=headers)
