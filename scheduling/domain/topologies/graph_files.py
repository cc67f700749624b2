"""Nodes and links of graph files (GML, GraphML) by the attributes that such files use."""

from collections.abc import Iterable, Mapping

from scheduling.domain.topologies.topology_files import Link, Node, Quantity, UnreadableError

Attributes = Iterable[tuple[str, str]]

_LATITUDE, _LONGITUDE, _NAMES = ("latitude", "lat"), ("longitude", "lon", "lng"), ("label", "name")
_LENGTHS = {"km": "km", "length_km": "km", "distance_km": "km", "length": "", "distance": "", "dist": ""}
_CAPACITIES = {
    "linkspeedraw": "bit/s",
    "capacity_mbps": "Mbit/s",
    "bandwidth_mbps": "Mbit/s",
    "capacity": "",
    "bandwidth": "",
}
_READ = {
    *_LATITUDE,
    *_LONGITUDE,
    *_NAMES,
    *_LENGTHS,
    *_CAPACITIES,
    "linkspeed",
    "linkspeedunits",
    "id",
    "source",
    "target",
}
_LETTERS = {"K": "kbit/s", "M": "Mbit/s", "G": "Gbit/s", "T": "Tbit/s"}


def node_of(pointer: str, id_: str, attributes: Attributes) -> Node:
    """A node of a graph file by its attributes. Raises UnreadableError."""
    told = _once(pointer, attributes)
    return Node(pointer, id_, _first(told, _NAMES), _first(told, _LONGITUDE), _first(told, _LATITUDE))


def link_of(pointer: str, id_: str, a: str, b: str, attributes: Attributes) -> Link:
    """A link of a graph file by its attributes; the Topology Zoo writes speed as number and letter. Raises UnreadableError."""
    told = _once(pointer, attributes)
    length = next((Quantity(told[name], unit) for name, unit in _LENGTHS.items() if name in told), None)
    capacity = next((Quantity(told[name], unit) for name, unit in _CAPACITIES.items() if name in told), None)
    if capacity is None and "linkspeed" in told:
        letter = told.get("linkspeedunits", "")
        capacity = Quantity(told["linkspeed"], _LETTERS.get(letter, letter))
    return Link(pointer, id_, a, b, length, capacity)


def _once(pointer: str, attributes: Attributes) -> dict[str, str]:
    """The attributes that are read, by their names in small letters. Raises UnreadableError where one is there twice."""
    told: dict[str, str] = {}
    for written, value in attributes:
        name = written.lower()
        if name in told and name in _READ:
            zh, en = f"{written} 出现了两次；请只保留一个", f"{written} is there twice: keep one"
            raise UnreadableError(pointer, zh, en)
        told[name] = value
    return told


def _first(told: Mapping[str, str], names: tuple[str, ...]) -> str | None:
    return next((told[name] for name in names if name in told), None)
