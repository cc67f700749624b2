"""Importing a topology over the API: dry run, faults and flags by element, keys, and what is left out on request."""

from typing import Any
from urllib.parse import urlencode

import pytest

from scheduling.models import Site, Span
from tests.aggregation.supply import made
from tests.scheduling.live import send_csv
from tests.scheduling.test_evidence import record
from tests.scheduling.test_topologies import (
    GML,
    GRAPHML,
    NATIVE,
    RFC8345,
    SHARED,
    SNDLIB,
    ZOO,
    absent,
    gml_of,
    placed,
)
from tests.support.caller import Caller
from tests.support.cast import World

pytestmark = pytest.mark.django_db

TYPES = {
    "gml": "text/plain",
    "graphml": "application/xml",
    "sndlib": "text/plain; charset=utf-8",
    "rfc8345": "application/yang-data+json",
}


def send(person: Caller, text: str, syntax: str = "gml", *, kind: str = "", **options: Any) -> Any:
    query = {
        "syntax": syntax, "line_provider": "line-jia", "prefix": "zoo", "city": "330500", **options,
    }  # fmt: skip
    path = f"/api/v1/topologies:import?{urlencode(query)}"
    return person.send("POST", path, text.encode(), Content_Type=kind or TYPES[syntax], Accept_Language="en")


@pytest.mark.parametrize(
    ("syntax", "text", "options", "spans"),
    [
        ("gml", GML, {}, 2),
        ("graphml", GRAPHML, {"capacity_unit": "Gbit/s"}, 1),
        ("sndlib", SNDLIB, {}, 1),
        ("rfc8345", RFC8345, {}, 1),
    ],
)
def test_each_format_becomes_sites_and_spans(
    world: World, syntax: str, text: str, options: dict[str, Any], spans: int
) -> None:
    dry = made(send(world.lin, text, syntax, dry_run=True, **options))
    assert (dry["dry_run"], dry["created"], dry["faults"], Site.objects.count()) == (True, 2 + spans, [], 0)
    report = made(send(world.lin, text, syntax, marking="演示数据", **options))
    assert (report["created"], report["flags"]) == (2 + spans, dry["flags"])
    assert (Site.objects.count(), Span.objects.count()) == (2, spans)
    site = Site.objects.earliest("key")
    assert (site.city, site.role, site.tenant_id, site.marking) == (
        "330500", "core", world.lin.organisation.id, "演示数据",
    )  # fmt: skip
    assert Span.objects.first().measured_us is None  # type: ignore[union-attr] # there is one
    assert made(send(world.lin, f"\ufeff{text}", syntax, marking="演示数据", **options))["updated"] == 0
    beside = [each["pointer"] for each in report["flags"] if each["code"] == "duplicate_link"]
    assert beside == (["/lines/6"] if spans == 2 else [])
    assert {tuple(row.srlg) for row in Span.objects.all()} >= ({("zoo-0--zoo-1",)} if spans == 2 else set())


TWO = gml_of(placed((120.6, 31.3), (120.7, 31.3)), "edge [ source 0 target 1 ]")
CELLS = "site,name,city,lat,lon,role,oxc,otn_100g,service_area,hop_us,place"
SITE = 'zoo-0,一号站,320571,31.3,120.6,access_point,1,1,"{""type"":""Polygon"",""coordinates"":[[[120.5,31.22],[120.7,31.22],[120.6,31.4],[120.5,31.22]]]}",70,320571'
SPAN = "span,a,b,medium,km,capacity_mbps,jitter_us,loss,srlg\nzoo-0--1,zoo-0,zoo-1,hollow_core,12,2000,5,0.00001,duct-7\n"


def rows() -> list[dict[str, Any]]:
    return [dict(row) for table in (Site, Span) for row in table.objects.order_by("key").values()]


