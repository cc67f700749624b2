"""The cost map: each pair is what the engine and a plain search say of it, and ALTO's rules hold over HTTP."""

import json
from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from scheduling.domain import cost_maps as domain
from scheduling.domain.alto import OPERATORS, read_cost_filter
from scheduling.domain.cost_maps import COST_TYPES, ELSEWHERE, CostMaps, pid_name
from scheduling.domain.demand import Demand
from scheduling.domain.engine.lines import LineChoice
from scheduling.domain.engine.selection import lines_of
from scheduling.domain.numbers import scaled
from scheduling.domain.routing.network import fibre_latency
from scheduling.domain.rows import Span, Tariff
from scheduling.domain.supply.supply import Supply
from scheduling.selectors import cost_maps as selectors
from scheduling.services.supply import fresh_supply
from tests.aggregation.supply import made
from tests.scheduling.live import open_market
from tests.scheduling.worlds import small_supply
from tests.support.cast import Person, World
from tests.support.contract import misfits

SCENE = open_market
COUNTED: dict[str, Callable[[Span], bool]] = {
    "delay": lambda span: True,  # noqa: ARG005 - every span
    "delay-measured": lambda span: span.kind == "fibre" and span.measured_us is not None,
    "delay-committed": lambda span: span.kind == "commitment",
}


def world_of(seed: int) -> Supply:
    """A small world, most of whose sites are access points."""
    rng = Random(seed)
    supply = small_supply(rng)
    sites = [
        replace(site, kind="access_point" if rng.random() < 0.8 else "core") for site in supply.sites.values()
    ]
    tables = (supply.spans, supply.tariffs, supply.centres, supply.offers)
    return Supply.build(sites, *(table.values() for table in tables))  # type: ignore[arg-type] # each its own rows


def plain_paths(supply: Supply, spans: list[Span], begin: str) -> dict[str, int]:
    """Bellman and Ford, by the words of docs/selection.md: spans, and the passes between; the ends are not passed."""
    reached = {begin: 0}
    for _ in supply.sites:
        for span in spans:
            us = fibre_latency(scaled(span.km, 3)) if span.measured_us is None else span.measured_us
            for here, there in ((span.a, span.b), (span.b, span.a)):
                if here in reached:
                    far = reached[here] + us + (0 if here == begin else supply.sites[here].hop_us)
                    reached[there] = min(far, reached.get(there, far))
    return reached


def serves(supply: Supply, row: Tariff, a: str, b: str) -> bool:
    one, other = supply.sites[a].city, supply.sites[b].city
    zone = (
        "same_city" if one[:4] == other[:4] else "in_province" if one[:2] == other[:2] else "inter_province"
    )
    return row.zone in (zone, "any")


def plain_costs(supply: Supply, cost_type: str) -> dict[str, dict[str, int]]:
    """Every pair, one after the other."""
    found: dict[str, dict[str, int]] = {}
    for site in (each.site for each in supply.sites.values() if each.kind == "access_point"):
        for centre in supply.centres.values():
            ways = []
            for provider in {row.line_provider for row in supply.tariffs.values()}:
                spans = [
                    span
                    for span in supply.spans.values()
                    if span.line_provider == provider
                    and COUNTED[cost_type](span)
                    and span.capacity_mbps > span.reserved_mbps
                ]
                rows = [row for row in supply.tariffs.values() if row.line_provider == provider]
                us = plain_paths(supply, spans, site).get(centre.site)
                if us is not None and any(serves(supply, row, site, centre.site) for row in rows):
                    ways.append(us)
            if ways:
                found.setdefault(f"site:{site}", {})[f"centre:{centre.centre}"] = min(ways)
    return found


def buys(supply: Supply, site: str, centre: str, below_us: int) -> bool:
    """Whether the engine finds a line of a megabit below the bound."""
    lines = lines_of(supply, Demand("d", site, 1, 1, max_latency_us=below_us))
    found = (lines.choose(product, supply.centres[centre].site) for product in lines.products)
    return any(isinstance(each, LineChoice) for each in found)


