"""Taking supply off the market over HTTP: sites, spans (committed lines among them) and tariffs, by their carrier."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.api.views import HouseView
from kernel.systems import System
from scheduling.api.networks import SiteOut, SpanOut, TariffOut
from scheduling.models import LineTariff, Site, Span
from scheduling.selectors.sites import described
from scheduling.services import withdrawals


class WithdrawalIn(serializers.Serializer[Any]):
    """Why it is sold no more."""

    reason = serializers.CharField(max_length=500, help_text="shown to whoever may read the row whole")


class WithdrawTariffView(HouseView):
    """`/api/v1/tariffs/{id}:withdraw`."""

    system = System.SELECTION
    operations = {"POST": "scheduling.withdraw_tariff"}
    queryset = LineTariff.objects.select_related("product__provider")
    visible_by = "scheduling.list_tariffs"
    if_match = frozenset({"POST"})

    @extend_schema(request=WithdrawalIn, responses={200: TariffOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Sell the step in its zone no more. Quotes that stand are kept to; an import may price the step anew, by a new row."""
        row = withdrawals.withdraw_tariff(tariff=self.subject, actor=self.actor, **self.read(WithdrawalIn))
        return self.show(row, TariffOut)


class WithdrawSpanView(HouseView):
    """`/api/v1/spans/{id}:withdraw`."""

    system = System.SELECTION
    operations = {"POST": "scheduling.withdraw_span"}
    queryset = Span.objects.all()
    visible_by = "scheduling.list_spans"
    if_match = frozenset({"POST"})
    alongside = ("a", "b")  # a span may end at another's site

    @extend_schema(request=WithdrawalIn, responses={200: SpanOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Sell a span or a committed line no more, for good: its key is not used again. What it carries goes on at its price."""
        span = withdrawals.withdraw_span(span=self.subject, actor=self.actor, **self.read(WithdrawalIn))
        return self.show(Span.objects.with_free().get(id=span.id), SpanOut)


class WithdrawSiteView(HouseView):
    """`/api/v1/sites/{id}:withdraw`."""

    system = System.SELECTION
    operations = {"POST": "scheduling.withdraw_site"}
    queryset = Site.objects.all()
    visible_by = "scheduling.list_sites"
    if_match = frozenset({"POST"})

    @extend_schema(request=WithdrawalIn, responses={200: SiteOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Meet nobody at a site any more, for good: its key is not used again. 409 names the lines, centres and one-hop accesses there."""
        site = withdrawals.withdraw_site(site=self.subject, actor=self.actor, **self.read(WithdrawalIn))
        return self.show(described(Site.objects.all()).get(id=site.id), SiteOut)
