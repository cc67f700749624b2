"""What a demand requires that lines are sold with: asked, told, refused by name, held to, and carried to the order."""

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from scheduling.domain.demand import DemandError
from scheduling.domain.engine.files import parse_demand, parse_wished
from scheduling.domain.engine.promises import Promises
from scheduling.domain.engine.wishes import Wishes
from scheduling.domain.rows import restored
from scheduling.domain.sold_lines import not_promised
from scheduling.domain.supply.extras import EXTRA_PARTS, EXTRA_TABLES, LineGrade
from scheduling.models import LineProduct, Selection
from scheduling.selectors.profiles import line_service_profile
from scheduling.selectors.selections import bundle
from scheduling.services.selections import question_of
from tests.aggregation.supply import made
from tests.scheduling.live import chosen, open_market
from tests.scheduling.test_wishes import ASKED, DEMAND, LEAST, asked, town
from tests.support.cast import World

SCENE = open_market

SOLD = {"availability_class": "99.99", "isolation": "hard", "encryption": "sm4", "sla": "enhanced"}
REQUIRED = {
    "min_availability_percent": "99.95",
    "encryption": ["macsec", "sm4"],
    "sla": ["enhanced", "premium"],
}
GRADE = LineGrade("L", "otn", None, Decimal("99.99"), "enhanced", "hard", "sm4")


def describe(world: World, **changes: str) -> None:
    """What Lin's OTN is sold with, in the place of what it was."""
    product = LineProduct.objects.get(technology="otn")
    made(world.lin.post(f"/api/v1/line-products/{product.id}:describe", SOLD | changes))


def requiring(promises: Promises, grade: LineGrade | None, **changes: Any) -> dict[str, Any]:
    """The answer where the only line product is sold with that."""
    supply = town(line_grades={} if grade is None else {"L|otn": grade})
    return asked(supply, Wishes(promises=promises), replace(DEMAND, **changes))


@pytest.mark.parametrize(
    ("promises", "reason"),
    [
        (Promises(Decimal("99.99"), ("premium", "enhanced"), ("hard",), ("sm4",)), None),
        (Promises(Decimal("99.990001"), ("premium",)), "availability"),
        (Promises(sla=("premium",), isolation=("soft",)), "sla"),
        (Promises(isolation=("soft", "shared"), encryption=("none",)), "isolation"),
        (Promises(encryption=("macsec",)), "encryption"),
    ],
)
@pytest.mark.parametrize("protection", ["none", "one_plus_one"])
def test_each_requirement_is_hard_and_counted_under_its_own_key(
    promises: Promises, reason: str | None, protection: str
) -> None:
    answer = requiring(promises, GRADE, protection=protection)
    counts = answer["rejected"]["bundles"]
    assert {name: count for name, count in counts.items() if count} == ({} if reason is None else {reason: 2})
    assert len(answer["bundles"]) == (2 if reason is None else 0)
    if reason is None:
        sold = {"availability_percent": "99.99", "sla": "enhanced", "isolation": "hard", "encryption": "sm4"}
        assert answer["bundles"][0]["service"] == sold


@pytest.mark.parametrize("grade", [None, LineGrade("L", "otn", Decimal("0.9999"))])
def test_what_is_not_declared_fails_and_only_dropping_the_bound_admits_it(grade: LineGrade | None) -> None:
    answer = requiring(Promises(Decimal(0)), grade)
    assert answer["rejected"]["bundles"]["availability"] == 2
    hint = {"constraint": "line.min_availability_percent", "from": "0", "to": None, "admits": 2}
    assert answer["relax"] == [hint]


def test_what_alone_stands_in_the_way_is_named_with_the_best_that_is_promised() -> None:
    (hint,) = requiring(Promises(Decimal(100), encryption=("sm4",)), GRADE)["relax"]
    assert hint == {"constraint": "line.min_availability_percent", "from": "100", "to": "99.99", "admits": 2}
    (hint,) = requiring(Promises(encryption=("macsec",)), GRADE)["relax"]
    assert hint == {"constraint": "line.encryption", "from": ["macsec"], "to": None, "admits": 2}
    assert requiring(Promises(Decimal(100), encryption=("macsec",)), GRADE)["relax"] == []


