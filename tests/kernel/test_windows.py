"""Windows of time against an oracle that looks at every instant."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.domain.windows import Window, levels, overfull

START = datetime(2026, 1, 1, tzinfo=UTC)
SLOTS = 12


def window(first: int, length: int) -> Window:
    return Window(START + timedelta(hours=first), START + timedelta(hours=first + length))


BOOKINGS = st.lists(
    st.tuples(st.builds(window, st.integers(0, SLOTS), st.integers(1, SLOTS)), st.integers(1, 100)),
    max_size=12,
)


HALF_HOURS = [START + timedelta(minutes=30 * half) for half in range(4 * SLOTS + 2)]


def sum_at(bookings: list[tuple[Window, int]], at: datetime) -> int:
    return sum(each for span, each in bookings if span.start <= at < span.end)


@given(BOOKINGS, st.builds(window, st.integers(0, SLOTS), st.integers(1, SLOTS)))
def test_levels_are_the_sums_at_every_instant_of_the_window(
    bookings: list[tuple[Window, int]], within: Window
) -> None:
    steps = levels(bookings, within=within)
    assert (steps[0][0].start, steps[-1][0].end) == (within.start, within.end)
    for (one, level), (next_one, next_level) in pairwise(steps):
        assert one.end == next_one.start
        assert level != next_level
    for at in HALF_HOURS:
        if within.start <= at < within.end:
            (level,) = [level for span, level in steps if span.start <= at < span.end]
            assert level == sum_at(bookings, at)


@given(BOOKINGS, st.integers(0, 200))
def test_overfull_is_where_the_sum_is_above_the_limit(bookings: list[tuple[Window, int]], limit: int) -> None:
    found = overfull(bookings, limit=limit, within=window(0, 2 * SLOTS))
    for at in HALF_HOURS:
        if at < START + timedelta(hours=2 * SLOTS):
            inside = any(span.start <= at < span.end for span in found)
            assert inside == (sum_at(bookings, at) > limit)


def test_one_that_ends_as_another_starts_does_not_overlap() -> None:
    assert not window(0, 2).overlaps(window(2, 2))
    assert window(0, 3).overlaps(window(2, 2))
    assert [level for _, level in levels([(window(0, 2), 5), (window(2, 2), 7)], within=window(0, 4))] == [
        5,
        7,
    ]


@pytest.mark.parametrize("length", [0, -1])
def test_a_window_that_does_not_end_after_it_starts_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match="ends after it starts"):
        window(0, length)
