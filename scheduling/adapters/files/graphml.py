"""Graphs in GraphML, read without entities, document types or anything from elsewhere."""

from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from scheduling.domain.topologies.graph_files import link_of, node_of
from scheduling.domain.topologies.topology_files import Link, Node, Topology, UnreadableError

SPACE = "{http://graphml.graphdrawing.org/xmlns}"


def read(text: str) -> Topology:
    """The nodes and edges of the file's one graph. Raises UnreadableError, also for nested graphs and hyperedges."""
    try:
        root = fromstring(text, forbid_dtd=True)
    except DefusedXmlException as error:
        zh, en = "不接受文档类型与实体声明", "a document type and entities are not taken"
        raise UnreadableError("/lines/1", zh, en) from error
    except (ParseError, ValueError) as error:
        line, _ = getattr(error, "position", (1, 0))
        raise UnreadableError(
            f"/lines/{line}", f"不是可读的 XML：{error}", f"not XML that can be read: {error}"
        ) from error
    graphs = [each for each in root if _name(each) == "graph"]
    if _name(root) != "graphml" or len(graphs) != 1:
        raise UnreadableError(
            "/graphml",
            f"须恰有一个 graph，实有 {len(graphs)} 个",
            f"one graph is expected, there are {len(graphs)}",
        )
    names = {
        each.get("id", ""): each.get("attr.name") or each.get("id", "")
        for each in root
        if _name(each) == "key"
    }
    nodes: list[Node] = []
    links: list[Link] = []
    for each in graphs[0]:
        match _name(each):
            case "node":
                pointer = f"/graphml/graph/node/{len(nodes)}"
                if any(_name(inner) == "graph" for inner in each):
                    raise UnreadableError(pointer, "不支持嵌套图", "a graph within a node is not supported")
                nodes.append(node_of(pointer, _needed(each, "id", pointer), _data(each, names)))
            case "edge":
                pointer = f"/graphml/graph/edge/{len(links)}"
                a, b = _needed(each, "source", pointer), _needed(each, "target", pointer)
                links.append(link_of(pointer, each.get("id", ""), a, b, _data(each, names)))
            case "hyperedge":
                raise UnreadableError(
                    "/graphml/graph/hyperedge", "不支持超边", "a hyperedge is not supported"
                )
    return Topology(graphs[0].get("edgedefault") == "directed", nodes, links)


def _name(element: Element) -> str:
    return str(element.tag).removeprefix(SPACE)


def _needed(element: Element, name: str, pointer: str) -> str:
    value = element.get(name)
    if value is None:
        raise UnreadableError(pointer, f"缺少 {name}", f"{name} is missing")
    return value


def _data(element: Element, names: dict[str, str]) -> Iterator[tuple[str, str]]:
    for each in element:
        if _name(each) == "data":
            key = each.get("key", "")
            yield names.get(key, key), (each.text or "").strip()
