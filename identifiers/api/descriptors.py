"""Descriptors over HTTP: every version of what an identifier says, and how much of its resource is free."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from identifiers.models import Descriptor, Identifier
from identifiers.selectors.capacity import capacity_of
from kernel.api.integers import PlainIntegerField
from kernel.api.views import HouseView
from kernel.systems import System

AT_ONCE = 100


class DescriptorEvidenceOut(serializers.Serializer[Any]):
    """A document that a description rests on."""

    kind = serializers.CharField()
    sha256 = serializers.CharField()


class DescriptorOut(serializers.ModelSerializer[Descriptor]):
    """One version; it never changes, and the code is the same under all of them."""

    evidence = DescriptorEvidenceOut(many=True)

    class Meta:
        model = Descriptor
        fields = ("version", "profile", "attributes", "valid_until", "evidence", "created_at")


class CapacityOut(serializers.Serializer[Any]):
    """Full capacity as described (K1), and what is free of it as the ledger knows (K2); null is unknown, never zero."""

    version = serializers.IntegerField(help_text="of the descriptor that says the full capacity")
    full = serializers.IntegerField(allow_null=True)
    full_unit = serializers.CharField()
    available = serializers.IntegerField(allow_null=True)
    total = serializers.IntegerField(allow_null=True, help_text="what the ledger can grant in all")
    available_unit = serializers.CharField()


class DescriptorsQuery(serializers.Serializer[Any]):
    """Which versions."""

    before = PlainIntegerField(
        required=False, min_value=1, help_text=f"older than this version; {AT_ONCE} at once, the newest first"
    )


class DescriptorsView(HouseView):
    """`/api/v1/identifiers/{id}/descriptors`."""

    system = System.IDENTIFIERS
    operations = {"GET": "identifiers.read_descriptors"}
    queryset = Identifier.objects.all()

    @extend_schema(parameters=[DescriptorsQuery], responses=DescriptorOut(many=True))
    def get(self, request: Request, **_: Any) -> Response:
        """Read the versions of the descriptor with their validity and evidence, the newest first."""
        rows = Descriptor.objects.filter(identifier=self.subject).order_by("-version")
        if before := self.query(DescriptorsQuery).get("before"):
            rows = rows.filter(version__lt=before)
        return Response(DescriptorOut(rows[:AT_ONCE], many=True).data)


class CapacityView(HouseView):
    """`/api/v1/identifiers/{id}/capacity`."""

    system = System.IDENTIFIERS
    operations = {"GET": "identifiers.read_capacity"}
    queryset = Identifier.objects.all()

    @extend_schema(responses=CapacityOut)
    def get(self, request: Request, **_: Any) -> Response:
        """Read how much there is in full, and how much of it is free now."""
        return Response(CapacityOut(capacity_of(self.subject)).data)
