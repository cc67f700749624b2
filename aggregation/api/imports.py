"""Many offers at once from a CSV file, with a dry run."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from aggregation.api.fields import PlainField
from aggregation.services.imports import import_offers
from kernel.api.imports import CSV_BODY, CsvImportView, CsvText, ImportOut, ImportQuery
from kernel.systems import System

MARKING = 40


class OfferImportQuery(ImportQuery):
    """How a file is taken."""

    marking = PlainField(max_length=MARKING, default="", help_text="演示数据 where the offers are invented")


class OffersImportView(CsvImportView):
    """`/api/v1/offers:import`."""

    system = System.AGGREGATION
    operations = {"POST": "aggregation.import_offers"}

    @extend_schema(parameters=[OfferImportQuery], request=CSV_BODY, responses={200: ImportOut})
    def post(self, request: Request) -> Response:
        """Import offers: all rows are stored, or none and each bad one is named with line and column.

        Columns: offer, pool, unit, min_hours, price_cny_hour, available; term (on_demand if empty); and, if they are there, as the
        pool is registered: centre, kind, accelerator, domestic, accelerators, accelerator_memory_gib, vcpus, memory_gib, fp64_tflops,
        fp32_tflops, fp16_tflops. An offer that is there already is a fault: change it by `offers:change`.
        """
        query = self.query(OfferImportQuery)
        report = import_offers(
            text=self.read(CsvText), dry_run=query["dry_run"], marking=query["marking"], actor=self.actor
        )
        return self.answer(report)
