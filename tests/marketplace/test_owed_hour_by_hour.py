"""What a line owes, worked out a second time: each hour of its order is walked through, as decision 0055 and docs/orders.md say it."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from kernel.domain.windows import Window
from marketplace.domain.settlements import owing
from marketplace.models import Order
from marketplace.selectors.orders import line_terms
from marketplace.selectors.served import line_ending, line_served
from scheduling.selectors.deliveries import Delivery
from tests.marketplace.test_what_lines_owe import HOURLY, MONTHLY, ONE_OFF, at, order_of, windows

MONTH, LATER = 730, 99_999


@dataclass(frozen=True)
class Life:
    """What is known of an order's line, in whole hours since its billing began."""

    billing: str
    circuits: int
    term: int
    least: int  # months
    booked: int | None  # for three nights, of which the first began so long before
    accepted: int | None
    delivered: int  # both parts, at the earliest: late or not
    over: int  # when its term is over, or others have booked what comes after
    ended: int | None
    by_user: bool
    stops: tuple[tuple[int, int], ...]

    @property
    def in_time(self) -> int:
        """Until when its parts were to be there."""
        return self.over - self.term if self.booked is None else -self.booked

    def served(self, by: int) -> list[int]:
        """The hours in which the line was there for its user before an hour."""
        if self.accepted is None:
            return []
        last = min(by, self.over, by if self.ended is None else self.ended)
        hours = range(max(0, self.accepted), last)
        if self.booked is not None and self.billing == "elastic":
            return [each for each in hours if (each + self.booked) % 24 < 8]
        return list(hours)

    def owed(self, by: int) -> int:
        """Fen of all so far."""
        served = self.served(by)
        left = [each for each in served if not any(start <= each < end for start, end in self.stops)]
        unit, price = (1, HOURLY) if self.billing == "elastic" else (MONTH, MONTHLY)
        begun, lost = -(-len(left) // unit), -(-len(served) // unit) + len(left) // -unit
        kept = self.ended is not None and self.ended <= by and self.keeps_its_minimum(self.ended)
        least = max(0, self.least - lost) if self.billing == "term" and kept else 0
        count = max(begun, least)
        return self.circuits * (ONE_OFF + price * count) if count or kept else 0

    def keeps_its_minimum(self, ended: int) -> bool:
        """Its user ended it, or its term did: not its sellers' delay, nor an instruction, nor anybody else."""
        late = self.delivered > self.in_time
        stopped = any(start <= ended <= end for start, end in self.stops)
        return self.accepted is not None and not late and not stopped and (self.by_user or ended >= self.over)

    def order(self) -> Order:
        """The same as the node keeps it."""
        changes: dict[str, Any] = {}
        if self.booked is not None:
            changes["schedule"] = windows(5, 6, 7, late=self.booked)  # START is a Friday in China
        if self.accepted is None or self.accepted > 0:
            changes["line_waived"] = True
        return order_of(
            self.billing,
            self.circuits,
            hours=Decimal(self.term),
            term=Decimal(self.term),
            least=self.least,
            line_accepted_at=None if self.accepted is None else at(self.accepted),
            dispatched_at=at(self.delivered),
            ends_by=at(self.over),
            ended_at=None if self.ended is None else at(self.ended),
            ended_early=self.by_user,
            **changes,
        )


@st.composite
def lives(draw: st.DrawFn) -> Life:
    """Orders of up to two months that begin at once, or three nights, in every way that they can go."""
    booked = draw(st.none() | st.integers(0, 5))
    term = draw(st.integers(1, 2 * MONTH + 1)) if booked is None else 24
    over = draw(st.just(term) | st.integers(1, term)) if booked is None else 56 - booked
    ended = draw(st.integers(0, over) | st.just(over) | st.none())
    edge = st.integers(0, over if ended is None else max(ended, 1)) | st.just(ended or over)
    stops = [(min(pair), max(pair)) for pair in draw(st.lists(st.tuples(edge, edge), max_size=2))]
    in_time = over - term if booked is None else -booked
    return Life(
        billing=draw(st.sampled_from(["term", "elastic"])),
        circuits=draw(st.integers(1, 2)),
        term=term,
        least=draw(st.integers(0, 3)),
        booked=booked,
        accepted=draw(st.integers(-9, 0) | st.integers(-9, over) | st.none()),
        delivered=draw(st.sampled_from([in_time, in_time, in_time + 1])),
        over=over,
        ended=ended,
        by_user=ended is not None and ended < over and draw(st.booleans()),
        stops=tuple(each for each in stops if each[0] < each[1]),
    )


@settings(max_examples=150)
@example(
    Life(
        billing="term", circuits=1, term=24, least=0, booked=0, accepted=0, delivered=0, over=56, ended=0, by_user=True, stops=((0, 56),),
    ),
    [0],
)  # fmt: skip
@given(lives(), st.lists(st.integers(0, 3 * MONTH), min_size=1, max_size=4))
def test_every_period_owes_what_a_walk_through_its_hours_says(life: Life, periods: list[int]) -> None:
    order, instant = life.order(), at(LATER)
    stops = [Window(at(start), at(end)) for start, end in life.stops]
    for by in sorted({*periods, LATER}):
        times, serving = (
            line_served(order, at(by), instant),
            line_served(order, at(by), instant, stops),
        )
        terms = line_terms(order)
        terms = terms.shortened(terms.begun(times) - terms.begun(serving))
        delivery = Delivery(at(life.in_time), at(life.delivered))
        found = owing(terms, serving, line_ending(order, at(by), instant, delivery, stops))
        assert found.fen == life.owed(by), by
