"""The selection against brute force: whole answers, as JSON text, on worlds small enough to enumerate."""

import os
from collections import Counter
from dataclasses import replace
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scheduling.domain.engine.files import answer_json
from scheduling.domain.engine.selection import lines_of, select
from scheduling.domain.engine.wishes import Wishes
from scheduling.domain.supply.extras import Extras, UnitPower
from scheduling.domain.supply.supply import Supply
from tests.attacks.selection import disagreement
from tests.scheduling import ended
from tests.scheduling.worlds import small_demand, small_supply

WORLDS = int(os.environ.get("SELECTION_WORLDS", "110"))
ENDED = int(os.environ.get("SELECTION_ENDED_WORLDS", "400"))

EXERCISED = (
    *("answered", "protected", "pareto > 1", "elastic"),
    *("commitment", "parallel spans", "several line providers", "tied"),
    *(f"zone: {zone}" for zone in ("same_city", "in_province", "inter_province", "any")),
    *(f"bundles: {key}" for key in ("no_path", "bandwidth", "latency", "jitter", "loss", "hops", "disjoint")),
    *("bundles: tariff", "bundles: price", "offers: available", "offers: centre", "offers: providers"),
    *(
        f"relax: {name}"
        for name in ("quantity", "bandwidth_mbps", "max_latency_us", "max_jitter_us", "max_loss")
    ),
    *("own access point", "bundles: access", "kept promises", "pair keeps promises"),
    *(f"bundles: {name}" for name in ("availability", "sla", "isolation", "encryption")),
    *(f"relax: line.{name}" for name in ("min_availability_percent", "sla", "isolation", "encryption")),
    *("scored", "unknown score", "storage paid", "quick transfer", "bundles: start", "offers: window"),
    *("offers: from_centre", "answered from a centre", "offers: min_hours", "offers: notice"),
    *(f"relax: {name}" for name in ("starts_at", "residency", "domain", "storage.gib")),
    *("relax: max_hops", "relax: max_lead_days", "relax: max_total_cny", "relax: compute.min_accelerators"),
)
"""What a run must have covered to count as evidence."""


@pytest.mark.slow
def test_the_engine_and_brute_force_agree_to_the_byte_on_random_worlds() -> None:
    covered: Counter[str] = Counter()
    for seed in range(WORLDS):
        assert disagreement(Random(seed), covered) is None, f"world {seed}"
    assert [name for name in EXERCISED if not covered[name]] == []


@pytest.mark.slow
def test_among_several_access_points_the_engine_and_brute_force_agree_to_the_byte() -> None:
    covered: Counter[str] = Counter()
    for seed in range(ENDED):
        assert ended.disagreement(Random(seed), covered) is None, f"world {seed}"
    assert min(covered[each] for each in ("farther access point", "paths begin apart")) > ENDED // 20
    assert covered["empty path beside another"]
    assert covered["another line within the money"]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.randoms(use_true_random=False))
def test_no_world_that_hypothesis_finds_makes_them_disagree(rng: Random) -> None:
    assert disagreement(rng, Counter()) is None


def test_what_else_is_wanted_changes_no_bundle() -> None:
    several = 0
    for seed in range(400):
        rng = Random(seed)
        supply = small_supply(rng)
        demand = small_demand(rng, supply)
        rented = Random(seed)
        terms = {name: UnitPower(name, None, rented.choice((1, 24, 730))) for name in supply.offers}
        wishes = Wishes(offer_terms=seed % 2 > 0)
        supply = replace(supply, extras=Extras(unit_powers=terms))
        bared = replace(demand, want=("relax",))
        whole, bare = (
            answer_json(select(supply, each, lines_of(supply, each, wishes))) for each in (demand, bared)
        )
        assert bare == {key: value for key, value in whole.items() if key not in ("rejected", "pareto")}, seed
        several += len(whole["bundles"]) > 1
    assert several > 50


def test_the_order_of_rows_changes_no_answer_and_the_owner_of_an_offer_changes_no_rank() -> None:
    for seed in range(20):
        rng = Random(seed)
        supply = small_supply(rng)
        demand = small_demand(rng, supply)
        demand = replace(demand, providers=replace(demand.providers, include=(), exclude=()))
        tables = [
            list(getattr(supply, table).values())
            for table in ("sites", "spans", "tariffs", "centres", "offers")
        ]
        for rows in tables:
            rng.shuffle(rows)
        asked = answer_json(select(supply, demand))
        assert answer_json(select(Supply.build(*tables), demand)) == asked
        owners = [row.provider for row in tables[4]]
        rng.shuffle(owners)
        tables[4] = [replace(row, provider=owner) for row, owner in zip(tables[4], owners, strict=True)]
        assert answer_json(select(Supply.build(*tables), demand)) | {"snapshot": asked["snapshot"]} == asked
