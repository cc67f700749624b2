"""Carriers' own interfaces over HTTP: registered by carriers, asked on behalf of users."""

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.api.integers import PlainIntegerField
from kernel.api.pagination import PageQuery, any_code
from kernel.api.schema import page_of
from kernel.api.views import HouseView
from kernel.errors import InvalidField
from kernel.systems import System
from scheduling.adapters.carriers import ADAPTERS
from scheduling.domain.carriers import CarrierState
from scheduling.domain.demand import PROTECTIONS
from scheduling.domain.technologies import FASTEST_MBPS, Technology, why_no_step
from scheduling.domain.topologies.elements import KEY
from scheduling.models import CarrierLine, LineInterface
from scheduling.models.sites import LINE_SITES
from scheduling.services import carriers as services


class LineInterfaceIn(serializers.Serializer[Any]):
    """Where the caller is asked for its lines."""

    adapter = serializers.ChoiceField(sorted(ADAPTERS), default="http-1")
    url = serializers.CharField(max_length=500, help_text="HTTPS; the verbs are called below it")
    active = serializers.BooleanField(default=True, help_text="false: the caller is not asked any more")


class LineInterfaceOut(serializers.ModelSerializer[LineInterface]):
    """A line provider's interface; its newest holds."""

    provider_id = serializers.UUIDField(source="tenant_id")

    class Meta:
        model = LineInterface
        fields = ("id", "provider_id", "adapter", "url", "active", "created_at", "generation")


