"""The share of the attack on orders that runs with every change; `./dev attack orders` is the rest."""

import pytest

from tests.attacks import orders


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_small_crowd_and_a_bad_network_place_no_order_twice(capsys: pytest.CaptureFixture[str]) -> None:
    size = orders.asked(["--keys", "3", "--crowd", "16", "--cuts", "8", "--seed", "3"])
    assert orders.run(size) == []
    assert capsys.readouterr().out.count("ok") == len(orders.ATTACKS)
