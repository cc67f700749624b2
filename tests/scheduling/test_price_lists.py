"""A price list with prices by term: what a file says of a step it says whole, and every fault is named."""

from dataclasses import replace
from random import Random
from typing import Any

import pytest

from kernel.models.outbox import EventRecord
from scheduling.domain.price_lists import Key, matched
from scheduling.domain.supply.changes import changed
from scheduling.domain.supply.extras import Extras
from scheduling.models import LineTariff
from scheduling.services.fairness import read_supply, written_supply
from tests.aggregation.supply import made
from tests.scheduling.live import send_csv, text
from tests.scheduling.wished import small_extras
from tests.scheduling.worlds import small_supply
from tests.support.cast import World

IMPORT = "/api/v1/tariffs:import"
HEAD, *ROWS = text("tariffs_jia.csv").splitlines()
STEP = "line-jia,otn,1000,inter_province,3000,{},35,{},{},20,7"


def sent(world: World, *terms: tuple[int, str, str], dry: bool = False, **headers: str) -> Any:
    """What comes of importing one step with (least months, monthly price, price by the hour)."""
    rows = [STEP.format(price, months, hourly) for months, price, hourly in terms]
    path = f"{IMPORT}?dry_run=true" if dry else IMPORT
    return send_csv(world.lin, path, "\n".join((HEAD, *rows, "")), **headers)


def listed(**which: Any) -> dict[int, LineTariff]:
    """The rows of the step that are on the market, by their least months."""
    rows = LineTariff.objects.listed().filter(zone="inter_province", **which)
    return {row.min_months: row for row in rows}


def counts(report: dict[str, Any]) -> tuple[int, int, int]:
    return report["created"], report["updated"], report["withdrawn"]


@pytest.mark.django_db
def test_a_file_says_all_terms_of_the_steps_that_it_names(world: World) -> None:
    made(send_csv(world.lin, IMPORT, text("tariffs_jia.csv")))
    others = set(LineTariff.objects.values_list("id", "generation"))
    whole = ((1, "1000", "2"), (12, "800", ""), (36, "700", ""))
    assert counts(made(sent(world, *whole, dry=True))) == (3, 0, 0)
    assert not listed()
    assert counts(made(sent(world, *whole))) == (3, 0, 0)
    assert counts(made(sent(world, *whole))) == (0, 0, 0), "nothing changed"
    first = listed()
    # 12 months are named no more, and neither are 36: 24 are another price, not one of theirs
    fewer = ((1, "1000", "2"), (24, "750", ""))
    assert counts(made(sent(world, *fewer, dry=True))) == (1, 1, 2)
    assert counts(made(sent(world, *fewer))) == (1, 0, 2)
    assert listed().keys() == {1, 24}
    gone = LineTariff.objects.get(id=first[36].id)
    assert (gone.is_withdrawn, "name this term no more" in gone.withdrawal_reason) == (True, True)
    told = EventRecord.objects.filter(name="scheduling.supply_withdrawn").values_list("subject", flat=True)
    assert set(told) == {first[12].id, first[36].id}
    # one on either side: the row got another term
    anew = listed()[24]
    assert counts(made(sent(world, (1, "1000", "2"), (18, "750", "")))) == (0, 1, 0)
    assert listed()[18].id == anew.id
    assert counts(made(sent(world, (2, "1000", "2")))) == (1, 0, 2)
    assert others <= set(LineTariff.objects.values_list("id", "generation")), "a step that is not named stays"


@pytest.mark.django_db
def test_prices_are_found_by_their_term(world: World) -> None:
    made(sent(world, (1, "1000", ""), (36, "700", ""), (12, "800", "")))
    path = "/api/v1/tariffs?order_by=-min_months"
    assert [row["min_months"] for row in made(world.lin.get(path))["items"]] == [36, 12, 1]
    (row,) = made(world.lin.get("/api/v1/tariffs?min_months=12"))["items"]
    assert row["monthly_cny"] == "800.000000"


@pytest.mark.django_db
def test_a_term_that_is_there_twice_and_hours_with_a_term_are_refused(world: World) -> None:
    twice = sent(world, (1, "1000", ""), (12, "800", ""), (12, "700", ""))
    assert [(each["pointer"], each["code"]) for each in twice.json()["errors"]] == [
        ("/lines/4/line_provider", "duplicate")
    ]
    answer = sent(world, (12, "800", "2"), (1, "1000", "2"))
    (fault,) = answer.json()["errors"]
    assert (answer.status_code, fault["pointer"], fault["code"]) == (
        400, "/lines/2/elastic_cny_hour", "elastic_has_no_term",
    )  # fmt: skip
    assert "（1 个月）" in fault["detail"]
    assert not LineTariff.objects.exists()


def test_an_audit_s_files_and_a_change_keep_prices_by_term_and_their_hash() -> None:
    for seed in range(8):
        rng = Random(seed)
        files = small_supply(rng)
        supply = replace(files, extras=small_extras(rng, files))
        again = read_supply(written_supply(supply))
        assert (again.extras.snapshot, again.extras.terms) == (supply.extras.snapshot, supply.extras.terms)
        assert again.extras.term_tariffs == supply.extras.term_tariffs
        gone = list(supply.extras.term_tariffs)[:1]
        fewer = changed(supply, {}, {"term_tariffs": gone}, "").extras
        alone = Extras(
            term_tariffs={key: row for key, row in supply.extras.term_tariffs.items() if key not in gone}
        )
        assert fewer.terms == alone.terms
        assert (fewer.terms == supply.extras.terms) is not bool(gone)
        assert changed(supply, {}, {"offers": ()}, "").extras.terms == supply.extras.terms


A, B = ("otn", 1000, "any"), ("otn", 1000, "same_city")


@pytest.mark.parametrize(
    ("there", "wanted", "found", "over"),
    [
        ([], [1, 12], {}, []),
        ([1, 12], [1, 12], {1: 1, 12: 12}, []),
        ([1], [3], {3: 1}, []),
        ([1, 12], [1, 24], {1: 1, 24: 12}, []),
        ([1, 12], [12], {12: 12}, [1]),
        ([1], [2, 3], {}, [1]),
        ([1, 2], [3, 4], {}, [1, 2]),
        ([1, 2, 3], [3, 4], {3: 3}, [1, 2]),
    ],
)
def test_a_row_is_the_one_of_its_term_or_the_only_one_that_is_left(
    there: list[int], wanted: list[int], found: dict[int, int], over: list[int]
) -> None:
    listed: dict[Key, int] = {(*A, months): months for months in there} | {(*B, 7): -7}
    assert matched(listed, [(*A, months) for months in wanted]) == (
        {(*A, months): row for months, row in found.items()},
        over,
    )
