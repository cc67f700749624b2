"""Neutrality (INVARIANTS C-8): other names and other owners change no rank; and what any ranking must keep."""

import os
from collections.abc import Iterator
from dataclasses import fields, replace
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from scheduling.domain.demand import Demand
from scheduling.domain.engine.answer import Answer, Bundle
from scheduling.domain.engine.neutrality import Owned, relabelled
from scheduling.domain.engine.selection import lines_of, select
from scheduling.domain.engine.wishes import Wishes
from scheduling.domain.supply.supply import Supply
from tests.scheduling.neutral import disagreement
from tests.scheduling.wished import small_extras, small_wishes
from tests.scheduling.worlds import small_demand, small_supply

WORLDS = int(os.environ.get("NEUTRALITY_WORLDS", "40"))
SEEDS = st.integers(0, 10**9)
SOME = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def test_other_names_and_other_owners_change_no_rank() -> None:
    for seed in range(WORLDS):
        assert disagreement(Random(seed)) is None, f"world {seed}"


def test_a_seed_deals_the_same_labels_whatever_the_order_of_rows() -> None:
    for seed in range(20):
        supply = small_supply(Random(seed))
        turned = Supply.build(*(part[::-1] for part in rows(supply)))
        for by_owner in (False, True):
            one, two = (
                relabelled(Random(seed), each, Owned(("P2",)), by_owner=by_owner) for each in (supply, turned)
            )
            assert (one.names, one.supply.offers) == (two.names, two.supply.offers)


def asked(seed: int) -> tuple[Supply, Demand, Wishes]:
    """A world, and a demand without a page's end."""
    rng = Random(seed)
    supply = small_supply(rng)
    supply = replace(supply, extras=small_extras(rng, supply))
    demand, wishes = small_wishes(rng, small_demand(rng, supply), supply)
    return supply, replace(demand, top=500), wishes


def chosen(supply: Supply, demand: Demand, wishes: Wishes) -> Answer:
    return select(supply, demand, lines_of(supply, demand, wishes))


def pair(bundle: Bundle) -> tuple[str, str, str]:
    return bundle.offer, bundle.line_provider, bundle.technology


def rows(supply: Supply) -> Iterator[list[Any]]:
    for name in ("sites", "spans", "tariffs", "centres", "offers"):
        yield list(getattr(supply, name).values())


@SOME
@given(SEEDS)
@example(3900451)  # the only one goes, of which something is booked
def test_an_offer_that_comes_or_goes_changes_nothing_among_the_others(seed: int) -> None:
    supply, demand, wishes = asked(seed)
    gone = Random(seed).choice(list(supply.offers))
    tables = list(rows(supply))
    tables[4] = [row for row in tables[4] if row.offer != gone]
    fewer = Supply.build(*tables, extras=supply.extras)
    with_it = [pair(bundle) for bundle in chosen(supply, demand, wishes).bundles if bundle.offer != gone]
    assert [pair(bundle) for bundle in chosen(fewer, demand, wishes).bundles] == with_it


LOOSER = {
    "max_latency_us": 7,
    "max_jitter_us": 1,
    "max_loss": Decimal("0.05"),
    "max_hops": 1,
    "max_lead_days": 3,
    "max_total_cny": Decimal(400),
}


@SOME
@given(SEEDS, st.sampled_from([*LOOSER, "quantity", "bandwidth_mbps"]))
def test_a_looser_bound_takes_nothing_away(seed: int, name: str) -> None:
    supply, demand, wishes = asked(seed)
    wishes = replace(wishes, transfer=None)
    stated = getattr(demand, name)
    if stated is None:
        return
    changed: Any = max(1, stated - 2) if name not in LOOSER else stated + LOOSER[name]
    looser = replace(demand, **{name: min(Decimal(1), changed) if name == "max_loss" else changed})
    before = {pair(bundle) for bundle in chosen(supply, demand, wishes).bundles}
    after = {pair(bundle) for bundle in chosen(supply, looser, wishes).bundles}
    assert before <= after


@SOME
@given(SEEDS, st.sampled_from([Decimal(2), Decimal(10)]))
@example(1193, Decimal(10))  # what the ends cost to build decides
def test_all_prices_times_the_same_change_no_rank(seed: int, factor: Decimal) -> None:
    supply, demand, wishes = asked(seed)
    demand = replace(demand, max_total_cny=None)
    other = Supply.build(*(_priced(part, factor) for part in rows(supply)), extras=_dearer(supply, factor))
    one, two = chosen(supply, demand, wishes), chosen(other, demand, _weighing(wishes, factor))
    assert ([pair(bundle) for bundle in one.bundles], one.ranks) == (
        [pair(bundle) for bundle in two.bundles],
        two.ranks,
    )


def _priced(part: list[Any], factor: Decimal) -> list[Any]:
    return [
        replace(
            row,
            **{
                each.name: getattr(row, each.name) * factor
                for each in fields(row)
                if "cny" in each.name and getattr(row, each.name) is not None
            },
        )
        for row in part
    ]


def _dearer(supply: Supply, factor: Decimal) -> Any:
    known = {name: getattr(supply.extras, name) for name in ("stores", "term_tariffs")}
    dearer: dict[str, Any] = {
        name: dict(zip(each, _priced(list(each.values()), factor), strict=True))
        for name, each in known.items()
    }
    return replace(supply.extras, **dearer)


def _weighing(wishes: Wishes, factor: Decimal) -> Wishes:
    """The same wishes with all prices in them times the same: the weights, and what the ends of lines cost to build."""
    if wishes.access.ends is not None:
        wishes = replace(
            wishes, access=replace(wishes.access, ends=tuple(_priced([*wishes.access.ends], factor)))
        )
    if wishes.weights is None:
        return wishes
    return replace(wishes, weights=_priced([wishes.weights], factor)[0])


@pytest.mark.parametrize("top", [0, 1, 3])
def test_what_shares_the_last_rank_beyond_the_page_is_counted(top: int) -> None:
    cut = 0
    for seed in range(60, 120):
        supply, demand, wishes = asked(seed)
        whole = chosen(supply, demand, wishes)
        page = chosen(supply, replace(demand, top=top), wishes)
        last = page.ranks[-1] if page.ranks else None
        assert page.tied_beyond == sum(rank == last for rank in whole.ranks[top:])
        cut += page.tied_beyond
    assert cut or not top
