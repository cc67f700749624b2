"""The demo's world is what its README says: real where it claims to be, marked where it is invented, and physical."""

import csv
import gzip
import json
import math
from collections import Counter
from decimal import Decimal
from typing import Any

import pytest
from stdnum.cn import uscc

from demo.data.build import HERE, derived_files, load
from demo.data.network import MARKING, Verdict, verdicts

SHARED = HERE.parents[2] / "shared" / "data"
INVENTED = [
    "organisations.json",
    "centres.json",
    "pools.json",
    "offers.json",
    "network_jia.json",
    "boundary_suzhou.json",
    "latency_evidence.json",
    "demand.json",
    "voucher_policy.json",
    "voucher_history.json",
]
WORLD = [p for p in sorted(HERE.rglob("*")) if p.is_file() and "__pycache__" not in p.parts]


def table(name: str) -> list[dict[str, str]]:
    with (HERE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def separation_km(a: dict[str, str], b: dict[str, str]) -> float:
    """Great circle by the angle between two vectors: another formula than the one under test."""
    vectors = []
    for point in (a, b):
        lat, lon = math.radians(float(point["lat"])), math.radians(float(point["lon"]))
        vectors.append((math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat)))
    (ax, ay, az), (bx, by, bz) = vectors
    cross = (ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx)
    return 6371.0088 * math.atan2(math.hypot(*cross), ax * bx + ay * by + az * bz)


def measured() -> dict[str, int]:
    return {e["span"]: e["value_us"] for e in load("latency_evidence.json")["evidence"]}


def story() -> dict[str, Verdict]:
    demand = load("demand.json")["main"]
    rows = verdicts(load("network_jia.json"), measured(), demand["from_site"], demand["max_latency_us"])
    return {row.centre: row for row in rows}


def offers() -> list[dict[str, Any]]:
    """Offers of both providers with the columns of the CSV as text."""
    listed = [{key: _cell(value) for key, value in offer.items()} for offer in load("offers.json")["offers"]]
    return listed + table("offers_yi.csv")


def _cell(value: object) -> str:
    if value is None:
        return ""
    return str(int(value)) if isinstance(value, bool) else str(value)


def fits(offer: dict[str, Any], demand: dict[str, Any]) -> bool:
    """Kind, cards, domestic and availability: the part of selection that needs no line."""
    compute = demand["compute"]
    checks = (
        offer["kind"] == compute["kind"],
        int(offer["accelerators"]) >= compute["min_accelerators"],
        compute["domestic"] is None or offer["domestic"] == str(int(compute["domestic"])),
        int(offer["available"]) >= demand["quantity"],
    )
    return all(checks)


def test_derived_files_are_built_again_byte_for_byte() -> None:
    derived = derived_files()
    assert {name for name, content in derived.items() if (HERE / name).read_bytes() != content} == set()
    in_folder = {p.relative_to(HERE).as_posix() for p in (HERE / "documents").iterdir()}
    assert in_folder == {name for name in derived if name.startswith("documents/")}


@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
def test_the_readme_lists_every_file_and_no_other(readme: str) -> None:
    text = (HERE / readme).read_text(encoding="utf-8")
    rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
    listed = {name for row in rows for name in row.split("`")[1::2]}
    present = {p.relative_to(HERE).as_posix() for p in WORLD if p.parent.name != "documents"}
    assert listed == (present | {"documents/"}) - {"README.md", "README.zh-CN.md"}


@pytest.mark.parametrize(
    ("readme", "words"),
    [
        ("README.md", ("nine parties", "{} one-page PDFs for the {} documents")),
        ("README.zh-CN.md", ("九个主体", "{} 份单页 PDF，对应各主体的 {} 份证照")),
    ],
)
def test_the_readme_counts_parties_and_documents(readme: str, words: tuple[str, str]) -> None:
    document = load("organisations.json")
    parties = [*document["organisations"], document["in_review"]]
    files = [each["file"] for party in parties for each in party["documents"]]
    present = {p.relative_to(HERE).as_posix() for p in (HERE / "documents").iterdir()}
    assert (len(parties), set(files)) == (9, present)
    text = (HERE / readme).read_text(encoding="utf-8")
    for each in words:
        assert each.format(len(set(files)), len(files)) in text


