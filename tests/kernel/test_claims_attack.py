"""The share of the attack on claims that runs with every change; `./dev attack claims` is the rest."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection

from kernel.clock import now
from kernel.models import Capacity, Claim
from kernel.models.capacity import HoldAccount
from tests.attacks import claims
from tests.attacks._claims_faults import WRONG
from tests.kernel.ledger import declare, hold


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_small_crowd_breaks_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert claims.run(dict.fromkeys(claims.RACES, 3), buyers=16, seed=5) == []
    assert capsys.readouterr().out.count("ok") == len(claims.RACES)


def lose_a_claim() -> None:
    Claim.objects.order_by("id")[0].delete()


def sell_twice() -> None:
    Capacity.objects.update(standing=3)


def forget_to_give_back() -> None:
    Claim.objects.update(state="released")


def expire_half() -> None:
    Claim.objects.filter(id=Claim.objects.order_by("id")[0].id).update(state="expired")


def forget_a_hold() -> None:
    HoldAccount.objects.update(live=0)


def forget_to_expire() -> None:
    Claim.objects.update(expires_at=now() - timedelta(minutes=1))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("bug", "told"),
    [
        (None, []),
        (lose_a_claim, ["bundle", "says"]),
        (sell_twice, ["says"]),
        (forget_to_give_back, ["account", "says"]),
        (expire_half, ["bundle", "says"]),
        (forget_a_hold, ["account"]),
        (forget_to_expire, ["hold"]),
    ],
)
def test_what_a_fault_could_break_is_seen(bug: Callable[[], None] | None, told: list[str]) -> None:
    hold(dict.fromkeys((declare(5), declare(5)), 2))
    if bug is not None:
        bug()
    with connection.cursor() as cursor:
        cursor.execute(WRONG)
        found = {str(line) for (line,) in cursor.fetchall()}
    assert {
        each for each in ("account", "bundle", "hold") if any(line.startswith(each) for line in found)
    } == {each for each in told if each != "says"}, found
    assert any(" says " in line and not line.startswith("account") for line in found) == ("says" in told), (
        found
    )
