"""Disclosing networks, committed lines and tariffs: what is taken, and every fault that is named."""

from decimal import Decimal
from typing import Any

import pytest

from kernel.selectors.capacity import free
from scheduling.models import LineProduct, LineProvider, LineTariff, Site, Span
from tests.aggregation.supply import made
from tests.scheduling.live import commit_lines, disclose, network, register_centres, send_csv, text
from tests.support.cast import World

pytestmark = pytest.mark.django_db

IMPORT = "/api/v1/networks:import"
LINES = "/api/v1/committed-lines:import"
TARIFFS = "/api/v1/tariffs:import"


def test_a_network_is_taken_whole_and_the_ledger_knows_its_bandwidth(world: World) -> None:
    report = made(world.lin.post(IMPORT, network()))
    assert report == {"dry_run": False, "read": 44, "created": 44, "updated": 0, "faults": [], "flags": []}
    span = Span.objects.get(key="jia-weiting-loufeng")
    assert free([span.id]) == {span.id: 100_000}
    assert Site.objects.get(key="sip-weiting").marking == "演示数据"


def test_sending_it_again_changes_nothing_and_a_change_is_told_to_the_ledger(world: World) -> None:
    made(world.lin.post(IMPORT, network()))
    assert made(world.lin.post(IMPORT, network()))["updated"] == 0
    document = network()
    document["spans"][0]["capacity_mbps"] = 200_000
    report = made(world.lin.post(IMPORT, document))
    assert (report["created"], report["updated"]) == (0, 1)
    span = Span.objects.get(key=document["spans"][0]["span"])
    assert (span.generation, free([span.id])[span.id]) == (2, 200_000)


def test_a_dry_run_reports_and_writes_nothing(world: World) -> None:
    report = made(world.lin.post(f"{IMPORT}?dry_run=true", network()))
    assert (report["dry_run"], report["created"]) == (True, 44)
    assert not Site.objects.exists()
    assert not LineProvider.objects.exists()


def test_what_is_not_said_of_a_row_that_is_there_stays(world: World) -> None:
    document = network()
    site, span = document["sites"][0], document["spans"][0]
    site |= {"place": "320571", "oxc": True, "otn_100g": True, "hop_us": 70}
    span |= {"medium": "hollow_core", "jitter_us": 7, "loss": "0.001", "srlg": ["duct"]}
    made(world.lin.post(IMPORT, document))
    known = [Site.objects.values().get(key=site["site"]), Span.objects.values().get(key=span["span"])]
    less = network() | {"sites": [{"site": site["site"]}], "spans": [{"span": span["span"]}]}
    assert made(world.lin.post(IMPORT, less))["updated"] == 0
    assert [
        Site.objects.values().get(key=site["site"]),
        Span.objects.values().get(key=span["span"]),
    ] == known
    less["sites"][0]["place"], less["spans"][0]["srlg"] = None, []
    assert made(world.lin.post(IMPORT, less))["updated"] == 2
    row = Span.objects.get(key=span["span"])
    assert (Site.objects.get(key=site["site"]).place, row.srlg, row.jitter_us) == ("", [], 7)
    answer = world.lou.post(IMPORT, less | {"line_provider": "line-yi"})
    codes = {(each["pointer"], each["code"]) for each in answer.json()["errors"]}
    assert {("/sites/0/name", "bad_value"), ("/spans/0/km", "bad_value")} <= codes, "another's tell nothing"


def test_a_committed_line_keeps_what_the_file_has_no_column_of(world: World) -> None:
    disclose(world.lin, evidence=False)
    register_centres(world)
    header, first, *_ = text("committed_lines_yi.csv").splitlines()
    cells = dict(zip(header.split(","), first.split(","), strict=True))
    cells |= {"jitter_us": "9", "loss": "0.002", "srlg": "duct"}

    def sent(told: dict[str, str]) -> Any:
        return made(send_csv(world.lou, LINES, f"{','.join(told)}\n{','.join(told.values())}\n"))

    sent(cells)
    assert (
        sent({name: cells[name] for name in cells if name not in ("jitter_us", "loss", "srlg")})["updated"]
        == 0
    )
    assert sent(cells | {"loss": ""})["updated"] == 1
    line = Span.objects.get(key=cells["line"])
    assert (line.jitter_us, line.loss, line.srlg) == (9, Decimal(0), ["duct"])