@pytest.mark.parametrize(
    ("own", "level", "hints"),
    [
        (None, {"max_latency_us": 9}, [("line.sla", ["enhanced"], None)]),
        (5000, {"max_latency_us": 9}, [("line.sla", ["enhanced"], None)]),
        (9, {"max_latency_us": 201}, [("max_latency_us", 9, 201)]),
        (9, {"max_latency_us": 200}, []),
    ],
    ids=str,
)
def test_the_bounds_of_a_service_level_go_with_it_and_only_what_was_stated_is_relaxed(
    own: int | None, level: dict[str, int | Decimal], hints: list[tuple[str, Any, Any]]
) -> None:
    wishes = Wishes(promises=Promises(sla=("enhanced",)), sla_bounds=level)
    answer = asked(town(line_grades={"L|otn": GRADE}), wishes, replace(DEMAND, max_latency_us=own))
    assert [(each["constraint"], each["from"], each["to"]) for each in answer["relax"]] == hints
    assert all(each["admits"] == 2 for each in answer["relax"])


def test_a_demand_that_requires_nothing_has_no_such_reasons() -> None:
    demand, wishes = parse_wished(
        LEAST | {"bandwidth_mbps": 1000, "line": {"sla": [], "encryption": None, "technologies": ["otn"]}},
        asked_at=ASKED,
    )
    assert (demand.line.technologies, wishes) == (("otn",), Wishes())
    assert "encryption" not in asked(town(), Wishes(domain="government"))["rejected"]["bundles"]


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ({"min_availability_percent": "100.000001"}, "line.min_availability_percent"),
        ({"min_availability_percent": "99.9999999"}, "line.min_availability_percent"),
        ({"sla": "premium"}, "line.sla"),
        ({"encryption": ["sm4", ""]}, "line.encryption.1"),
        ({"encrypted": True}, "line.encrypted"),
    ],
    ids=str,
)
def test_what_cannot_be_read_is_refused_by_its_dotted_name(line: dict[str, Any], field: str) -> None:
    with pytest.raises(DemandError) as refused:
        parse_wished(LEAST | {"bandwidth_mbps": 1000, "line": line}, asked_at=ASKED)
    assert refused.value.field == field
    with pytest.raises(DemandError) as unknown:
        parse_demand(LEAST | {"bandwidth_mbps": 1000, "line": {"isolation": ["hard"]}})
    assert (unknown.value.code, unknown.value.field) == ("unknown_field", "line.isolation")


def test_a_row_of_an_earlier_release_is_read_as_declaring_nothing_more() -> None:
    table = EXTRA_TABLES[EXTRA_PARTS.index("line_grades")]
    cells: dict[str, str | int | None] = {"line_provider": "L", "technology": "otn", "availability": "0.999"}
    assert restored(table, cells) == LineGrade("L", "otn", Decimal("0.999"))


def test_what_is_required_is_written_down_and_read_again() -> None:
    promises = Promises(Decimal("0.00"), sla=("premium",), encryption=("sm4", "macsec"))
    assert Promises.of(json.loads(json.dumps(promises.stated()))) == promises


def test_why_a_promise_is_not_kept_any_more_says_what_it_is_now() -> None:
    reason = not_promised(Promises(encryption=("sm4", "otnsec")), replace(GRADE, encryption="macsec"))
    assert reason is not None
    assert (reason.zh, reason.en) == (
        "其加密现为 macsec，须为 sm4 / otnsec",
        "its encryption is macsec now, and has to be sm4 / otnsec",
    )
    reason = not_promised(Promises(Decimal("99.99")), None)
    assert reason is not None
    assert reason.zh == "其承诺可用率现为 未声明，须为 ≥ 99.99 %"
    assert not_promised(Promises(Decimal("99.99")), GRADE) is None


def test_service_levels_bring_the_bounds_that_all_of_them_keep() -> None:
    profile = line_service_profile()
    assert profile.sla_bounds(["premium"]) == {
        "max_latency_us": Decimal(1000),
        "max_loss": Decimal("0.00001"),
    }
    assert profile.sla_bounds(["premium", "enhanced"])["max_latency_us"] == Decimal(10000)
    assert profile.sla_bounds(["standard", "premium"]) == profile.sla_bounds([]) == {}


