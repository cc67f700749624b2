"""Quotas of holds over HTTP: what a tenant has and may have, and its own limits, set by the operator."""

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.api.integers import PlainIntegerField
from kernel.api.pagination import ReadQuery
from kernel.api.views import HouseView
from kernel.models import HoldAccount
from kernel.systems import System
from scheduling.selectors.hold_accounts import hold_account
from scheduling.selectors.profiles import hold_profile
from scheduling.services.hold_quotas import set_hold_quota

MOST = 10**6


@extend_schema_serializer(exclude_fields=("fields", "expand"))
class HoldQuotaQuery(ReadQuery):
    """Whose holds."""

    organisation = serializers.UUIDField(required=False, help_text="by default the caller's own")


class HoldQuotaIn(serializers.Serializer[Any]):
    """Limits of one organisation; null: those of the house (scheduling/profiles/holds.yaml)."""

    organisation = serializers.UUIDField()
    most = PlainIntegerField(min_value=0, max_value=MOST, allow_null=True, help_text="holds at a time")
    most_lapsed = PlainIntegerField(
        min_value=0, max_value=MOST, allow_null=True, help_text="given back by it or run out within an hour"
    )


class HoldQuotaOut(serializers.ModelSerializer[HoldAccount]):
    """Holds that are not bought yet, those that lapsed since the hour began, and how many of each there may be."""

    organisation = serializers.UUIDField(source="tenant_id")
    most = serializers.SerializerMethodField()
    most_lapsed = serializers.SerializerMethodField()

    class Meta:
        model = HoldAccount
        fields = ("organisation", "live", "most", "lapsed", "most_lapsed", "lapsed_since")

    def get_most(self, row: HoldAccount) -> int:
        """The tenant's own limit, or the house's."""
        return hold_profile().quota.most if row.most is None else row.most

    def get_most_lapsed(self, row: HoldAccount) -> int:
        """The tenant's own limit, or the house's."""
        return hold_profile().quota.most_lapsed if row.most_lapsed is None else row.most_lapsed


class HoldQuotaView(HouseView):
    """`/api/v1/hold-quota`."""

    system = System.SELECTION
    operations = {"GET": "scheduling.read_hold_quota", "PUT": "scheduling.set_hold_quota"}

    @extend_schema(parameters=[HoldQuotaQuery], responses=HoldQuotaOut)
    def get(self, request: Request) -> Response:
        """Say how many holds an organisation has, and may have: the caller's, or for those who watch the one that they name."""
        query = self.query(HoldQuotaQuery)
        row = hold_account(tenant=query.get("organisation"), actor=self.actor)
        return Response(self._shaped([row], HoldQuotaOut, query, many=False))

    @extend_schema(request=HoldQuotaIn, responses={200: HoldQuotaOut})
    def put(self, request: Request) -> Response:
        """Give an organisation limits of its own, or the house's again."""
        data = self.read(HoldQuotaIn)
        row = set_hold_quota(
            tenant=data["organisation"],
            most=data["most"],
            most_lapsed=data["most_lapsed"],
            actor=self.actor,
        )
        return Response(HoldQuotaOut(row).data)