@settings(max_examples=40)
@example(277)  # spans of no delay, and a bound of none
@given(st.integers(0, 10**6))
def test_every_pair_is_what_a_plain_search_says_and_what_the_engine_sells(seed: int) -> None:
    supply = world_of(seed)
    maps = CostMaps(supply)
    for cost_type in COST_TYPES:
        assert maps.costs(cost_type) == plain_costs(supply, cost_type), cost_type
    costs = maps.costs("delay")
    for source, user in maps.pids.items():
        for target, centre in maps.pids.items():
            if (user.kind, centre.kind) == ("access_point", "centre"):
                cost = costs.get(source, {}).get(target)
                if cost is None:
                    assert not buys(supply, user.key, centre.key, 10**9)
                else:
                    assert buys(supply, user.key, centre.key, cost + 1)
                    assert not buys(supply, user.key, centre.key, cost)


def test_a_part_of_the_map_is_the_same_as_in_the_whole() -> None:
    for seed in range(20):
        maps = CostMaps(world_of(seed))
        whole = CostMaps(world_of(seed)).costs("delay")
        some = [name for name, each in maps.pids.items() if each.kind == "centre"][:1]
        part = maps.costs("delay", [*whole][:2], [*some, "centre:nobody"], admits=lambda us: us > 3)
        wanted = {
            src: {dst: us for dst, us in row.items() if dst in some and us > 3}
            for src, row in [*whole.items()][:2]
        }
        assert part == {src: row for src, row in wanted.items() if row}
        assert maps.costs("delay", ["site:nobody"]) == {}
        assert maps.costs("delay") == whole


def test_the_tag_is_of_what_pids_stand_for_and_not_of_what_is_sold() -> None:
    supply = world_of(7)
    sold = {key: replace(span, reserved_mbps=span.reserved_mbps + 1) for key, span in supply.spans.items()}
    tags = [
        CostMaps(each).tag
        for each in (
            supply,
            replace(supply, spans=sold),
            replace(supply, sites={key: replace(row, city="110000") for key, row in supply.sites.items()}),
        )
    ]
    assert tags[0] == tags[1] != tags[2]


def test_names_keep_to_what_alto_takes_and_stay_apart() -> None:
    keys = ["a.b", "a_b", "a-b", "x" * 64, "x" * 63 + "y", "x" * 57]
    names = [pid_name(kind, key) for kind in ("access_point", "centre") for key in keys]
    assert len(set(names)) == len(names)
    assert all(len(name) <= 64 and "." not in name for name in names)


# --- over HTTP -----------------------------------------------------------------------------------

MAP = "/api/v1/alto/cost-map"
SHAPES = {
    "directory": "AltoDirectory",
    "networkmap": "AltoNetworkMap",
    "costmap": "AltoCostMap",
    "propmap": "AltoPropertyMap",
}
TYPE = {"cost-mode": "numerical", "cost-metric": "delay-ow:max"}


def read(person: Person, path: str, kind: str) -> dict[str, Any]:
    answer = person.get(path)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, f"application/alto-{kind}+json")
    found: dict[str, Any] = answer.json()
    assert misfits(SHAPES[kind], found) == []
    return found


def asked(person: Person, body: object, path: str = f"{MAP}:filter", **headers: str) -> Any:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    kind = "costmap" if "cost" in path else "networkmap"
    return person.client.generic(
        "POST",
        path,
        data,  # type: ignore[arg-type] # the stubs forget that bytes go as they are
        content_type=f"application/alto-{kind}filter+json",
        headers={**person.standing, "Accept-Language": "en", **headers},
    )


@pytest.fixture
def ben(world: World) -> Person:
    fresh_supply()
    person: Person = world.ben
    return person


