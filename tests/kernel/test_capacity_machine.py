"""C-7: the ledger against a model of forty lines, under any sequence of acts (`--hypothesis-seed` replays).

The suite runs a share of it; `./dev attack claims` more, at release size all of it.
"""

from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from kernel.actor import SYSTEM
from kernel.domain.windows import Window
from kernel.errors import HoldGone, SoldOut
from kernel.ids import new_id
from kernel.models import Capacity, Claim
from kernel.selectors.capacity import free_over
from kernel.services import capacity
from kernel.services.parts import open_part, shrink_part
from tests.kernel.ledger import MINUTE, TENANT, declare, hold, let_time_pass, states

DAYS = 12
START = datetime(2037, 1, 1, tzinfo=UTC)
LONG_AGO = "UPDATE claim SET period = tstzrange(lower(period) - '20 years'::interval, upper(period) - '20 years'::interval) WHERE id = ANY(%s)"
SPAN = st.tuples(st.integers(0, DAYS - 1), st.integers(1, 4))
REPEATED = st.tuples(st.integers(0, 3), st.integers(1, 2), st.integers(1, 3), st.integers(2, 4))
"""First day, days each time, times, days from one to the next."""


def window(days: range) -> Window:
    return Window(START + timedelta(days=days.start), START + timedelta(days=days.stop))


@dataclass
class Held:
    """A bundle as the model knows it: quantities by resource, the days of each window (None: open-ended), its state."""

    wanted: dict[int, int]
    windows: list[range] | None
    state: str = "held"
    overdue: bool = False
    ended: bool = False

    @property
    def active(self) -> bool:
        return self.state in ("held", "confirmed") and self.windows != []

    @property
    def live(self) -> bool:
        return self.state == "held" and not self.overdue

    def on(self, day: int) -> bool:
        return self.windows is None or any(day in each for each in self.windows)


@dataclass
class Part:
    """A part of a resource as the model knows it: which row it is, what is set aside, and what blocks it at other times."""

    number: int
    set_aside: Held
    outside: Held


