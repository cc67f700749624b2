"""The ledger: never more than there is, all of a bundle or nothing, expiry exactly once."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction

from kernel.clock import now
from kernel.domain.windows import Window
from kernel.errors import HoldGone, SoldOut
from kernel.ids import new_id
from kernel.models import Capacity, Claim, EventRecord
from kernel.models.capacity import ClaimState
from kernel.selectors import capacity as selectors
from kernel.services import capacity
from tests.kernel.ledger import MINUTE, books, declare, hold, let_time_pass, states, taken
from tests.support.races import kinds, race

DAY = timedelta(days=1)
START = datetime(2027, 1, 1, tzinfo=UTC)
real = pytest.mark.django_db(transaction=True)
quick = pytest.mark.django_db


def days(first: int, length: int) -> Window:
    return Window(START + first * DAY, START + (first + length) * DAY)


@quick
def test_a_hold_takes_and_a_release_gives_back() -> None:
    cards = declare(10)
    bundle = hold({cards: 4})
    assert books(cards) == (10, 4, 0)
    assert selectors.free([cards]) == {cards: 6}
    assert capacity.release(bundle=bundle)
    assert books(cards) == (10, 0, 0)
    assert not capacity.release(bundle=bundle), "twice is once"
    assert books(cards) == (10, 0, 0)


@quick
def test_a_bundle_is_held_whole_or_not_at_all() -> None:
    cards, line = declare(8), declare(100)
    with pytest.raises(SoldOut) as refused:
        hold({cards: 8, line: 101})
    short = refused.value
    assert (short.resource, short.wanted, short.free) == (line, 101, 100)
    assert (books(cards), books(line)) == ((8, 0, 0), (100, 0, 0))
    assert not Claim.objects.exists()


@quick
def test_a_resource_that_nobody_declared_has_nothing() -> None:
    with pytest.raises(SoldOut):
        hold({new_id(): 1})


@quick
def test_confirmed_is_kept_and_expired_is_not_confirmed() -> None:
    cards = declare(10)
    kept, late = hold({cards: 3}), hold({cards: 3})
    capacity.confirm(bundle=kept)
    let_time_pass(late)
    with pytest.raises(HoldGone):
        capacity.confirm(bundle=late)
    with pytest.raises(HoldGone):
        capacity.extend(bundle=late, ttl=MINUTE)
    assert capacity.expire_next()
    assert not capacity.expire_next()
    assert states(kept) == {ClaimState.CONFIRMED}
    assert states(late) == {ClaimState.EXPIRED}
    assert books(cards) == (10, 3, 0)
    with pytest.raises(HoldGone):
        capacity.confirm(bundle=new_id())


@quick
def test_a_hold_that_is_extended_lives_on() -> None:
    cards = declare(1)
    bundle = hold({cards: 1}, ttl=timedelta(seconds=1))
    capacity.extend(bundle=bundle, ttl=10 * MINUTE)
    assert not capacity.expire_next()
    assert Claim.objects.get(bundle=bundle).expires_at > now() + 9 * MINUTE  # type: ignore[operator] # it is held


@quick
def test_c4_a_cut_below_what_is_sold_is_marked_and_nothing_new_is_granted() -> None:
    cards = declare(10)
    big, small = hold({cards: 6}), hold({cards: 2})
    capacity.confirm(bundle=big)
    declare(5, cards)
    row = Capacity.objects.get(resource=cards)
    assert (row.over_committed, row.free) == (True, 0)
    assert (
        EventRecord.objects.filter(name="kernel.capacity_changed", payload__over_committed=True).count() == 1
    )
    with pytest.raises(SoldOut):
        hold({cards: 1})
    capacity.release(bundle=small)
    assert Capacity.objects.get(resource=cards).over_committed, "six are sold, five are there"
    capacity.release(bundle=big)
    assert not Capacity.objects.get(resource=cards).over_committed
    hold({cards: 5})


@quick
def test_declaring_the_same_total_again_announces_nothing() -> None:
    cards = declare(10)
    declare(10, cards)
    assert EventRecord.objects.filter(name="kernel.capacity_changed").count() == 1


@quick
def test_windows_share_what_they_do_not_use_at_the_same_time() -> None:
    cards = declare(10)
    first = hold({cards: 7}, windows=[days(0, 10)])
    hold({cards: 7}, windows=[days(10, 5)])
    assert books(cards) == (10, 0, 7)
    with pytest.raises(SoldOut):
        hold({cards: 4}, windows=[days(9, 2)])
    hold({cards: 3})  # open-ended beside the peak
    with pytest.raises(SoldOut):
        hold({cards: 1})
    with pytest.raises(SoldOut):
        hold({cards: 1}, windows=[days(2, 1)])
    hold({cards: 7}, windows=[days(30, 1)])
    capacity.release(bundle=first)
    assert books(cards) == (10, 3, 7)


@quick
def test_what_is_free_over_windows_is_the_least_at_any_of_their_instants() -> None:
    cards, other = declare(10), declare(5)
    hold({cards: 1})
    hold({cards: 4}, windows=[days(0, 2)])
    hold({cards: 3, other: 5}, windows=[days(2, 2)])
    released = hold({cards: 5}, windows=[days(3, 1)])
    capacity.release(bundle=released)

    def left(*windows: Window) -> tuple[int, int]:
        found = selectors.free_over([cards, other, new_id()], windows)
        return found[cards], found[other]

    assert left(days(0, 1)) == (5, 5)
    assert left(days(2, 1)) == (6, 0)
    assert left(days(0, 4)) == (5, 0), "one ends as the other starts"
    assert left(days(4, 9)) == (9, 5)
    assert left(days(2, 1), days(4, 1)) == (6, 0)
    declare(4, cards)
    assert left(days(0, 1)) == (0, 5), "a cut below what is sold leaves nothing"


@quick
def test_a_booking_that_recurs_is_held_in_every_window_or_in_none() -> None:
    cards, line = declare(10), declare(100)
    nights = [days(each, 1) for each in (0, 2, 4)]
    hold({cards: 6}, windows=[days(4, 1)])
    with pytest.raises(SoldOut) as refused:
        hold({cards: 5, line: 50}, windows=nights)
    assert refused.value.free == 4
    bundle = hold({cards: 4, line: 50}, windows=nights)
    assert Claim.objects.filter(bundle=bundle).count() == 6
    assert (books(cards), books(line)) == ((10, 0, 10), (100, 0, 50))
    capacity.confirm(bundle=bundle)
    assert capacity.release(bundle=bundle)
    assert (books(cards), books(line)) == ((10, 0, 6), (100, 0, 0))


@quick
def test_a_hold_does_not_outlive_its_first_window_and_is_extended_within_bounds() -> None:
    cards, soon = declare(10), now() + timedelta(minutes=5)
    bundle = new_id()
    windows = [Window(soon - MINUTE, soon), Window(soon + DAY, soon + 2 * DAY)]
    assert (
        capacity.hold(bundle=bundle, tenant=new_id(), quantities={cards: 1}, ttl=DAY, windows=windows) == soon
    )
    assert capacity.extend(bundle=bundle, ttl=2 * DAY) == soon
    bound = now() + 10 * MINUTE
    other = hold({cards: 1})
    assert capacity.extend(bundle=other, ttl=DAY, not_after=bound) == bound
    assert capacity.extend(bundle=other, ttl=MINUTE) == bound, "an extension takes nothing away"


@quick
def test_what_one_bundle_holds_is_taken_over_by_another_once() -> None:
    cards = declare(10)
    first, second = hold({cards: 3}), new_id()
    until = Claim.objects.get(bundle=first).expires_at
    assert capacity.take_over(bundle=first, by=second) == until
    with pytest.raises(HoldGone):
        capacity.take_over(bundle=first, by=new_id())
    capacity.confirm(bundle=second)
    assert (states(first), books(cards)) == (set(), (10, 3, 0))


@quick
def test_a_window_that_is_over_ends_once_and_leaves_the_peak() -> None:
    cards = declare(10)
    past = hold({cards: 7}, windows=[days(0, 1), days(9, 1)], ttl=MINUTE)
    capacity.confirm(bundle=past)
    hold({cards: 3}, windows=[days(0, 1)])
    assert books(cards) == (10, 0, 10)
    assert not capacity.end_next()
    over = Claim.objects.filter(bundle=past).order_by("period__startswith")[0]
    over.period = (now() - 2 * MINUTE, now() - MINUTE)
    over.save()
    assert capacity.end_next()
    assert not capacity.end_next()
    assert states(past) == {ClaimState.CONFIRMED, ClaimState.ENDED}
    assert books(cards) == (10, 0, 7), "the other window still stands"
    assert EventRecord.objects.filter(name="kernel.window_ended", subject=past).count() == 1


@quick
def test_maintenance_cuts_what_is_left_and_names_the_bookings_that_it_hits() -> None:
    cards = declare(10)
    standing = hold({cards: 3})
    near, far = hold({cards: 4}, windows=[days(1, 2)]), hold({cards: 4}, windows=[days(8, 1)])
    small = {"tenant": new_id(), "resource": cards, "quantity": 2}
    earlier, work = new_id(), new_id()
    assert capacity.cut(bundle=earlier, window=days(0, 3), **small) == []  # type: ignore[arg-type] # a mapping
    hit = capacity.cut(bundle=work, window=days(2, 2), **{**small, "quantity": 10})  # type: ignore[arg-type] # a mapping
    assert hit == sorted([standing, near, earlier])
    assert Capacity.objects.get(resource=cards).over_committed
    assert states(near) == {ClaimState.HELD}, "what was sold stands"
    for window in (days(2, 1), days(3, 1)):
        with pytest.raises(SoldOut):
            hold({cards: 1}, windows=[window])
    hold({cards: 3}, windows=[days(8, 1)])  # elsewhere the ledger goes on granting
    with pytest.raises(SoldOut):
        hold({cards: 1})
    capacity.release(bundle=work)
    assert not Capacity.objects.get(resource=cards).over_committed
    capacity.release(bundle=far)


@quick
@pytest.mark.parametrize(
    "change", [{"standing": 11}, {"peak": 11}, {"standing": 6, "peak": 5}, {"standing": -1}]
)
def test_the_database_itself_refuses_an_oversold_row(change: dict[str, int]) -> None:
    cards = declare(10)
    with pytest.raises(IntegrityError), transaction.atomic():
        Capacity.objects.filter(resource=cards).update(**change)


@real
def test_c1_sixteen_buyers_race_for_the_last_unit_and_one_wins() -> None:
    for _ in range(6):
        cards = declare(1)
        results = race(*[partial(hold, {cards: 1})] * 16)
        assert kinds(results) == {"UUID": 1, "SoldOut": 15}
        assert books(cards) == (1, 1, 0)
        assert taken(cards) == 1


@real
def test_c2_when_there_is_enough_for_all_nobody_is_turned_away() -> None:
    cards = declare(16)
    results = race(*[partial(hold, {cards: 1})] * 16)
    assert kinds(results) == {"UUID": 16}
    assert books(cards) == (16, 16, 0)


@real
def test_c1_buyers_race_for_overlapping_windows_and_none_is_oversold() -> None:
    cards = declare(10)
    windows = [days(first, 3) for first in (0, 1, 2, 3)] * 3
    results = race(*[partial(hold, {cards: 4}, windows=[each]) for each in windows])
    assert set(kinds(results)) == {"UUID", "SoldOut"}
    total, standing, peak = books(cards)
    assert standing == 0
    assert peak <= total


@real
def test_c1_windows_that_touch_at_an_instant_both_win_and_one_loses_by_an_instant_more() -> None:
    later = days(5, 3)
    for more, won in ((0, {"UUID": 2}), (1, {"UUID": 1, "SoldOut": 1})):
        cards = declare(1)
        until = later.start + timedelta(microseconds=more)
        hold({cards: 1}, windows=[days(20, 1)])  # so that neither has room for ever
        both = [partial(hold, {cards: 1}, until=until), partial(hold, {cards: 1}, windows=[later])]
        assert kinds(race(*both)) == won
        assert books(cards) == (1, 0, 1)


@real
def test_c3_bundles_in_opposite_order_neither_deadlock_nor_split() -> None:
    resources = [declare(12) for _ in range(4)]
    for _ in range(5):
        bundles = [new_id() for _ in range(8)]
        wishes = [dict.fromkeys(resources if number % 2 else resources[::-1], 2) for number in range(8)]
        results = race(
            *[partial(hold, wish, bundle=bundle) for wish, bundle in zip(wishes, bundles, strict=True)]
        )
        assert kinds(results) == {"UUID": 6, "SoldOut": 2}
        for bundle in bundles:
            assert Claim.objects.filter(bundle=bundle).count() in (0, 4)
        given_back = race(*[partial(capacity.release, bundle=bundle) for bundle in bundles])
        assert sorted(given_back) == [False] * 2 + [True] * 6
        assert [books(each) for each in resources] == [(12, 0, 0)] * 4


@real
def test_c3_holding_and_giving_back_at_once_neither_deadlock_nor_lose_count() -> None:
    resources = [declare(100) for _ in range(4)]
    for _ in range(5):
        old = [hold(dict.fromkeys(resources, 1)) for _ in range(6)]
        holds = [partial(hold, dict.fromkeys(resources, 1)) for _ in range(6)]
        results = race(*holds, *[partial(capacity.release, bundle=bundle) for bundle in old])
        assert kinds(results) == {"UUID": 6, "bool": 6}
        for bundle in results[:6]:
            capacity.release(bundle=bundle)
        assert [books(each) for each in resources] == [(100, 0, 0)] * 4


@real
def test_expiry_of_bundles_is_exactly_once_however_many_sweep() -> None:
    resources = [declare(100) for _ in range(3)]
    for _ in range(5):
        bundles = [hold(dict.fromkeys(resources, 1)) for _ in range(4)]
        for bundle in bundles:
            let_time_pass(bundle)

        def sweep() -> int:
            done = 0
            while capacity.expire_next():
                done += 1
            return done

        results = race(*[sweep] * 4)
        assert sum(results) == 4, results
        for bundle in bundles:
            assert EventRecord.objects.filter(name="kernel.hold_expired", subject=bundle).count() == 1
        assert [books(each) for each in resources] == [(100, 0, 0)] * 3


@real
def test_c5_expiring_confirming_and_releasing_one_bundle_at_once_has_one_outcome() -> None:
    resources = [declare(100) for _ in range(3)]
    ends: set[str] = set()
    for number in range(12):
        # the first has all the time it wants, so that on a slow machine too not every round ends the same
        ttl = timedelta(milliseconds=number) if number else timedelta(minutes=1)
        bundle = hold(dict.fromkeys(resources, 1), ttl=ttl)
        acts: list[Callable[[], object]] = [partial(capacity.confirm, bundle=bundle), capacity.expire_next]
        results = race(*acts, *[partial(capacity.release, bundle=bundle)] * (number % 2))
        assert not [
            each for each in results if isinstance(each, Exception) and not isinstance(each, HoldGone)
        ]
        (end,) = states(bundle)
        ends.add(end)
        told = EventRecord.objects.filter(name="kernel.hold_expired", subject=bundle).count()
        assert told == (end == ClaimState.EXPIRED)
        capacity.release(bundle=bundle)
        while capacity.expire_next():
            pass
        assert [books(each) for each in resources] == [(100, 0, 0)] * 3
    assert len(ends) > 1, "every round ended the same: no race was shown"


@real
def test_c4_a_provider_that_cuts_while_buyers_hold_is_never_oversold_unmarked() -> None:
    for _ in range(4):
        cards: UUID = declare(8)
        race(*[partial(hold, {cards: 1})] * 8, partial(declare, 3, cards))
        row = Capacity.objects.get(resource=cards)
        assert row.standing == taken(cards)
        assert row.over_committed == (row.standing > 3)
