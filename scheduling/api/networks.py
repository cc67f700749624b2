"""Networks, committed lines and tariffs over HTTP: imports by their owners, and lists."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.api.imports import (
    CSV_BODY,
    CsvImportView,
    CsvQuery,
    CsvText,
    ImportOut,
    ImportQuery,
    ImportView,
    marking_field,
)
from kernel.api.integers import PlainIntegerField
from kernel.api.pagination import PageQuery, any_code
from kernel.api.schema import page_of
from kernel.api.shapes import Related, expanded
from kernel.api.views import HouseView
from kernel.systems import System
from scheduling.api.line_products import LineProductOut
from scheduling.domain.light import Medium
from scheduling.domain.sites import IMPORTANT, SiteRole
from scheduling.domain.topologies.elements import KEY
from scheduling.domain.uses import LineUse
from scheduling.domain.withdrawals import SaleState
from scheduling.models import LineProduct, LineTariff, Site, Span
from scheduling.selectors.sites import described
from scheduling.services.committed_lines import import_committed_lines
from scheduling.services.networks import import_network, import_sites, import_spans
from scheduling.services.tariffs import import_tariffs

WITHDRAWABLE = ("state", "withdrawn_at", "withdrawal_reason", "generation")


class NetworkIn(serializers.Serializer[Any]):
    """A disclosed network; each element is checked by itself and every bad one is reported."""

    line_provider = serializers.RegexField(
        f"^{KEY}$", help_text="the caller's key in files, fixed at first use"
    )
    marking = marking_field()
    sites = serializers.ListField(
        child=serializers.JSONField(),
        help_text="objects of site, name, place, city (GB/T 2260), lat, lon (WGS-84, text), role, oxc, otn_100g, "
        "service_area (GeoJSON), hop_us",
    )
    spans = serializers.ListField(
        child=serializers.JSONField(),
        help_text="objects of span, a, b, medium (silica, hollow_core), km (text), capacity_mbps, jitter_us, loss, srlg",
    )


class SiteOut(serializers.ModelSerializer[Site]):
    """A site of the network, with what the indicators of the metropolitan action count."""

    site = serializers.CharField(source="key")
    carrier = serializers.CharField(help_text="key of the line provider that declares it")
    important = serializers.SerializerMethodField(
        help_text="a core station, or one of district or county aggregation"
    )
    service_area = serializers.JSONField(help_text="GeoJSON, WGS-84, as declared; null is unknown")
    one_hop_centres = serializers.ListField(
        child=serializers.CharField(), help_text="centres that it reaches in one hop, as verified"
    )

    class Meta:
        model = Site
        fields = (
            "id",
            "site",
            "name",
            "carrier",
            "place",
            "city",
            "lat",
            "lon",
            "role",
            "important",
            "oxc",
            "otn_100g",
            "one_hop_centres",
            "service_area",
            "hop_us",
            *WITHDRAWABLE,
            "marking",
        )

    def get_important(self, row: Site) -> bool:
        """Whether its role makes it an important station."""
        return row.role in IMPORTANT


class SiteQuery(PageQuery):
    """Filters of sites."""

    orders = {"site": "key"}

    role = serializers.ChoiceField(SiteRole.choices(), required=False)
    city = serializers.CharField(required=False)
    site = serializers.CharField(required=False, source="key")
    city__startswith = serializers.CharField(required=False)
    role__in = any_code(SiteRole.choices())
    carrier = serializers.CharField(required=False)
    state = serializers.ChoiceField(SaleState.choices(), required=False)
    state__in = any_code(SaleState.choices())
    oxc = serializers.BooleanField(required=False)
    otn_100g = serializers.BooleanField(required=False)


class SpanOut(serializers.ModelSerializer[Span]):
    """A span as its owner and the supervision see it; measured_us is one way, the upper end.

    `free_mbps` is what the ledger can still grant, 0 once it is withdrawn.
    """

    span = serializers.CharField(source="key")
    a = serializers.CharField(source="a.key")
    b = serializers.CharField(source="b.key")
    awaits_review = serializers.BooleanField(
        help_text="a commitment that only hollow-core fibre could keep: not sold until its evidence is accepted on review"
    )
    free_mbps = serializers.IntegerField(allow_null=True)
    use = serializers.ChoiceField(
        LineUse.choices(),
        allow_null=True,
        help_text="of a committed line: dci where it begins at the station of a compute centre; null of fibre",
    )

    class Meta:
        model = Span
        fields = (
            "id",
            "span",
            "kind",
            "a",
            "b",
            "medium",
            "km",
            "capacity_mbps",
            "free_mbps",
            "measured_us",
            "measured_at",
            "awaits_review",
            "jitter_us",
            "loss",
            "srlg",
            "z_centre",
            "use",
            *WITHDRAWABLE,
            "marking",
        )


class TariffOut(serializers.ModelSerializer[LineTariff]):
    """A price row of a line product; money in CNY."""

    line_provider = serializers.CharField(source="product.provider.key")
    technology = serializers.CharField(source="product.technology")

    expanded = expanded(
        "Tariff",
        product=Related(
            "product_id",
            "scheduling.list_line_products",
            LineProduct.objects.select_related("provider").prefetch_related("tariffs"),
            LineProductOut,
        ),
    )

    class Meta:
        model = LineTariff
        fields = (
            "id",
            "product",
            "line_provider",
            "technology",
            "bandwidth_mbps",
            "zone",
            "one_off_cny",
            "monthly_cny",
            "monthly_cny_per_km",
            "min_months",
            "elastic_cny_hour",
            "terminal_us",
            "lead_days",
            "lead_in",
            *WITHDRAWABLE,
            "marking",
            "expanded",
        )


class TariffImportOut(ImportOut):
    """What an import of prices did or, dry, would do."""

    withdrawn = serializers.IntegerField(
        help_text="rows taken off the market: the file names their step and zone, and not their term"
    )


class ImportNetworkView(ImportView):
    """`/api/v1/networks:import`."""

    system = System.SELECTION
    operations = {"POST": "scheduling.import_network"}

    @extend_schema(parameters=[ImportQuery], request=NetworkIn, responses={200: ImportOut})
    def post(self, request: Request) -> Response:
        """Disclose sites and spans: all or, with every fault named, nothing. Own keys are updated in the members given.

        Spans between the same two sites share a risk, and are flagged, unless each names its own in `srlg`. A span keeps its
        kind, and, while bandwidth on it is under contract, its ends.
        """
        query, data = self.query(ImportQuery), self.read(NetworkIn)
        report = import_network(
            line_provider=data["line_provider"],
            marking=data["marking"],
            sites=data["sites"],
            spans=data["spans"],
            dry_run=query["dry_run"],
            actor=self.actor,
        )
        return self.answer(report)


class SiteCsvQuery(CsvQuery):
    """How to import a CSV of sites, which does not say whose they are."""

    line_provider = serializers.RegexField(
        f"^{KEY}$", help_text="the caller's key in files, fixed at first use"
    )


class SpanCsvQuery(CsvQuery):
    """How to import a CSV of spans, whose rows may say whose they are."""

    line_provider = serializers.RegexField(
        f"^{KEY}$",
        default="",
        help_text="the caller's key in files, fixed at first use; left out where each row says it",
    )


class ImportSitesView(CsvImportView):
    """`/api/v1/sites:import`."""

    system = System.SELECTION
    operations = {"POST": "scheduling.import_sites"}

    @extend_schema(parameters=[SiteCsvQuery], request=CSV_BODY, responses={200: ImportOut})
    def post(self, request: Request) -> Response:
        """Declare sites: all rows or, with every fault named, none. Own keys are updated in the columns given.

        Columns: site, name, place, city, lat, lon, role, oxc, otn_100g, service_area (GeoJSON), hop_us. A service area contains
        its site, and reaches no farther from it than the farthest class of A ends, the carrier's or the node's.
        """
        query = self.query(SiteCsvQuery)
        return self.answer(import_sites(text=self.read(CsvText), actor=self.actor, **query))


class ImportSpansView(CsvImportView):
    """`/api/v1/spans:import`."""

    system = System.SELECTION
    operations = {"POST": "scheduling.import_spans"}

    @extend_schema(parameters=[SpanCsvQuery], request=CSV_BODY, responses={200: ImportOut})
    def post(self, request: Request) -> Response:
        """Disclose spans: all rows or, with every fault named, none. Own keys are updated in the columns given.

        Columns: span, line_provider, a, b, medium, km, capacity_mbps, jitter_us, loss, srlg (a;b); or the `spans.csv` of a
        supply, whose latencies are not taken.
        """
        query = self.query(SpanCsvQuery)
        return self.answer(import_spans(text=self.read(CsvText), actor=self.actor, **query))


class ImportCommittedLinesView(CsvImportView):
    """`/api/v1/committed-lines:import`."""

    system = System.SELECTION
    operations = {"POST": "scheduling.import_committed_lines"}

    @extend_schema(parameters=[CsvQuery], request=CSV_BODY, responses={200: ImportOut})
    def post(self, request: Request) -> Response:
        """Sell lines end to end: all rows or, with every fault named, none. Own keys are updated in the columns given.

        Columns: line, line_provider, a_area, a_site, z_centre (registered, at z_site), z_site, capacity_mbps,
        committed_latency_us, jitter_us, loss, srlg. What is faster than silica fibre is flagged, and not sold before review.
        A line keeps its kind, and, while bandwidth on it is under contract, its ends.
        """
        query = self.query(CsvQuery)
        return self.answer(import_committed_lines(text=self.read(CsvText), actor=self.actor, **query))


class ImportTariffsView(CsvImportView):
    """`/api/v1/tariffs:import`."""

    system = System.SELECTION
    operations = {"POST": "scheduling.import_tariffs"}
    shape = TariffImportOut

    @extend_schema(parameters=[CsvQuery], request=CSV_BODY, responses={200: TariffImportOut})
    def post(self, request: Request) -> Response:
        """Set prices by technology, step, zone and minimum term: all rows or, with every fault named, none.

        Of a technology, step and zone that the file names it says all terms: one that is on the market and is not there is
        withdrawn. What it does not name stays. By the hour a step has one price, in the row of its least term.

        Columns: line_provider, technology, bandwidth_mbps, zone, one_off_cny, monthly_cny, monthly_cny_per_km, min_months,
        elastic_cny_hour, terminal_us, lead_days, lead_in; what a row of `GET /tariffs` has under these names.
        """
        query = self.query(CsvQuery)
        return self.answer(import_tariffs(text=self.read(CsvText), actor=self.actor, **query))


class SitesView(HouseView):
    """`/api/v1/sites`."""

    system = System.SELECTION
    operations = {"GET": "scheduling.list_sites"}

    @extend_schema(parameters=[SiteQuery], responses=page_of(SiteOut))
    def get(self, request: Request) -> Response:
        """List sites, on the market or withdrawn: where users and centres meet the network."""
        return self.page(described(Site.objects.visible_to(self.actor)), SiteOut, SiteQuery)


class SpanQuery(PageQuery):
    """Filters of the list."""

    orders = {"span": "key"}

    span = serializers.CharField(required=False, source="key")
    a = serializers.CharField(required=False, source="a__key")
    b = serializers.CharField(required=False, source="b__key")
    medium = serializers.ChoiceField(Medium.choices(), required=False)
    state = serializers.ChoiceField(SaleState.choices(), required=False)
    state__in = any_code(SaleState.choices())
    provider = serializers.UUIDField(required=False, source="tenant_id")


class SpansView(HouseView):
    """`/api/v1/spans`."""

    system = System.SELECTION
    operations = {"GET": "scheduling.list_spans"}
    alongside = ("a", "b")  # a span may end at another's site

    @extend_schema(parameters=[SpanQuery], responses=page_of(SpanOut))
    def get(self, request: Request) -> Response:
        """List disclosed spans and committed lines, on the market or withdrawn."""
        return self.page(Span.objects.visible_to(self.actor).with_free(), SpanOut, SpanQuery)


class TariffQuery(PageQuery):
    """Filters of the list."""

    orders = {"bandwidth_mbps": "bandwidth_mbps", "lead_days": "lead_days", "min_months": "min_months"}

    product = serializers.UUIDField(required=False)
    technology = serializers.CharField(required=False, source="product__technology")
    zone = serializers.CharField(required=False)
    state = serializers.ChoiceField(SaleState.choices(), required=False)
    state__in = any_code(SaleState.choices())
    bandwidth_mbps = PlainIntegerField(required=False)
    min_months = PlainIntegerField(required=False)


class TariffsView(HouseView):
    """`/api/v1/tariffs`."""

    system = System.SELECTION
    operations = {"GET": "scheduling.list_tariffs"}

    @extend_schema(parameters=[TariffQuery], responses=page_of(TariffOut))
    def get(self, request: Request) -> Response:
        """List tariff rows, on the market or withdrawn."""
        rows = LineTariff.objects.visible_to(self.actor).select_related("product__provider")
        return self.page(rows, TariffOut, TariffQuery)
