"""Where carriers are, over HTTP: the centres they enter, the classes of their A ends, the addresses they cover."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.api.bodies import in_words, without_body
from kernel.api.decimals import PlainDecimalField
from kernel.api.imports import CSV_BODY, CsvImportView, CsvText, ImportOut, ImportQuery
from kernel.api.integers import PlainIntegerField
from kernel.api.pagination import PageQuery
from kernel.api.schema import page_of
from kernel.api.views import HouseView
from kernel.systems import System
from kernel.text import Text
from scheduling.domain.ends import EndClass, EndRule, plain_address
from scheduling.domain.topologies.elements import KEY
from scheduling.models import CentreEntry, CoveredAddress, EndProfile
from scheduling.services import ends as services

LONGEST_TAIL_M = 1_000_000
LONGEST_WAIT = 3650


class CentreEntryIn(serializers.Serializer[Any]):
    """A centre that the caller's cables enter."""

    centre = serializers.RegexField(f"^{KEY}$", help_text="key of the compute centre")
    entrances = PlainIntegerField(
        min_value=1, max_value=20, default=1, help_text="ways in that share no duct"
    )


class CentreEntryOut(serializers.ModelSerializer[CentreEntry]):
    """A line provider enters a centre, until it withdraws."""

    provider_id = serializers.UUIDField(source="tenant_id")

    class Meta:
        model = CentreEntry
        fields = ("id", "provider_id", "centre", "entrances", "withdrawn_at", "created_at", "generation")


class CentreEntryQuery(PageQuery):
    """Filters of the list."""

    orders = {"centre": "centre"}

    centre = serializers.CharField(required=False)
    provider = serializers.UUIDField(required=False, source="tenant_id")
    standing = serializers.BooleanField(required=False, source="withdrawn_at__isnull")


class EndRuleIO(serializers.Serializer[Any]):
    """A class of A ends: up to how many metres of cable from an access point, and its days beside the tariff's."""

    code = serializers.ChoiceField(EndClass.choices())
    up_to_m = PlainIntegerField(min_value=0, max_value=LONGEST_TAIL_M)
    days = PlainIntegerField(min_value=0, max_value=LONGEST_WAIT)
    one_off_cny = PlainDecimalField(
        18, 2, min_value=0, required=False, allow_null=True, default=None,
        help_text="what building costs for each circuit; null: a survey tells it, and totals are without it",
    )  # fmt: skip


class EndProfileIn(serializers.Serializer[Any]):
    """All three classes, from the nearest."""

    classes = EndRuleIO(many=True)

    def validate_classes(self, value: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Each class once, in order."""
        if [each["code"] for each in value] != EndClass.codes():
            words = "、".join(EndClass.codes())
            raise serializers.ValidationError(
                in_words(Text(f"须依次为 {words}", f"give {words} in this order"))
            )
        return value


class EndProfileOut(serializers.ModelSerializer[EndProfile]):
    """A line provider's classes of A ends; the newest holds."""

    provider_id = serializers.UUIDField(source="tenant_id")
    classes = EndRuleIO(many=True)

    class Meta:
        model = EndProfile
        fields = ("id", "provider_id", "classes", "created_at", "generation")


class CoveredAddressOut(serializers.ModelSerializer[CoveredAddress]):
    """An address that a line provider covers from an access point."""

    site = serializers.CharField(source="site.key")

    class Meta:
        model = CoveredAddress
        fields = ("id", "address", "lat", "lon", "site", "created_at", "generation")


class AddressField(serializers.CharField):
    """An address, compared by its letters and digits alone."""

    def to_internal_value(self, data: Any) -> str:
        """The address as it is compared."""
        return plain_address(super().to_internal_value(data))


class CoveredAddressQuery(PageQuery):
    """Filters of the list."""

    address = AddressField(required=False, source="plain")
    site = serializers.CharField(required=False, source="site__key")


class CentreEntriesView(HouseView):
    """`/api/v1/centre-entries`."""

    system = System.SELECTION
    operations = {"GET": "scheduling.list_centre_entries", "POST": "scheduling.declare_centre_entry"}

    @extend_schema(parameters=[CentreEntryQuery], responses=page_of(CentreEntryOut))
    def get(self, request: Request) -> Response:
        """List which line providers enter which centres."""
        return self.page(CentreEntry.objects.visible_to(self.actor), CentreEntryOut, CentreEntryQuery)

    @extend_schema(request=CentreEntryIn, responses={201: CentreEntryOut})
    def post(self, request: Request) -> Response:
        """Declare that the caller's cables enter a centre, or by how many ways they now do."""
        data = self.read(CentreEntryIn)
        row = services.declare_entry(centre=data["centre"], entrances=data["entrances"], actor=self.actor)
        return self.show(row, CentreEntryOut, status=201, location=f"/api/v1/centre-entries?id__in={row.id}")


class WithdrawCentreEntryView(HouseView):
    """`/api/v1/centre-entries/{id}:withdraw`."""

    system = System.SELECTION
    operations = {"POST": "scheduling.withdraw_centre_entry"}
    queryset = CentreEntry.objects.all()
    visible_by = "scheduling.list_centre_entries"

    @without_body(responses={200: CentreEntryOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Say that the caller's cables do not enter the centre any more."""
        return self.show(services.withdraw_entry(entry=self.subject, actor=self.actor), CentreEntryOut)


class EndProfilesView(HouseView):
    """`/api/v1/line-end-profiles`."""

    system = System.SELECTION
    operations = {"GET": "scheduling.list_end_profiles", "POST": "scheduling.declare_ends"}

    @extend_schema(parameters=[PageQuery], responses=page_of(EndProfileOut))
    def get(self, request: Request) -> Response:
        """List classes of A ends, the newest first."""
        return self.page(EndProfile.objects.visible_to(self.actor), EndProfileOut)

    @extend_schema(request=EndProfileIn, responses={201: EndProfileOut})
    def post(self, request: Request) -> Response:
        """Class the caller's A ends by their distance from now on."""
        rules = [EndRule(**each) for each in self.read(EndProfileIn)["classes"]]
        row = services.declare_ends(classes=rules, actor=self.actor)
        return self.show(
            row, EndProfileOut, status=201, location=f"/api/v1/line-end-profiles?id__in={row.id}"
        )


class CoveredAddressesView(HouseView):
    """`/api/v1/covered-addresses`."""

    system = System.SELECTION
    operations = {"GET": "scheduling.list_covered_addresses"}
    alongside = ("site",)  # an access point may be another's

    @extend_schema(parameters=[CoveredAddressQuery], responses=page_of(CoveredAddressOut))
    def get(self, request: Request) -> Response:
        """List covered addresses."""
        rows = CoveredAddress.objects.visible_to(self.actor)
        return self.page(rows, CoveredAddressOut, CoveredAddressQuery)


class ImportCoveredAddressesView(CsvImportView):
    """`/api/v1/covered-addresses:import`."""

    system = System.SELECTION
    operations = {"POST": "scheduling.import_covered_addresses"}

    @extend_schema(parameters=[ImportQuery], request=CSV_BODY, responses={200: ImportOut})
    def post(self, request: Request) -> Response:
        """Name covered addresses (address, lat, lon, site): all rows or, with every fault named, none."""
        query = self.query(ImportQuery)
        return self.answer(
            services.import_covered_addresses(text=self.read(CsvText), actor=self.actor, **query)
        )