class Ledger(RuleBasedStateMachine):
    """Acts on three resources and on parts that are set aside of them, day by day."""

    known = Bundle("known")
    parts = Bundle("parts")

    def __init__(self) -> None:
        super().__init__()
        self.transaction = ExitStack()
        self.transaction.enter_context(transaction.atomic())
        self.totals = [10, 10, 10]
        self.marked = [False] * 3
        self.resources = [declare(10) for _ in self.totals]
        self.model: dict[UUID, Held] = {}
        self.blocks: list[Held] = []

    def use(self, resource: int, days: range = range(2 * DAYS)) -> tuple[int, int]:
        """Standing, and the most that is booked on one of the days, counted the slow way."""
        all_ = (*self.model.values(), *self.blocks)
        mine = [each for each in all_ if each.active and resource in each.wanted]
        standing = sum(each.wanted[resource] for each in mine if each.windows is None)
        return standing, max(sum(e.wanted[resource] for e in mine if e.windows and e.on(d)) for d in days)

    def fits(self, held: Held) -> bool:
        spans = [range(2 * DAYS)] if held.windows is None else held.windows
        return all(
            sum(self.use(each, span)) + n <= self.totals[each]
            for each, n in held.wanted.items()
            for span in spans
        )

    @rule(
        target=known,
        wished=st.dictionaries(st.integers(0, 5), st.integers(1, 6), min_size=1),
        repeated=st.none() | REPEATED,
    )
    def hold(self, wished: dict[int, int], repeated: tuple[int, int, int, int] | None) -> object:
        wanted = {each % len(self.resources): n for each, n in wished.items()}
        held = Held(wanted, None)
        if repeated:
            first, long, times, step = repeated
            held.windows = [range(first + n * step, first + n * step + long) for n in range(times)]
        bundle, fits = new_id(), self.fits(held)
        self.model[bundle] = held
        quantities = {self.resources[each]: n for each, n in wanted.items()}
        try:
            hold(quantities, bundle=bundle, windows=[window(each) for each in held.windows or ()])
        except SoldOut:
            assert not fits
            held.state = "refused"
            return multiple()
        assert fits
        return bundle

    @rule(target=known, resource=st.integers(0, 2), quantity=st.integers(1, 8), span=SPAN)
    def maintain(self, resource: int, quantity: int, span: tuple[int, int]) -> UUID:
        days, bundle = range(span[0], span[0] + span[1]), new_id()
        before = {key for key, held in self.model.items() if held.active and resource in held.wanted}
        touched = capacity.cut(
            bundle=bundle,
            tenant=TENANT,
            resource=self.resources[resource],
            quantity=quantity,
            window=window(days),
        )
        self.model[bundle] = Held({resource: quantity}, [days], "confirmed")
        over = [day for day in days if sum(self.use(resource, range(day, day + 1))) > self.totals[resource]]
        assert touched == sorted(key for key in before if any(self.model[key].on(day) for day in over))
        self.marked[resource] = sum(self.use(resource)) > self.totals[resource]
        return bundle

    @rule(target=parts, resource=st.integers(0, 2), quantity=st.integers(1, 8), span=st.none() | SPAN)
    def set_aside(self, resource: int, quantity: int, span: tuple[int, int] | None) -> object:
        held, bundle, part = Held({resource: quantity}, None), new_id(), new_id()
        if span:
            held.windows = [range(span[0], span[0] + span[1])]
        self.model[bundle], fits = held, self.fits(held)
        quantities = {self.resources[resource]: quantity}
        try:
            with transaction.atomic():
                hold(quantities, bundle=bundle, windows=[window(each) for each in held.windows or ()])
                open_part(bundle=bundle, part=part, tenant=TENANT, unit="card", actor=SYSTEM)
        except SoldOut:
            assert not fits or self.marked[resource]
            held.state = "refused"
            return multiple()
        assert fits
        held.state = "confirmed"
        number = len(self.resources)
        self.resources, self.totals, self.marked = (
            [*self.resources, part],
            [*self.totals, quantity],
            [*self.marked, False],
        )
        days = [range(0), range(0)] if span is None else [range(span[0]), range(sum(span), 2 * DAYS)]
        outside = Held({number: quantity}, days, "confirmed")
        self.blocks.append(outside)
        return Part(number, held, outside)

    @rule(part=parts, least=st.integers(0, 8))
    def give_back(self, part: Part, least: int) -> None:
        if part.set_aside.state == "released":
            return
        (resource,) = part.set_aside.wanted
        bundle = next(key for key, held in self.model.items() if held is part.set_aside)
        days = (part.set_aside.windows or [range(2 * DAYS)])[0]
        total, sold = self.totals[part.number], sum(self.use(part.number, days))
        left = shrink_part(
            bundle=bundle,
            part=self.resources[part.number],
            resource=self.resources[resource],
            least=least,
            actor=SYSTEM,
        )
        assert left == min(total, max(least, sold)), "what is sold stays, and nothing else"
        self.totals[part.number] = left
        part.set_aside.wanted, part.outside.wanted = {resource: left}, {part.number: left}
        if not left:
            part.outside.state = "released"
            self.end(part.set_aside, "released")
        self.unmark(part.set_aside)

    @rule(bundle=known)
    def confirm(self, bundle: UUID) -> None:
        self.act(bundle, "confirmed", lambda: capacity.confirm(bundle=bundle))

    @rule(bundle=known)
    def extend(self, bundle: UUID) -> None:
        self.act(bundle, "held", lambda: capacity.extend(bundle=bundle, ttl=MINUTE))

    def act(self, bundle: UUID, state: str, act: object) -> None:
        """Do what only a live hold allows."""
        held = self.model[bundle]
        try:
            act()  # type: ignore[operator] # one of the two lambdas above
        except HoldGone:
            assert not held.live
        else:
            assert held.live
            held.state = state

    @rule(bundle=known)
    def release(self, bundle: UUID) -> None:
        held = self.model[bundle]
        assert capacity.release(bundle=bundle) == held.active
        self.end(held, "released")

    @rule(bundle=known)
    def tick(self, bundle: UUID) -> None:
        let_time_pass(bundle)
        self.model[bundle].overdue = True

    @rule()
    def expire(self) -> None:
        while capacity.expire_next():
            pass
        for held in self.model.values():
            if held.state == "held" and held.overdue:
                self.end(held, "expired")

    @rule(bundle=known)
    def pass_window(self, bundle: UUID) -> None:
        held = self.model[bundle]
        if held.state == "confirmed" and held.windows:
            mine = Claim.objects.filter(bundle=bundle, state="confirmed").order_by("period__startswith")
            over = list(mine)[: len(held.wanted)]  # the first window, of every resource
            with connection.cursor() as cursor:
                cursor.execute(LONG_AGO, [[claim.id for claim in over]])
            while capacity.end_next():
                pass
            held.windows, held.ended = held.windows[1:], True
            self.unmark(held)

    @rule(resource=st.integers(0, 2), total=st.integers(0, 15))
    def declare(self, resource: int, total: int) -> None:
        if total != self.totals[resource]:
            self.totals[resource] = total
            self.marked[resource] = sum(self.use(resource)) > total
        declare(total, self.resources[resource])

    def end(self, held: Held, state: str) -> None:
        """Give back, and take the mark off where enough is left."""
        if held.active:
            held.state = state
            self.unmark(held)

    def unmark(self, held: Held) -> None:
        for each in held.wanted:
            self.marked[each] = self.marked[each] and sum(self.use(each)) > self.totals[each]

    @invariant()
    def the_rows_say_what_the_model_says(self) -> None:
        columns = ("resource", "total", "over_committed", "standing", "peak")
        rows = {
            row[0]: row[1:]
            for row in Capacity.objects.filter(resource__in=self.resources).values_list(*columns)
        }
        for number, resource in enumerate(self.resources):
            total, over_committed, standing, peak = rows[resource]
            assert (total, over_committed) == (self.totals[number], self.marked[number])
            assert (standing, peak) == self.use(number)
            assert over_committed or standing + peak <= total

    @rule(span=SPAN)
    def look(self, span: tuple[int, int]) -> None:
        days = range(span[0], span[0] + span[1])
        found = free_over(self.resources, [window(days)])
        for number, resource in enumerate(self.resources):
            assert found[resource] == max(0, self.totals[number] - sum(self.use(number, days)))

    def teardown(self) -> None:
        try:
            self.the_bundles_ended_as_in_the_model()
        finally:
            self.take_back()

    def the_bundles_ended_as_in_the_model(self) -> None:
        for bundle, held in self.model.items():
            rest = {held.state} if held.active or held.windows != [] else set()
            expected = rest | ({"ended"} if held.ended else set())
            assert states(bundle) == (set() if held.state == "refused" else expected)

    def take_back(self) -> None:
        """Undo the sequence: none finds what another left, neither holds that ran out nor rows to step over."""
        transaction.set_rollback(True)
        self.transaction.close()


def run_machine(*, sequences: int, acts: int, at: int | None = None) -> None:
    """Run so many sequences against the model, those of a seed if one is given. Raises AssertionError where they differ."""
    run_state_machine_as_test(
        Ledger if at is None else seed(at)(Ledger),
        settings=settings(
            max_examples=sequences,
            stateful_step_count=acts,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.django_db
@pytest.mark.slow
def test_any_sequence_of_acts_leaves_the_books_right() -> None:
    run_machine(sequences=20, acts=25)
