"""Selections on the live market: replays, places, and what never enters a snapshot."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.models import F
from django.db.utils import IntegrityError, ProgrammingError
from django.test.utils import CaptureQueriesContext

from aggregation.models import Centre, Inventory
from kernel.actor import SYSTEM
from kernel.clock import now
from kernel.models.outbox import EventRecord
from kernel.models.suspensions import SuspensionCause, SuspensionScope
from kernel.money import to_fen
from kernel.services.outbox import relay
from kernel.services.suspensions import open_suspension
from scheduling.errors.selections import SelectionOutdated
from scheduling.models import LineTariff, Selection, Span, SupplyRow, SupplyVersion
from scheduling.selectors.profiles import hold_profile
from scheduling.selectors.selections import bundle
from scheduling.selectors.supply import newest_supply
from scheduling.services.others import answer_others
from scheduling.services.selections import replay_selection
from scheduling.services.supply import forget_versions, keep_up, refresh_supply
from tests.aggregation.supply import bring_to_market, centre, made
from tests.scheduling.live import COVERED, chosen, demand, network, open_market, send_csv
from tests.support.cast import World

pytestmark = pytest.mark.django_db
SCENE = open_market


def test_a_replay_on_the_same_snapshot_gives_the_same_answer_and_on_another_says_so(world: World) -> None:
    first = chosen(world.ben)
    same = world.ben.post(f"/api/v1/selections/{first['id']}:replay").json()
    assert (same["same_snapshot"], same["same_answer"]) == (True, True)
    assert same["answer"] == first["answer"]
    Span.objects.filter(key="jia-tongli-wujiang").update(measured_us=30)
    refresh_supply(everything=True)
    other = world.ben.post(f"/api/v1/selections/{first['id']}:replay").json()
    assert (other["same_snapshot"], other["same_answer"]) == (False, True), "the version of then is kept"
    assert other["snapshot_then"] == first["snapshot"] != other["snapshot_now"]
    assert other["answer"] != first["answer"]
    assert (other["version_kept"], forget_versions()) == (True, 0)
    SupplyVersion.objects.update(built_at=now() - timedelta(days=other["kept_days"] + 1))
    assert forget_versions() == 1, "the newest stays, however old"
    assert not SupplyRow.objects.filter(until__isnull=False).exists()
    third = world.ben.post(f"/api/v1/selections/{first['id']}:replay").json()
    assert (third["same_snapshot"], third["same_answer"], third["version_kept"]) == (False, None, False)
    assert third["answer"] == other["answer"]
    assert world.ben.get(f"/api/v1/selections/{first['id']}").json()["answer"] == first["answer"]


def test_what_is_too_hard_is_refused_and_kept_nowhere(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    pair = {"protection": "one_plus_one"}
    kept = chosen(world.ben, **pair)
    centre = kept["answer"]["bundles"][0]["centre"]
    monkeypatch.setattr("scheduling.domain.engine.selection.MOST_OF_PAIRS", 0)
    for answer in (
        world.ben.post("/api/v1/selections", demand(**pair)),
        world.ben.post(f"/api/v1/selections/{kept['id']}:replay"),
    ):
        fault = answer.json()["errors"][0]
        assert (answer.status_code, fault["code"], fault["pointer"]) == (400, "too_hard", "/line/providers")
        assert "line-jia" in fault["detail"]
    line = f"site=sip-weiting&centre={centre}&bandwidth_mbps=1000&protection=one_plus_one"
    fault = world.ben.get(f"/api/v1/serviceability?{line}").json()["errors"][0]
    assert (fault["parameter"], "计算量" in fault["detail"]) == ("protection", True)
    assert answer_others(demand(**pair), 20) == []
    assert Selection.objects.count() == 1
    assert chosen(world.ben)["answer"]["bundles"], "others are not concerned"


def test_the_same_demand_has_the_same_answer_whoever_asks(world: World) -> None:
    assert chosen(world.ben)["answer"] == chosen(world.rex)["answer"] == chosen(world.bea)["answer"]


def asked_from(world: World, **place: Any) -> dict[str, Any]:
    """Where other nodes are asked from; they are told it as coordinates, and an order there is placed with the same."""
    across = chosen(world.ben, from_site=None, **place, peers={"deadline_ms": 100})["across"]
    found = dict(across["asked_from"])
    assert across["order_with"]["from_coordinates"] == {name: found[name] for name in ("lat", "lon")}
    return found


def test_a_place_coordinates_and_an_address_lead_to_the_nearest_access_point(world: World) -> None:
    by_site = chosen(world.ben)
    by_place = chosen(world.ben, from_site=None, from_place="320571")
    assert by_place["answer"] == by_site["answer"]
    assert asked_from(world, from_place="320571") == {
        "lat": "31.34652", "lon": "120.69399", "site": "sip-weiting",
    }  # fmt: skip
    assert (by_place["access"]["site"], by_place["access"]["tail"]) == ("sip-weiting", None)
    by_point = chosen(world.ben, from_site=None, from_coordinates={"lat": "31.34", "lon": "120.70"})
    tail, end = by_point["access"]["tail"], by_point["access"]["carriers"]["line-jia"]
    assert (by_point["access"]["site"], end["site"], end["days"]) == ("sip-weiting", "sip-weiting", 20)
    slower = [
        ours["latency_us"] - theirs["latency_us"]
        for ours, theirs in zip(by_point["answer"]["bundles"], by_site["answer"]["bundles"], strict=True)
    ]
    assert slower == [tail["latency_us"]]
    assert (end["tail"], end["one_off_cny"]) == (tail, None)
    assert [each["site"] for each in by_point["access"]["alternates"]]
    assert asked_from(world, from_coordinates={"lat": "31.34", "lon": "120.70"}) == {
        "lat": "31.34", "lon": "120.7", "site": None,
    }  # fmt: skip
    by_address = chosen(world.ben, from_site=None, from_address="江苏省 苏州市 吴江区同里镇某路 1 号")
    assert by_address["access"]["place"] == {
        "name": "同里",
        "level": "town",
        "lat": "31.16097",
        "lon": "120.71177",
    }
    known = asked_from(world, from_address="江苏省苏州市吴江区同里镇某路 1 号")
    assert known == {"lat": "31.16097", "lon": "120.71177", "site": None}
    made(
        send_csv(
            world.lin, "/api/v1/covered-addresses:import", f"{COVERED}\n星湖街 1 号,31.29,120.8,sip-weiting\n"
        )
    )
    covered = asked_from(world, from_address="星湖街１号")
    assert covered == {"lat": "31.29", "lon": "120.8", "site": None}
    same = world.ben.post(f"/api/v1/selections/{by_point['id']}:replay").json()
    assert same["same_answer"] is True


def test_other_names_of_an_accelerator_are_understood(world: World) -> None:
    compute = {"kind": "intelligent", "accelerators": ["昇腾910B"]}
    assert chosen(world.ben, compute=compute)["answer"]["bundles"]


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"quantity": 0}, "/quantity"),
    ({"quantity": None}, "/quantity"),
    ({"from_site": "nowhere"}, "/from_site"),
    ({"from_site": None}, "/from_site"),
    ({"from_place": "320571"}, "/from_site"),
    ({"from_site": None, "from_place": "110101"}, "/from_place"),
    ({"from_site": None, "from_coordinates": {"lat": "91", "lon": "0"}}, "/from_coordinates"),
    ({"from_site": None, "from_coordinates": {"lat": "x"}}, "/from_coordinates"),
    ({"max_latency_us": 1.5}, "/max_latency_us"),
    ({"compute": {"kind": "quantum"}}, "/compute/kind"),
    ({"compute": {"min_fp16_tflops": 1e-7}}, "/compute/min_fp16_tflops"),
    ({"colour": "red"}, "/colour"),
    ({"from_site": None, "from_address": "北京市朝阳区"}, "/from_address"),
    ({"from_site": None, "from_address": "江苏省苏州市"}, "/from_address"),
    ({"from_site": None, "from_address": "江苏省鼓楼区"}, "/from_address"),
    ({"from_site": None, "from_address": " "}, "/from_address"),
    ({"weights": {"cny_per_ms": 1.00001}}, "/weights/cny_per_ms"),
    ({"demand": "d" * 201}, "/demand"),
    ({"demand": ""}, "/demand"),
    ({"centre": {"exclude": ["c"] * 1001}}, "/centre/exclude"),
    ({"providers": {"include": ["p" * 201]}}, "/providers/include/0"),
    ({"from_site": None, "from_address": "苏" * 201}, "/from_address"),
    ({"from_site": None, "from_place": 320571}, "/from_place"),
    ({"from_site": None, "from_coordinates": {"lat": "31", "lon": "120", "x": [[]]}}, "/from_coordinates"),
    ({"transfer": {"volume_gb": "1", "within_hours": 2}}, "/bandwidth_mbps"),
    (
        {"transfer": {"volume_gb": 999_999_999_999, "within_hours": 1}, "bandwidth_mbps": None},
        "/transfer/volume_gb",
    ),
    ({"starts_at": "2020-01-01T00:00:00Z"}, "/starts_at"),
    ({"starts_at": "9999-12-31T23:00:00Z"}, "/starts_at"),
    ({"starts_at": "9999-12-31T23:00:00-08:00"}, "/starts_at"),
    ({"starts_at": "0001-01-01T00:00:00+08:00"}, "/starts_at"),
    ({"duration_hours": 87_601}, "/duration_hours"),
    ({"duration_hours": 999_999_999_999}, "/duration_hours"),
    ({"residency": ["3205", ""]}, "/residency/1"),
    ({"residency": ["320500", "99"]}, "/residency/1"),
    ({"residency": ["320599"]}, "/residency/0"),
    ({"domain": "army"}, "/domain"),
    ({"storage": {"gib": -1, "storage_class": "standard"}}, "/storage/gib"),
    ({"tail": {"latency_us": 0}}, "/tail"),
    ({"asked_at": "2020-01-01T00:00:00Z"}, "/asked_at"),
    ({"top": 201}, "/top"),
]


def test_a_wrong_demand_names_its_field(world: World) -> None:
    beyond = now() + hold_profile().horizon - timedelta(hours=23, minutes=30)  # by half an hour
    for change, pointer in [*WRONG, ({"starts_at": beyond.isoformat(), "duration_hours": 24}, "/starts_at")]:
        answer = world.ben.post("/api/v1/selections", demand(**change))
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, pointer), change
    assert not Selection.objects.exists()


def test_a_body_that_is_no_object_is_refused(world: World) -> None:
    assert world.ben.post("/api/v1/selections", [1]).status_code == 400


@pytest.mark.parametrize("body", [b"{", b"\xff", b'{"quantity": NaN}', b"[" * 100_000, b"9" * 9999])
@pytest.mark.parametrize("address", ["selections", "demands"])
def test_a_body_that_is_no_json_is_refused_as_everywhere(world: World, address: str, body: bytes) -> None:
    answer = world.ben.send("POST", f"/api/v1/{address}", body, Content_Type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed_body")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (b'{"quantity": 1, "quantity": 2}', "/quantity"),
        (b'{"line": {"a": [0, {"b": 1, "b": 1}]}}', "/line/a/1/b"),
        (b'{"line": {"b": 1, "b": 1}, "line": {}}', "/line"),
        (b'{"a/b": {"~c/": 1, "~c/": 2}}', "/a~1b/~0c~1"),
    ],
)
def test_a_key_that_is_given_twice_is_named(world: World, body: bytes, pointer: str) -> None:
    answer = world.ben.send("POST", "/api/v1/selections", body, Content_Type="application/json")
    fault = answer.json()["errors"][0]
    assert (answer.status_code, fault["pointer"]) == (400, pointer)
    assert pointer.rsplit("/", 1)[-1].replace("~1", "/").replace("~0", "~") in fault["detail"]


def nothing(world: World) -> None:
    """No change."""


def stale(world: World) -> None:
    Inventory.objects.update(observed_at=F("observed_at") - timedelta(hours=1))
    refresh_supply(everything=True)


def suspended_provider(world: World) -> None:
    suspend(world.ada.organisation.id)


def suspended_line_provider(world: World) -> None:
    suspend(world.lin.organisation.id)


def suspend(subject: UUID) -> None:
    open_suspension(
        subject=subject,
        tenant=subject,
        cause=SuspensionCause.INSTRUCTION,
        scope=SuspensionScope.NEW_SALE,
        reference=subject,
        actor=SYSTEM,
    )


@pytest.mark.parametrize(
    ("change", "bundles", "rows"),
    [
        (nothing, 1, {"offers": 1, "tariffs": 6}),
        (stale, 0, {"offers": 0, "tariffs": 6}),
        (suspended_provider, 0, {"offers": 0, "tariffs": 6}),
        (suspended_line_provider, 0, {"offers": 1, "tariffs": 0}),
    ],
)
def test_only_what_passes_its_gate_enters_the_snapshot(
    world: World, tmp_path: Path, change: Any, bundles: int, rows: dict[str, int]
) -> None:
    change(world)
    assert len(chosen(world.ben)["answer"]["bundles"]) == bundles
    call_command("export_supply", tmp_path)
    written = {
        name: len((tmp_path / f"{name}.csv").read_text(encoding="utf-8").splitlines()) - 1
        for name in ("offers", "tariffs")
    }
    assert written == rows
    with pytest.raises(CommandError, match="cannot be written into"):
        call_command("export_supply", tmp_path / "offers.csv")


def test_a_centre_that_meets_no_network_and_a_long_name_block_nobody(world: World) -> None:
    bring_to_market(world.cleo, suffix="-2")
    Centre.objects.filter(key="wujiang-2").update(site="nowhere", name="示" * 120)
    bundles = chosen(world.ben)["answer"]["bundles"]
    assert [bundle["centre"] for bundle in bundles] == ["wujiang"]
    Centre.objects.update(site="wujiang")
    assert len(chosen(world.ben)["answer"]["bundles"]) == 2


def test_a_centre_is_no_farther_from_its_site_than_one_is_reached_from(world: World) -> None:
    """Whichever of the two moved, or came first: it is refused where both are known, and kept from sale where they are not."""
    offer, choice = made(world.ada.get("/api/v1/offers"))["items"][0]["id"], chosen(world.ben)
    far = centre(centre="far", lat="31.35")  # 17.4 km to the north, and still in Suzhou
    answer = world.cleo.post("/api/v1/centres", far)
    assert (answer.status_code, [each["pointer"] for each in answer.json()["errors"]]) == (400, ["/site"])
    batch = made(
        world.cleo.post("/api/v1/centres:batch", {"items": [far, centre(centre="near", lat="31.31")]})
    )
    assert [each["status"] for each in batch["items"]] == [400, 201]
    made(world.cleo.post("/api/v1/centres", far | {"site": "not-yet"}))
    here = network()
    moved = [each | {"lat": "31.35"} for each in here["sites"] if each["site"] == "wujiang"]
    spans = [each | {"km": "60"} for each in here["spans"] if "wujiang" in (each["a"], each["b"])]
    made(world.lin.post("/api/v1/networks:import", here | {"sites": moved, "spans": spans}))
    told = made(world.ada.get(f"/api/v1/offers/{offer}/gate", Accept_Language="en"))["blocks"]
    assert [each["code"] for each in told] == ["centre_off_site"]
    assert (
        "its site wujiang is about 17.4 km away, and none is reached from farther than 14.3 km"
        in told[0]["text"]
    )
    held = world.ben.post("/api/v1/holds", {"selection": choice["id"], "bundle": 0})
    assert (held.status_code, held.json()["code"]) == (409, "not_sellable")
    assert chosen(world.ben)["answer"]["bundles"] == []


def test_a_selection_is_seen_by_who_asked_and_by_the_supervision(world: World) -> None:
    selection = chosen(world.ben)
    path = f"/api/v1/selections/{selection['id']}"
    assert world.ben.get(path).json() == selection
    assert world.bea.get(path).status_code == 404
    assert world.bea.post(f"{path}:replay").status_code == 404
    assert world.rhea.get(path).status_code == 200
    assert world.ada.post("/api/v1/selections", demand()).status_code == 403
    assert world.nobody.post("/api/v1/selections", demand()).status_code == 401
    assert [each["id"] for each in world.ben.get("/api/v1/selections").json()["items"]] == [selection["id"]]
    assert world.bea.get("/api/v1/selections").json()["items"] == []


def test_a_selection_cannot_be_changed(world: World) -> None:

    chosen(world.ben)
    with pytest.raises((IntegrityError, ProgrammingError)), transaction.atomic():
        Selection.objects.update(snapshot="")


def test_the_bundle_s_amounts_are_the_answer_s_in_fen(world: World) -> None:
    found = chosen(world.ben)
    facts = bundle(UUID(found["id"]), 0)
    shown = found["answer"]["bundles"][0]["cny"]
    assert facts.compute_fen == round(float(shown["compute"]) * 100)
    assert facts.line_fen == round(float(shown["line"]) * 100)
    assert facts.total_fen == facts.compute_fen + facts.line_fen
    assert (facts.bandwidth_mbps, facts.line_terms["step_mbps"]) == (1000, 1000)
    assert facts.tenant == world.ben.organisation.id
    assert facts.provider == world.ada.organisation.id
    assert facts.line_provider == world.lin.organisation.id


def test_selecting_reads_in_the_same_number_of_queries_however_much_there_is(
    world: World,
) -> None:
    chosen(world.ben)
    relay()
    keep_up()
    with CaptureQueriesContext(connection) as few:
        chosen(world.ben)
    bring_to_market(world.cleo, suffix="-2")
    relay()
    keep_up()
    newest_supply()
    with CaptureQueriesContext(connection) as more:
        assert len(chosen(world.ben)["answer"]["bundles"]) == 2
    assert len(more) == len(few)
    told = [str(each["sql"]) for each in few]
    assert len([each for each in told if "SAVEPOINT" not in each]) == 7, "\n".join(told)


def test_a_selection_leaves_its_mark(world: World) -> None:
    found = chosen(world.ben)
    event = EventRecord.objects.get(name="scheduling.selection_made")
    assert event.payload == {"snapshot": found["snapshot"], "bundles": 1}


@pytest.mark.parametrize("hours", ["1", "730", "730.000001", "8761", "18251.5"])
def test_the_months_of_a_bundle_are_those_that_its_price_counts(world: World, hours: str) -> None:
    LineTariff.objects.update(elastic_cny_hour=None)
    refresh_supply(everything=True)
    facts = bundle(UUID(chosen(world.ben, duration_hours=hours)["id"]), 0)
    terms = facts.line_terms
    assert terms["billing"] == "term"
    parts = {
        name: Decimal(terms[name]) for name in ("one_off_cny", "monthly_cny", "monthly_cny_per_km", "km")
    }
    monthly = terms["circuits"] * parts["monthly_cny"] + parts["monthly_cny_per_km"] * parts["km"]
    price = terms["circuits"] * parts["one_off_cny"] + terms["months"] * monthly
    assert facts.line_fen == to_fen(price)


def test_what_an_earlier_release_kept_too_little_of_is_not_replayed() -> None:
    for access in (
        {"site": "sip-weiting", "tail": None},
        {"tail": None, "carriers": {}, "waits": {"L|otn|1|any": 9}},
    ):
        row = Selection(demand=demand(), access=access, created_at=now())
        with pytest.raises(SelectionOutdated):
            replay_selection(selection=row)