@pytest.mark.django_db
def test_a_client_finds_everything_from_the_directory(ben: Person) -> None:
    directory = read(ben, "/api/v1/alto", "directory")
    assert directory["meta"]["default-alto-network-map"] in directory["resources"]
    kinds = directory["meta"]["cost-types"]
    assert {each["cost-context"]["cost-source"] for each in kinds.values()} == {"estimation", "sla"}
    network = read(ben, "/api/v1/alto/network-map", "networkmap")
    pids = network["network-map"]
    assert pids[ELSEWHERE] == {"ipv4": ["0.0.0.0/0"], "ipv6": ["::/0"]}
    for name, each in directory["resources"].items():
        assert set(each.get("uses", ())) <= {"network-map"}
        if "accepts" in each:
            continue
        found = read(ben, each["uri"], each["media-type"].split("-")[1].split("+")[0])
        if name in kinds:
            assert each["capabilities"]["cost-type-names"] == [name]
            told = dict(kinds[name])
            told.pop("description")
            assert found["meta"] == {"dependent-vtags": [network["meta"]["vtag"]], "cost-type": told}
            assert {*found["cost-map"], *(to for row in found["cost-map"].values() for to in row)} <= set(
                pids
            )
        if name == "property-map":
            assert found["property-map"]["network-map.pid:site:sip-weiting"] == {
                "priv:cin-kind": "access_point", "priv:cin-key": "sip-weiting", "priv:cin-city": "320571",
            }  # fmt: skip
            assert len(found["property-map"]) == len(pids) - 1


@pytest.mark.django_db
def test_a_cost_is_the_bound_below_which_a_selection_finds_nothing(ben: Person) -> None:
    cost = read(ben, MAP, "costmap")["cost-map"]["site:sip-weiting"]["centre:wujiang"]
    demand = {
        "from_site": "sip-weiting",
        "quantity": 1,
        "bandwidth_mbps": 1,
        "centre": {"include": ["wujiang"]},
    }
    bundles = [
        made(ben.post("/api/v1/selections", demand | {"max_latency_us": bound}))["answer"]["bundles"]
        for bound in (cost + 1, cost)
    ]
    assert [len(each) > 0 for each in bundles] == [True, False]
    assert {each["latency_us"] for each in bundles[0]} == {cost}
    measured, committed = (
        read(ben, f"{MAP}?cost_type={name}", "costmap")["cost-map"]
        for name in ("delay-measured", "delay-committed")
    )
    assert measured["site:sip-weiting"]["centre:wujiang"] >= cost
    assert committed != measured


