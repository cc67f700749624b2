"""Topologies from files: what each reader finds, what is flagged, what is refused, and that no text breaks one."""

import json
from collections import Counter
from decimal import Decimal
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.adapters.files.topologies import READERS
from scheduling.domain.sites import Point
from scheduling.domain.topologies.topologies import Carried, Defaults, Disclosed, There, disclosed, number
from scheduling.domain.topologies.topology_files import Link, Node, Quantity, Topology, UnreadableError

SHARED = Path(__file__).parents[3] / "shared" / "data" / "topologies"
PLAIN = Defaults(
    prefix="t", city="320500", role="core", capacity_mbps=None, capacity_unit="", length_unit="",
    route_factor=Decimal("1.4"), hop_us=50,
)  # fmt: skip
FILLED = Defaults(
    prefix="t", city="320500", role="core", capacity_mbps=10_000, capacity_unit="", length_unit="",
    route_factor=Decimal("1.4"), hop_us=50,
)  # fmt: skip
GML = """graph [ # of two towns
  directed 0
  node [ id 0 label "Gda&#324;sk" Longitude 18.60 Latitude 54.20 ]
  node [ id 1 label "Bydgoszcz" Longitude 17.90 Latitude 53.10 graphics [ x 1.0 y 2.0 ] ]
  edge [ source 0 target 1 LinkSpeedRaw 2500000000.0 LinkNote "a [note]" ]
  edge [ source 0 target 1 LinkSpeed "10" LinkSpeedUnits "G" km 200 ]
]
"""
GRAPHML = """<?xml version="1.0" encoding="UTF-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
  <key id="d0" for="node" attr.name="Latitude" attr.type="double"/>
  <key id="d1" for="node" attr.name="Longitude" attr.type="double"/>
  <key id="d2" for="node" attr.name="label" attr.type="string"/>
  <key id="d3" for="edge" attr.name="capacity" attr.type="double"/>
  <graph edgedefault="undirected">
    <node id="a"><data key="d0">54.20</data><data key="d1">18.60</data><data key="d2">Gdańsk</data></node>
    <node id="b"><data key="d0">53.10</data><data key="d1">17.90</data></node>
    <edge id="e0" source="a" target="b"><data key="d3">2.5</data></edge>
  </graph>
</graphml>
"""
SNDLIB = """?SNDlib native format; type: network; version: 1.0
# network two
META (
  unit = MBITPERSEC
)
NODES (
  Gdansk ( 18.60 54.20 )
  Bydgoszcz ( 17.90 53.10 ) # a town
)
LINKS (
  L1 ( Gdansk Bydgoszcz ) 2500.00 0.00 156.00 0.00 ( 155.00 156.00 622.00 468.00 )
)
DEMANDS (
  D1 ( Gdansk Bydgoszcz ) 1 195.00 UNLIMITED
)
"""


def te_node(id_: str, lon: object, lat: object) -> dict[str, Any]:
    where = {"longitude": lon, "latitude": lat}
    return {
        "node-id": id_,
        "ietf-te-topology:te": {"geolocation": where, "te-node-attributes": {"name": id_.upper()}},
    }


def te_link(
    id_: str, a: str, b: str, bandwidth: str = "0x1.2a05f2p28", more: dict[str, Any] | None = None
) -> dict[str, Any]:
    told = {"max-link-bandwidth": {"te-bandwidth": {"generic": bandwidth}}, **(more or {})}
    return {
        "link-id": id_, "source": {"source-node": a}, "destination": {"dest-node": b},
        "ietf-te-topology:te": {"te-link-attributes": told},
    }  # fmt: skip


def te_document(*links: dict[str, Any], nodes: list[dict[str, Any]] | None = None) -> str:
    known = nodes or [te_node("a", "18.60", "54.20"), te_node("b", 17.90, 53.10)]
    network = {"network-id": "two", "node": known, "ietf-network-topology:link": list(links)}
    return json.dumps({"ietf-network:networks": {"network": [network]}})


RFC8345 = te_document(te_link("a-b", "a", "b"), te_link("b-a", "b", "a"))
SAMPLES = {"gml": GML, "graphml": GRAPHML, "sndlib": SNDLIB, "rfc8345": RFC8345}


def told(syntax: str, text: str, defaults: Defaults = PLAIN) -> Disclosed:
    return disclosed(READERS[syntax](text), defaults)


