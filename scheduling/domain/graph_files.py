"""Nodes and links of graph files (GML, GraphML) by the attributes that such files use."""

from collections.abc import Mapping

from scheduling.domain.topology_files import Link, Node, Quantity

_LATITUDE, _LONGITUDE, _NAMES = ("latitude", "lat"), ("longitude", "lon", "lng"), ("label", "name")
_LENGTHS = {"km": "km", "length_km": "km", "distance_km": "km", "length": "", "distance": "", "dist": ""}
_CAPACITIES = {
    "linkspeedraw": "bit/s",
    "capacity_mbps": "Mbit/s",
    "bandwidth_mbps": "Mbit/s",
    "capacity": "",
    "bandwidth": "",
}
_LETTERS = {"K": "kbit/s", "M": "Mbit/s", "G": "Gbit/s", "T": "Tbit/s"}


def node_of(pointer: str, id_: str, attributes: Mapping[str, str]) -> Node:
    """A node of a graph file by its attributes."""
    told = {name.lower(): value for name, value in attributes.items()}
    return Node(pointer, id_, _first(told, _NAMES), _first(told, _LONGITUDE), _first(told, _LATITUDE))


def link_of(pointer: str, id_: str, a: str, b: str, attributes: Mapping[str, str]) -> Link:
    """A link of a graph file by its attributes; the Topology Zoo writes speed as number and letter."""
    told = {name.lower(): value for name, value in attributes.items()}
    length = next((Quantity(told[name], unit) for name, unit in _LENGTHS.items() if name in told), None)
    capacity = next((Quantity(told[name], unit) for name, unit in _CAPACITIES.items() if name in told), None)
    if capacity is None and "linkspeed" in told:
        letter = told.get("linkspeedunits", "")
        capacity = Quantity(told["linkspeed"], _LETTERS.get(letter, letter))
    return Link(pointer, id_, a, b, length, capacity)


def _first(told: Mapping[str, str], names: tuple[str, ...]) -> str | None:
    return next((told[name] for name in names if name in told), None)
