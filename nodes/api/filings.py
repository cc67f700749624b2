"""The register of filed identifiers over HTTP."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.api.pagination import PageQuery, any_code
from kernel.api.schema import page_of
from kernel.api.views import HouseView
from nodes.domain.filings import FilingState
from nodes.models import Filing


class FilingOut(serializers.ModelSerializer[Filing]):
    """A filed identifier, as its region last said."""

    node = serializers.CharField(source="peer.code")

    class Meta:
        model = Filing
        fields = (
            "id",
            "code",
            "kind",
            "node",
            "owner",
            "state",
            "descriptor_version",
            "profile",
            "attributes",
            "number",
            "created_at",
        )


class FilingQuery(PageQuery):
    """Filters of the list."""

    orders = {"code": "code"}

    code = serializers.CharField(required=False)
    node = serializers.CharField(source="peer__code", required=False)
    state = serializers.ChoiceField(FilingState.choices(), required=False)
    state__in = any_code(FilingState.choices())
    kind = serializers.CharField(required=False)


class FilingsView(HouseView):
    """`/api/v1/filings`."""

    operations = {"GET": "nodes.list_filings"}

    @extend_schema(parameters=[FilingQuery], responses=page_of(FilingOut))
    def get(self, request: Request) -> Response:
        """List the identifiers that downstream nodes filed here."""
        rows = Filing.objects.visible_to(self.actor).select_related("peer")
        return self.page(rows, FilingOut, FilingQuery)