def codes(faults: list[Any]) -> dict[str, str]:
    return {each.pointer: each.code for each in faults}


def test_gml_of_the_topology_zoo_keeps_parallel_links_apart() -> None:
    found = told("gml", GML)
    assert [members["site"] for _, members in found.sites] == ["t-0", "t-1"]
    (pointer, first), _ = found.sites
    assert (pointer, first["name"], first["lat"], first["lon"]) == (
        "/lines/3", "Gdańsk", Decimal("54.2"), Decimal("18.6"),
    )  # fmt: skip
    one, other = (members for _, members in found.spans)
    assert (one["span"], one["capacity_mbps"], other["span"], other["capacity_mbps"], other["km"]) == (
        "t-0--1", 2500, "t-0--1-2", 10_000, Decimal(200),
    )  # fmt: skip
    by_order = {"/lines/5": "told_by_order", "/lines/6": "told_by_order"}
    assert codes(found.flags) == {"/lines/5/km": "length_estimated"} | by_order
    assert found.faults == []


def test_links_without_ids_keep_the_keys_that_are_there_and_say_when_only_their_order_tells_them_apart() -> (
    None
):
    there = There(frozenset({"t-0", "t-1"}), {key: Carried(1000, 0) for key in ("t-0--1", "t-0--1-2")})
    left = gml_of(HERE, "edge [ source 1 target 0 LinkSpeedRaw 9e9 ]")
    found = disclosed(READERS["gml"](left), PLAIN, there)
    assert [span["span"] for _, span in found.spans] == ["t-0--1"], "whichever end the file names first"
    assert codes(found.flags) == {"/lines/4": "told_by_order"}
    alone = There(there.sites, {"t-0--1": Carried(1000, 0)})
    assert disclosed(READERS["gml"](left), PLAIN, alone).flags == []


def test_nodes_whose_ids_differ_by_case_alone_have_the_same_keys_in_any_order() -> None:
    def keys(*ids: str, there: frozenset[str] = frozenset()) -> dict[str | None, str]:
        nodes = [Node("", id_, id_, str(120 + at), "31") for at, id_ in enumerate(ids)]
        topology = Topology(False, nodes, [Link("", "", ids[0], ids[1], None, Quantity("1", "Gbit/s"))])  # noqa: FBT003
        found = disclosed(topology, PLAIN, There(there))
        assert found.spans[0][1]["span"].startswith(found.spans[0][1]["a"])
        return {members["name"]: members["site"] for _, members in found.sites}

    both = keys("Ring-A", "ring-a", "Ring-B")
    assert both == keys("Ring-B", "ring-a", "Ring-A")
    assert (len({*both.values()}), both["Ring-B"]) == (3, "t-ring-b")
    assert keys("ring-a", "x")["ring-a"] == "t-ring-a"
    assert keys("ring-a", "x", there=frozenset(both.values()))["ring-a"] == both["ring-a"]


def test_an_estimate_is_the_great_circle_times_the_stated_factor_rounded_up() -> None:
    _, span = told("gml", GML).spans[0]
    great_circle = Point(Decimal("54.2"), Decimal("18.6")).metres_to(Point(Decimal("53.1"), Decimal("17.9")))
    assert 0 <= span["km"] - great_circle / 1000 * Decimal("1.4") < Decimal("0.001")


def test_graphml_says_no_unit_of_a_capacity_until_the_importer_does() -> None:
    refused = told("graphml", GRAPHML)
    assert codes(refused.faults) == {"/graphml/graph/edge/0/capacity_mbps": "unknown_unit"}
    assert "capacity_unit" in refused.faults[0].reason.en
    stated = Defaults(**{**_members(PLAIN), "capacity_unit": "Gbit/s"})
    assert told("graphml", GRAPHML, stated).spans[0][1]["capacity_mbps"] == 2500


def _members(defaults: Defaults) -> dict[str, Any]:
    return {name: getattr(defaults, name) for name in defaults.__slots__}


