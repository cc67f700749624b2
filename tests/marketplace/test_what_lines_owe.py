"""What a line owes, however it ends (decision 0055): every case by the month and by the hour, single and as a pair, and as properties."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from math import ceil
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demo.verify_statement import faults, miscounted, periodic_fen, recompute
from kernel.domain.windows import Window
from marketplace.domain.evidence import Counted
from marketplace.domain.settlements import MINIMUM_OWED, Ending, Instalments, Owing, Step, Unit, owing
from marketplace.models import Order
from marketplace.selectors.orders import line_terms
from marketplace.selectors.served import line_ending, line_served, order_ending, storage_served
from scheduling.selectors.deliveries import UNDELIVERED, Delivery

START = datetime(2026, 11, 20, tzinfo=UTC)
TERM = Decimal(2190)  # hours: three months
ONE_OFF, MONTHLY, HOURLY = 300_000, 1_280_000, 3_600  # fen
FEN = st.integers(0, 10**9)


def at(hours: float) -> datetime:
    return START + timedelta(hours=hours)


def windows(*days: int, length: int = 8, late: float = 0) -> dict[str, Any]:
    """A booking of so many hours on each of the week's days, which begins now or began some hours ago."""
    first = at(-late)
    recurring = {"weekdays": list(days), "weeks": 1} if days else {}
    return {"start": first.isoformat(), "end": (first + timedelta(hours=length)).isoformat(), **recurring}


def order_of(
    billing: str,
    circuits: int,
    *,
    hours: Decimal = TERM,
    term: Decimal = TERM,
    least: int = 2,
    **changes: Any,
) -> Order:
    """An order that is billed from START on, whose line was accepted an hour before."""
    one_off, per_unit = circuits * ONE_OFF, circuits * (MONTHLY if billing == "term" else HOURLY)
    months = max(least, ceil(hours / 730))
    schedule = changes.pop("schedule", None)
    order = Order(
        facts={
            "schedule": schedule,
            "bundle": {
                "duration_hours": str(term),
                "line_terms": {
                    "billing": billing,
                    "circuits": circuits,
                    "one_off_cny": str(Decimal(ONE_OFF) / 100),
                    "months": months,
                    "min_months": least,
                    "hours": str(hours),
                },
            },
        },
        line_fen=one_off + int(per_unit * (months if billing == "term" else hours)),
        **{
            "billing_started_at": START,
            "line_accepted_at": at(-1),
            "dispatched_at": at(-1),
            "ends_by": at(float(term)),
        }
        | changes,
    )
    vars(order)["_prefetched_objects_cache"] = {"line_changes": []}  # as one that came with its changes
    return order


def owed(order: Order, delivery: Delivery = UNDELIVERED, *, by: float = 9999) -> tuple[Ending, Owing]:
    """What the order's line owes of a period that ends so many hours after START, asked much later."""
    end, instant = at(by), at(99_999)
    ending = line_ending(order, end, instant, delivery)
    return ending, owing(line_terms(order), line_served(order, end, instant), ending)


CASES: dict[str, tuple[dict[str, Any], float, Ending, int, int]] = {
    # what differs, hours of the period, the ending, months and hours owed; 0 of both with a one-off: -1
    "not yet begun": ({"billing_started_at": at(5)}, 4, Ending.RUNNING, 0, 0),
    "runs": ({}, 1000.5, Ending.RUNNING, 2, 1001),
    "runs, ends after the period": ({"ended_at": at(900), "ended_early": True}, 10, Ending.RUNNING, 1, 10),
    "to its end, noted a minute late": ({"ended_at": at(2190.02)}, 9999, Ending.TERM, 3, 2190),
    "to its end, below the minimum term": ({"ended_at": at(2190), "least": 12}, 9999, Ending.TERM, 12, 2190),
    "by its user": ({"ended_at": at(10.5), "ended_early": True}, 9999, Ending.USER, 2, 11),
    "by its user, after the minimum": ({"ended_at": at(1500), "ended_early": True}, 9999, Ending.USER, 3, 1500),
    "by its user, before anything was served": (
        {"ended_at": START, "ended_early": True}, 9999, Ending.USER, 2, -1,
    ),
    "by somebody else": ({"ended_at": at(10.5)}, 9999, Ending.OTHERS, 1, 11),
    "delivered late, cut short": (
        {"ended_at": at(24.02), "ends_by": at(24), "least": 12}, 9999, Ending.LATE, 1, 24,
    ),
    "delivered late, ended by its user before it is cut short": (
        {"ended_at": at(10.5), "ends_by": at(24), "ended_early": True}, 9999, Ending.LATE, 1, 11,
    ),
    "delivered in time, accepted late, and so cut short": (
        {"ended_at": at(24), "ends_by": at(24), "line_accepted_at": at(-2170), "dispatched_at": at(-2170)},
        9999, Ending.TERM, 2, 24,
    ),
    "never accepted: declined or lost, while compute ran": (
        {"line_accepted_at": None, "line_waived": True, "ended_at": at(2190)}, 9999, Ending.NOT_ACCEPTED, 0, 0,
    ),
    "never accepted, ended by its user": (
        {"line_accepted_at": None, "line_waived": True, "ended_at": at(9), "ended_early": True},
        9999, Ending.NOT_ACCEPTED, 0, 0,
    ),
    "waived, accepted later": ({"line_accepted_at": at(400), "line_waived": True}, 1000, Ending.RUNNING, 1, 600),
    "waived, not accepted by then": ({"line_accepted_at": at(400), "line_waived": True}, 300, Ending.RUNNING, 0, 0),
    "waived, to its end": (
        {"line_accepted_at": at(400), "line_waived": True, "ended_at": at(2190)}, 9999, Ending.TERM, 3, 1790,
    ),
    "moves data, ended by its user on the way": (
        {"hours": Decimal(5), "ended_at": at(2), "ended_early": True}, 9999, Ending.USER, 2, 2,
    ),
    "moves data, ended by its user long after": (
        {"hours": Decimal(5), "ended_at": at(50), "ended_early": True}, 9999, Ending.USER, 2, 5,
    ),
    "moves data in the first hours of a window": (
        {"hours": Decimal(5), "term": Decimal(8), "schedule": windows(), "ended_at": at(8)},
        9999, Ending.TERM, 2, 5,
    ),
    "booked for nights, runs": (
        {"hours": Decimal(16), "term": Decimal(16), "schedule": windows(5, 6)}, 26, Ending.RUNNING, 1, 10,
    ),
    "booked, delivered in the first window": (
        {"hours": Decimal(16), "term": Decimal(16), "schedule": windows(5, 6, late=3), "ended_at": at(29)},
        9999, Ending.LATE, 1, 13,
    ),
}  # fmt: skip


