"""Demands as JSON: what is read, what is refused and under which field, and how numbers are written."""

import json
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.money import to_fen
from scheduling.domain.demand import DemandError
from scheduling.domain.engine.files import load_demand, parse_demand
from scheduling.domain.numbers import (
    CNY_SCALE,
    NumberError,
    cny,
    fen,
    kilometres,
    parse_decimal,
    parse_padded,
    plain,
)

LEAST = {"demand": "d1", "from_site": "s1", "quantity": 1, "bandwidth_mbps": 1000}


def parse(**changes: Any) -> Any:
    """The least demand with some fields changed, by way of its JSON text."""
    return parse_demand(load_demand(json.dumps(LEAST | changes)))


def test_defaults_stand_for_absent_and_null_fields() -> None:
    demand = parse(duration_hours=None, protection=None, compute=None, centre={"include": []}, top=None)
    assert (demand.duration_hours, demand.protection, demand.latency_layer, demand.top) == (
        730,
        "none",
        "optical",
        10,
    )
    assert demand.want == ("rejected", "relax")
    assert parse(want=[]).want == ()
    assert demand.centre.include == ()


def test_a_decimal_is_text_or_a_number_and_never_a_float() -> None:
    line = (
        json.dumps(LEAST)[:-1] + ', "max_total_cny": 0.1, "max_loss": "0.000000001", "duration_hours": 12.5}'
    )
    demand = parse_demand(load_demand(line))
    assert (demand.max_total_cny, demand.max_loss, demand.duration_hours) == (
        Decimal("0.1"),
        Decimal("1E-9"),
        Decimal("12.5"),
    )


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"demand": None}, "required", "demand"),
        ({"quantity": None}, "required", "quantity"),
        ({"quantity": 0}, "bad_value", "quantity"),
        ({"quantity": -1}, "bad_value", "quantity"),
        ({"quantity": 1.5}, "bad_value", "quantity"),
        ({"quantity": "1"}, "bad_value", "quantity"),
        ({"quantity": True}, "bad_value", "quantity"),
        ({"quantity": 10**12}, "bad_value", "quantity"),
        ({"bandwidth_mbps": 0}, "bad_value", "bandwidth_mbps"),
        ({"duration_hours": 0}, "bad_value", "duration_hours"),
        ({"max_latency_us": 1e3}, "bad_value", "max_latency_us"),
        ({"max_loss": "1e-3"}, "bad_value", "max_loss"),
        ({"max_loss": 1e-7}, "bad_value", "max_loss"),
        ({"max_loss": float("nan")}, "bad_value", "max_loss"),
        ({"max_total_cny": "0.00001"}, "bad_value", "max_total_cny"),
        ({"max_total_cny": "１"}, "bad_value", "max_total_cny"),
        ({"max_total_cny": "+1"}, "bad_value", "max_total_cny"),
        ({"protection": "two"}, "bad_value", "protection"),
        ({"want": ["relax", "everything"]}, "bad_value", "want.1"),
        ({"compute": {"kind": "quantum"}}, "bad_value", "compute.kind"),
        ({"compute": {"domestic": 1}}, "bad_value", "compute.domestic"),
        ({"compute": {"min_vcpu": 1}}, "unknown_field", "compute.min_vcpu"),
        ({"compute": []}, "bad_value", "compute"),
        ({"centre": {"include": "c1"}}, "bad_value", "centre.include"),
        ({"line": {"technologies": ["otn", 1]}}, "bad_value", "line.technologies.1"),
        ({"from_site": "\ud800"}, "bad_value", "from_site"),
        ({"max_latency": 5}, "unknown_field", "max_latency"),
    ],
)
def test_a_bad_field_is_refused_by_its_dotted_name(changes: dict[str, Any], code: str, field: str) -> None:
    with pytest.raises(DemandError) as refused:
        parse(**changes)
    assert (refused.value.code, refused.value.field) == (code, field)


@pytest.mark.parametrize(
    "line", ["", "{", "[]", "1", '{"demand": "a", "demand": "b"}', "[" * 100_000, "9" * 9999]
)
def test_a_line_that_is_no_object_is_refused(line: str) -> None:
    with pytest.raises(DemandError) as refused:
        load_demand(line)
    assert refused.value.code == "bad_json"


def test_a_float_from_a_caller_is_refused_too() -> None:
    with pytest.raises(DemandError):
        parse_demand(LEAST | {"max_total_cny": 0.5})


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        ("0.00005", "0.0000"),
        ("0.00015", "0.0002"),
        ("0.0000500001", "0.0001"),
        ("12.3456", "12.3456"),
        ("12.34569", "12.3457"),
    ],
)
def test_cny_is_rounded_half_even_once(amount: str, written: str) -> None:
    assert cny(int(Decimal(amount) * CNY_SCALE)) == written


@pytest.mark.parametrize(
    ("text", "why"),
    [("-1000", "below zero"), ("1e3", "plain decimal"), ("-x", "plain decimal"), ("1.234", "2 decimals")],
)
def test_a_number_that_cannot_be_says_why(text: str, why: str) -> None:
    with pytest.raises(NumberError, match=why):
        parse_decimal(text, 2)
    with pytest.raises(NumberError, match=why):
        parse_padded(text, 2)


def test_zeros_beyond_the_places_pass_where_answers_are_sent_back_and_not_in_the_files() -> None:
    assert str(parse_padded("-120.5000", 2, signed=True)) == "-120.50"
    assert str(parse_padded("7.000000", 0)) == "7"
    with pytest.raises(NumberError, match="2 decimals"):
        parse_decimal("120.5000", 2)


def test_km_and_loss_are_written_exactly_without_trailing_zeros() -> None:
    assert [kilometres(metres) for metres in (0, 1, 143_200, 10_000)] == ["0", "0.001", "143.2", "10"]
    assert plain(1 - Fraction(9, 10) * Fraction(9, 10)) == "0.19"
    assert [plain(Decimal(text)) for text in ("0.00", "5000.50", "1E+3")] == ["0", "5000.5", "1000"]


@given(st.integers(0, 10**20) | st.integers(0, 10**6).map(lambda half: half * 10**8 + 5 * 10**7))
def test_fen_of_what_the_engine_counts_are_those_of_the_one_rounding_rule(amount: int) -> None:
    assert fen(amount) == to_fen(Fraction(amount, CNY_SCALE))
