"""Networks in SNDlib's native text format: what is installed is read, what could be installed is not capacity."""

import re
from collections.abc import Iterable, Iterator

from scheduling.domain.topologies.topology_files import Link, Node, Quantity, Topology, UnreadableError

_HEADER = re.compile(r"\?SNDlib native format; *type: *network; *version: *1\.0")
_SECTION = re.compile(r"(META|NODES|LINKS|DEMANDS|ADMISSIBLE_PATHS) \(")
_NODE = re.compile(r"(\S+)(?: \( *(\S+) +(\S+) *\))?")
_LINK = re.compile(r"(\S+) \( *(\S+) +(\S+) *\) +(\S+) .*")
_UNIT = re.compile(r"unit *= *(\S+)")
UNITS = {"MBITPERSEC": "Mbit/s", "GBITPERSEC": "Gbit/s", "KBITPERSEC": "kbit/s"}


def read(text: str) -> Topology:
    """The nodes and links of the file. Raises UnreadableError."""
    lines = text.splitlines()
    if not lines or not _HEADER.match(lines[0]):
        raise UnreadableError(
            "/lines/1",
            "首行须为 SNDlib native format; type: network; version: 1.0",
            "the first line is not SNDlib's, of a network",
        )
    unit = ""
    nodes: list[Node] = []
    links: list[Link] = []
    for pointer, section, line in _sectioned(lines[1:]):
        if section == "META" and (said := _UNIT.match(line)):
            unit = UNITS.get(said[1], said[1])
        elif section == "NODES":
            nodes.append(_node(pointer, line))
        elif section == "LINKS":
            links.append(_link(pointer, line, unit))
    return Topology(False, nodes, links)  # noqa: FBT003 - a link of SNDlib goes both ways


def _sectioned(lines: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """The lines within sections, without comments: pointer, section, text. Raises UnreadableError for one outside them."""
    section, depth = "", 0
    for at, raw in enumerate(lines, start=2):
        line = " ".join(raw.split("#", 1)[0].split())
        pointer = f"/lines/{at}"
        if not line:
            continue
        if not section:
            if (opened := _SECTION.fullmatch(line)) is None:
                raise UnreadableError(
                    pointer, "不在任何段内，如 NODES (", "not within a section such as NODES ("
                )
            section = opened[1]
        elif line == ")":
            section, depth = section if depth else "", max(0, depth - 1)
        else:
            depth += line.endswith("(")  # of admissible paths, which are listed by demand
            yield pointer, section, line


def _node(pointer: str, line: str) -> Node:
    match = _NODE.fullmatch(line)
    if match is None:
        raise UnreadableError(pointer, "不是节点行", "not the line of a node")
    return Node(pointer, match[1], match[1], match[2], match[3])


def _link(pointer: str, line: str, unit: str) -> Link:
    match = _LINK.fullmatch(line)
    if match is None:
        raise UnreadableError(pointer, "不是链路行", "not the line of a link")
    return Link(pointer, match[1], match[2], match[3], None, Quantity(match[4], unit))
