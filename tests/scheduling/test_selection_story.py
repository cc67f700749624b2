"""Selections on the demo's whole market: its story by physics, and the same answers from files."""

import json
from pathlib import Path

import pytest
from django.core.management import call_command

from scheduling.models import Span
from scheduling.services.supply import refresh_supply
from tests.aggregation.supply import made
from tests.scheduling.live import chosen, demand, open_whole_market
from tests.support.cast import World
from tests.support.contract import contract

pytestmark = pytest.mark.django_db
SCENE = open_whole_market


def test_the_demo_s_story_comes_out_by_physics(world: World, tmp_path: Path) -> None:
    answer = chosen(world.ben)
    assert {each["centre"] for each in answer["answer"]["bundles"]} == {"wujiang", "fenhu"}
    near = {miss["centre"]: miss for miss in answer["near_misses"]}
    assert (near["nanjing"]["verdict"], near["nanjing"]["basis"]) == ("inconclusive", "estimated")
    assert near["nanjing"]["lower_us"] < 1000 <= near["nanjing"]["upper_us"]
    assert near["huaian"]["verdict"] == "impossible"
    assert near["huaian"]["lower_us"] >= 1000
    best = answer["answer"]["bundles"][0]
    basis = {answer["spans"][span]["basis"] for each in answer["answer"]["bundles"] for span in each["spans"]}
    assert basis == {"measured", "estimated", "committed"}
    assert best["cny"]["total"]
    assert all(each["marking"] == "演示数据" for each in answer["spans"].values())
    assert chosen(world.ben, want=[])["near_misses"] == [], "nobody asked why"
    # What is measured, or committed, is not to be measured to be faster.
    quick = {"from_site": "sip-weiting", "centre": {"include": ["wujiang"]}, "compute": {}}
    for provider, bound, rests_on in (("line-jia", 150, "measured"), ("line-yi", 300, "committed")):
        only = quick | {"line": {"providers": [provider]}, "max_latency_us": bound}
        (miss,) = chosen(world.ben, **only)["near_misses"]
        assert (miss["verdict"], miss["basis"]) == ("inconclusive", rests_on), miss
    nowhere = chosen(world.ben, want=[], max_latency_us=10)
    assert {"wujiang", "nanjing"} < {miss["centre"] for miss in nowhere["near_misses"]}, "nothing was found"
    assert chosen(world.ben, max_total_cny=1)["near_misses"] == [], "no measurement makes it cheaper"


def test_silica_is_held_to_its_own_speed_and_one_hollow_core_span_to_light_s(world: World) -> None:
    near = {miss["centre"]: miss for miss in chosen(world.ben, compute={})["near_misses"]}
    assert (near["yancheng"]["lower_us"], near["yancheng"]["verdict"]) == (1123, "impossible")
    Span.objects.filter(key="jia-weiting-loufeng").update(medium="hollow_core")
    refresh_supply(everything=True)
    near = {miss["centre"]: miss for miss in chosen(world.ben, compute={})["near_misses"]}
    assert (near["yancheng"]["lower_us"], near["yancheng"]["verdict"]) == (764, "inconclusive")


def test_files_give_the_same_answer_and_the_same_hash(world: World, tmp_path: Path) -> None:
    year = demand(duration_hours=8760)
    asked = [demand(), demand(max_latency_us=100), demand(protection="one_plus_one"), year]
    live = [chosen(world.ben, **each)["answer"] for each in asked]
    call_command("export_supply", tmp_path / "supply")
    (tmp_path / "demands").write_text("".join(json.dumps(each) + "\n" for each in asked), encoding="utf-8")
    call_command("select", supply=tmp_path / "supply", demands=tmp_path / "demands", out=tmp_path / "answers")
    written = (tmp_path / "answers").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in written] == live
    assert live[1]["relax"][0]["constraint"] == "max_latency_us"
    by_term = {(each["line_provider"], each.get("min_months")) for each in live[3]["bundles"]}
    assert ("line-yi", 12) in by_term, "the price that the carrier asks for twelve months"


def test_the_examples_of_the_contract_are_taken_as_they_stand(world: World) -> None:
    """In this order: a pool names the centre before it, an offer the pool."""
    askers = {"/centres": world.ada, "/pools": world.ada, "/offers": world.ada} | dict.fromkeys(
        ("/selections", "/demands"), world.ben
    )
    for path, asker in askers.items():
        body = contract()["paths"][f"/api/v1{path}"]["post"]["requestBody"]["content"]["application/json"]
        for name, example in body["examples"].items():
            answer = made(asker.post(f"/api/v1{path}", example["value"]))
            assert path != "/selections" or answer["answer"]["bundles"], name
            if path == "/demands":
                selected = made(asker.post(f"/api/v1/demands/{answer['id']}:select"))
                assert selected["answer"]["bundles"], name