class LineEnquiryIn(serializers.Serializer[Any]):
    """Which line, of which carrier."""

    line_provider = serializers.RegexField(f"^{KEY}$")
    a = serializers.RegexField(f"^{KEY}$", help_text="key of the site at the user's end")
    z = serializers.RegexField(f"^{KEY}$", help_text="key of the centre's site")
    bandwidth_mbps = PlainIntegerField(min_value=1, max_value=FASTEST_MBPS)
    technology = serializers.ChoiceField(Technology.choices())
    protection = serializers.ChoiceField(PROTECTIONS, default="none")
    protection_a = serializers.RegexField(
        f"^{KEY}$",
        allow_null=True,
        default=None,
        help_text="of a pair: key of the site where the second path begins, where that is not `a`",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The rate is a step of the technology, a line has two ends, and only a pair a second path, which begins elsewhere."""
        if why := why_no_step(attrs["technology"], attrs["bandwidth_mbps"]):
            raise InvalidField(pointer="/bandwidth_mbps", reason_zh=f"{why.zh}。", reason_en=f"{why.en}.")
        if attrs["z"] in (attrs["a"], attrs["protection_a"]):
            raise InvalidField(
                pointer="/z",
                reason_zh="与 A 端是同一站点；专线须连接两个不同的站点，请改填算力中心的站点。",
                reason_en="It is the same site as the A end: a line joins two, so name the site of the centre.",
            )
        if attrs["protection_a"] is not None:
            if attrs["protection"] != "one_plus_one":
                raise InvalidField(
                    pointer="/protection_a",
                    reason_zh="只有 protection 为 one_plus_one 的专线才有第二条路径；请改填 protection，或不填本项。",
                    reason_en="Only a line with protection one_plus_one has a second path: say so, or leave this out.",
                )
            if attrs["protection_a"] == attrs["a"]:
                raise InvalidField(
                    pointer="/protection_a",
                    reason_zh="与 a 相同；两条路径起于同一站点时请不填本项。",
                    reason_en="It is the same as a: leave it out where both paths begin at one site.",
                )
        return attrs


class LineWordOut(serializers.Serializer[Any]):
    """What the carrier says: latency committed to in µs one way, of a pair the slower path's; prices in CNY as text; days."""

    reachable = serializers.BooleanField()
    latency_us = serializers.IntegerField(allow_null=True)
    one_off_cny = serializers.CharField(allow_null=True)
    monthly_cny = serializers.CharField(allow_null=True)
    days = serializers.IntegerField(allow_null=True)


class LineEnquiryOut(serializers.ModelSerializer[CarrierLine]):
    """A line as its carrier was asked for it: an enquiry, or, with `order` or `line_quote`, the line of an order or a quote.

    With `change` it is what the order's line becomes by that change, in the place of the line that it `replaces`.
    """

    a = serializers.CharField(source="a.key")
    protection = serializers.ChoiceField(PROTECTIONS)
    protection_a = serializers.CharField(source="protection_a.key", allow_null=True)
    z = serializers.CharField(source="z.key")
    replaces = serializers.UUIDField(source="replaces_id", allow_null=True)
    word = serializers.SerializerMethodField()

    class Meta:
        model = CarrierLine
        fields = (
            "id",
            "provider_id",
            "user_id",
            "order",
            "change",
            "line_quote",
            "replaces",
            "a",
            "protection",
            "protection_a",
            "z",
            "bandwidth_mbps",
            "technology",
            "state",
            "wanted_until",
            "expires_at",
            "word",
            "attempts",
            "reason",
            "created_at",
            "generation",
        )

    @extend_schema_field(LineWordOut(allow_null=True))
    def get_word(self, row: CarrierLine) -> dict[str, Any] | None:
        """The carrier's answer to an enquiry."""
        return row.word


class LineEnquiryQuery(PageQuery):
    """Filters of the list."""

    order = serializers.UUIDField(required=False)
    line_quote = serializers.UUIDField(required=False)
    state = serializers.ChoiceField(CarrierState.choices(), required=False)
    state__in = any_code(CarrierState.choices())


class LineInterfacesView(HouseView):
    """`/api/v1/line-interfaces`."""

    system = System.SELECTION
    operations = {"GET": "scheduling.list_line_interfaces", "POST": "scheduling.register_line_interface"}

    @extend_schema(parameters=[PageQuery], responses=page_of(LineInterfaceOut))
    def get(self, request: Request) -> Response:
        """List carriers' own interfaces."""
        return self.page(LineInterface.objects.visible_to(self.actor), LineInterfaceOut)

    @extend_schema(request=LineInterfaceIn, responses={201: LineInterfaceOut})
    def post(self, request: Request) -> Response:
        """Be asked there for each line from now on; the newest registration holds."""
        data = self.read(LineInterfaceIn)
        row = services.register_interface(
            adapter=data["adapter"], url=data["url"], active=data["active"], actor=self.actor
        )
        return self.show(
            row, LineInterfaceOut, status=201, location=f"/api/v1/line-interfaces?id__in={row.id}"
        )


class LineEnquiriesView(HouseView):
    """`/api/v1/line-enquiries`."""

    system = System.SELECTION
    operations = {"GET": "scheduling.list_line_enquiries", "POST": "scheduling.enquire_line"}
    alongside = LINE_SITES  # a line may end at others' sites

    @extend_schema(parameters=[LineEnquiryQuery], responses=page_of(LineEnquiryOut))
    def get(self, request: Request) -> Response:
        """List lines as their carriers were asked for them."""
        return self.page(CarrierLine.objects.visible_to(self.actor), LineEnquiryOut, LineEnquiryQuery)

    @extend_schema(request=LineEnquiryIn, responses={201: LineEnquiryOut})
    def post(self, request: Request) -> Response:
        """Ask a carrier by its own interface whether a line can be had; read the enquiry until it is answered."""
        row = services.enquire_line(actor=self.actor, **self.read(LineEnquiryIn))
        return self.show(row, LineEnquiryOut, status=201, location=f"/api/v1/line-enquiries/{row.id}")


class LineEnquiryView(HouseView):
    """`/api/v1/line-enquiries/{id}`."""

    system = System.SELECTION
    operations = {"GET": "scheduling.read_line_enquiry"}
    queryset = CarrierLine.objects.all()
    alongside = LINE_SITES

    @extend_schema(responses=LineEnquiryOut)
    def get(self, request: Request, **_: Any) -> Response:
        """Read one."""
        return self.show(self.subject, LineEnquiryOut)