def test_sndlib_takes_what_is_installed_in_the_unit_that_it_says() -> None:
    found = told("sndlib", SNDLIB)
    ((pointer, span),) = found.spans
    assert (pointer, span["span"], span["capacity_mbps"]) == ("/lines/11", "t-l1", 2500)
    none = SNDLIB.replace("2500.00", "0.00")
    assert codes(told("sndlib", none).faults) == {"/lines/11/capacity_mbps": "no_capacity"}
    assert codes(told("sndlib", none, FILLED).flags)["/lines/11/capacity_mbps"] == "capacity_assumed"
    assert codes(told("sndlib", SNDLIB.replace("unit =", "note =")).faults) == {
        "/lines/11/capacity_mbps": "unknown_unit"
    }


def test_sndlib_s_paths_are_nested_and_not_read() -> None:
    paths = "ADMISSIBLE_PATHS (\n D1 (\n  P_0 ( L1 )\n )\n D2 (\n  P_0 ( L1 )\n )\n)\n"
    more = SNDLIB.replace("LINKS (", f"{paths}LINKS (")
    assert [span["span"] for _, span in told("sndlib", more).spans] == ["t-l1"]


def gml_of(nodes: str, edges: str = "edge [ source 0 target 1 LinkSpeedRaw 1e9 ]") -> str:
    return f"graph [\n{nodes}\n{edges}\n]"


def placed(*spots: tuple[object, object]) -> str:
    return "\n".join(
        f"node [ id {at} Longitude {lon} Latitude {lat} ]" for at, (lon, lat) in enumerate(spots)
    )


HERE = placed((120.6, 31.3), (120.7, 31.3))


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        (gml_of("node [ id 0 ]\n" + "node [ id 1 Longitude 1 Latitude 2 ]"), {"/lines/2/lat": "no_coordinates"}),
        (gml_of(placed((0, 0), (1, 2))), {"/lines/2/lat": "no_coordinates"}),
        (gml_of(placed((237, 338), (130, 207))), {"/lines/2/lat": "plane_coordinates", "/lines/3/lat": "plane_coordinates"}),
        (gml_of(placed(('"x"', 31.3), (120.7, 31.3))), {"/lines/2/lat": "bad_value"}),
        (gml_of(placed(("1e99", 31.3), (120.7, 31.3))), {"/lines/2/lat": "bad_value"}),
        (gml_of(f"{HERE}\nnode [ id 1 Longitude 1 Latitude 2 ]"), {"/lines/4/id": "duplicate"}),
        (gml_of(HERE, "edge [ source 0 target 0 LinkSpeedRaw 1e9 ]"), {"/lines/4": "self_loop"}),
        (gml_of(HERE, "edge [ source 0 target 9 LinkSpeedRaw 1e9 ]"), {"/lines/4": "unknown_site"}),
        (gml_of(HERE, "edge [ source 0 target 1 LinkSpeedRaw 1e9 distance 20 ]"), {"/lines/4/km": "unknown_unit"}),
        (gml_of(HERE, "edge [ source 0 target 1 LinkSpeedRaw 1e9 km -2 ]"), {"/lines/4/km": "bad_value"}),
        (gml_of(HERE, 'edge [ source 0 target 1 LinkSpeed "3" LinkSpeedUnits "furlong" ]'), {"/lines/4/capacity_mbps": "unknown_unit"}),
        (gml_of(HERE, 'edge [ source 0 target 1 LinkSpeedRaw "wide" ]'), {"/lines/4/capacity_mbps": "bad_value"}),
        (gml_of(HERE, "edge [ source 0 target 1 ]"), {"/lines/4/capacity_mbps": "no_capacity"}),
        (gml_of(HERE, "edge [ source 0 target 1 LinkSpeedRaw 64000 LinkSpeed 10 ]"), {"/lines/4/capacity_mbps": "no_capacity"}),
    ],
    ids=lambda value: str(sorted(set(value.values()))) if isinstance(value, dict) else "",
)  # fmt: skip
def test_dirt_is_refused_with_its_place_and_reason(text: str, faults: dict[str, str]) -> None:
    found = told("gml", text)
    assert codes(found.faults) == faults
    assert all(each.reason.zh and each.reason.en for each in found.faults)


def test_a_stated_unit_gives_the_length_and_one_odd_coordinate_is_left_to_the_rule_of_sites() -> None:
    stated = Defaults(**{**_members(PLAIN), "length_unit": "mi"})
    found = told("gml", gml_of(HERE, "edge [ source 0 target 1 LinkSpeedRaw 1e9 distance 20 ]"), stated)
    assert found.spans[0][1]["km"] == Decimal("32.187")
    three = placed((120.6, 31.3), (120.7, 31.3), (120.8, 91))
    assert [members["lat"] for _, members in told("gml", gml_of(three)).sites][-1] == 91


