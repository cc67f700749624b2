"""C-7: the ledger against a model of a few lines, under any sequence of acts (`--hypothesis-seed` replays)."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from kernel.domain.windows import Window
from kernel.errors import HoldGone, SoldOut
from kernel.ids import new_id
from kernel.models import Capacity
from kernel.selectors.capacity import bundle_state
from kernel.services import capacity
from tests.kernel.ledger import declare, hold, let_time_pass

DAYS = 6
START = datetime(2027, 1, 1, tzinfo=UTC)
SPANS = st.none() | st.tuples(st.integers(0, DAYS - 1), st.integers(1, DAYS))


@dataclass
class Held:
    """A bundle as the model knows it: quantities by resource, the days it covers, its state."""

    wanted: dict[int, int]
    covers: frozenset[int] | None
    state: str = "held"
    overdue: bool = False

    @property
    def active(self) -> bool:
        return self.state in ("held", "confirmed")


class Ledger(RuleBasedStateMachine):
    """Acts on three resources, day by day."""

    known = Bundle("known")

    def __init__(self) -> None:
        super().__init__()
        self.totals = [10, 10, 10]
        self.marked = [False] * 3
        self.resources = [declare(10) for _ in self.totals]
        self.model: dict[UUID, Held] = {}

    def use(self, resource: int) -> tuple[int, int]:
        """Standing and peak, counted the slow way."""
        mine = [each for each in self.model.values() if each.active and resource in each.wanted]
        standing = sum(each.wanted[resource] for each in mine if each.covers is None)
        by_day = [
            sum(e.wanted[resource] for e in mine if e.covers and day in e.covers) for day in range(2 * DAYS)
        ]
        return standing, max(by_day)

    @rule(
        target=known,
        wanted=st.dictionaries(st.integers(0, 2), st.integers(1, 6), min_size=1),
        span=SPANS,
    )
    def hold(self, wanted: dict[int, int], span: tuple[int, int] | None) -> object:
        covers = frozenset(range(span[0], span[0] + span[1])) if span else None
        window = span and Window(START + timedelta(days=span[0]), START + timedelta(days=span[0] + span[1]))
        bundle, held = new_id(), Held(wanted, covers)
        self.model[bundle] = held
        fits = all(not self.marked[each] and sum(self.use(each)) <= self.totals[each] for each in wanted)
        try:
            hold({self.resources[each]: n for each, n in wanted.items()}, bundle=bundle, window=window)
        except SoldOut:
            assert not fits
            held.state = "refused"
            return multiple()
        assert fits
        return bundle

    @rule(bundle=known)
    def confirm(self, bundle: UUID) -> None:
        held = self.model[bundle]
        live = held.state == "held" and not held.overdue
        try:
            capacity.confirm(bundle=bundle)
        except HoldGone:
            assert not live
        else:
            assert live
            held.state = "confirmed"

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
            for each in held.wanted:
                self.marked[each] = self.marked[each] and sum(self.use(each)) > self.totals[each]

    @invariant()
    def the_rows_say_what_the_model_says(self) -> None:
        rows = Capacity.objects.in_bulk(self.resources)
        for number, resource in enumerate(self.resources):
            row = rows[resource]
            assert (row.total, row.over_committed) == (self.totals[number], self.marked[number])
            assert (row.standing, row.peak) == self.use(number)
            assert row.over_committed or row.standing + row.peak <= row.total

    def teardown(self) -> None:
        for bundle, held in self.model.items():
            assert bundle_state(bundle) == (set() if held.state == "refused" else {held.state})


@pytest.mark.django_db
@pytest.mark.slow
def test_any_sequence_of_acts_leaves_the_books_right() -> None:
    with transaction.atomic():
        run_state_machine_as_test(
            Ledger,
            settings=settings(
                max_examples=25,
                stateful_step_count=25,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
