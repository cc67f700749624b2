"""Graphs in GML, as the Topology Zoo writes them: parallel links and repeated ids are dirt to report, not to stop at.

networkx reads GML too, and stops at the first parallel link of a file that does not say `multigraph`; six of the fifteen
networks of the Topology Zoo at hand have one.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

from scheduling.domain.topologies.graph_files import link_of, node_of
from scheduling.domain.topologies.topology_files import Link, Node, Topology, UnreadableError

DEEPEST = 20
_TOKEN = re.compile(
    r'(?P<space>\s+|\#[^\n]*)|(?P<open>\[)|(?P<close>\])|"(?P<string>[^"]*)"'
    r"|(?P<number>[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![^\s\[\]]))|(?P<key>[A-Za-z][A-Za-z0-9_]*)",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Token:
    """A word of the file, what it is, and the line that it stands on."""

    kind: str
    text: str
    line: int


Pairs = list[tuple[str, "str | Pairs", int]]


def read(text: str) -> Topology:
    """The nodes and edges of the file's one graph. Raises UnreadableError."""
    tokens = _tokens(text)
    graphs = [value for key, value, _ in _pairs(tokens, 0) if key == "graph" and isinstance(value, list)]
    if len(graphs) != 1:
        raise UnreadableError(
            "/lines/1",
            f"须恰有一个 graph，实有 {len(graphs)} 个",
            f"one graph is expected, there are {len(graphs)}",
        )
    (graph,) = graphs
    nodes: list[Node] = []
    links: list[Link] = []
    for key, value, line in graph:
        if key not in ("node", "edge") or not isinstance(value, list):
            continue
        given = [(name, each) for name, each, _ in value if isinstance(each, str)]
        told = {name.lower(): each for name, each in given}
        pointer = f"/lines/{line}"
        if key == "node":
            nodes.append(node_of(pointer, _needed(told, "id", line), given))
        else:
            a, b = _needed(told, "source", line), _needed(told, "target", line)
            links.append(link_of(pointer, "", a, b, given))
    directed = any(key == "directed" and value == "1" for key, value, _ in graph)
    return Topology(directed, nodes, links)


def _needed(told: dict[str, str], name: str, line: int) -> str:
    if name not in told:
        raise UnreadableError(f"/lines/{line}", f"缺少 {name}", f"{name} is missing")
    return told[name]


def _tokens(text: str) -> Iterator[Token]:
    at, line = 0, 1
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            shown = text[at : at + 20].splitlines()[0]
            raise UnreadableError(f"/lines/{line}", f"不是 GML：{shown!r}", f"not GML: {shown!r}")
        kind = match.lastgroup or ""
        if kind != "space":
            yield Token(kind, html.unescape(match[kind]) if kind == "string" else match[kind], line)
        line += match[0].count("\n")
        at = match.end()


def _pairs(tokens: Iterator[Token], depth: int) -> Pairs:
    """Key and value after key and value, to the bracket that closes the list."""
    found: Pairs = []
    for token in tokens:
        if token.kind == "close" and depth:
            return found
        value = next(tokens, None)
        if token.kind != "key" or value is None or value.kind in ("close", "key"):
            raise UnreadableError(
                f"/lines/{token.line}", f"此处不应为 {token.text!r}", f"{token.text!r} is not expected here"
            )
        if value.kind == "open":
            if depth >= DEEPEST:
                raise UnreadableError(f"/lines/{token.line}", "嵌套过深", "too deeply nested")
            found.append((token.text, _pairs(tokens, depth + 1), token.line))
        else:
            found.append((token.text, value.text, token.line))
    if depth:
        raise UnreadableError("/lines/1", "缺少右方括号", "a closing bracket is missing")
    return found