def test_the_same_file_again_keeps_what_was_declared_and_measured_since(world: World) -> None:
    first = made(send(world.lin, TWO, capacity_mbps=1000))
    assert [each["code"] for each in first["flags"]] == ["length_estimated", "capacity_assumed"]
    for noun, text in (("sites", f"{CELLS}\n{SITE}\n"), ("spans", SPAN)):
        made(send_csv(world.lin, f"/api/v1/{noun}:import?line_provider=line-jia", text))
    made(
        world.lin.post("/api/v1/latency-evidence", record(span="zoo-0--1", value_us=60, medium="hollow_core"))
    )
    known = rows()
    again: dict[str, Any] = {
        "capacity_mbps": 900,
        "city": "330500",
        "role": "core",
        "hop_us": 9,
        "route_factor": "1.1",
    }
    report = made(send(world.lin, TWO, **again))
    assert (report["updated"], report["flags"], rows()) == (0, [], known)
    told = TWO.replace("target 1", "target 1 km 13 LinkSpeedRaw 3e9").replace("120.7", "120.71")
    assert made(send(world.lin, told, **again))["updated"] == 2
    span = Span.objects.get(key="zoo-0--1")
    assert (str(span.km), span.capacity_mbps, span.jitter_us, span.srlg) == ("13.000", 3000, 5, ["duct-7"])
    assert span.measured_us is None, "the route is another"


def test_a_new_link_is_estimated_beside_one_that_is_there(world: World) -> None:
    made(send(world.lin, TWO, capacity_mbps=1000))
    three = gml_of(
        placed((120.6, 31.3), (120.7, 31.3), (120.8, 31.3)),
        "edge [ source 0 target 1 ]\nedge [ source 1 target 2 ]",
    )
    answer = send(world.lin, three)
    assert [(each["pointer"], each["code"]) for each in answer.json()["errors"]] == [
        ("/lines/6/capacity_mbps", "no_capacity")
    ]
    report = made(send(world.lin, three, capacity_mbps=500, city="320571"))
    assert {each["pointer"] for each in report["flags"]} == {"/lines/6/km", "/lines/6/capacity_mbps"}
    assert dict(Span.objects.values_list("key", "capacity_mbps")) == {"zoo-0--1": 1000, "zoo-1--2": 500}
    assert dict(Site.objects.values_list("key", "city")) == {
        "zoo-0": "330500", "zoo-1": "330500", "zoo-2": "320571",
    }  # fmt: skip


def test_a_length_that_is_kept_is_judged_by_where_the_ends_are_now(world: World) -> None:
    made(send(world.lin, TWO, capacity_mbps=1000))
    answer = send(world.lin, TWO.replace("120.7", "120.9"))
    assert [(each["pointer"], each["code"]) for each in answer.json()["errors"]] == [
        ("/lines/4/km", "shorter_than_great_circle")
    ]


def test_faults_refuse_the_whole_file_and_flags_do_not(world: World) -> None:
    text = gml_of(placed((120.6, 31.3), (120.7, 31.3), (120.8, 91)), "edge [ source 0 target 1 km 2 ]")
    answer = send(world.lin, text, capacity_mbps=1000)
    told = {each["pointer"]: (each["code"], each["detail"]) for each in answer.json()["errors"]}
    assert answer.status_code == 400
    assert told["/lines/4/lat"] == ("impossible_coordinate", "must lie within ±90 degrees (WGS-84)")
    assert told["/lines/5/km"][0] == "shorter_than_great_circle"
    report = made(send(world.lin, text, capacity_mbps=1000, dry_run=True))
    assert {each["code"] for each in report["faults"]} == {
        "impossible_coordinate",
        "shorter_than_great_circle",
    }
    assert [each["code"] for each in report["flags"]] == ["capacity_assumed"]
    assert (report["read"], report["created"], Site.objects.count()) == (4, 0, 0)


def test_what_is_wrong_is_left_out_on_request_and_named(world: World) -> None:
    nodes = placed((120.6, 31.3), (120.7, 31.3), (120.8, 91), ('"?"', 31.3))
    edges = "\n".join(
        f"edge [ source {a} target {b} LinkSpeedRaw 1e9 {more} ]"
        for a, b, more in [(0, 1, ""), (0, 2, ""), (1, 3, ""), (0, 1, "km 2")]
    )
    report = made(send(world.lin, gml_of(nodes, edges), leave_out=True))
    assert (report["read"], report["created"], report["faults"]) == (8, 3, [])
    flags = {(each["pointer"], each["code"]) for each in report["flags"]}
    assert flags >= {
        ("/lines/4/lat", "impossible_coordinate"),
        ("/lines/5/lat", "bad_value"),
        ("/lines/7", "end_refused"),
        ("/lines/8", "end_refused"),
        ("/lines/9/km", "shorter_than_great_circle"),
    }
    assert any(each["detail"].startswith("left out: ") for each in report["flags"])
    assert [span.key for span in Span.objects.all()] == ["zoo-0--1"]