FAULTS: list[tuple[str, dict[str, Any], str, str]] = [
    ("sites/0", {"lat": "91"}, "lat", "impossible_coordinate"),
    ("sites/1", {"lon": "-180.000001"}, "lon", "impossible_coordinate"),
    ("sites/0", {"lat": "0", "lon": "0.0"}, "lat", "no_coordinates"),
    ("sites/0", {"lat": 31.3}, "lat", "bad_value"),
    ("sites/0", {"city": "32057"}, "city", "bad_value"),
    ("sites/0", {"city": "000000"}, "city", "unknown_division"),
    ("sites/0", {"city": "329901"}, "city", "unknown_division"),
    ("sites/0", {"city": "320599"}, "city", "unknown_division"),
    ("sites/0", {"city": "320100", "lat": "31.30", "lon": "120.60"}, "lat", "site_elsewhere"),
    ("sites/0", {"lat": "39.9", "lon": "116.4"}, "lat", "site_elsewhere"),
    ("sites/0", {"role": "pub"}, "role", "bad_value"),
    ("sites/0", {"name": None}, "name", "bad_value"),
    ("sites/0", {"colour": "red"}, "colour", "unknown_field"),
    ("sites/1", {"site": "sip-weiting"}, "site", "duplicate"),
    ("spans/0", {"km": "7.054"}, "km", "shorter_than_great_circle"),
    ("spans/0", {"km": "-9"}, "km", "bad_value"),
    ("spans/0", {"km": "100000"}, "km", "bad_value"),
    ("sites/0", {"hop_us": 10_001}, "hop_us", "bad_value"),
    ("spans/0", {"jitter_us": 10_000_001}, "jitter_us", "bad_value"),
    ("spans/0", {"capacity_mbps": 10**9 + 1}, "capacity_mbps", "bad_value"),
    ("spans/0", {"b": "sip-weiting"}, "b", "self_loop"),
    ("spans/0", {"b": "nowhere"}, "b", "unknown_site"),
    ("spans/0", {"span": "=1+1"}, "span", "bad_value"),
    ("spans/1", {"span": "jia-weiting-loufeng"}, "span", "duplicate"),
    ("spans/0", {"loss": "1.1"}, "loss", "bad_value"),
    ("spans/0", {"medium": "copper"}, "medium", "bad_value"),
]


@pytest.mark.parametrize("city", ["320500", "320571", "110108", "419001", "659001", "810000"])
def test_a_city_is_of_a_prefecture_or_what_stands_for_one(world: World, city: str) -> None:
    document = network()
    document["sites"][0]["city"] = city
    assert made(world.lin.post(f"{IMPORT}?dry_run=true", document))["faults"] == []


@pytest.mark.parametrize(("element", "change", "field", "code"), FAULTS, ids=str)
def test_a_bad_element_is_named_with_its_reason(
    world: World, element: str, change: dict[str, Any], field: str, code: str
) -> None:
    document, (kind, place), pointer = network(), element.split("/"), f"/{element}/{field}"
    document[kind][int(place)] |= change
    report = made(world.lin.post(f"{IMPORT}?dry_run=true", document))
    assert (pointer, code) in [(fault["pointer"], fault["code"]) for fault in report["faults"]]
    answer = world.lin.post(IMPORT, document)
    assert answer.status_code == 400
    assert (pointer, code) in [(fault["pointer"], fault["code"]) for fault in answer.json()["errors"]]
    assert not Site.objects.exists()


def test_the_longest_and_the_widest_that_is_taken(world: World) -> None:
    document = network()
    document["sites"][0]["hop_us"] = 10_000
    document["spans"][0] |= {"jitter_us": 10_000_000, "capacity_mbps": 10**9}
    made(world.lin.post(IMPORT, document))
    document["spans"][0]["jitter_us"] = 10_000_001
    (fault,) = world.lin.post(IMPORT, document, Accept_Language="en").json()["errors"]
    assert fault["detail"] == "at most 10000000"