@pytest.mark.parametrize("billing", ["term", "elastic"])
@pytest.mark.parametrize("circuits", [1, 2])
@pytest.mark.parametrize("case", CASES)
def test_what_a_line_owes_follows_from_what_was_served_and_how_it_ended(
    case: str, circuits: int, billing: str
) -> None:
    changes, by, ending, months, hours = CASES[case]
    count, price = (months, MONTHLY) if billing == "term" else (hours, HOURLY)
    fen = circuits * (ONE_OFF + price * max(0, count)) if count else 0
    told, found = owed(order_of(billing, circuits, **changes), by=by)
    assert (told, found.count, found.fen) == (ending, max(0, count), fen)


def test_what_its_user_did_not_wait_for_owes_its_minimum_only_where_it_was_there_as_promised() -> None:
    order = order_of(
        "term", 1, line_accepted_at=at(400), line_waived=True, ended_at=at(410), ended_early=True
    )
    in_time, late = Delivery(at(390), at(390)), Delivery(at(390), at(391))
    assert (owed(order, in_time)[0], owed(order, late)[0]) == (Ending.USER, Ending.LATE)
    assert (owed(order, in_time)[1].count, owed(order, late)[1].count) == (2, 1)


def test_storage_owes_the_months_that_began_whoever_ended_it() -> None:
    storage = Instalments(90_000, 0, Decimal(3))
    for changes in ({}, {"ended_early": True}, {"ends_by": at(24)}):
        order = order_of("elastic", 1, ended_at=at(10), **changes)
        ending = order_ending(order, at(99), at(99), UNDELIVERED)
        assert owing(storage, storage_served(order, at(99), at(99)), ending) == Owing(1, 1, 30_000)


def test_every_ending_says_whether_the_minimum_is_owed() -> None:
    assert set(MINIMUM_OWED) == set(Ending)


@st.composite
def contracts(draw: st.DrawFn) -> Instalments:
    """By the month with changes, or by the hour without."""
    whole, unit = draw(FEN), draw(st.sampled_from([Unit.MONTH, Unit.HOUR]))
    terms = Instalments(whole, draw(st.integers(0, whole)), Decimal(draw(st.integers(1, 36))), unit)
    if unit is Unit.HOUR:
        return replace(terms, units=draw(st.decimals(Decimal("0.001"), 5000, places=3)))
    after = sorted(draw(st.lists(st.integers(1, int(terms.units)), max_size=3)))
    steps = tuple(Step(each, draw(FEN), draw(FEN)) for each in after)
    return replace(terms, least=draw(st.integers(0, int(terms.units))), steps=steps)


