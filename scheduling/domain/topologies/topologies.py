"""Topologies as files of other systems tell them, and what of them a node can take: flagged, or refused with reasons.

A file rarely says all that a disclosure needs. What the importer states (`Defaults`) fills the gaps of what is new, each use is
flagged, and nothing is guessed that could make a line look shorter, wider or better protected than it is. What is there
under a key keeps what the file does not say.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, Decimal, InvalidOperation
from typing import Any

from kernel.domain.imports import Fault
from kernel.text import Text
from scheduling.domain.numbers import plain
from scheduling.domain.sites import Point
from scheduling.domain.topologies.disclosures import HIGHEST_LAT, HIGHEST_LON
from scheduling.domain.topologies.elements import LONGEST_TEXT
from scheduling.domain.topologies.topology_files import Link, Node, Quantity, Topology
from scheduling.domain.topologies.topology_keys import slug, slugs

DEGREE = Decimal("0.000001")
METRE = Decimal("0.001")  # km
BITS = {"bit/s": 1, "kbit/s": 10**3, "Mbit/s": 10**6, "Gbit/s": 10**9, "Tbit/s": 10**12, "byte/s": 8}
LENGTHS = {"m": METRE, "km": Decimal(1), "mi": Decimal("1.609344")}
LARGEST_NUMBER = Decimal(10) ** 18


Line = tuple[Link, ...]
"""The links that are one span: one, or, where they are directed, one each way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """What the importer states where the file is silent; all keys begin with `prefix`."""

    prefix: str
    city: str
    role: str
    capacity_mbps: int | None
    capacity_unit: str
    length_unit: str
    route_factor: Decimal
    hop_us: int


@dataclass(frozen=True, slots=True)
class Carried:
    """The capacity of a span in Mbps, and how much of it this node has under contract now."""

    mbps: int
    sold: int


@dataclass(frozen=True, slots=True)
class There:
    """The keys of sites that the importer has already, and its fibre by key."""

    sites: frozenset[str] = frozenset()
    spans: Mapping[str, Carried] = field(default_factory=dict)


NOTHING = There()


@dataclass(frozen=True, slots=True)
class Disclosed:
    """Elements of a disclosure as (pointer, members), what is wrong with the others, and what was assumed."""

    sites: list[tuple[str, dict[str, Any]]]
    spans: list[tuple[str, dict[str, Any]]]
    faults: list[Fault]
    flags: list[Fault]


def disclosed(topology: Topology, defaults: Defaults, there: There = NOTHING) -> Disclosed:
    """The sites and spans that a topology tells of; of those that are there, only the members that it says.

    A link that ends at a refused node is flagged and left to the node's fault. Links between the same two nodes stay apart.
    """
    return _Reading(topology, defaults, there).disclosed()