def test_every_bad_element_is_reported_at_once(world: World) -> None:
    document = network()
    document["sites"][2] |= {"lon": True, "hop_us": True, "oxc": True}
    document["sites"][3] |= {"lat": "abc", "role": "pub"}
    document["spans"][3] |= {"capacity_mbps": True, "srlg": False}
    document["spans"][5]["km"] = "1e3"
    document["spans"].append("a span")
    told = made(world.lin.post(f"{IMPORT}?dry_run=true", document, Accept_Language="en"))["faults"]
    bad = "/sites/2/lon /sites/2/hop_us /sites/3/lat /sites/3/role /spans/3/capacity_mbps /spans/3/srlg /spans/5/km /spans/24"
    assert {fault["pointer"] for fault in told if fault["code"] == "bad_value"} == set(bad.split())
    faults = {fault["pointer"]: fault["detail"] for fault in told}
    assert faults["/sites/3/role"] == "'pub' is not one of access_point, county_aggregation, core, centre"
    assert faults["/spans/5/km"] == r"'1e3' does not match the pattern [0-9]{1,5}(\.[0-9]+)?"


def test_another_s_keys_are_refused(world: World) -> None:
    disclose(world.lin, evidence=False)
    answer = world.lou.post(IMPORT, network())
    assert (answer.status_code, answer.json()["code"]) == (409, "provider_key_taken")
    answer = world.lou.post(IMPORT, network() | {"line_provider": "line-yi"})
    assert answer.status_code == 400
    assert {error["code"] for error in answer.json()["errors"]} == {"key_taken"}
    assert world.lin.post(IMPORT, network() | {"line_provider": "line-new"}).status_code == 409


def test_a_site_cannot_move_away_from_the_spans_that_end_there(world: World) -> None:
    disclose(world.lin, evidence=False)
    register_centres(world)
    commit_lines(world.lou)
    moved = network()["sites"][0] | {"lat": "39.9"}
    body = network() | {"sites": [moved], "spans": []}
    answer = world.lin.post(IMPORT, body, Accept_Language="en")
    assert answer.status_code == 400
    told = {error["code"]: error["detail"] for error in answer.json()["errors"]}
    assert told.keys() == {"shorter_than_great_circle", "contradicts_others", "site_elsewhere"}
    theirs = Span.objects.filter(tenant_id=world.lou.organisation.id, a__key=moved["site"]).count()
    assert f"({theirs})" in told["contradicts_others"]
    assert theirs == 5, "of which one is long enough even so"
    for shown in (answer.content, world.lin.post(f"{IMPORT}?dry_run=true", body).content):
        assert b"jia-weiting-loufeng" in shown
        assert b"yi-" not in shown
        assert "µs".encode() not in shown
    stranger = made(world.lou.post(f"{IMPORT}?dry_run=true", body | {"line_provider": "line-yi"}))
    assert [each["code"] for each in stranger["faults"]] == ["site_elsewhere", "key_taken"]


def test_a_route_that_changed_loses_its_measurement(world: World) -> None:
    disclose(world.lin)
    key = "jia-weiting-loufeng"
    assert Span.objects.get(key=key).measured_us == 45
    document = network()
    document["spans"][0]["jitter_us"] = 3
    made(world.lin.post(IMPORT, document))
    assert Span.objects.get(key=key).measured_us == 45
    document["spans"][0]["km"] = "12"
    made(world.lin.post(IMPORT, document))
    assert Span.objects.get(key=key).measured_us is None


def test_committed_lines_are_spans_that_disclose_nothing(world: World) -> None:
    disclose(world.lin, evidence=False)
    register_centres(world)
    commit_lines(world.lou)
    line = Span.objects.get(key="yi-sip-fenhu")
    assert (line.kind, line.measured_us, line.medium) == ("commitment", 560, "undisclosed")
    assert free([line.id]) == {line.id: 20_000}


BAD_LINES = [
    (",420,", ",56,", "/lines/2/committed_latency_us", "faster_than_light"),
    (",420,", ",,", "/lines/2/committed_latency_us", "bad_value"),
    (",420,", ",10000001,", "/lines/2/committed_latency_us", "bad_value"),
    ("320571,sip-weiting,wujiang", "320509,sip-weiting,wujiang", "/lines/2/a_area", "area_mismatch"),
    ("wujiang,wujiang,", "wujiang,nowhere,", "/lines/2/z_site", "unknown_site"),
    ("wujiang,wujiang,", "no-such-centre,wujiang,", "/lines/2/z_centre", "unknown_centre"),
    ("wujiang,wujiang,", "kunshan,wujiang,", "/lines/2/z_site", "centre_elsewhere"),
    ("yi-sip-fenhu,line-yi", "yi-sip-wujiang,line-yi", "/lines/3/line", "duplicate"),
    ("yi-sip-fenhu,line-yi", "yi-sip-fenhu,line-zz", "/lines/3/line_provider", "mixed_providers"),
    ("20000,560", "20000", "/lines/3", "bad_row"),
]


