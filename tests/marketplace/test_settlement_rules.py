"""The rules of settlement as properties: cumulative amounts, one split, nothing lost and nothing made."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.domain.windows import Window
from kernel.ids import new_id
from marketplace.domain.ledger import balanced, statement_amounts
from marketplace.domain.metering import MeteringProfile, UsageState, node_meter
from marketplace.domain.settlements import SettlementProfile, compute_due, divide

FEN = st.integers(0, 10**12)
BP = st.integers(0, 10_000)
START = datetime(2026, 11, 20, tzinfo=UTC)
PRICE = st.decimals(Decimal("0.000001"), Decimal(99999), places=6)


@given(FEN, FEN, FEN, st.tuples(BP, BP, BP), st.data())
def test_what_is_borne_is_what_is_given_to_the_fen(
    compute: int, storage: int, line: int, fees: tuple[int, int, int], data: st.DataObject
) -> None:
    voucher = data.draw(st.integers(0, compute))
    terms = SettlementProfile("t", *fees)
    division = divide(
        compute_fen=compute, storage_fen=storage, line_fen=line, voucher_fen=voucher, terms=terms
    )
    assert division.user + division.voucher == compute + storage + line
    assert 0 <= division.residue <= 3
    assert min(division.user, division.provider, division.line, division.fee) >= 0
    amounts = statement_amounts(division, user=new_id(), provider=new_id(), line=new_id())
    assert balanced(amounts)


def test_a_voucher_pays_for_no_line() -> None:
    terms = SettlementProfile("t", 0, 0, 0)
    with pytest.raises(ValueError, match="compute"):
        divide(compute_fen=100, storage_fen=100, line_fen=50, voucher_fen=101, terms=terms)


@given(PRICE, st.lists(st.integers(0, 10**7), max_size=20), FEN)
def test_however_a_contract_is_cut_into_periods_its_compute_adds_up(
    price: Decimal, periods: list[int], contract: int
) -> None:
    billed, seconds = 0, 0
    for more in periods:
        seconds += more
        amount = compute_due(price, seconds, contract) - billed
        assert amount >= 0
        billed += amount
    exact = Fraction(price) * seconds * 100 / 3600
    assert billed <= contract
    assert billed == contract or abs(billed - exact) <= Fraction(1, 2)


def test_a_whole_term_of_every_machine_is_the_quote() -> None:
    price, machines, hours = Decimal("112.80"), 3, 730
    assert compute_due(price, machines * hours * 3600, 10**12) == 24_703_200


@pytest.mark.parametrize(
    ("price", "seconds", "fen"),
    [
        ("0.05", 360, 0),  # half a fen: to the even one
        ("0.05", 1080, 2),  # one and a half
        ("0.05", 1800, 2),  # two and a half
        ("112.80", 100_000_000_000_000_001, 313_333_333_333_333_336),  # beyond what a float can count
    ],
)
def test_an_amount_is_exact_and_half_goes_to_the_even_fen(price: str, seconds: int, fen: int) -> None:
    assert compute_due(Decimal(price), seconds, 10**18) == fen


@pytest.mark.parametrize(
    ("provider", "node", "state", "agreed"),
    [
        (3600, 3600, UsageState.AGREED, 3600),
        (3564, 3600, UsageState.AGREED, 3564),
        (1800, 3600, UsageState.AGREED, 1800),
        (3636, 3600, UsageState.AGREED, 3600),
        (3637, 3600, UsageState.DISPUTED, 3600),
        (0, 0, UsageState.AGREED, 0),
        (1, 0, UsageState.DISPUTED, 0),
    ],
)
def test_the_meters_agree_where_the_provider_says_less_or_at_most_one_per_cent_more(
    provider: int, node: int, state: UsageState, agreed: int
) -> None:
    profile = MeteringProfile(version="t", tolerance_bp=100)
    assert profile.reconcile(provider=provider, node=node) == (state, agreed)


@pytest.mark.parametrize(
    ("start", "end", "ended", "seconds"),
    [(0, 3600, None, 7200), (-100, 100, None, 200), (0, 3600, 1800, 3600), (1800, 3600, 1800, 0)],
)
def test_the_node_meters_machines_times_the_seconds_that_the_service_ran(
    start: int, end: int, ended: int | None, seconds: int
) -> None:
    window = Window(START + timedelta(seconds=start), START + timedelta(seconds=end))
    over = START + timedelta(seconds=ended) if ended is not None else None
    assert node_meter(2, window, started=START, ended=over) == seconds


def test_of_an_order_with_windows_only_the_windows_count() -> None:
    hours = [Window(START + timedelta(hours=each), START + timedelta(hours=each + 1)) for each in (1, 3, 5)]
    asked = Window(START, START + timedelta(hours=4))
    assert node_meter(2, asked, started=START, ended=None, booked=hours) == 2 * 2 * 3600
    late = START + timedelta(minutes=210)
    assert node_meter(1, asked, started=START + timedelta(minutes=90), ended=late, booked=hours) == 3600