@pytest.mark.parametrize(
    ("syntax", "text"),
    [
        ("gml", ""),
        ("gml", "graph [ node [ id 1 ]"),
        ("gml", "graph [ node [ label 1 ] ]"),
        ("gml", "graph [ ] graph [ ]"),
        ("gml", "graph [ node ] ]"),
        ("gml", "a [ " * 30 + "] " * 30),
        ("gml", "graph [ edge [ source 1 ] ]"),
        ("gml", gml_of(placed((1, 2)) + "\nnode [ id 1 id 2 ]")),
        ("gml", gml_of("node [ id 1 Latitude 2 latitude 3 ]")),
        ("graphml", GRAPHML.replace('attr.name="label"', 'attr.name="Latitude"')),
        ("rfc8345", RFC8345.replace('"node": [', '"node": [], "node": [')),
        ("graphml", "<graphml/>"),
        ("graphml", "<graphml><graph>"),
        ("graphml", '<!DOCTYPE a [<!ENTITY b "c">]><graphml><graph>&b;</graph></graphml>'),
        ("graphml", '<graphml><graph><node id="1"><graph/></node></graph></graphml>'),
        ("graphml", "<graphml><graph><hyperedge/></graph></graphml>"),
        ("graphml", "<graphml><graph><node/></graph></graphml>"),
        ("sndlib", "NODES (\n)"),
        ("sndlib", SNDLIB.replace("NODES (", "NODES(")),
        ("sndlib", SNDLIB.replace("NODES (", "NODEZ (")),
        ("sndlib", SNDLIB + "PATHS (\n)\n"),
        ("sndlib", SNDLIB.replace("( 18.60 54.20 )", "( 18.60 54.20")),
        ("sndlib", SNDLIB.replace("type: network", "type: solution")),
        ("rfc8345", "{"),
        ("rfc8345", "[" * 100_000),
        ("rfc8345", "[]"),
        ("rfc8345", '{"ietf-network:networks": {"network": [{}, {}]}}'),
        ("rfc8345", '{"ietf-network:networks": {"network": [{"node": {}}]}}'),
        ("rfc8345", '{"ietf-network:networks": {"network": [{"node": [{"node-id": null}]}]}}'),
    ],
)
def test_what_is_not_of_its_format_is_unreadable_and_says_where(syntax: str, text: str) -> None:
    with pytest.raises(UnreadableError) as caught:
        READERS[syntax](text)
    fault = caught.value.fault
    assert (fault.code, fault.pointer[0]) == ("unreadable", "/")
    assert "Forbidden" not in fault.reason.en, "the words of a library"


ALPHABET = 'graph[]node id"0.1e9{}<>/&;()#\n-_:,NODESLINKS'


@given(
    syntax=st.sampled_from(sorted(SAMPLES)),
    cut=st.tuples(st.integers(0, 700), st.integers(0, 40)),
    put=st.text(ALPHABET, max_size=12) | st.text(max_size=4),
)
def test_whatever_a_file_says_it_is_read_or_refused(syntax: str, cut: tuple[int, int], put: str) -> None:
    at, size = cut
    text = SAMPLES[syntax][:at] + put + SAMPLES[syntax][at + size :]
    try:
        topology = READERS[syntax](text)
    except UnreadableError:
        return
    found = disclosed(topology, FILLED)
    placed = {members["site"] for _, members in found.sites}
    assert all({members["a"], members["b"]} <= placed for _, members in found.spans)
    assert len(placed) == len(found.sites)


@given(
    edges=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=8, unique_by=frozenset),
    names=st.lists(st.text(st.characters(categories=("L", "N")), min_size=1), min_size=6, max_size=6, unique=True),
)  # fmt: skip
def test_what_networkx_writes_is_read_as_networkx_has_it(
    edges: list[tuple[int, int]], names: list[str]
) -> None:
    graph = nx.Graph()
    for at, name in enumerate(names):
        graph.add_node(at, label=name, Longitude=100.5 + at, Latitude=30.25)
    graph.add_edges_from(edges, LinkSpeedRaw=10**9)
    gml = StringIO("\n".join(nx.generate_gml(nx.relabel_nodes(graph, dict(enumerate(names))))))
    xml = BytesIO()
    nx.write_graphml(graph, xml)
    for syntax, text in (("gml", gml.getvalue()), ("graphml", xml.getvalue().decode())):
        topology = READERS[syntax](text)
        assert [(node.id, node.name) for node in topology.nodes] == [
            (str(at), name) for at, name in enumerate(names)
        ]
        assert _ends(topology) == Counter(frozenset(map(str, edge)) for edge in graph.edges)


