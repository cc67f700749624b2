"""The selection against brute force: whole answers, as JSON text, on worlds small enough to enumerate."""

import os
from collections import Counter
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.attacks.selection import disagreement

WORLDS = int(os.environ.get("SELECTION_WORLDS", "250"))

EXERCISED = (
    *("answered", "protected", "pareto > 1", "elastic"),
    *(f"bundles: {key}" for key in ("no_path", "bandwidth", "latency", "jitter", "loss", "hops", "disjoint")),
    *("bundles: tariff", "bundles: price", "offers: available", "offers: centre", "offers: providers"),
    *(
        f"relax: {name}"
        for name in ("quantity", "bandwidth_mbps", "max_latency_us", "max_jitter_us", "max_loss")
    ),
    *("relax: max_hops", "relax: max_lead_days", "relax: max_total_cny", "relax: compute.min_accelerators"),
)
"""What a run must have covered to count as evidence."""


@pytest.mark.slow
def test_the_engine_and_brute_force_agree_to_the_byte_on_random_worlds() -> None:
    covered: Counter[str] = Counter()
    for seed in range(WORLDS):
        assert disagreement(Random(seed), covered) is None, f"world {seed}"
    assert [name for name in EXERCISED if not covered[name]] == []


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.randoms(use_true_random=False))
def test_no_world_that_hypothesis_finds_makes_them_disagree(rng: Random) -> None:
    assert disagreement(rng, Counter()) is None
