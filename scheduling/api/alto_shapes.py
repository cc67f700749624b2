"""The shape of ALTO's questions and answers, for the contract: names with hyphens, objects whose members are names."""

from collections.abc import Callable
from typing import Any, ClassVar, cast

from rest_framework import serializers

from kernel.api.integers import PlainIntegerField
from kernel.api.problems import ProblemDocument
from scheduling.domain.alto import read_cost_filter, read_map_filter

Shape = type[serializers.Serializer[Any]]


def _shape(name: str, doc: str, members: dict[str, Any], base: Shape = serializers.Serializer) -> Shape:
    """A serializer whose members may have hyphens in their names."""
    return cast("Shape", type(name, (base,), {"__doc__": doc, "__module__": __name__, **members}))


def _texts(**options: Any) -> serializers.ListField:
    return serializers.ListField(child=serializers.CharField(), **options)


class AltoContextParametersOut(serializers.Serializer[Any]):
    """What a cost of the node rests on."""

    layer = serializers.CharField(help_text="optical: without the devices at the ends")
    evidence = _texts(help_text="what a span may rest on: measured, committed, estimated")
    free_mbps = PlainIntegerField(help_text="what is free on every span at least")


_CONTEXT = _shape(
    "AltoCostContext",
    "Where costs come from (RFC 9439 §3.1).",
    {
        "cost-source": serializers.CharField(help_text="estimation or sla"),
        "parameters": AltoContextParametersOut(),
    },
)
_COST_TYPE_MEMBERS = {
    "cost-mode": serializers.CharField(help_text="numerical"),
    "cost-metric": serializers.CharField(help_text="delay-ow:max: µs one way, an upper bound"),
    "cost-context": _CONTEXT(required=False),
}
_COST_TYPE = _shape("AltoCostType", "One kind of cost (RFC 7285 §10.7).", _COST_TYPE_MEMBERS)
_NAMED_COST_TYPE = _shape(
    "AltoNamedCostType",
    "One kind of cost, described in the caller's language.",
    {**_COST_TYPE_MEMBERS, "description": serializers.CharField()},
)
_VTAG = _shape(
    "AltoVersionTag",
    "A version of the network map (RFC 7285 §10.3).",
    {"resource-id": serializers.CharField(), "tag": serializers.CharField()},
)
_RESOURCE = _shape(
    "AltoResource",
    "One resource of the directory (RFC 7285 §9.2.2).",
    {
        "uri": serializers.CharField(),
        "media-type": serializers.CharField(),
        "accepts": serializers.CharField(required=False, help_text="media type of the question, by POST"),
        "capabilities": serializers.DictField(required=False),
        "uses": _texts(required=False),
    },
)
DIRECTORY = _shape(
    "AltoDirectory",
    "An information resource directory (RFC 7285 §9.2).",
    {
        "meta": _shape(
            "AltoDirectoryMeta",
            "The kinds of cost, and the network map that they are told of.",
            {
                "cost-types": serializers.DictField(child=_NAMED_COST_TYPE()),
                "default-alto-network-map": serializers.CharField(),
            },
        )(),
        "resources": serializers.DictField(child=_RESOURCE()),
    },
)
NETWORK_MAP = _shape(
    "AltoNetworkMap",
    "PID → its addresses by their type (RFC 7285 §11.2.1).",
    {
        "meta": _shape("AltoNetworkMapMeta", "The version of the map.", {"vtag": _VTAG()})(),
        "network-map": serializers.DictField(
            child=serializers.DictField(child=_texts()), help_text="no user's prefix is known: see elsewhere"
        ),
    },
)
COST_MAP = _shape(
    "AltoCostMap",
    "Source PID → destination PID → cost (RFC 7285 §11.2.3); a pair without a line is absent.",
    {
        "meta": _shape(
            "AltoCostMapMeta",
            "The version of the network map, and the kind of the costs.",
            {"dependent-vtags": _VTAG(many=True), "cost-type": _COST_TYPE()},
        )(),
        "cost-map": serializers.DictField(
            child=serializers.DictField(child=PlainIntegerField()), help_text="µs one way"
        ),
    },
)
_PROPERTIES = _shape(
    "AltoPidProperties",
    "What a PID stands for.",
    {
        "priv:cin-kind": serializers.CharField(help_text="access_point or centre"),
        "priv:cin-key": serializers.CharField(help_text="its key in the node"),
        "priv:cin-city": serializers.CharField(help_text="GB/T 2260"),
    },
)
PROPERTY_MAP = _shape(
    "AltoPropertyMap",
    "network-map.pid:PID → its properties (RFC 9240 §7).",
    {
        "meta": _shape(
            "AltoPropertyMapMeta", "The version of the network map.", {"dependent-vtags": _VTAG(many=True)}
        )(),
        "property-map": serializers.DictField(child=_PROPERTIES()),
    },
)


_ERROR_META = _shape(
    "AltoErrorMeta",
    "ALTO's own words for what is wrong (RFC 7285 §8.5.2).",
    {
        "code": serializers.CharField(
            help_text="E_SYNTAX, E_MISSING_FIELD, E_INVALID_FIELD_TYPE, E_INVALID_FIELD_VALUE"
        ),
        "syntax-error": serializers.CharField(required=False),
        "field": serializers.CharField(required=False, help_text="such as cost-type/cost-mode"),
        "value": serializers.CharField(required=False),
    },
)


class AltoErrorDocument(ProblemDocument):
    """An error of ALTO's, with the problem of ours beside it."""

    meta = _ERROR_META()


class _Read(serializers.Serializer[Any]):
    """A body that the domain reads as a whole."""

    read: ClassVar[Callable[[object], Any]]

    def to_internal_value(self, data: Any) -> Any:
        """The question. Raises AltoFieldMissing, AltoFieldType, AltoFieldValue."""
        return type(self).read(data)


MAP_FILTER = _shape(
    "AltoNetworkMapFilter",
    "Which part of the network map (RFC 7285 §11.3.1.3); an empty list is all, what nobody knows is nothing.",
    {"pids": _texts(), "address-types": _texts(required=False), "read": staticmethod(read_map_filter)},
    _Read,
)
_PIDS = _shape("AltoPidFilter", "An empty list is all.", {"srcs": _texts(), "dsts": _texts()})
COST_FILTER = _shape(
    "AltoCostMapFilter",
    "Which part of a cost map (RFC 7285 §11.3.2.3); the cost type as the directory has it.",
    {
        "cost-type": _COST_TYPE(),
        "constraints": _texts(required=False, help_text="all are to be passed: lt 1000, le, gt, ge, eq; µs"),
        "pids": _PIDS(required=False),
        "read": staticmethod(read_cost_filter),
    },
    _Read,
)
