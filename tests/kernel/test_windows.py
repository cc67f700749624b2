"""Windows of time against an oracle that looks at every instant."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.domain.windows import Window, peak_of

START = datetime(2026, 1, 1, tzinfo=UTC)
SLOTS = 12


def window(first: int, length: int) -> Window:
    return Window(START + timedelta(hours=first), START + timedelta(hours=first + length))


BOOKINGS = st.lists(
    st.tuples(st.builds(window, st.integers(0, SLOTS), st.integers(1, SLOTS)), st.integers(1, 100)),
    max_size=12,
)


@given(BOOKINGS)
def test_the_peak_is_the_largest_sum_at_any_instant(bookings: list[tuple[Window, int]]) -> None:
    instants = [START + timedelta(minutes=30 * half) for half in range(4 * SLOTS + 2)]
    sums = [sum(each for span, each in bookings if span.start <= at < span.end) for at in instants]
    assert peak_of(bookings) == max(sums)


def test_one_that_ends_as_another_starts_does_not_overlap() -> None:
    assert peak_of([(window(0, 2), 5), (window(2, 2), 7)]) == 7


@pytest.mark.parametrize("length", [0, -1])
def test_a_window_that_does_not_end_after_it_starts_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match="ends after it starts"):
        window(0, length)