@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
def test_the_readme_shows_the_numbers_that_physics_gives(readme: str) -> None:
    text = (HERE / readme).read_text(encoding="utf-8")
    for row in story().values():
        km = f"{row.great_circle_m / 1000:.3f}"
        assert f"| {row.centre} | {km} | {row.vacuum_us} | {row.silica_us} | {row.upper_us} |" in text


@pytest.mark.parametrize("name", INVENTED)
def test_an_invented_file_is_marked(name: str) -> None:
    assert load(name)["marking"] == MARKING == "演示数据"


@pytest.mark.parametrize("name", INVENTED)
def test_numbers_in_json_are_integers_or_decimal_text(name: str) -> None:
    def refuse(text: str) -> None:
        pytest.fail(f"{name} holds the float {text}")

    json.loads((HERE / name).read_text(encoding="utf-8"), parse_float=refuse)


def test_the_world_is_small() -> None:
    assert sum(p.stat().st_size for p in WORLD) < 300_000
    assert max(p.stat().st_size for p in WORLD if p.suffix == ".pdf") < 4096


def test_social_credit_codes_pass_both_check_digits_and_are_artificial() -> None:
    codes = [o["uscc"] for o in load("organisations.json")["organisations"]]
    assert len(set(codes)) == len(codes) == 8
    for code in codes:
        assert uscc.is_valid(code)
        body, check = code[8:16], code[16]
        total = sum(int(c, 36) * w for c, w in zip(body, (3, 7, 9, 10, 5, 8, 4, 2), strict=True))
        assert check == "0123456789X0"[11 - total % 11], "GB 11714"
        assert body.startswith("DEM")


def test_each_role_of_the_walk_is_there() -> None:
    roles = Counter(o["role"] for o in load("organisations.json")["organisations"])
    assert roles == {
        "compute_provider": 2,
        "line_provider": 2,
        "resale_provider": 1,
        "application_provider": 1,
        "compute_user": 2,
    }


def test_each_document_is_a_pdf_that_says_it_is_demonstration_data() -> None:
    for organisation in load("organisations.json")["organisations"]:
        for document in organisation["documents"]:
            content = (HERE / document["file"]).read_bytes()
            assert content.startswith(b"%PDF-1.4")
            assert content.endswith(b"%%EOF\n")
            assert content.count(MARKING.encode("utf-16-be").hex().encode()) >= 2
            start = int(content.split(b"startxref\n")[1].split(b"\n")[0])
            assert content[start : start + 4] == b"xref"


def test_every_coordinate_lies_in_jiangsu() -> None:
    for row in table("places.csv"):
        assert 30.75 < float(row["lat"]) < 35.13, row
        assert 116.35 < float(row["lon"]) < 121.95, row


def test_places_hang_together() -> None:
    rows = table("places.csv")
    by_place = {row["place"]: row for row in rows}
    assert len(by_place) == len(rows)
    levels = Counter(row["level"] for row in rows)
    assert (levels["province"], levels["city"]) == (1, 13)
    for row in rows:
        assert row["level"] == "province" or row["parent"] in by_place or row["code"] == row["parent"]
        assert row["code"].startswith(row["parent"].rstrip("0")) or row["level"] == "province"
    assert by_place["320571"]["name_zh"] == "苏州工业园区"


def test_every_site_and_centre_stands_where_its_place_is() -> None:
    places = {row["place"]: (row["lat"], row["lon"], row["code"]) for row in table("places.csv")}
    sites = {s["site"]: s for s in load("network_jia.json")["sites"]}
    for site in sites.values():
        assert (site["lat"], site["lon"], site["city"]) == places[site["place"]]
    for centre in load("centres.json")["centres"]:
        assert (centre["lat"], centre["lon"], centre["division"]) in places.values()
        assert sites[centre["site"]]["role"] == "centre"


