"""Public resolution: from a code to what it stands for, for anybody, for ever."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from identifiers.selectors.identifiers import resolve_text
from kernel.api.views import HouseView
from kernel.systems import System

FRESH_SECONDS = 30  # bounded by how fast a suspension must be seen


class ResolutionOut(serializers.Serializer[Any]):
    """What a code resolves to."""

    code = serializers.CharField()
    kind = serializers.CharField()
    state = serializers.CharField(help_text="filing, active, suspended or retired (a tombstone)")
    descriptor_version = serializers.IntegerField()
    attributes = serializers.DictField()
    filing = serializers.CharField()
    filed_at = serializers.DateTimeField(allow_null=True)


class ResolveView(HouseView):
    """`/api/v1/identifiers/{prefix}/{suffix}`."""

    system = System.IDENTIFIERS
    operations = {"GET": "identifiers.resolve_identifier"}

    @extend_schema(responses=ResolutionOut)
    def get(self, request: Request, *, prefix: str, suffix: str) -> Response:
        """Resolve a code in any spelling that people and scanners use."""
        return answer(f"{prefix}/{suffix}")


class ResolveTextView(HouseView):
    """`/api/v1/resolve?code=…`: for scanned text."""

    system = System.IDENTIFIERS
    operations = {"GET": "identifiers.resolve_text"}

    @extend_schema(parameters=[OpenApiParameter("code", str, required=True)], responses=ResolutionOut)
    def get(self, request: Request) -> Response:
        """Resolve a code given as a parameter."""
        return answer(request.query_params.get("code", ""))


def answer(text: str) -> Response:
    """The resolution of `text`; anybody may keep it for a while, and ask whether it still stands."""
    found = resolve_text(text)
    version = f'"{found.generation}-{found.descriptor_version}"'
    headers = {"ETag": version, "Cache-Control": f"public, max-age={FRESH_SECONDS}"}
    return Response(ResolutionOut(found).data, headers=headers)
