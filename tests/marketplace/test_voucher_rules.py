"""The rules of vouchers: what a policy may say, and what it grants, by table and as properties."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.clock import shanghai_year
from marketplace.domain.vouchers import VoucherPolicy, contract_parts
from marketplace.errors import PolicyInvalid, VoucherRefused
from tests.aggregation.supply import moment
from tests.marketplace.trade import POLICY

FEN = st.integers(0, 10**12)
DEMO = VoucherPolicy.of(POLICY)


def test_the_demos_policy_is_a_fifth_of_intelligent_compute_up_to_two_million_yuan() -> None:
    assert DEMO.rate_bp == 2000
    assert DEMO.annual_cap_fen == 200_000_000
    assert DEMO.base == {"intelligent_compute"}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"base": ["intelligent_compute", "line"]}, "base"),
        ({"base": ["storage"]}, "base"),
        ({"base": []}, "base"),
        ({"base": "intelligent_compute"}, "base"),
        ({"rate": "1.01"}, "rate"),
        ({"rate": "0"}, "rate"),
        ({"rate": "0.20001"}, "rate"),
        ({"rate": "NaN"}, "rate"),
        ({"rate": "1e400"}, "rate"),
        ({"rate": None}, "rate"),
        ({"annual_cap_fen": 0}, "annual_cap_fen"),
        ({"annual_cap_fen": 1.5}, "annual_cap_fen"),
        ({"annual_cap_fen": True}, "annual_cap_fen"),
        ({"eligible_sizes": ["large"]}, "eligible_sizes"),
        ({"claims_per_contract": 2}, "claims_per_contract"),
        ({"refuse_affiliated": False}, "refuse_affiliated"),
        ({"version": " "}, "version"),
    ],
)
def test_no_policy_may_say_so(change: dict[str, Any], field: str) -> None:
    with pytest.raises(PolicyInvalid) as refusal:
        VoucherPolicy.of(POLICY | change)
    assert refusal.value.pointer == f"/{field}"


@given(FEN, FEN)
def test_the_line_never_counts(compute: int, line: int) -> None:
    parts = contract_parts("intelligent", compute_fen=compute, line_fen=line)
    assert DEMO.eligible_fen(parts) == compute
    assert DEMO.eligible_fen(contract_parts("general", compute_fen=compute, line_fen=line)) == 0


@given(FEN, st.integers(0, 2 * 10**8))
def test_a_grant_is_within_the_rate_and_within_the_year(eligible: int, drawn: int) -> None:
    grant = DEMO.grant_fen(eligible_fen=eligible, drawn_fen=drawn)
    assert grant >= 0
    assert grant * 5 <= eligible
    assert drawn + grant <= 200_000_000
    assert grant == min(eligible // 5, 200_000_000 - drawn)


@pytest.mark.parametrize(
    ("eligible", "drawn", "grant"),
    [
        (0, 0, 0),
        (4, 0, 0),
        (5, 0, 1),
        (9, 0, 1),
        (8_234_400, 199_400_000, 600_000),
        (8_234_400, 200_000_000, 0),
        (10**10, 0, 200_000_000),
    ],
)
def test_grants(eligible: int, drawn: int, grant: int) -> None:
    assert DEMO.grant_fen(eligible_fen=eligible, drawn_fen=drawn) == grant


@given(FEN, st.lists(st.integers(0, 10**9), max_size=12), st.integers(0, 2 * 10**8))
def test_redemptions_stay_within_the_claim_the_rate_and_the_year(
    granted: int, periods: list[int], year_left: int
) -> None:
    billed, redeemed = 0, 0
    for compute in periods:
        billed += compute
        fen = DEMO.redeemable_fen(
            granted_fen=granted,
            redeemed_fen=redeemed,
            compute_fen=compute,
            billed_fen=billed,
            year_left_fen=year_left - redeemed,
        )
        assert 0 <= fen <= compute
        redeemed += fen
        assert redeemed <= granted
        assert redeemed <= year_left
        assert redeemed * 5 <= billed


@pytest.mark.parametrize(("size", "affiliated"), [("large", False), ("", False), ("small", True)])
def test_large_unknown_and_affiliated_are_refused(*, size: str, affiliated: bool) -> None:
    with pytest.raises(VoucherRefused):
        DEMO.check_claimant(size=size, affiliated=affiliated)
    DEMO.check_claimant(size="medium", affiliated=False)


@pytest.mark.parametrize(
    ("instant", "year"),
    [
        ("2026-12-31T15:59:59.999999Z", 2026),
        ("2026-12-31T16:00:00Z", 2027),
        ("2026-12-31T23:30:00+08:00", 2026),
        ("2027-01-01T00:00:00+08:00", 2027),
    ],
)
def test_the_year_is_that_of_shanghai(instant: str, year: int) -> None:
    assert shanghai_year(moment(instant)) == year
