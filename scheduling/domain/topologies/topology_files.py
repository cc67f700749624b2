"""What a reader of a topology file finds: nodes and links as the file writes them."""

from dataclasses import dataclass, field

from kernel.domain.imports import Fault
from kernel.text import Text, Vocabulary


class Syntax(Vocabulary):
    """The file formats of topologies that can be imported."""

    RFC8345 = "rfc8345", "RFC 8345 JSON（含 RFC 8795 TE 属性）", "RFC 8345 JSON, with RFC 8795 TE attributes"
    GRAPHML = "graphml", "GraphML 图文件", "GraphML"
    GML = "gml", "GML 图文件（Topology Zoo）", "GML, as the Topology Zoo has it"
    SNDLIB = "sndlib", "SNDlib 原生格式", "SNDlib native"


class UnreadableError(ValueError):
    """A file that is not of its format at all; `fault` says where and why."""

    def __init__(self, pointer: str, zh: str, en: str) -> None:
        self.fault = Fault(pointer, "unreadable", Text(zh, en))
        super().__init__(f"{pointer}: {en}")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number as the file writes it and its unit; an empty unit is one that the file does not say."""

    number: str
    unit: str


@dataclass(frozen=True, slots=True)
class Node:
    """A node of a file: where it stands there, its id, name and degrees as written (None: not said).

    `down` is what says that it is out of service, as the file writes it; empty where nothing does.
    """

    pointer: str
    id: str
    name: str | None
    lon: str | None
    lat: str | None
    down: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """A link of a file; an empty id is one that the file does not say. `srlg` names what it shares with others.

    `reservable` is what of its capacity may be sold, `free` are bounds of what nobody has yet. `down` is what says that it
    carries nothing now, as the file writes it; empty where nothing does.
    """

    pointer: str
    id: str
    a: str
    b: str
    length: Quantity | None = None
    capacity: Quantity | None = None
    srlg: tuple[str, ...] = ()
    down: str = ""
    reservable: Quantity | None = None
    free: tuple[Quantity, ...] = ()


@dataclass(frozen=True, slots=True)
class Topology:
    """What a reader found; in a directed one a link each way makes one span. `flags` are remarks of the reader."""

    directed: bool
    nodes: list[Node]
    links: list[Link]
    faults: list[Fault] = field(default_factory=list)
    flags: list[Fault] = field(default_factory=list)
