"""Topologies of other systems over HTTP."""

from decimal import Decimal
from typing import ClassVar

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.api.decimals import PlainDecimalField
from kernel.api.imports import (
    CsvText,
    ImportOut,
    ImportQuery,
    ImportView,
    TextParser,
    marking_field,
)
from kernel.api.integers import PlainIntegerField
from kernel.systems import System
from scheduling.domain.sites import SiteRole
from scheduling.domain.topologies.disclosures import LONGEST_HOP_US, WIDEST_MBPS
from scheduling.domain.topologies.elements import KEY
from scheduling.domain.topologies.topologies import BITS, LENGTHS, Defaults
from scheduling.domain.topologies.topology_files import Syntax
from scheduling.services.topologies import import_topology

PREFIX = "[a-z0-9][a-z0-9.]{0,11}"


class XmlText(TextParser):
    """Reads `application/xml`."""

    media_type = "application/xml"


class JsonText(TextParser):
    """Reads `application/json` as text, so that no number loses a digit."""

    media_type = "application/json"


class YangText(TextParser):
    """Reads `application/yang-data+json` (RFC 8040)."""

    media_type = "application/yang-data+json"


class TopologyQuery(ImportQuery):
    """How to read the file, and what to say where it is silent."""

    syntax = serializers.ChoiceField(Syntax.choices())
    line_provider = serializers.RegexField(
        f"^{KEY}$", help_text="the caller's key in files, fixed at first use"
    )
    prefix = serializers.RegexField(
        f"^{PREFIX}$",
        help_text="keys of sites and spans begin with it; the same one again brings them up to date in what the file says",
    )
    city = serializers.RegexField("^[0-9]{6}$", help_text="GB/T 2260, of every new site")
    role = serializers.ChoiceField(SiteRole.choices(), default=SiteRole.CORE.value)
    hop_us = PlainIntegerField(
        min_value=0, max_value=LONGEST_HOP_US, default=50, help_text="of every new site"
    )
    capacity_mbps = PlainIntegerField(
        min_value=1, max_value=WIDEST_MBPS, default=None, help_text="of new links that say none or 0; flagged"
    )
    capacity_unit = serializers.ChoiceField(
        sorted(BITS), default="", help_text="of capacities whose unit the file does not say"
    )
    length_unit = serializers.ChoiceField(
        sorted(LENGTHS), default="", help_text="of lengths whose unit the file does not say"
    )
    route_factor = PlainDecimalField(
        max_digits=4, decimal_places=2, min_value=Decimal(1), max_value=Decimal(5), default=Decimal("1.4"),
        help_text="length of a new link that says none, as a multiple of its great circle; flagged",
    )  # fmt: skip
    leave_out = serializers.BooleanField(
        default=False, help_text="take the rest where elements are wrong, and flag each that is left out"
    )
    marking = marking_field()


class ImportTopologyView(ImportView):
    """`/api/v1/topologies:import`."""

    system = System.SELECTION
    operations = {"POST": "scheduling.import_topology"}
    parser_classes: ClassVar[list[type[BaseParser]]] = [TextParser, XmlText, JsonText, YangText]  # type: ignore[misc] # DRF's is a tuple

    @extend_schema(
        parameters=[TopologyQuery],
        request={each.media_type: OpenApiTypes.STR for each in (TextParser, XmlText, JsonText, YangText)},
        responses={200: ImportOut},
    )
    def post(self, request: Request) -> Response:
        """Disclose a network from a file: RFC 8345 JSON, GraphML, GML or SNDlib native.

        All of it or, with every fault named, nothing; `leave_out` takes what is sound. Plane or missing coordinates,
        loops, lengths below the great circle and unknown units are faults; what is assumed or doubled is flagged. Nothing is
        assumed of what is there already: it keeps what the file does not say.
        """
        query, text = self.query(TopologyQuery), self.read(CsvText)
        defaults = Defaults(
            prefix=query["prefix"],
            city=query["city"],
            role=query["role"],
            capacity_mbps=query["capacity_mbps"],
            capacity_unit=query["capacity_unit"],
            length_unit=query["length_unit"],
            route_factor=query["route_factor"],
            hop_us=query["hop_us"],
        )
        report = import_topology(
            syntax=query["syntax"],
            text=text,
            line_provider=query["line_provider"],
            marking=query["marking"],
            defaults=defaults,
            leave_out=query["leave_out"],
            dry_run=query["dry_run"],
            actor=self.actor,
        )
        return self.answer(report)