def test_a_bad_committed_line_is_named(world: World) -> None:
    disclose(world.lin, evidence=False)
    register_centres(world)
    for old, new, pointer, code in BAD_LINES:
        body = text("committed_lines_yi.csv").replace(old, new, 1)
        answer = send_csv(world.lou, LINES, body)
        assert answer.status_code == 400
        assert (pointer, code) in [(each["pointer"], each["code"]) for each in answer.json()["errors"]], new
    assert not Span.objects.filter(kind="commitment").exists()


def test_tariffs_make_products_and_are_priced_anew(world: World) -> None:
    made(send_csv(world.lin, TARIFFS, text("tariffs_jia.csv")))
    assert set(LineProduct.objects.values_list("technology", flat=True)) == {"otn", "fgotn"}
    report = made(send_csv(world.lin, TARIFFS, text("tariffs_jia.csv").replace("2600", "2700.000000", 1)))
    assert (report["created"], report["updated"]) == (0, 1)
    assert LineTariff.objects.count() == 6
    assert LineTariff.objects.filter(monthly_cny=2700).exists()


@pytest.mark.parametrize(
    ("old", "new", "pointer"),
    [
        ("fgotn,100,same_city", "copper,100,same_city", "/lines/2/technology"),
        ("same_city,1000,2600", "same_city,1000,-2600", "/lines/2/monthly_cny"),
        ("same_city,1000,2600", "same_city,1000,1e3", "/lines/2/monthly_cny"),
        ("7.50,40,5", "7.50,40,99999", "/lines/2/lead_days"),
        ("7.50,40,5", "7.50,10000001,5", "/lines/2/terminal_us"),
        ("20,1,22.00", "20,1000,22.00", "/lines/3/min_months"),
        ("fgotn,500", "fgotn,100", "/lines/3/line_provider"),
    ],
)
def test_a_bad_tariff_is_named(world: World, old: str, new: str, pointer: str) -> None:
    answer = send_csv(world.lin, TARIFFS, text("tariffs_jia.csv").replace(old, new, 1))
    assert answer.status_code == 400
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]
    assert not LineTariff.objects.exists()


@pytest.mark.parametrize("body", ["", "foo,bar\n", "\ufeffline\n\n"])
@pytest.mark.parametrize(
    "path", ["sites:import?line_provider=line-jia", "spans:import?line_provider=line-jia", "committed-lines:import",
             "tariffs:import", "covered-addresses:import"],
)  # fmt: skip
def test_a_csv_without_a_row_is_no_success(world: World, path: str, body: str) -> None:
    answer = send_csv(world.lin, f"/api/v1/{path}", body)
    (fault,) = answer.json()["errors"]
    assert (answer.status_code, fault["pointer"], fault["code"]) == (400, "/lines/1", "nothing_read")


def test_a_network_of_nothing_is_no_success(world: World) -> None:
    answer = world.lin.post(IMPORT, network() | {"sites": [], "spans": []})
    (fault,) = answer.json()["errors"]
    assert (answer.status_code, fault["pointer"], fault["code"]) == (400, "/sites", "nothing_read")
    assert not LineProvider.objects.exists()


def test_text_that_is_not_utf_8_is_malformed(world: World) -> None:
    answer = world.lin.send("POST", TARIFFS, "线路".encode("gbk"), Content_Type="text/csv")
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed_body")


@pytest.mark.parametrize("path", [IMPORT, LINES, TARIFFS])
def test_only_line_providers_disclose(world: World, path: str) -> None:
    assert world.ada.post(path, network()).status_code == 403
    assert world.nobody.post(path, network()).status_code == 401


def test_a_provider_that_is_not_certified_discloses_nothing(world: World) -> None:
    world.lin.organisation.state = "applied"
    world.lin.organisation.save()
    answer = world.lin.post(IMPORT, network())
    assert (answer.status_code, answer.json()["code"]) == (409, "not_certified")


@pytest.mark.parametrize("path", ["spans", "tariffs", "line-products", "latency-evidence"])
def test_lists_show_their_owner_s_rows_in_a_fixed_number_of_queries(
    world: World, path: str, django_assert_max_num_queries: Any
) -> None:
    disclose(world.lin)
    register_centres(world)
    commit_lines(world.lou)
    url = f"/api/v1/{path}?limit=200"
    world.lin.get(url)
    with django_assert_max_num_queries(6):
        own = world.lin.get(url).json()["items"]
    other = world.lou.get(url).json()["items"]
    every = world.rhea.get(url).json()["items"]
    assert own
    assert len(every) == len(own) + len(other)
    assert not {row["id"] for row in own} & {row["id"] for row in other}
    assert world.ada.get(url).status_code == 403


