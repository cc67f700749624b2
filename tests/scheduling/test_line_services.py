"""What lines are made with and promise: steps by technology, classes of service as data, and the catalogue of lines."""

from decimal import Decimal
from typing import Any

import pytest

from scheduling.domain.line_services import ASPECTS
from scheduling.domain.rows import TECHNOLOGIES
from scheduling.domain.technologies import Technology, why_no_step
from scheduling.selectors.profiles import line_service_profile
from scheduling.services.supply import fresh_supply
from tests.aggregation.supply import made
from tests.scheduling.live import chosen, open_market, send_csv, text
from tests.support.cast import World

SCENE = open_market

CLASSES = {
    "availability_class": "99.99",
    "protection": "one_plus_one",
    "isolation": "hard",
    "encryption": "sm4",
}


@pytest.mark.parametrize(
    ("technology", "mbps", "sold"),
    [
        ("fgotn", 9, False),
        ("fgotn", 10, True),
        ("fgotn", 999, True),
        ("fgotn", 1000, False),
        ("otn", 400_000, True),
        ("otn", 400_001, False),
        ("srv6", 100_000, True),
        ("cloud_private", 0, False),
    ],
)
def test_each_technology_has_its_steps(technology: str, mbps: int, sold: bool) -> None:  # noqa: FBT001 - a table
    assert (why_no_step(technology, mbps) is None) == sold


def test_the_vocabulary_is_that_of_the_files() -> None:
    assert tuple(Technology.codes()) == TECHNOLOGIES


def test_the_profile_is_whole_and_in_order() -> None:
    profile = line_service_profile()
    shares = [each.figures["availability_percent"] for each in profile.classes["availability_class"]]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (Decimal("99.9"), Decimal("99.999"))
    assert profile.at_least("availability_class", "99.995") == ["99.995", "99.999"]
    assert profile.at_least("availability_class", "90") == []
    for aspect in ASPECTS:
        for each in profile.classes[aspect]:
            assert each.label.zh
            assert each.label.en


@pytest.mark.django_db
def test_a_step_that_its_technology_has_not_is_named(world: World) -> None:
    body = text("tariffs_jia.csv").replace("fgotn,500,", "fgotn,1000,")
    answer = send_csv(world.lin, "/api/v1/tariffs:import", body)
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["pointer"], error["code"]) == (
        400, "/lines/3/bandwidth_mbps", "step_out_of_range",
    )  # fmt: skip


@pytest.mark.django_db
def test_what_a_product_promises_is_shown_in_bundles_and_found_in_the_catalogue(world: World) -> None:
    products = {each["technology"]: each for each in made(world.lin.get("/api/v1/line-products"))["items"]}
    here = f"/api/v1/line-products/{products['otn']['id']}:describe"
    row = made(world.lin.post(here, CLASSES))
    assert (row["encryption"], row["sla"], row["services_profile"]) == ("sm4", "", "2026.1")
    answer = world.lin.post(here, {**CLASSES, "encryption": "rot13"})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/encryption")
    assert world.ben.post(here, CLASSES).status_code in (403, 404)
    assert world.lou.post(here, CLASSES).status_code == 404

    (install, *_) = chosen(world.ben)["installs"]
    assert install["service"] == {**CLASSES, "sla": "", "profile": "2026.1"}

    fresh_supply()
    found = {
        query: [each["technology"] for each in made(world.nobody.get(f"/api/v1/catalogue/line-products?{query}"))["items"]]
        for query in (
            "", "min_availability=99.95", "min_availability=99.999", "encryption=sm4", "encryption=macsec",
            "technology=fgotn", "bandwidth_mbps=10000", "isolation=hard&protection=one_plus_one",
        )
    }  # fmt: skip
    assert {query: sorted(items) for query, items in found.items()} == {
        "": ["fgotn", "otn"],
        "min_availability=99.95": ["otn"],
        "min_availability=99.999": [],
        "encryption=sm4": ["otn"],
        "encryption=macsec": [],
        "technology=fgotn": ["fgotn"],
        "bandwidth_mbps=10000": ["otn"],
        "isolation=hard&protection=one_plus_one": ["otn"],
    }
    (line,) = made(world.nobody.get("/api/v1/catalogue/line-products?technology=otn"))["items"]
    assert (line["steps_mbps"], line["zones"]) == ([1000, 10000], ["in_province", "same_city"])


@pytest.mark.django_db
def test_anybody_reads_the_classes_in_both_languages(world: World) -> None:
    def told(language: str) -> dict[str, Any]:
        return dict(made(world.nobody.get("/api/v1/line-service-profile", Accept_Language=language)))

    assert told("en")["encryption"][-1] == {"code": "sm4", "label": "Encrypted by SM4", "figures": {}}
    assert told("zh")["encryption"][-1]["label"] == "国密 SM4 加密"
    assert told("en")["availability_class"][0]["figures"] == {"availability_percent": "99.9"}
