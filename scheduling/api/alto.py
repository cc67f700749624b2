"""The cost map as an ALTO service (RFC 7285, 9240, 9439): a directory, network map, cost maps, and what a PID stands for.

Media types and, on questions by POST, errors are ALTO's; what ALTO has no code for is a problem as everywhere.
"""

from typing import Any

from django.urls import reverse
from django.utils.translation import get_language
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.api.parsers import DistinctParser
from kernel.api.rendering import JsonRenderer
from kernel.api.schema import EVERY_PROBLEM
from kernel.api.views import HouseView
from kernel.systems import System
from scheduling.api import alto_shapes as shapes
from scheduling.domain.cost_maps import COST_TYPES, MOST_PAIRS, CostMaps
from scheduling.errors.cost_maps import CostMapTooLarge
from scheduling.selectors.cost_maps import cost_maps

ALTO = "application/alto-{}+json"
ERROR = ALTO.format("error")
ERRORS = {
    "malformed_body": "E_SYNTAX",
    "alto_field_missing": "E_MISSING_FIELD",
    "alto_field_type": "E_INVALID_FIELD_TYPE",
}
"""Our code → ALTO's; every other 400 is a value that is not offered."""
INVALID_VALUE = "E_INVALID_FIELD_VALUE"
REFUSED = OpenApiResponse(shapes.AltoErrorDocument, EVERY_PROBLEM["400"])

NETWORK_MAP, PROPERTY_MAP, COST_MAP = "network-map", "property-map", "cost-map"
ENTITIES = f"{NETWORK_MAP}.pid"
"""The domain of entities whose properties are told: the PIDs of our network map (RFC 9240 §5.1.2)."""
PROPERTIES = {"priv:cin-kind": "kind", "priv:cin-key": "key", "priv:cin-city": "city"}


class DirectoryRenderer(JsonRenderer):
    """An information resource directory."""

    media_type = ALTO.format("directory")


class NetworkMapRenderer(JsonRenderer):
    """A network map."""

    media_type = ALTO.format("networkmap")


class CostMapRenderer(JsonRenderer):
    """A cost map."""

    media_type = ALTO.format("costmap")


class PropertyMapRenderer(JsonRenderer):
    """An entity property map."""

    media_type = ALTO.format("propmap")


class NetworkMapFilterParser(DistinctParser):
    """Which part of a network map."""

    media_type = ALTO.format("networkmapfilter")


class CostMapFilterParser(DistinctParser):
    """Which part of a cost map."""

    media_type = ALTO.format("costmapfilter")


class CostMapQuery(serializers.Serializer[Any]):
    """Which cost map; the directory names the address of each."""

    cost_type = serializers.ChoiceField(list(COST_TYPES), default=next(iter(COST_TYPES)))


class AltoView(HouseView):
    """What the addresses of ALTO have in common; a question by POST stores nothing."""

    system = System.SELECTION
    natural_key = True
    tolerant = True  # RFC 7285 §8.3.7: unknown fields are ignored

    def handle_exception(self, exc: Exception) -> Response:
        """A question that cannot be answered as it is written is ALTO's error (RFC 7285 §8.5), with our problem beside it."""
        response = super().handle_exception(exc)
        if self.request.method == "POST" and response.status_code == 400:  # noqa: PLR2004
            value = getattr(exc, "params", {}).get("value")
            response.data = {"meta": _meta(response.data, value), **response.data}
            response.content_type = ERROR
        return response


def _meta(problem: dict[str, Any], value: str | None) -> dict[str, str]:
    meta = {"code": ERRORS.get(problem["code"], INVALID_VALUE)}
    if meta["code"] == ERRORS["malformed_body"]:
        return meta | {"syntax-error": problem["detail"]}
    if problem.get("errors"):
        meta["field"] = problem["errors"][0]["pointer"].removeprefix("/")
    return meta if value is None else meta | {"value": value}


class DirectoryView(AltoView):
    """`/api/v1/alto`."""

    operations = {"GET": "scheduling.read_alto_directory"}
    renderer_classes = [DirectoryRenderer]

    @extend_schema(responses=shapes.DIRECTORY)
    def get(self, request: Request) -> Response:
        """List the maps of this node with their addresses, as ALTO clients look for them."""
        language = get_language()
        return Response(
            {
                "meta": {
                    "cost-types": {
                        name: each.document | {"description": each.description.within(language)}
                        for name, each in COST_TYPES.items()
                    },
                    "default-alto-network-map": NETWORK_MAP,
                },
                "resources": {
                    name: each | {"uri": request.build_absolute_uri(each["uri"])}
                    for name, each in _resources(cost_maps()).items()
                },
            }
        )