@pytest.mark.django_db
def test_what_is_required_of_a_line_is_found_held_quoted_and_ordered_or_refused_with_what_changed(
    world: World,
) -> None:
    before = chosen(world.ben, line=REQUIRED)
    assert (before["answer"]["bundles"], before["answer"]["rejected"]["bundles"]["availability"]) == ([], 2)
    describe(world)
    found = chosen(world.ben, line=REQUIRED, max_latency_us=None)
    first = found["answer"]["bundles"][0]
    assert first["service"] == {
        "availability_percent": "99.99", "sla": "enhanced", "isolation": "hard", "encryption": "sm4",
    }  # fmt: skip
    assert {name: found["installs"][0]["service"][name] for name in SOLD} == SOLD
    # the bounds of the least level hold from then on, beside the demand as it was asked
    assert (found["demand"]["max_latency_us"], "max_loss" in found["demand"]) == (None, False)
    assert found["access"]["sla_bounds"] == {"max_latency_us": 10000, "max_loss": "0.00004"}
    row = Selection.objects.get(id=found["id"])
    _, again = question_of(
        asked=row.demand, access=row.access, asked_at=row.asked_at, created_at=row.created_at
    )
    assert again.sla_bounds == {"max_latency_us": 10000, "max_loss": Decimal("0.00004")}
    facts = bundle(UUID(found["id"]), 0)
    assert (facts.below_us, facts.line_terms["required"]) == (10000, REQUIRED)
    stated = chosen(world.ben, line=REQUIRED, max_loss="0", max_latency_us=20000, peers={"deadline_ms": 100})
    facts = bundle(UUID(stated["id"]), 0)
    assert (facts.below_us, facts.max_loss) == (10000, Decimal(0))
    told = stated["across"]["order_with"]
    assert (told["max_latency_us"], told["max_loss"], stated["demand"]["max_latency_us"]) == (
        10000,
        "0",
        20000,
    )

    body = {"selection": found["id"], "bundle": 0}
    quote = made(world.ben.post("/api/v1/quotes", body))
    assert json.loads(quote["document"])["bundle"]["line_terms"]["required"] == REQUIRED
    describe(world, encryption="otnsec")
    for path, asks in (
        ("/api/v1/holds", body),
        ("/api/v1/line-quotes", body),
        ("/api/v1/quotes", body),
        ("/api/v1/orders", {"quote": quote["id"], "client_ref": "PO-1"}),
    ):
        answer = world.ben.post(path, asks)
        assert (answer.status_code, answer.json()["code"]) == (409, "line_changed"), path
        assert "其加密现为 otnsec，须为 macsec / sm4" in answer.json()["detail"]
    again = made(world.ben.post(f"/api/v1/selections/{found['id']}:replay"))
    assert again["same_answer"] is True
    assert again["answer"]["bundles"] == []
    describe(world)
    order = made(world.ben.post("/api/v1/orders", {"quote": quote["id"], "client_ref": "PO-2"}))
    (opening,) = made(world.lin.get(f"/api/v1/line-openings?order={order['id']}"))["items"]
    assert {name: opening["service"][name] for name in SOLD} == SOLD
    assert (opening["below_us"], opening["max_loss"]) == (10000, "0.000040000")


@pytest.mark.django_db
def test_an_availability_is_promised_by_class_or_by_share_and_a_class_that_is_none_is_refused(
    world: World,
) -> None:
    product = LineProduct.objects.get(technology="otn")
    made(world.lin.post(f"/api/v1/line-products/{product.id}:grade", {"availability": "0.99995"}))
    for least, count in (("99.995", 1), ("99.996", 0)):
        found = chosen(world.ben, line={"min_availability_percent": least})
        assert len(found["answer"]["bundles"]) == count
    describe(world, availability_class="99.999")
    assert chosen(world.ben, line={"min_availability_percent": "99.999"})["answer"]["bundles"]

    asks = {
        "from_site": "sip-weiting",
        "quantity": 1,
        "bandwidth_mbps": 100,
        "line": {"encryption": ["sm4", "rot13"]},
    }
    answer = world.ben.post("/api/v1/selections", asks, Accept_Language="en")
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["pointer"]) == (400, "/line/encryption/1")
    assert "no class 'rot13'; there are none, macsec, otnsec, sm4" in error["detail"]
    answer = world.ben.post("/api/v1/demands", {"title": "加密", "terms": asks})
    assert answer.json()["errors"][0]["pointer"] == "/terms/line/encryption/1"
    assert "没有等级 'rot13'" in answer.json()["errors"][0]["detail"]