def test_buyers_find_access_points(world: World) -> None:
    disclose(world.lin, evidence=False)
    items = world.ben.get("/api/v1/sites?role=access_point&city=320571").json()["items"]
    assert {item["site"] for item in items} == {"sip-weiting", "sip-shengpu"}


def parallel(*spans: tuple[str, list[str]]) -> dict[str, Any]:
    """Lin's network with further spans, of these keys and risks, where her first one runs."""
    first = network()["spans"][0]
    more = [{**first, "span": key, "srlg": srlg} for key, srlg in spans]
    return network() | {"spans": more}


def risks(*keys: str) -> list[list[str]]:
    rows = {row.key: row.srlg for row in Span.objects.all()}
    return [rows[key] for key in keys]


DUCT = "jia-loufeng--sip-weiting"


def test_spans_beside_each_other_share_a_risk_unless_each_names_its_own(world: World) -> None:
    document = parallel(("d1", []), ("d2", []), ("e1", ["north"]))
    dry = made(world.lin.post(f"{IMPORT}?dry_run=true", document))
    report = made(world.lin.post(IMPORT, document))
    assert report["flags"] == dry["flags"]
    flagged = [(each["pointer"], each["code"]) for each in report["flags"]]
    assert flagged == [("/spans/1", "duplicate_link"), ("/spans/2", "duplicate_link")]
    assert DUCT in report["flags"][0]["detail"]
    assert risks("d1", "d2", "e1") == [[DUCT], [DUCT], [DUCT, "north"]]
    assert made(world.lin.post(IMPORT, document))["updated"] == 0
    apart = made(world.lin.post(IMPORT, parallel(("d1", ["south"]), ("d2", ["west"]), ("e1", ["north"]))))
    assert (apart["flags"], risks("d1", "d2", "e1")) == ([], [["south"], ["west"], ["north"]])


def test_a_span_that_comes_later_shares_the_risk_of_the_one_that_is_there(world: World) -> None:
    made(world.lin.post(IMPORT, parallel(("d1", []))))
    generation = Span.objects.get(key="d1").generation
    assert risks("d1") == [[]]
    report = made(world.lin.post(IMPORT, parallel(("d2", ["south"]))))
    assert [each["pointer"] for each in report["flags"]] == ["/spans/0"]
    assert risks("d1", "d2") == [[DUCT], [DUCT, "south"]]
    assert Span.objects.get(key="d1").generation == generation + 1


def test_committed_lines_beside_each_other_share_a_risk_too(world: World) -> None:
    disclose(world.lin, evidence=False)
    register_centres(world)
    header, *lines = text("committed_lines_yi.csv").splitlines()
    kunshan = next(line for line in lines if line.startswith("yi-sip-kunshan"))
    body = "\n".join([header, kunshan, kunshan.replace("yi-sip-kunshan", "yi-second", 1), ""])
    report = made(send_csv(world.lou, LINES, body))
    assert [(each["pointer"], each["code"]) for each in report["flags"]] == [("/lines/3", "duplicate_link")]
    assert risks("yi-sip-kunshan", "yi-second") == [["kunshan--sip-weiting"]] * 2


def test_a_site_that_moves_does_not_take_what_was_measured_along(world: World) -> None:
    disclose(world.lin)  # 45 µs over 7.055 km, which silica does in 35
    document = network()
    moved = document["sites"][0] | {"lat": "31.37"}  # 9.6 km: silica takes 47
    answer = world.lin.post(IMPORT, document | {"sites": [moved], "spans": []})
    codes = [(each["pointer"], each["code"]) for each in answer.json()["errors"]]
    assert (answer.status_code, codes) == (400, [("/sites/0/lat", "faster_than_silica")])
    touching = [
        {**span, "km": str(Decimal(span["km"]) + 10)} if moved["site"] in (span["a"], span["b"]) else span
        for span in document["spans"]
    ]
    touching[0] = document["spans"][0]  # of the same length, which is still more than its great circle
    document["sites"][0] = moved
    made(world.lin.post(IMPORT, document | {"spans": touching}))
    assert Span.objects.get(key="jia-weiting-loufeng").measured_us is None