def _resources(maps: CostMaps) -> dict[str, dict[str, Any]]:
    """The maps as the directory lists them; whole ones only where one answer holds them."""
    network, costs = (f"alto-{name}" for name in (NETWORK_MAP, COST_MAP))
    found: dict[str, dict[str, Any]] = {
        NETWORK_MAP: {"uri": reverse(network), "media-type": NetworkMapRenderer.media_type},
        f"filtered-{NETWORK_MAP}": {
            "uri": reverse(f"filter-{network}"),
            "media-type": NetworkMapRenderer.media_type,
            "accepts": NetworkMapFilterParser.media_type,
            "uses": [NETWORK_MAP],
        },
        PROPERTY_MAP: {
            "uri": reverse(f"alto-{PROPERTY_MAP}"),
            "media-type": PropertyMapRenderer.media_type,
            "uses": [NETWORK_MAP],
            "capabilities": {"mappings": {ENTITIES: list(PROPERTIES)}},
        },
        f"filtered-{COST_MAP}": {
            "uri": reverse(f"filter-{costs}"),
            "media-type": CostMapRenderer.media_type,
            "accepts": CostMapFilterParser.media_type,
            "uses": [NETWORK_MAP],
            "capabilities": {"cost-type-names": list(COST_TYPES), "cost-constraints": True},
        },
    }
    if maps.pairs() <= MOST_PAIRS:
        found |= {
            name: {
                "uri": f"{reverse(costs)}?cost_type={name}",
                "media-type": CostMapRenderer.media_type,
                "uses": [NETWORK_MAP],
                "capabilities": {"cost-type-names": [name]},
            }
            for name in COST_TYPES
        }
    return found


class NetworkMapView(AltoView):
    """`/api/v1/alto/network-map`."""

    operations = {"GET": "scheduling.read_network_map"}
    renderer_classes = [NetworkMapRenderer]

    @extend_schema(responses=shapes.NETWORK_MAP)
    def get(self, request: Request) -> Response:
        """Read the PIDs: every access point, and every centre of the supply; what each stands for is in the property map."""
        maps = cost_maps()
        return Response({"meta": {"vtag": _vtag(maps)}, NETWORK_MAP: maps.network_map})


class FilterNetworkMapView(AltoView):
    """`/api/v1/alto/network-map:filter`."""

    operations = {"POST": "scheduling.filter_network_map"}
    renderer_classes = [NetworkMapRenderer]
    parser_classes = [NetworkMapFilterParser, DistinctParser]

    @extend_schema(
        request=shapes.MAP_FILTER,
        responses={200: shapes.NETWORK_MAP, (400, ERROR): REFUSED},
    )
    def post(self, request: Request) -> Response:
        """Read some PIDs of the network map."""
        asked = self.read(shapes.MAP_FILTER)
        maps = cost_maps()
        return Response({"meta": {"vtag": _vtag(maps)}, NETWORK_MAP: asked.of(maps.network_map)})


class CostMapView(AltoView):
    """`/api/v1/alto/cost-map`."""

    operations = {"GET": "scheduling.read_cost_map"}
    renderer_classes = [CostMapRenderer]

    @extend_schema(parameters=[CostMapQuery], responses=shapes.COST_MAP)
    def get(self, request: Request) -> Response:
        """Read the least delay from every access point to every centre, µs one way; a pair without a line is absent."""
        cost_type = self.query(CostMapQuery)["cost_type"]
        return _answer(cost_maps(), cost_type)


class FilterCostMapView(AltoView):
    """`/api/v1/alto/cost-map:filter`."""

    operations = {"POST": "scheduling.filter_cost_map"}
    renderer_classes = [CostMapRenderer]
    parser_classes = [CostMapFilterParser, DistinctParser]

    @extend_schema(
        request=shapes.COST_FILTER,
        responses={200: shapes.COST_MAP, (400, ERROR): REFUSED},
    )
    def post(self, request: Request) -> Response:
        """Read the least delay between some access points and centres, µs one way, as far as it passes the constraints."""
        asked = self.read(shapes.COST_FILTER)
        return _answer(cost_maps(), asked.cost_type, asked.srcs, asked.dsts, admits=asked.admits)


class PropertyMapView(AltoView):
    """`/api/v1/alto/property-map`."""

    operations = {"GET": "scheduling.read_property_map"}
    renderer_classes = [PropertyMapRenderer]

    @extend_schema(responses=shapes.PROPERTY_MAP)
    def get(self, request: Request) -> Response:
        """Read what each PID stands for: an access point or a centre, its key, and the division where it is."""
        maps = cost_maps()
        return Response(
            {
                "meta": {"dependent-vtags": [_vtag(maps)]},
                PROPERTY_MAP: {
                    f"{ENTITIES}:{name}": {told: getattr(pid, each) for told, each in PROPERTIES.items()}
                    for name, pid in maps.pids.items()
                },
            }
        )


def _answer(maps: CostMaps, cost_type: str, *pids: Any, **admits: Any) -> Response:
    if (pairs := maps.pairs(*pids)) > MOST_PAIRS:
        raise CostMapTooLarge(pointer="/pids", pairs=pairs, most=MOST_PAIRS)
    meta = {"dependent-vtags": [_vtag(maps)], "cost-type": COST_TYPES[cost_type].document}
    return Response({"meta": meta, COST_MAP: maps.costs(cost_type, *pids, **admits)})


def _vtag(maps: CostMaps) -> dict[str, str]:
    return {"resource-id": NETWORK_MAP, "tag": maps.tag}
