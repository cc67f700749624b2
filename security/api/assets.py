"""Assets over HTTP."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.api.pagination import PageQuery, any_code
from kernel.api.schema import page_of
from kernel.api.views import HouseView
from kernel.systems import System
from security.domain.findings import AssetKind
from security.models import Asset
from security.services.assets import link_asset, register_asset

MOST_RESOURCES = 200


class AssetIn(serializers.Serializer[Any]):
    """Something of the caller's that is scanned."""

    asset = serializers.RegexField(
        r"^[A-Za-z0-9._-]{1,64}\Z", help_text="its key, unique in the organisation"
    )
    kind = serializers.ChoiceField(AssetKind.choices())
    name = serializers.CharField(max_length=200)
    resources = serializers.ListField(
        child=serializers.UUIDField(), max_length=MOST_RESOURCES, default=list,
        help_text="ids of the centres, pools and offers that rest on it",
    )  # fmt: skip


class AssetLinkIn(serializers.Serializer[Any]):
    """All resources that rest on it."""

    resources = serializers.ListField(child=serializers.UUIDField(), max_length=MOST_RESOURCES)


class AssetOut(serializers.ModelSerializer[Asset]):
    """An asset."""

    asset = serializers.CharField(source="key")
    owner = serializers.UUIDField(source="tenant_id")

    class Meta:
        model = Asset
        fields = ("id", "asset", "owner", "kind", "name", "resources", "created_at", "generation")


class AssetQuery(PageQuery):
    """Filters of the list."""

    orders = {"asset": "key", "name": "name"}

    kind = serializers.ChoiceField(AssetKind.choices(), required=False)
    kind__in = any_code(AssetKind.choices())
    owner = serializers.UUIDField(required=False, source="tenant_id")
    asset = serializers.CharField(required=False, source="key")
    name__icontains = serializers.CharField(required=False)


class AssetsView(HouseView):
    """`/api/v1/assets`."""

    system = System.SECURITY
    operations = {"GET": "security.list_assets", "POST": "security.register_asset"}

    @extend_schema(parameters=[AssetQuery], responses=page_of(AssetOut))
    def get(self, request: Request) -> Response:
        """List the assets that the caller may see."""
        return self.page(Asset.objects.visible_to(self.actor), AssetOut, AssetQuery)

    @extend_schema(request=AssetIn, responses={201: AssetOut})
    def post(self, request: Request) -> Response:
        """Register an asset and what rests on it."""
        data = self.read(AssetIn)
        row = register_asset(
            key=data["asset"],
            kind=AssetKind(data["kind"]),
            name=data["name"],
            resources=data["resources"],
            actor=self.actor,
        )
        return self.show(row, AssetOut, status=201, location=f"/api/v1/assets/{row.id}")


class AssetView(HouseView):
    """`/api/v1/assets/{id}`."""

    system = System.SECURITY
    operations = {"GET": "security.read_asset", "PATCH": "security.link_asset"}
    queryset = Asset.objects.all()
    visible_by = "security.read_asset"
    if_match = frozenset({"PATCH"})

    @extend_schema(responses=AssetOut)
    def get(self, request: Request, **_: Any) -> Response:
        """Read one asset."""
        return self.show(self.subject, AssetOut)

    @extend_schema(request=AssetLinkIn, responses={200: AssetOut})
    def patch(self, request: Request, **_: Any) -> Response:
        """State anew which resources rest on it; not while a critical finding stands."""
        resources = self.read(AssetLinkIn)["resources"]
        return self.show(link_asset(asset=self.subject, resources=resources, actor=self.actor), AssetOut)
