"""Network topologies of RFC 8345 in JSON, with the traffic-engineering attributes of RFC 8795.

Read of RFC 8795: a node's geolocation, name and states, a link's bandwidths, shared-risk groups and states, and those of the
termination points that it names. A TE delay metric is no measurement (RFC 8795 names neither layer, method nor clock): it is
flagged, and latency comes as latency evidence.
"""

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from kernel.domain.imports import Fault
from kernel.objects import RepeatedKeyError, distinct
from kernel.text import Text
from scheduling.domain.topologies.topology_files import Link, Node, Quantity, Topology, UnreadableError

TE = "ietf-te-topology:te"
HERE = "/ietf-network:networks/network"
LINK, PORT = "ietf-network-topology:link", "ietf-network-topology:termination-point"


def read(text: str) -> Topology:
    """The nodes and links of the file's one network. Raises UnreadableError."""
    try:
        document = json.loads(text, parse_float=Decimal, object_pairs_hook=distinct)
    except RepeatedKeyError as error:
        zh, en = f"键 {error.key!r} 出现了两次；请只保留一个", f"{error}: keep one"
        raise UnreadableError("/lines/1", zh, en) from error
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", 1)
        raise UnreadableError(f"/lines/{line}", f"不是 JSON：{error}", f"not JSON: {error}") from error
    networks = _within(document, "ietf-network:networks", "network")
    if not isinstance(networks, list) or len(networks) != 1:
        count = len(networks) if isinstance(networks, list) else 0
        raise UnreadableError(
            HERE, f"须恰有一个网络，实有 {count} 个", f"one network is expected, there are {count}"
        )
    flags: list[Fault] = []
    told = [(f"{HERE}/0/node/{at}", each) for at, each in enumerate(_list(networks[0], "node", f"{HERE}/0"))]
    nodes = [_node(pointer, each) for pointer, each in told]
    ports = {
        (node.id, port): down
        for node, (_, each) in zip(nodes, told, strict=True)
        for port, down in _ports(node.pointer, each)
    }
    given = _list(networks[0], LINK, f"{HERE}/0")
    links = [_link(f"{HERE}/0/{LINK}/{at}", each, ports, flags) for at, each in enumerate(given)]
    return Topology(True, nodes, links, [], flags)  # noqa: FBT003 - RFC 8345 §4.4: links are unidirectional


def _node(pointer: str, node: Any) -> Node:
    where = _within(node, TE, "geolocation")
    return Node(
        pointer,
        _needed(node, pointer, "node-id"),
        _text(_within(node, TE, "te-node-attributes", "name")),
        _text(_within(where, "longitude")),
        _text(_within(where, "latitude")),
        _down(_within(node, TE, "te-node-attributes", "admin-status"), _within(node, TE, "oper-status")),
    )


def _ports(pointer: str, node: Any) -> Iterator[tuple[str, str]]:
    """The termination points of a node that are not up, each with the state that says so."""
    for at, each in enumerate(_list(node, PORT, pointer)):
        if down := _down(_within(each, TE, "admin-status"), _within(each, TE, "oper-status")):
            yield _needed(each, f"{pointer}/{PORT}/{at}", "tp-id"), down


def _link(pointer: str, link: Any, ports: Mapping[tuple[str, str], str], flags: list[Fault]) -> Link:
    attributes = _within(link, TE, "te-link-attributes")
    if _within(attributes, "te-delay-metric") is not None:
        zh, en = (
            "TE 时延度量不作为时延；请提交时延证据",
            "a TE delay metric is no measurement: submit latency evidence",
        )
        flags.append(Fault(f"{pointer}/te-delay-metric", "latency_not_taken", Text(zh, en)))
    groups = _within(attributes, "te-srlgs", "value")
    a, b = _within(link, "source"), _within(link, "destination")
    ends = (
        (_needed(a, pointer, "source-node"), _text(_within(a, "source-tp"))),
        (_needed(b, pointer, "dest-node"), _text(_within(b, "dest-tp"))),
    )
    down = _down(_within(attributes, "admin-status"), _within(link, TE, "oper-status"))
    at_ends = (f"{port}: {ports[node, port]}" for node, port in ends if port and (node, port) in ports)
    unreserved = _list(attributes, "unreserved-bandwidth", f"{pointer}/{TE}/te-link-attributes")
    return Link(
        pointer,
        _needed(link, pointer, "link-id"),
        ends[0][0],
        ends[1][0],
        None,
        _bandwidth(_within(attributes, "max-link-bandwidth")),
        tuple(each for group in groups if (each := _text(group))) if isinstance(groups, list) else (),
        down or next(at_ends, ""),
        _bandwidth(_within(attributes, "max-resv-link-bandwidth")),
        tuple(free for each in unreserved if (free := _bandwidth(each)) is not None),
    )


def _down(*states: Any) -> str:
    """The first of the states of a part, wanted and found, in which it carries nothing; one that is unknown says nothing."""
    told = zip(("admin-status", "oper-status"), map(_text, states), strict=True)
    return next((f"{name}: {state}" for name, state in told if state not in (None, "up", "unknown")), "")


def _bandwidth(told: Any) -> Quantity | None:
    """RFC 8776 te-bandwidth: a hexadecimal float counts bytes a second; what another number counts, its technology says."""
    if (text := _text(_within(told, "te-bandwidth", "generic"))) is None:
        return None
    if text.lower().startswith("0x") and "p" in text.lower():
        try:
            return Quantity(str(Decimal(float.fromhex(text))), "byte/s")
        except (ValueError, OverflowError):
            return Quantity(text, "byte/s")
    return Quantity(text, "")


def _within(value: Any, *path: str) -> Any:
    """What stands at a path of members; None where there is nothing, or something else on the way."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _list(value: Any, name: str, pointer: str) -> list[Any]:
    found = _within(value, name)
    if found is None:
        return []
    if not isinstance(found, list):
        raise UnreadableError(f"{pointer}/{name}", "须为列表", "a list is expected")
    return found


def _needed(value: Any, pointer: str, name: str) -> str:
    text = _text(_within(value, name))
    if text is None:
        raise UnreadableError(f"{pointer}/{name}", "须为文本", "a text is expected")
    return text


def _text(value: Any) -> str | None:
    return str(value) if isinstance(value, str | int | Decimal) and not isinstance(value, bool) else None
