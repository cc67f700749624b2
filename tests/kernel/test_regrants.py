"""Changing what a bundle keeps in one step: nothing is short by it, and nobody comes in between."""

from datetime import timedelta
from functools import partial

import pytest
from django.db import transaction

from kernel.clock import now
from kernel.domain.windows import Window
from kernel.errors import HoldGone, SoldOut
from kernel.models import Capacity, Claim
from kernel.services import capacity
from kernel.services.regrants import book
from tests.kernel.ledger import MINUTE, books, declare, hold
from tests.kernel.test_capacity import DAY, days
from tests.support.races import kinds, race


@pytest.mark.django_db
def test_what_stands_is_kept_in_windows_instead_and_nothing_can_be_short() -> None:
    line, other, nights = declare(10), declare(9), [days(each, 1) for each in (0, 2)]
    mine, theirs = hold({line: 6, other: 1}), hold({line: 4}, windows=nights)
    declare(5, line)  # a cut: what was sold stands
    until = Claim.objects.filter(bundle=mine)[0].expires_at
    book(bundle=mine, resources=[line], windows=nights)
    assert (books(line), books(other)) == ((5, 0, 10), (9, 1, 0))
    assert Capacity.objects.get(resource=line).over_committed
    assert set(Claim.objects.filter(bundle=mine).values_list("expires_at", flat=True)) == {until}
    capacity.release(bundle=theirs)
    declare(10, line)
    hold({line: 4})
    with pytest.raises(SoldOut):
        hold({line: 1}, windows=[days(2, 1)])
    hold({line: 6}, windows=[days(1, 1)])
    with pytest.raises(HoldGone):
        book(bundle=mine, resources=[line], windows=nights)
    ending = [Window(now() - DAY, soon := now() + timedelta(seconds=9))]
    book(bundle=mine, resources=[other], windows=ending)
    assert Claim.objects.get(bundle=mine, resource=other).expires_at == soon


@pytest.mark.django_db(transaction=True)
def test_nobody_comes_in_between_where_what_stands_becomes_a_window() -> None:
    cards, line = sorted((declare(10), declare(10)))
    mine = hold({line: 10})

    def turned() -> None:
        with transaction.atomic():
            book(bundle=mine, resources=[line], windows=[days(0, 1)], beside=[cards])
            capacity.add(bundle=mine, quantities={cards: 10}, ttl=MINUTE, windows=[days(0, 1)])

    done = race(turned, *[partial(hold, {cards: 1, line: 1}, windows=[days(0, 1)])] * 3)
    assert kinds(done) == {"NoneType": 1, "SoldOut": 3}
    assert books(line) == (10, 0, 10)
