"""Invented data are marked wherever selections, lines and exported files show them, and the mark changes no hash."""

import csv
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from aggregation.models import Centre, Offer, Pool
from kernel.models.base import Entity
from scheduling.models import LineTariff, Site, Span
from scheduling.services.supply import refresh_supply
from tests.aggregation.supply import made
from tests.scheduling.live import chosen, network, open_whole_market, send_csv, text
from tests.support.cast import World

pytestmark = pytest.mark.django_db
SCENE = open_whole_market

MARK = "演示数据"
HELD = 1000  # Mbps of the demand


def mark_only(*models: type[Entity]) -> None:
    """From now on nothing is marked but the rows of these."""
    for each in (Centre, Pool, Offer, Site, Span, LineTariff):
        each.objects.update(marking=MARK if each in models else "")
    refresh_supply(everything=True)


def quoted(world: World) -> str:
    """A quote of Ben's for the best bundle."""
    wish = {"selection": chosen(world.ben)["id"], "bundle": 0}
    return str(made(world.ben.post("/api/v1/quotes", wish))["id"])


@pytest.mark.parametrize("model", [Centre, Pool, Offer, Span, LineTariff])
def test_a_bundle_is_marked_where_anything_that_it_is_made_of_is_invented(
    world: World, model: type[Entity]
) -> None:
    mark_only(model)
    answer = chosen(world.ben)
    assert answer["markings"] == [MARK] * len(answer["answer"]["bundles"])
    (listed,) = made(world.ben.get("/api/v1/selections"))["items"]
    assert listed["marking"] == MARK


def test_what_is_real_is_not_marked(world: World) -> None:
    mark_only()
    assert set(chosen(world.ben)["markings"]) == {""}
    assert made(world.ben.get("/api/v1/selections"))["items"][0]["marking"] == ""
    for path in ("line-products", "catalogue/line-products"):
        assert {each["marking"] for each in made(world.ben.get(f"/api/v1/{path}"))["items"]} == {""}


def test_an_import_that_says_nothing_of_the_mark_leaves_it(world: World) -> None:
    mark_only(Site, Span, LineTariff)
    plain = {name: value for name, value in network().items() if name != "marking"}
    for person, door, body, model in (
        (world.lin, "sites:import?line_provider=line-jia&", "site,name\nsip-weiting,唯亭\n", Site),
        (world.lin, "spans:import?line_provider=line-jia&", "span,jitter_us\njia-loufeng-tongli,9\n", Span),
        (world.lin, "tariffs:import?", text("tariffs_jia.csv"), LineTariff),
        (world.lou, "committed-lines:import?", text("committed_lines_yi.csv"), Span),
    ):
        made(send_csv(person, f"/api/v1/{door}", body))
        assert not model.objects.filter(marking="").exists(), door
        assert made(send_csv(person, f"/api/v1/{door}marking=", body))["updated"] > 0
        assert model.objects.filter(marking="").exists(), door
        model.objects.update(marking=MARK)
    made(world.lin.post("/api/v1/networks:import", plain))
    assert not Site.objects.filter(marking="").exists()
    assert not Span.objects.filter(marking="").exists()
    plain["sites"] = [plain["sites"][0] | {"site": "jia-new"}]
    made(world.lin.post("/api/v1/networks:import", plain | {"spans": []}))
    assert Site.objects.get(key="jia-new").marking == "", "what is new has the one that is said"


def test_who_orders_reads_the_mark_of_what_is_quoted(world: World) -> None:
    mark_only(LineTariff)
    order = made(world.ben.post("/api/v1/orders", {"quote": quoted(world), "client_ref": "1"}))
    assert order["facts"]["bundle"]["marking"] == order["marking"] == MARK
    (masked,) = made(world.otto.get("/api/v1/orders"))["items"]
    assert "facts" not in masked
    assert masked["marking"] == MARK, "who sees no facts still sees that they are invented"


@pytest.mark.parametrize("path", ["line-products", "catalogue/line-products"])
def test_everybody_who_reads_a_line_product_reads_its_mark(world: World, path: str) -> None:
    mark_only(LineTariff)
    for person in (world.ben, world.rhea) + ((world.nobody,) if path.startswith("catalogue") else ()):
        items = made(person.get(f"/api/v1/{path}"))["items"]
        assert items
        assert {each["marking"] for each in items} == {MARK}


def test_an_opening_is_marked_where_a_site_at_its_ends_is(world: World) -> None:
    order = made(world.ben.post("/api/v1/orders", {"quote": quoted(world), "client_ref": "1"}))
    (opening,) = made(world.ben.get(f"/api/v1/line-openings?order={order['id']}"))["items"]
    assert opening["marking"] == MARK
    for end in ("a", "z"):
        Site.objects.update(marking="")
        Site.objects.filter(key=opening[end]).update(marking=MARK)
        assert made(world.rhea.get(f"/api/v1/line-openings/{opening['id']}"))["marking"] == MARK
    Site.objects.update(marking="")
    assert made(world.ben.get(f"/api/v1/line-openings/{opening['id']}"))["marking"] == ""


def test_exported_files_are_the_same_and_the_mark_stands_beside_them(world: World, tmp_path: Path) -> None:
    def export(name: str) -> tuple[dict[str, bytes], str]:
        printed = StringIO()
        call_command("export_supply", tmp_path / name, stdout=printed)
        return {each.name: each.read_bytes() for each in (tmp_path / name).iterdir()}, printed.getvalue()

    mark_only()
    plain, hashed = export("plain")
    assert plain.pop("markings.csv") == b"file,row,marking\n"
    mark_only(Centre, Pool, Offer, Site, Span, LineTariff)
    marked, again = export("marked")
    rows = list(csv.DictReader(StringIO(marked.pop("markings.csv").decode())))
    assert (marked, again) == (plain, hashed)
    assert {each["marking"] for each in rows} == {MARK}
    for name, content in plain.items():
        table = list(csv.reader(StringIO(content.decode())))
        assert sum(each["file"] == name for each in rows) == len(table) - 1 > 0
    assert {"file": "tariffs.csv", "row": "line-jia|otn|1000|same_city", "marking": MARK} in rows


def test_a_hold_takes_the_same_bandwidth_of_every_span_and_gives_it_back(world: World) -> None:
    def free() -> dict[str, Any]:
        items = made(world.lin.get("/api/v1/spans?limit=200"))["items"]
        return {each["span"]: each["free_mbps"] for each in items}

    answer = chosen(world.ben)
    bundles = answer["answer"]["bundles"]
    index = next(index for index, each in enumerate(bundles) if len(each["spans"]) > 1)
    before = free()
    hold = made(world.ben.post("/api/v1/holds", {"selection": answer["id"], "bundle": index}))
    fell = {key: before[key] - left for key, left in free().items() if before[key] != left}
    assert fell == dict.fromkeys(bundles[index]["spans"], HELD)
    made(world.ben.post(f"/api/v1/holds/{hold['id']}:release"))
    assert free() == before
