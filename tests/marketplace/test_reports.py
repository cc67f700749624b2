"""What the market reports upwards."""

from datetime import timedelta

import pytest

from kernel.clock import now
from kernel.reports import SECTIONS
from tests.marketplace.test_complaints import filed
from tests.marketplace.trade import aged, metered, running, settled
from tests.scheduling.live import open_market
from tests.support.cast import World

SCENE = open_market


@pytest.mark.django_db
def test_the_market_reports_its_run_and_the_totals_of_trade(world: World) -> None:
    order = aged(running(world), 100)
    filed(world.ben, order, world.ada)
    metered(world, order, first=0, last=10)
    statement = settled(world, order, first=0, last=20)
    assert world.rhea.organisation
    start, end = now() - timedelta(days=30), now() + timedelta(seconds=1)
    (platform,) = SECTIONS["platform.market"].collect(start, end)
    (trade,) = SECTIONS["trade.totals"].collect(start, end)
    assert platform["orders"] == platform["buyers"] == platform["demands"] == platform["listings"] == 1
    assert platform["complaints"] == 1
    assert platform["amount_fen"] == order.total_fen
    assert platform["parties"] == 3, "Ada, Lin and Ben; the operator and the regulator take no part"
    assert trade["orders_started"] == trade["statements"] == 1
    assert trade["user_fen"] == statement["user_fen"]
    for name, record in (("platform.market", platform), ("trade.totals", trade)):
        assert set(SECTIONS[name].sums) == set(record)
        assert all(type(record[field]) is int for field in SECTIONS[name].sums)
    (nothing,) = SECTIONS["trade.totals"].collect(start - timedelta(days=60), start)
    assert set(nothing.values()) == {0}