def test_no_span_is_shorter_than_its_great_circle_and_none_longer_than_its_factor() -> None:
    network = load("network_jia.json")
    sites = {s["site"]: s for s in network["sites"]}
    for span in network["spans"]:
        a, b = sites[span["a"]], sites[span["b"]]
        direct_km = separation_km(a, b)
        assert float(span["great_circle_km"]) == pytest.approx(direct_km, abs=0.0015)
        factor = float(span["km"]) / direct_km
        assert factor == pytest.approx(float(span["route_factor"]), abs=0.001)
        between_cities = a["city"][:4] != b["city"][:4]
        assert span["route_factor"] in (["1.25"] if between_cities else ["1.4", "1.3"])


def test_a_measured_span_lies_between_physics_and_the_estimate() -> None:
    spans = {s["span"]: s for s in load("network_jia.json")["spans"]}
    for name, value_us in measured().items():
        span = spans[name]
        assert Decimal(span["great_circle_km"]) * Decimal("4.9") <= value_us
        assert value_us <= Decimal(span["km"]) * Decimal("4.9")


def test_a_commitment_is_not_faster_than_silica_fibre() -> None:
    sites = {s["site"]: s for s in load("network_jia.json")["sites"]}
    for line in table("committed_lines_yi.csv"):
        direct_km = separation_km(sites[line["a_site"]], sites[line["z_site"]])
        assert int(line["committed_latency_us"]) > direct_km * 4.9
        assert line["a_area"] == sites[line["a_site"]]["city"]


def test_wujiang_and_fenhu_qualify_nanjing_is_inconclusive_huaian_is_impossible() -> None:
    demand = load("demand.json")["main"]
    verdict = story()
    places = {o["centre"]: verdict[o["centre"]].verdict for o in offers() if fits(o, demand)}
    assert places == {"wujiang": "pass", "fenhu": "pass", "nanjing": "inconclusive", "huaian": "fail"}


def test_the_story_holds_with_margin_under_each_physical_bound() -> None:
    verdict, sites = story(), {s["site"]: s for s in load("network_jia.json")["sites"]}
    estimated = verdicts(load("network_jia.json"), {}, "sip-weiting", 1000)
    assert all(row.upper_us < 500 for row in estimated if row.centre in ("wujiang", "fenhu"))
    assert separation_km(sites["sip-weiting"], sites["nanjing"]) * 4.9 < 950
    assert verdict["nanjing"].upper_us > 1100
    assert separation_km(sites["sip-weiting"], sites["huaian"]) * 3.336 > 1050
    # The declared route itself cannot be ruled out either: the sum of its great circles is below the bound.
    route = ("jia-weiting-loufeng", "jia-loufeng-maqun")
    direct = [s["great_circle_km"] for s in load("network_jia.json")["spans"] if s["span"] in route]
    assert sum(Decimal(km) for km in direct) * Decimal("4.9") < 1000


def test_the_infeasible_demand_has_four_different_single_ways_out() -> None:
    demand = load("demand.json")["infeasible_quantity"]
    verdict = story()
    assert not [o for o in offers() if fits(o, demand) and verdict[o["centre"]].verdict == "pass"]
    near = [o for o in offers() if fits(o, {**demand, "quantity": 1})]
    assert max(int(o["available"]) for o in near if verdict[o["centre"]].verdict == "pass") == 7
    assert [o["centre"] for o in offers() if fits(o, demand)] == ["nanjing", "huaian"], "more latency"
    foreign = {**demand, "compute": {**demand["compute"], "domestic": None}}
    assert "kunshan" in {o["centre"] for o in offers() if fits(o, foreign)}, "not domestic"
    smaller = {**demand, "compute": {**demand["compute"], "min_accelerators": 4}}
    assert "changzhou" in {o["centre"] for o in offers() if fits(o, smaller)}, "four cards a machine"


def test_a_tariff_serves_the_demand_and_every_tariff_is_unique() -> None:
    demand = load("demand.json")["main"]
    for name in ("tariffs_jia.csv", "tariffs_yi.csv"):
        rows = table(name)
        keys = [(r["technology"], r["bandwidth_mbps"], r["zone"], r["min_months"]) for r in rows]
        assert len(set(keys)) == len(keys)
        served = {r["zone"] for r in rows if int(r["bandwidth_mbps"]) >= demand["bandwidth_mbps"]}
        assert served == {"same_city", "in_province"}


