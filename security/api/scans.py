"""Scanners' reports over HTTP."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.api.pagination import PageQuery
from kernel.api.schema import page_of
from kernel.api.shapes import Related, expanded
from kernel.api.views import HouseView
from kernel.systems import System
from security.adapters.scanners import SCANNERS
from security.api.assets import AssetOut
from security.errors import UnknownAsset
from security.models import Asset, Scan
from security.services.scans import import_scan

TOOLS = [(name, name) for name in sorted(SCANNERS)]


class ScanIn(serializers.Serializer[Any]):
    """A report as its tool wrote it in JSON."""

    asset = serializers.UUIDField(help_text="id of the asset that was scanned")
    tool = serializers.ChoiceField(TOOLS)
    report = serializers.JSONField()


class ScanOut(serializers.ModelSerializer[Scan]):
    """What a report changed."""

    scopes = serializers.ListField(child=serializers.CharField())

    expanded = expanded(
        "Scan",
        asset=Related("asset_id", "security.read_asset", Asset.objects.all(), AssetOut),
    )

    class Meta:
        model = Scan
        fields = (
            "id", "asset", "tool", "tool_version", "sha256", "scopes", "seen", "opened", "reopened", "cleared",
            "created_at", "expanded")  # fmt: skip


class ScanQuery(PageQuery):
    """Filters of the list."""

    asset = serializers.UUIDField(required=False)
    tool = serializers.CharField(required=False)


class ScansView(HouseView):
    """`/api/v1/scans`."""

    system = System.SECURITY
    operations = {"GET": "security.list_scans", "POST": "security.import_scan"}

    @extend_schema(parameters=[ScanQuery], responses=page_of(ScanOut))
    def get(self, request: Request) -> Response:
        """List the reports that the caller may see."""
        return self.page(Scan.objects.visible_to(self.actor), ScanOut, ScanQuery)

    @extend_schema(request=ScanIn, responses={201: ScanOut})
    def post(self, request: Request) -> Response:
        """Import a report; importing it again changes nothing."""
        data = self.read(ScanIn)
        asset = Asset.objects.visible_to(self.actor).filter(id=data["asset"]).first()
        if asset is None:
            raise UnknownAsset(pointer="/asset")
        row = import_scan(asset=asset, tool=data["tool"], report=data["report"], actor=self.actor)
        return self.show(row, ScanOut, status=201)
