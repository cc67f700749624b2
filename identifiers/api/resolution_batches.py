"""Many codes at once, and a code as a picture."""

import io
from typing import Any

import segno
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from identifiers.api.resolution import PublicView, ResolvedOut
from identifiers.domain.answers import AnswerType
from identifiers.domain.codecs import LONGEST_TEXT
from identifiers.domain.codes import Code
from identifiers.services.resolution import resolve_batch, resolve_kept
from kernel.api.statements import SignedStatementOut

MOST = 1000
KINDS = {"svg": "image/svg+xml", "png": "image/png"}
PIXELS = 8  # a module's side
QUIET = 4  # modules of white around, as ISO/IEC 18004 asks for
DAY = 86400  # the picture of a code never changes


class ResolutionBatchIn(serializers.Serializer[Any]):
    """Up to a thousand codes, in any spelling."""

    codes = serializers.ListField(
        child=serializers.CharField(max_length=LONGEST_TEXT), min_length=1, max_length=MOST
    )


class ResolutionItemOut(ResolvedOut):
    """One result: of a resolution all that the code stands for, of a malformed code the reason, of all others the code."""

    asked = serializers.CharField()
    type = serializers.ChoiceField(
        AnswerType.choices(), help_text="resolution, denial, malformed or elsewhere"
    )
    reason_zh = serializers.CharField()
    reason_en = serializers.CharField()

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """The members, of which only `asked` and `type` are always there."""
        fields = super().get_fields()
        for name, each in fields.items():
            each.required = name in ("asked", "type")
        return fields


class ResolutionBatchOut(serializers.Serializer[Any]):
    """One result for each code, in their order; `statement` signs every other member."""

    type = serializers.ChoiceField(AnswerType.choices())
    items = ResolutionItemOut(many=True)
    node = serializers.CharField()
    issued_at = serializers.DateTimeField()
    valid_until = serializers.DateTimeField()
    statement = SignedStatementOut()


class PictureQuery(serializers.Serializer[Any]):
    """Which kind of picture."""

    image = serializers.ChoiceField([(kind, kind) for kind in KINDS], default="svg")


class ResolveBatchView(PublicView):
    """`/api/v1/identifiers:resolve`."""

    operations = {"POST": "identifiers.resolve_batch"}
    natural_key = True  # it reads

    @extend_schema(request=ResolutionBatchIn, responses={200: ResolutionBatchOut})
    def post(self, request: Request) -> Response:
        """Resolve up to a thousand codes at once, under one signature."""
        return Response(resolve_batch(self.read(ResolutionBatchIn)["codes"]).said)


class QrCodeView(PublicView):
    """`/api/v1/identifiers/{prefix}/{suffix}/qr-code`."""

    operations = {"GET": "identifiers.read_qr_code"}

    @extend_schema(
        parameters=[PictureQuery],
        responses={(200, media): OpenApiTypes.BINARY for media in KINDS.values()},
    )
    def get(self, request: Request, *, prefix: str, suffix: str) -> HttpResponse:
        """The code as a QR code, for a plate on the machine: the code itself and no address, so that it outlives them all."""
        kind = self.query(PictureQuery)["image"]
        code = Code.parse(f"{prefix}/{suffix}")
        resolve_kept(code)
        picture = io.BytesIO()
        drawn = segno.make(str(code), error="m", micro=False)
        drawn.save(picture, kind=kind, scale=PIXELS, border=QUIET)
        headers = {"Cache-Control": f"public, max-age={DAY}"}
        return HttpResponse(picture.getvalue(), content_type=KINDS[kind], headers=headers)