def _ends(topology: Topology) -> Counter[frozenset[str]]:
    return Counter(frozenset((link.a, link.b)) for link in topology.links)


@pytest.mark.parametrize("text", ["nan", "inf", "1_000", "", "1e19", "0x10", "١٢x"])
def test_what_is_no_sane_number_is_none(text: str) -> None:
    assert number(text) is None


# Of the public networks at hand, each read whole: sites, spans, faults; the numbers are upstream's, and their dirt.
ZOO = {
    "Abilene": (11, 14, {}),
    "Bellcanada": (48, 65, {}),
    "Chinanet": (38, 62, {"no_coordinates": 4}),
    "Colt": (149, 178, {"no_coordinates": 4}),
    "Dfn": (51, 80, {"no_coordinates": 7}),
    "Geant2012": (37, 58, {"no_coordinates": 3}),
    "HurricaneElectric": (24, 37, {}),
    "Iij": (28, 55, {"no_coordinates": 9}),
    "KentmanFeb2008": (25, 26, {"no_coordinates": 1}),
    "Kreonet": (13, 12, {}),
    "Oteglobe": (82, 78, {"no_coordinates": 11}),
    "Renater2010": (37, 48, {"no_coordinates": 6}),
    "Sinet": (47, 49, {"no_coordinates": 27}),
    "Uninett2011": (66, 95, {"no_coordinates": 3}),
    "York": (23, 24, {}),
}
NATIVE = {
    "abilene": (12, 15, {}),
    "atlanta": (0, 0, {"plane_coordinates": 15}),
    "germany50": (50, 88, {}),
    "newyork": (0, 0, {"plane_coordinates": 16}),
    "polska": (12, 18, {}),
}
absent = pytest.mark.skipif(not SHARED.is_dir(), reason="the shared topologies are absent")


@absent
@pytest.mark.parametrize(
    ("syntax", "path", "found"),
    [
        *(("gml", f"topology_zoo/{name}.gml", found) for name, found in ZOO.items()),
        *(("sndlib", f"sndlib_native/{name}.txt", found) for name, found in NATIVE.items()),
        ("gml", "jpn/kanto11.gml", (0, 0, {"no_coordinates": 11})),
    ],
)
def test_public_networks_are_taken_or_refused_with_reasons(
    syntax: str, path: str, found: tuple[int, int, dict[str, int]]
) -> None:
    document = told(syntax, (SHARED / path).read_text(encoding="utf-8"), FILLED)
    counted = Counter(each.code for each in document.faults)
    assert (len(document.sites), len(document.spans), dict(counted)) == found


@absent
def test_every_network_of_the_folder_is_known() -> None:
    assert {path.stem for path in (SHARED / "topology_zoo").iterdir()} == set(ZOO)
    assert {path.stem for path in (SHARED / "sndlib_native").iterdir()} == set(NATIVE)


@absent
@pytest.mark.parametrize("syntax", sorted(READERS))
def test_every_file_of_the_folder_is_read_or_refused_by_every_reader(syntax: str) -> None:
    for path in SHARED.rglob("*"):
        if path.is_file():
            try:
                disclosed(READERS[syntax](path.read_bytes().decode("utf-8", "replace")), PLAIN)
            except UnreadableError as error:
                assert error.fault.reason.en  # noqa: PT017 - one of many


@absent
@pytest.mark.parametrize("name", ["Abilene", "Chinanet", "Geant2012", "Renater2010", "Sinet", "York"])
def test_networkx_finds_the_same_links_where_it_reads_the_file(name: str) -> None:
    path = SHARED / "topology_zoo" / f"{name}.gml"
    graph = nx.read_gml(path, label="id")
    topology = READERS["gml"](path.read_text(encoding="utf-8"))
    assert len(topology.nodes) == len(graph)
    assert _ends(topology) == Counter(frozenset(map(str, edge)) for edge in graph.edges)