@given(contracts(), st.lists(st.integers(0, 10**8), min_size=1, max_size=8), st.sampled_from(Ending))
def test_periods_add_up_to_what_is_owed_which_only_rises_and_is_never_more_than_the_whole(
    terms: Instalments, periods: list[int], last: Ending
) -> None:
    seconds, billed, billed_fen = 0, 0, 0
    for place, more in enumerate(periods):
        seconds += more
        served = (Window(START, START + timedelta(seconds=seconds)),) if seconds else ()
        switched = tuple(step for step in terms.steps if step.after <= terms.begun(served))
        ending = last if place == len(periods) - 1 else Ending.RUNNING
        part = Counted(replace(terms, steps=switched), served, ending, billed, billed_fen)
        assert part.owing.fen >= billed_fen
        told = part.document()
        assert (periodic_fen(told), miscounted({"line": told}, "line")) == (part.fen, [])
        assert miscounted({"line": told | {"instalments": part.count + 1}}, "line") != []
        billed, billed_fen = billed + part.count, billed_fen + part.fen
    assert (billed, billed_fen) == (part.owing.count, part.owing.fen)
    whole = part.terms.due(ceil(terms.units))  # with the changes that came to be
    assert billed_fen <= whole
    assert part.terms.steps or whole == terms.contract_fen
    begun = ceil(Fraction(seconds, 3600 if terms.unit is Unit.HOUR else 730 * 3600))
    assert billed == max(terms.least if MINIMUM_OWED[last] else 0, min(ceil(terms.units), begun))


@given(contracts(), st.data())
def test_a_contract_costs_its_one_off_and_each_month_at_its_price(
    terms: Instalments, data: st.DataObject
) -> None:
    month = data.draw(st.integers(1, ceil(terms.units)))
    plain = replace(terms, steps=())
    ruling = [step for step in terms.steps if step.after < month]
    price = ruling[-1].monthly_fen if ruling else plain.due(month) - plain.due(month - 1)
    assert terms.due(month) - terms.due(month - 1) == price
    assert terms.due(0) == terms.one_off_fen + sum(step.one_off_fen for step in terms.steps)


@pytest.mark.parametrize(
    ("ended", "stopped", "ending", "months", "hours"),
    [
        (
            {"ended_at": at(2190)},
            [(100, 1560)],
            Ending.TERM,
            1,
            730,
        ),  # of the minimum of two, two could not be served
        ({"ended_at": at(2190)}, [(100, 101)], Ending.TERM, 3, 2189),
        ({"ended_at": at(2190)}, [(100, 1000), (500, 1560)], Ending.TERM, 1, 730),
        ({"ended_at": at(2190)}, [(0, 2190)], Ending.STOPPED, 0, 0),
        ({"ended_at": at(200), "ended_early": True}, [(100, 200)], Ending.STOPPED, 1, 100),
        ({"ended_at": at(200), "ended_early": True}, [(100, 150)], Ending.USER, 2, 150),
        ({}, [(100, 9999)], Ending.RUNNING, 1, 100),
    ],
)
def test_nothing_is_owed_for_the_time_of_a_stop_and_no_minimum_for_what_it_took(
    ended: dict[str, Any], stopped: list[tuple[int, int]], ending: Ending, months: int, hours: int
) -> None:
    stops = [Window(at(start), at(end)) for start, end in stopped]
    for billing, count in (("term", months), ("elastic", hours)):
        order, end, instant = order_of(billing, 1, **ended), at(9999), at(99_999)
        times, serving = line_served(order, end, instant), line_served(order, end, instant, stops)
        found, terms = line_ending(order, end, instant, UNDELIVERED, stops), line_terms(order)
        terms = terms.shortened(terms.begun(times) - terms.begun(serving))
        assert (found, owing(terms, serving, found).count) == (ending, count), billing


def test_a_statement_that_bills_a_reading_twice_or_has_lines_of_its_own_is_found_out() -> None:
    def reading(usage: str, start: str, end: str) -> dict[str, Any]:
        window = {"window_start": f"2026-11-01T{start}:00+08:00", "window_end": f"2026-11-01T{end}:00+08:00"}
        both = dict.fromkeys((f"{who}_machine_seconds" for who in ("provider", "node", "agreed")), 3600)
        return {"usage": usage, **window, **both}

    def found(readings: list[dict[str, Any]], *more: dict[str, Any]) -> list[str]:
        compute = {"billed_before_machine_seconds": 0, "billed_before_fen": 0, "price_cny_hour": "100"}
        evidence = {
            "statement": "s",
            "compute": compute | {"contract_fen": 10**9, "readings": readings},
            "line": None,
            "voucher": None,
            "fees": {"compute_bp": 0, "line_bp": 0},
        }
        figures = recompute(evidence)
        lines = [{"part": part, "amount_fen": figures.pop(f"{part}_fen")} for part in ("compute", "line")]
        return faults({"id": "s", "lines": [*more, *lines]} | figures, evidence)

    first, second = reading("u1", "00:00", "01:00"), reading("u2", "01:00", "02:00")
    assert found([second, first]) == []
    assert len(found([first, first])) == 1
    assert len(found([first, reading("u2", "00:59", "01:59")])) == 1
    assert len(found([first], {"part": "compute", "amount_fen": 999})) == 1
    assert len(found([first], {"part": "surcharge", "amount_fen": 50_000})) == 1