class _Reading:
    def __init__(self, topology: Topology, defaults: Defaults, there: There) -> None:
        self.topology, self.defaults, self.there = topology, defaults, there
        self.faults, self.flags = list(topology.faults), list(topology.flags)
        self.places: dict[str, Point] = {}
        self.keys: dict[str, str] = {}
        prefix = defaults.prefix
        self.nodes = slugs((node.id for node in topology.nodes), prefix, there.sites)
        self.links = slugs((link.id for link in topology.links), prefix, there.spans)

    def disclosed(self) -> Disclosed:
        sites = list(self._sites())
        return Disclosed(sites, list(self._spans()), self.faults, self.flags)

    def _sites(self) -> Iterator[tuple[str, dict[str, Any]]]:
        located = []
        for node in self.topology.nodes:
            if node.id in self.keys:
                self._fault(
                    f"{node.pointer}/id",
                    "duplicate",
                    f"节点 {node.id} 重复",
                    f"the node {node.id} is there twice",
                )
                continue
            self.keys[node.id] = f"{self.defaults.prefix}-{self.nodes[node.id]}"
            if (place := self._place(node)) is None:
                continue
            if node.down:
                self._fault(
                    node.pointer, "node_not_up",
                    f"节点不可用（{node.down}）；请恢复后再导入，或以 leave_out 略去；已登记的站点请下架或申报维护",
                    f"the node is not up ({node.down}): import it once it is, or leave it out; withdraw what ends at a site that is there, or declare its maintenance",
                )  # fmt: skip
                continue
            located.append((node, place))
        off = [node for node, (lon, lat) in located if abs(lon) > HIGHEST_LON or abs(lat) > HIGHEST_LAT]
        plane = 2 * len(off) > len(located)
        for node, (lon, lat) in located:
            if plane:
                self._fault(
                    f"{node.pointer}/lat", "plane_coordinates",
                    "坐标为平面坐标而非经纬度；请换成 WGS-84 度",
                    "the file has coordinates of a plane, not degrees: give WGS-84 longitudes and latitudes",
                )  # fmt: skip
            else:
                self.places[node.id] = Point(lat, lon)
                yield node.pointer, self._site(node, lon, lat)

    def _place(self, node: Node) -> tuple[Decimal, Decimal] | None:
        """Longitude and latitude to a decimetre; None, with a fault, where there are none."""
        lon, lat = node.lon, node.lat
        if lon is None or lat is None:
            self._fault(
                f"{node.pointer}/lat", "no_coordinates",
                f"节点 {node.id} 没有坐标；请补上 WGS-84 经纬度", f"the node {node.id} has no coordinates: give WGS-84 degrees",
            )  # fmt: skip
            return None
        x, y = number(lon), number(lat)
        if x is None or y is None:
            shown = f"{lon}, {lat}"[:LONGEST_TEXT]
            self._fault(
                f"{node.pointer}/lat", "bad_value", f"{shown!r} 不是坐标", f"{shown!r} are no coordinates"
            )
            return None
        if x == y == 0:
            self._fault(
                f"{node.pointer}/lat", "no_coordinates",
                f"节点 {node.id} 的坐标 (0, 0) 表示未知；请补上", f"(0, 0) of the node {node.id} stands for unknown: give its place",
            )  # fmt: skip
            return None
        return x.quantize(DEGREE), y.quantize(DEGREE)

    def _site(self, node: Node, lon: Decimal, lat: Decimal) -> dict[str, Any]:
        key, stated = self.keys[node.id], self.defaults
        named = "".join(each if each.isprintable() else " " for each in node.name or node.id).strip()
        told = {"site": key, "lat": lat, "lon": lon}
        if node.name or key not in self.there.sites:
            told["name"] = named[:LONGEST_TEXT] or key
        if key not in self.there.sites:
            told |= {"city": stated.city, "role": stated.role, "hop_us": stated.hop_us}
        return told

    def _spans(self) -> Iterator[tuple[str, dict[str, Any]]]:
        lines = [self._named(line) for each in self._lines().values() for line in each]
        names, taken = Counter(name for name, _ in lines), Counter[str]()
        for name, line in lines:
            link = line[0]
            taken[name] += 1
            span = self._span(line, name if taken[name] == 1 else f"{name}-{taken[name]}")
            if span is None:
                continue
            if names[name] > 1 or (not link.id and f"{name}-2" in self.there.spans):
                self._flag(
                    link.pointer, "told_by_order",
                    "与并行的链路只以文件中的先后区分：其中一条消失或换位，另一条就会占用它的键；请用带链路标识的文件（RFC 8345、GraphML）或 spans:import",
                    "told from parallel links by its order in the file alone: where one goes or moves, another takes its key. "
                    "Bring them with ids of their own (RFC 8345, GraphML), or by spans:import",
                )  # fmt: skip
            yield link.pointer, span

    def _named(self, line: Line) -> tuple[str, Line]:
        """The key of a line, and the line with the link first that it is named after: one whose key is there, where one is."""
        named = {self._name(link, link.a, link.b): link for link in line}
        named |= {self._name(line[0], line[0].b, line[0].a): line[0]} if len(line) == 1 else {}
        key = next((each for each in named if each in self.there.spans), next(iter(named)))
        return key, tuple(sorted(line, key=lambda link: link is not named[key]))

    def _name(self, link: Link, a: str, b: str) -> str:
        prefix = self.defaults.prefix
        return f"{prefix}-{self.links[link.id]}" if link.id else f"{self.keys[a]}--{self.nodes[b]}"

    def _span(self, line: Line, key: str) -> dict[str, Any] | None:
        """What is told of a span; None, with a fault, where that cannot be."""
        before, link = len(self.faults), line[0]
        told = self._told(line, key)
        if len(self.faults) == before and key not in self.there.spans:
            if told["km"] is None:
                told["km"] = self._estimated(link)
            if told["capacity_mbps"] is None:
                told["capacity_mbps"] = self._assumed(link)
        if len(self.faults) > before:
            return None
        ends = {"span": key, "a": self.keys[link.a], "b": self.keys[link.b]}
        return ends | {name: value for name, value in told.items() if value is not None}

    def _told(self, line: Line, key: str) -> dict[str, Any]:
        """What its links say of a line; where the two ways differ, what is least wide, longest and shares most."""
        for link in line:
            if link.down:
                self._fault(
                    link.pointer, "link_not_up",
                    f"链路不可用（{link.down}）；请恢复后再导入，或以 leave_out 略去；已登记的光缆段请下架或申报维护",
                    f"the link is not up ({link.down}): import it once it is, or leave it out; withdraw a span that is there, or declare its maintenance",
                )  # fmt: skip
        kms, capacities = [self._km(link) for link in line], [self._mbps(link, key) for link in line]
        risks = [{f"{self.defaults.prefix}-srlg-{slug(each)}" for each in link.srlg} for link in line]
        columns: dict[str, list[Any]] = {"km": kms, "capacity_mbps": capacities, "srlg": risks}
        if apart := [name for name, values in columns.items() if values[0] != values[-1]]:
            self._flag(
                line[-1].pointer, "directions_differ",
                f"两个方向的 {'、'.join(apart)} 不同：取较长的长度、较小的容量与全部风险组",
                f"the two directions differ in {', '.join(apart)}: taken are the greater length, the smaller capacity and all risks",
            )  # fmt: skip
        return {
            "km": max((each for each in kms if each is not None), default=None),
            "capacity_mbps": min((each for each in capacities if each is not None), default=None),
            "srlg": sorted(set().union(*risks)) or None,
        }

    def _lines(self) -> dict[frozenset[str], list[Line]]:
        """The lines between placed nodes by their two ends."""
        found: dict[frozenset[str], list[Link]] = {}
        for link in self.topology.links:
            unknown = [end for end in (link.a, link.b) if end not in self.keys]
            if unknown:
                self._fault(
                    link.pointer, "unknown_site", f"没有节点 {unknown[0]}", f"there is no node {unknown[0]}"
                )
            elif link.a == link.b:
                self._fault(
                    link.pointer, "self_loop", "两端不能是同一节点", "a link joins two different nodes"
                )
            elif link.a not in self.places or link.b not in self.places:
                self.flags.append(end_refused(link.pointer))
            else:
                found.setdefault(frozenset((link.a, link.b)), []).append(link)
        if self.topology.directed:
            return {ends: self._paired(links) for ends, links in found.items()}
        return {ends: [(link,) for link in links] for ends, links in found.items()}

    def _paired(self, links: list[Link]) -> list[Line]:
        links = sorted(links, key=lambda link: link.id)  # a file's order means nothing beside ids
        there = [link for link in links if link.a == links[0].a]
        back = [link for link in links if link.a != links[0].a]
        alone = [*there[len(back) :], *back[len(there) :]]
        for link in alone:
            self._flag(
                link.pointer, "one_direction", "只有单方向，视为双向光缆段", "only one direction is told: taken as a span both ways"
            )  # fmt: skip
        return [*zip(there, back, strict=False), *((link,) for link in alone)]

    def _km(self, link: Link) -> Decimal | None:
        """The length that the file says; None where it says none, or, with a fault, none that can be."""
        if link.length is None:
            return None
        unit = link.length.unit or self.defaults.length_unit
        value = number(link.length.number)
        if unit not in LENGTHS:
            self._unknown_unit(f"{link.pointer}/km", unit, "length_unit", ", ".join(LENGTHS))
            return None
        if value is None or value < 0:
            self._bad(f"{link.pointer}/km", link.length.number)
            return None
        return (value * LENGTHS[unit]).quantize(METRE, ROUND_CEILING)

    def _estimated(self, link: Link) -> Decimal:
        great_circle = self.places[link.a].metres_to(self.places[link.b]) / 1000
        self._flag(
            f"{link.pointer}/km", "length_estimated",
            f"文件未给出长度：按大圆距离 × {self.defaults.route_factor} 估算",
            f"the file says no length: estimated as the great circle × {self.defaults.route_factor}",
        )  # fmt: skip
        return (great_circle * self.defaults.route_factor).quantize(METRE, ROUND_CEILING)

    def _mbps(self, link: Link, key: str) -> int | None:
        """The capacity that the file says; None where it says none or 0, or, with a fault, none that can be.

        It is no more than what of it is free, and what this node has sold of a span that is there is not taken off twice.
        """
        pointer = f"{link.pointer}/capacity_mbps"
        before = len(self.faults)
        whole, most = self._rate(pointer, link.capacity) or None, self._rate(pointer, link.reservable)
        if len(self.faults) > before:
            return None
        bounds = [self._rate(pointer, each) for each in link.free]
        most = min((each for each in (whole, most) if each is not None), default=None)
        free = min((each for each in (most, *bounds) if each is not None), default=None)
        told = free
        if free is not None and (known := self.there.spans.get(key)):
            told = max(free, min(Decimal(known.mbps), free + known.sold))
            told = told if most is None else min(told, most)
        if whole and told is not None and free is not None and free < whole:
            self._flag(
                pointer, "bandwidth_reserved",
                f"链路 {plain(whole)} Mbps 中只有 {plain(free)} Mbps 可供预留：按 {plain(told)} Mbps 计",
                f"of the link's {plain(whole)} Mbps only {plain(free)} are left to reserve: taken are {plain(told)}",
            )  # fmt: skip
        if told is not None and told < 1:
            self._fault(
                pointer, "no_capacity",
                f"{plain(told)} Mbps 不足 1 Mbps，不能出售；请更正，或以 leave_out 略去",
                f"{plain(told)} Mbps is less than 1 Mbps, which cannot be sold: correct it, or leave the link out",
            )  # fmt: skip
            return None
        return None if told is None else int(told)

    def _rate(self, pointer: str, told: Quantity | None) -> Decimal | None:
        """A bandwidth in Mbps; None where there is none, or, with a fault, none that can be."""
        if told is None:
            return None
        value, unit = number(told.number), told.unit or self.defaults.capacity_unit
        if value is None or value < 0:
            self._bad(pointer, told.number)
            return None
        if value and unit not in BITS:
            self._unknown_unit(pointer, unit, "capacity_unit", ", ".join(BITS))
            return None
        return value * BITS.get(unit, 0) / 10**6

    def _assumed(self, link: Link) -> int | None:
        """The capacity that the importer states; None, with a fault, where there is none."""
        pointer = f"{link.pointer}/capacity_mbps"
        if self.defaults.capacity_mbps is None:
            self._fault(
                pointer, "no_capacity", "文件未给出容量；请填 capacity_mbps", "the file says no capacity: state capacity_mbps"
            )  # fmt: skip
            return None
        self._flag(
            pointer,
            "capacity_assumed",
            "文件未给出容量：采用所填值",
            "the file says no capacity: taken as stated",
        )
        return self.defaults.capacity_mbps

    def _unknown_unit(self, pointer: str, unit: str, option: str, known: str) -> None:
        shown = unit[:LONGEST_TEXT]
        self._fault(
            pointer, "unknown_unit",
            f"单位不明{f'（{shown!r}）' if shown else ''}；请以 {option} 说明：{known}",
            f"the unit is not known{f' ({shown!r})' if shown else ''}: say {option}, one of {known}",
        )  # fmt: skip

    def _bad(self, pointer: str, value: str) -> None:
        shown = value[:LONGEST_TEXT]
        self._fault(
            pointer,
            "bad_value",
            f"{shown!r} 不是非负数，或大于任何线路所有",
            f"{shown!r} is not a number from 0, or more than any line has",
        )

    def _fault(self, pointer: str, code: str, zh: str, en: str) -> None:
        self.faults.append(Fault(pointer, code, Text(zh, en)))

    def _flag(self, pointer: str, code: str, zh: str, en: str) -> None:
        self.flags.append(Fault(pointer, code, Text(zh, en)))


def end_refused(pointer: str) -> Fault:
    """What is said of a link one of whose nodes is not taken."""
    return Fault(pointer, "end_refused", Text("其一端的节点未被接受", "a node that it ends at is not taken"))


def number(text: str) -> Decimal | None:
    """A finite number of a sane size as a file writes it; None for anything else."""
    try:
        value = Decimal("" if "_" in text else text.strip())
    except InvalidOperation:
        return None
    return value if value.is_finite() and abs(value) <= LARGEST_NUMBER else None