@pytest.mark.django_db
def test_a_reader_who_has_the_map_is_told_so_and_it_is_worked_out_once(
    ben: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = ben.get(MAP)
    monkeypatch.setattr(domain, "Distances", None)  # nothing is searched any more
    assert ben.get(MAP, If_None_Match=first.headers["ETag"]).status_code == 304
    assert ben.get(MAP).json() == first.json()
    assert selectors.cost_maps() is selectors.cost_maps()


@pytest.mark.django_db
def test_parts_are_asked_for_by_post(ben: Person) -> None:
    whole = read(ben, MAP, "costmap")["cost-map"]
    pids = {"srcs": ["site:sip-weiting", "site:sip-weiting", "site:nobody"], "dsts": []}
    found = asked(ben, {"cost-type": TYPE, "pids": pids}).json()
    assert found["cost-map"] == {"site:sip-weiting": whole["site:sip-weiting"]}
    nobody = {"srcs": ["site:nobody"], "dsts": []}  # not the same as an empty list
    assert asked(ben, {"cost-type": TYPE, "pids": nobody}).json()["cost-map"] == {}
    cost = whole["site:sip-weiting"]["centre:wujiang"]
    tests = {
        f"le {cost}": True,
        f"lt {cost}": False,
        f"ge {cost}": True,
        f"gt {cost}": False,
        f"eq {cost}.5": False,
    }
    for text, stays in tests.items():
        body = {"cost-type": TYPE, "pids": pids, "constraints": ["gt 0", text]}
        row = asked(ben, body).json()["cost-map"].get("site:sip-weiting", {})
        assert ("centre:wujiang" in row) is stays, text
    for name, each in COST_TYPES.items():  # as the directory has it
        assert (
            asked(ben, {"cost-type": each.document}).json()["cost-map"]
            == (read(ben, f"{MAP}?cost_type={name}", "costmap")["cost-map"])
        )
    part = asked(
        ben,
        {"pids": ["elsewhere", "site:nobody"], "address-types": ["ipv6"]},
        "/api/v1/alto/network-map:filter",
    )
    assert part.json()["network-map"] == {"elsewhere": {"ipv6": ["::/0"]}}
    assert part.headers["Content-Type"] == "application/alto-networkmap+json"


BAD: list[tuple[object, str, str | None]] = [
    (b"{", "E_SYNTAX", None),
    ({"pids": {"srcs": [], "dsts": []}}, "E_MISSING_FIELD", "cost-type"),
    ({"cost-type": {"cost-mode": "numerical"}}, "E_MISSING_FIELD", "cost-type/cost-metric"),
    ({"cost-type": TYPE, "pids": {"srcs": []}}, "E_MISSING_FIELD", "pids/dsts"),
    ([], "E_INVALID_FIELD_TYPE", ""),
    ({"cost-type": "delay"}, "E_INVALID_FIELD_TYPE", "cost-type"),
    ({"cost-type": TYPE, "pids": {"srcs": [1], "dsts": []}}, "E_INVALID_FIELD_TYPE", "pids/srcs"),
    ({"cost-type": TYPE | {"cost-mode": "ordinal"}}, "E_INVALID_FIELD_VALUE", "cost-type/cost-mode"),
    ({"cost-type": TYPE | {"cost-metric": "routingcost"}}, "E_INVALID_FIELD_VALUE", "cost-type/cost-metric"),
    ({"cost-type": TYPE | {"cost-context": {}}}, "E_INVALID_FIELD_VALUE", "cost-type/cost-context"),
    ({"cost-type": TYPE, "constraints": ["about 5"]}, "E_INVALID_FIELD_VALUE", "constraints"),
    ({"cost-type": TYPE, "pids": {"srcs": ["\x00"], "dsts": []}}, "E_INVALID_FIELD_VALUE", "pids/srcs/0"),
]  # fmt: skip


@pytest.mark.django_db
def test_what_cannot_be_read_is_alto_s_error_and_our_problem(
    ben: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    for body, code, field in BAD:
        answer = asked(ben, body)
        told = answer.json()
        assert (answer.status_code, answer.headers["Content-Type"]) == (400, "application/alto-error+json")
        assert (told["meta"]["code"], told["meta"].get("field")) == (code, field), told
        assert misfits("AltoErrorDocument", told) == []
        assert ("value" in told["meta"]) == (told["code"] == "alto_field_value")
    monkeypatch.setattr("scheduling.api.alto.MOST_PAIRS", 1)
    large = asked(ben, {"cost-type": TYPE})
    assert (large.json()["code"], large.json()["meta"]["field"]) == ("cost_map_too_large", "pids")
    assert ben.get(MAP).headers["Content-Type"] == "application/problem+json"
    assert "delay" not in ben.get("/api/v1/alto").json()["resources"]


@pytest.mark.django_db
def test_other_refusals_are_problems_as_everywhere(world: World) -> None:
    assert world.ben.get(f"{MAP}?cost_type=hops").json()["errors"][0]["parameter"] == "cost_type"
    assert world.ben.get(f"{MAP}?bandwidth=1").json()["code"] == "unknown_parameter"
    assert world.ben.get(MAP, Accept="text/html").status_code == 406
    assert asked(world.ben, {}, Authorization="").status_code == 401
    answer = world.ben.client.generic(
        "POST", f"{MAP}:filter", b"{}", content_type="text/csv", headers=world.ben.standing
    )
    assert (answer.status_code, answer.headers["Content-Type"]) == (415, "application/problem+json")


@pytest.mark.django_db
def test_before_the_first_snapshot_the_maps_are_empty(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selectors, "newest_supply", lambda: None)
    assert read(world.ben, MAP, "costmap")["cost-map"] == {}
    assert [*read(world.ben, "/api/v1/alto/network-map", "networkmap")["network-map"]] == [ELSEWHERE]


def test_however_many_constraints_are_asked_six_are_asked_of_each_cost() -> None:
    asked = [f"{name} {at}" for at in range(1, 1000) for name in OPERATORS]
    found = read_cost_filter({"cost-type": TYPE, "constraints": asked})
    told = tuple((name, int(value)) for name, value in found.tests)
    assert told == (("lt", 1), ("le", 1), ("gt", 999), ("ge", 999), ("eq", 1), ("eq", 999))
    several = read_cost_filter(
        {"cost-type": TYPE, "constraints": ["lt 9", "lt 5", "ge 2", "ge 3", "eq 4", "eq 4"]}
    )
    assert [cost for cost in range(12) if several.admits(cost)] == [4]
