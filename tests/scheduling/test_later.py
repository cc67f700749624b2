"""The first later start: as if every instant had been tried, in few looks; and where a search was stopped, the answer says so."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from random import Random
from typing import Any

import pytest

from scheduling.domain.demand import Demand
from scheduling.domain.engine.selection import lines_of, select
from scheduling.domain.engine.standings import count_feasible
from scheduling.domain.engine.wishes import HOUR_US, Weights, Wishes, instant, moment
from scheduling.domain.rows import Site, Span
from scheduling.domain.supply.extras import Booked, Extras, steps_of, written_steps
from scheduling.domain.supply.supply import Supply
from tests.scheduling.test_wishes import ASKED, DEMAND, asked, town

START = ASKED + timedelta(hours=1)
DAYS = 160


def booked(part: str, key: str, most: int, bookings: Iterable[tuple[int, int, int]]) -> tuple[str, Booked]:
    """A row of what is booked for (first hour, hours, quantity)."""
    base = instant(ASKED)
    steps = steps_of(
        (base + hour * HOUR_US, base + (hour + long) * HOUR_US, much) for hour, long, much in bookings
    )
    return f"{part}|{key}", Booked(part, key, most, most, written_steps(steps))


def drawn(rng: Random) -> Supply:
    """The town with up to forty bookings of each of its offers and spans, and lines that take days."""
    plain = town()
    count, long = rng.choice((3, 15, 40)), rng.choice((5, 30, 60))
    rows = [
        booked(part, key, most, [(rng.randrange(400), rng.randrange(1, long), part_of) for _ in range(count)])
        for part, key, most, part_of in (
            ("offer", "a", 2, 1), ("offer", "b", 2, 2), ("span", "short", 10_000, 9_500), ("span", "long", 10_000, 4_000),
        )
    ]  # fmt: skip
    slow = {key: replace(row, lead_days=rng.choice((0, 0, 9))) for key, row in plain.tariffs.items()}
    return replace(plain, tariffs=slow, extras=Extras(booked=dict(rows)))


def starts(supply: Supply, demand: Demand, after: datetime) -> Iterator[datetime]:
    """All starts, rising, after one at which anything changes, lines are open, or between two of these, that admit something."""
    at = {moment(step) for row in supply.extras.booked.values() for step, _ in row.levels}
    at |= {ASKED + timedelta(days=1 + row.lead_days) for row in supply.tariffs.values()}
    edges = sorted(each for each in {*at, after} if each >= after)
    edges += [one + (two - one) / 2 for one, two in pairwise(edges)]
    return (each for each in sorted(edges) if each > after and admits(supply, demand, each))


def admits(supply: Supply, demand: Demand, start: datetime) -> int:
    wishes = Wishes(starts_at=start, asked_at=ASKED + timedelta(days=1))
    return len(select(supply, replace(demand, want=()), lines_of(supply, demand, wishes)).bundles)


def hint(answer: dict[str, Any]) -> tuple[str, int] | None:
    """(start, pairs) that the answer names."""
    found = [(each["to"], each["admits"]) for each in answer["relax"] if each["constraint"] == "starts_at"]
    return found[0] if found else None


def test_the_start_that_is_named_is_the_first_of_all_and_takes_few_looks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks: list[int] = []

    def counted(*given: Any) -> int:
        looks.append(count_feasible(*given))
        return looks[-1]

    monkeypatch.setattr("scheduling.domain.engine.later.count_feasible", counted)
    named, most = 0, 0
    for seed in range(18):
        rng = Random(seed)
        supply = drawn(rng)
        demand = replace(
            DEMAND, quantity=rng.choice((1, 2)), duration_hours=Decimal(rng.choice((1, 10, 40))),
            max_total_cny=rng.choice((None, Decimal(180), Decimal(1000))),
        )  # fmt: skip
        weights = (
            Weights(cny_per_ms=Decimal(10**6)) if seed % 2 else None
        )  # which admit nothing, and bar nothing
        answer = asked(supply, Wishes(starts_at=START, asked_at=ASKED, weights=weights), demand)
        assert "relax_stopped" not in answer
        if not answer["bundles"]:
            first = next(starts(supply, demand, START), None)
            there = None if first is None else (first.isoformat(), admits(supply, demand, first))
            assert hint(answer) == there, seed
            named += first is not None
            most, looks[:] = max(most, len(looks)), []
    assert named > 5
    assert most <= 20, "of hundreds of starts"


def test_where_a_search_is_stopped_the_answer_says_where_and_it_can_go_on() -> None:
    # Two spans in a row, each free on the days when the other is booked: every midnight frees what failed, for a day.
    plain = town()
    sites = [*plain.sites.values(), Site("m", None, None, None, "320500", None)]
    spans = [
        Span(name, "L", "fibre", *ends, Decimal(10), 50, 10_000, 0)
        for name, ends in (("even", ("s", "m")), ("odd", ("m", "t")))
    ]
    rows = [
        booked("span", name, 10_000, [(24 * day, 24, 9_500) for day in range(first, DAYS, 2)])
        for first, name in enumerate(("even", "odd"))
    ]
    supply = Supply.build(
        sites, spans, plain.tariffs.values(), plain.centres.values(), plain.offers.values(), extras=Extras(booked=dict(rows))
    )  # fmt: skip
    demand = replace(DEMAND, duration_hours=Decimal(24))
    start, asks = START, 0
    while "relax_stopped" in (answer := asked(supply, Wishes(starts_at=start, asked_at=ASKED), demand)):
        stopped = answer["relax_stopped"]
        assert (stopped["constraint"], hint(answer)) == ("starts_at", None)
        before = datetime.fromisoformat(stopped["before"])
        assert before > start
        start, asks = before, asks + 1
    end = ASKED + timedelta(days=DAYS)
    assert (next(starts(supply, demand, START)), hint(answer)) == (end, (end.isoformat(), 2))
    assert 0 < asks < 5


def test_a_start_at_which_something_ends_counts_even_where_what_ended_is_not_what_helps() -> None:
    # Nothing is needed of a before the term is over, but a start is only named where something ends or opens.
    again = [(0, 5, 2), (6, 3000, 2)]
    term = replace(DEMAND, quantity=2, duration_hours=Decimal(10))

    def of(wishes: Wishes, demand: Demand, *rows: tuple[str, Booked]) -> str | None:
        found = hint(asked(replace(town(), extras=Extras(booked=dict(rows))), wishes, demand))
        return found[0] if found else None

    open_start = Wishes(asked_at=ASKED, needed_until=ASKED + timedelta(days=9))
    rows = booked("offer", "a", 2, again), booked("offer", "b", 2, [(50, 9, 2)])
    assert of(open_start, term, *rows) == (ASKED + timedelta(hours=5)).isoformat()