EMPTY = [
    ("gml", "graph [ ]"),
    ("graphml", "<graphml><graph/></graphml>"),
    ("sndlib", "?SNDlib native format; type: network; version: 1.0\n"),
    ("rfc8345", '{"ietf-network:networks": {"network": [{}]}}'),
    ("rfc8345", "\ufeff"),
    ("gml", ""),
]


@pytest.mark.parametrize("leave_out", [False, True])
@pytest.mark.parametrize(("syntax", "text"), EMPTY)
def test_a_file_that_tells_of_nothing_is_no_success(
    world: World, syntax: str, text: str, *, leave_out: bool
) -> None:
    report = made(send(world.lin, text, syntax, dry_run=True, leave_out=leave_out))
    assert [(each["pointer"], each["code"]) for each in report["faults"]] == [("/lines/1", "nothing_read")]
    assert send(world.lin, text, syntax, leave_out=leave_out).status_code == 400


def test_nothing_is_left_of_a_plane_and_it_is_refused(world: World) -> None:
    answer = send(world.lin, gml_of(placed((237, 338), (130, 207))), leave_out=True)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "plane_coordinates")


@absent
def test_every_public_network_that_has_places_is_taken_without_what_is_wrong(world: World) -> None:
    found: dict[str, tuple[int, int, dict[str, int]]] = {
        f"topology_zoo/{name}.gml": told for name, told in ZOO.items()
    }
    found |= {f"sndlib_native/{name}.txt": told for name, told in NATIVE.items()}
    for path, (sites, spans, _) in found.items():
        syntax = "gml" if path.endswith(".gml") else "sndlib"
        text = (SHARED / path).read_text(encoding="utf-8")
        answer = send(world.lin, text, syntax, dry_run=True, leave_out=True, capacity_mbps=10_000)
        report = made(answer)
        assert (report["created"], bool(report["faults"])) == (sites + spans, not sites), path


@pytest.mark.parametrize(
    ("options", "parameter"),
    [
        ({"syntax": "dot"}, "syntax"),
        ({"prefix": "Zoo"}, "prefix"),
        ({"prefix": "far-too-long-a-prefix"}, "prefix"),
        ({"city": "suzhou"}, "city"),
        ({"route_factor": "0.9"}, "route_factor"),
        ({"capacity_unit": "furlong"}, "capacity_unit"),
        ({"capacity_mbps": "0"}, "capacity_mbps"),
    ],
    ids=str,
)
def test_a_wrong_option_is_named(world: World, options: dict[str, Any], parameter: str) -> None:
    answer = send(world.lin, GML, **{"syntax": "gml", **options}, kind="text/plain")
    assert (answer.status_code, answer.json()["errors"][0]["parameter"]) == (400, parameter)


def test_bytes_that_are_no_text_another_type_another_s_keys_and_another_role_are_refused(
    world: World,
) -> None:
    path = "/api/v1/topologies:import?syntax=gml&line_provider=line-jia&prefix=zoo&city=330500"
    answer = world.lin.send("POST", path, "线路".encode("gbk"), Content_Type="text/plain")
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed_body")
    assert world.lin.send("POST", path, b"x", Content_Type="image/png").status_code == 415
    answer = send(world.lin, "not a graph")
    assert [(each["pointer"], each["code"]) for each in answer.json()["errors"]] == [
        ("/lines/1", "unreadable")
    ]
    made(send(world.lin, GML))
    answer = send(world.lou, GML, line_provider="line-yi")
    assert {each["code"] for each in answer.json()["errors"]} == {"key_taken"}
    assert send(world.ada, GML).status_code == 403
    assert send(world.nobody, GML).status_code == 401
