"""The share of the attack on claims that runs with every change; `./dev attack claims` is the rest."""

import pytest

from tests.attacks import claims


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_small_crowd_breaks_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert claims.run(rounds=3, buyers=16, seed=5) == []
    assert capsys.readouterr().out.count("ok") == len(claims.ATTACKS)