def test_offers_repeat_their_pool_and_cards_multiply_the_published_figures() -> None:
    pools = {p["pool"]: {k: _cell(v) for k, v in p.items()} for p in load("pools.json")["pools"]}
    cards = {row["accelerator"]: row for row in table("accelerators.csv")}
    shared = ("centre", "kind", "accelerator", "domestic", "accelerators", "vcpus", "memory_gib")
    for offer in offers():
        pool = pools[offer["pool"]]
        assert [offer[key] for key in shared] == [pool[key] for key in shared]
        assert int(offer["available"]) <= int(pool["machines"])
        assert Decimal(offer["price_cny_hour"]) > 0
        if not offer["accelerator"]:
            continue
        card = cards[offer["accelerator"]]
        assert offer["domestic"] == card["domestic"]
        assert card["memory_gib"] in ("", offer["accelerator_memory_gib"])
        for key in ("fp64_tflops", "fp32_tflops", "fp16_tflops"):
            expected = "" if card[key] == "" else Decimal(card[key]) * int(offer["accelerators"])
            assert (offer[key] and Decimal(offer[key])) == expected


def test_the_bad_csv_has_one_good_row_and_eight_faults() -> None:
    rows = table("offers_yi_bad.csv")
    good, *bad = rows
    assert {k: v for k, v in good.items() if k != "offer"} == {
        k: v for k, v in table("offers_yi.csv")[0].items() if k != "offer"
    }
    changed = [{k for k in good if row[k] != good[k] and k != "offer"} or {"offer"} for row in bad]
    assert changed == [
        {"price_cny_hour"},
        {"centre"},
        {"offer"},
        {"price_cny_hour"},
        {"accelerator"},
        {"available"},
        {"available"},
        {"min_hours", "price_cny_hour", "available"},
    ]
    assert bad[2]["offer"] == good["offer"]


def test_the_annual_cap_of_the_voucher_binds_on_the_cheapest_order() -> None:
    policy, history = load("voucher_policy.json"), load("voucher_history.json")
    demand = load("demand.json")["main"]
    left_fen = policy["annual_cap_fen"] - sum(c["claimed_fen"] for c in history["claims"])
    prices = [Decimal(o["price_cny_hour"]) for o in offers() if fits(o, demand)]
    share_fen = min(prices) * demand["duration_hours"] * 100 * Decimal(policy["rate"])
    assert 0 < left_fen < share_fen
    for claim in history["claims"]:
        assert claim["claimed_fen"] <= claim["intelligent_compute_fen"] * Decimal(policy["rate"])


def test_the_telemetry_has_one_labelled_fall_inside() -> None:
    rows = {row["timestamp"]: float(row["value"]) for row in table("telemetry/ec2_cpu_utilization.csv")}
    (label,) = load("telemetry/labels.json")["anomalies"]
    times = sorted(rows)
    at = times.index(label)
    assert all(rows[t] > 50 for t in times[at - 12 : at])
    assert all(rows[t] < 40 for t in times[at : at + 12])


def test_the_scanner_report_has_a_critical_finding() -> None:
    report = load("scanner_report.trivy.json")
    found = Counter(v["Severity"] for r in report["Results"] for v in r.get("Vulnerabilities") or [])
    assert found == {"CRITICAL": 1, "HIGH": 1, "MEDIUM": 3}


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data folder is not beside this clone")
def test_real_files_equal_their_sources() -> None:
    source = SHARED / "security/defectdojo/trivy/scheme_2_many_vulns.json"
    assert (HERE / "scanner_report.trivy.json").read_bytes() == source.read_bytes()
    series = SHARED / "telemetry/nab/realAWSCloudwatch/ec2_cpu_utilization_825cc2.csv"
    cut = (HERE / "telemetry/ec2_cpu_utilization.csv").read_text().splitlines()[1:]
    assert "\n".join(cut) in series.read_text()
    with gzip.open(SHARED / "geo/geonames/cn_cities15000.csv.gz", "rt", encoding="utf-8") as file:
        known = {row["geonameid"]: row for row in csv.DictReader(file)}
    compared = [row for row in table("places.csv") if row["geonameid"] in known]
    assert len(compared) > 40
    for row in compared:
        twin = known[row["geonameid"]]
        assert (float(row["lat"]), float(row["lon"])) == (float(twin["latitude"]), float(twin["longitude"]))
