"""Money, quantities, text, keys and states: the small values that everything is made of."""

import math
import re
import time
import tracemalloc
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.serializers import ValidationError

from kernel.api.bodies import require_storable
from kernel.api.decimals import PlainDecimalExtension, PlainDecimalField
from kernel.api.instants import DayField, InstantField
from kernel.api.integers import PlainIntegerField
from kernel.api.parsers import DistinctParser
from kernel.errors import CODES, InvalidField, Problem, StateConflict
from kernel.ids import new_id
from kernel.instants import read_instant
from kernel.money import split_fen, to_fen, yuan
from kernel.quantities import EARTH_RADIUS_M, NumberText, great_circle_m, plain_decimal, standard_racks
from kernel.states import StateTable
from kernel.text import Text, Vocabulary

FEN = st.integers(-(10**15), 10**15)


@pytest.mark.parametrize(
    ("amount", "fen"),
    [
        ("0.005", 0),
        ("0.015", 2),
        ("0.025", 2),
        ("-0.005", 0),
        ("-0.015", -2),
        ("12.3", 1230),
        ("1.004999", 100),
    ],
)
def test_half_a_fen_goes_to_the_even_side(amount: str, fen: int) -> None:
    assert to_fen(Decimal(amount)) == fen
    assert to_fen(Fraction(amount)) == fen


@given(FEN)
def test_fen_shown_as_yuan_read_back_as_the_same_fen(fen: int) -> None:
    assert to_fen(Decimal(yuan(fen))) == fen


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**9), max_value=10**9))
def test_rounding_moves_an_amount_by_half_a_fen_at_most(amount: Decimal) -> None:
    assert abs(Decimal(to_fen(amount)) - amount * 100) <= Decimal("0.5")


@given(FEN, st.lists(st.integers(0, 10**6), min_size=1, max_size=8).filter(any))
def test_shares_and_residue_add_up_to_the_total(total: int, weights: list[int]) -> None:
    shares, residue = split_fen(total, weights)
    assert sum(shares) + residue == total
    assert abs(residue) < len(weights)
    for share, weight in zip(shares, weights, strict=True):
        assert abs(share) <= abs(Fraction(total * weight, sum(weights)))
        assert share * total >= 0


@pytest.mark.parametrize("weights", [[], [0, 0], [-1, 2]])
def test_weights_that_split_nothing_are_refused(weights: list[int]) -> None:
    with pytest.raises(ValueError, match="weights"):
        split_fen(100, weights)


def test_the_great_circle_from_suzhou_to_nanjing_is_about_192_km() -> None:
    metres = great_circle_m(31.3041, 120.5954, 32.0617, 118.7778)
    assert 190_000 < metres < 195_000


@given(*[st.floats(-89, 89), st.floats(-180, 180)] * 2)
def test_a_great_circle_agrees_with_the_law_of_cosines(a: float, b: float, c: float, d: float) -> None:
    one, two, turn = math.radians(a), math.radians(c), math.radians(d - b)
    cosine = math.sin(one) * math.sin(two) + math.cos(one) * math.cos(two) * math.cos(turn)
    expected = EARTH_RADIUS_M * math.acos(max(-1.0, min(1.0, cosine)))
    assert great_circle_m(a, b, c, d) == pytest.approx(expected, abs=500)  # acos is blunt near 0 and π


def test_racks_are_counted_in_standard_racks_of_two_and_a_half_kilowatts() -> None:
    assert standard_racks(10, Decimal(4)) == 16


def test_ids_are_uuid_version_7_and_carry_the_time() -> None:
    before = time.time_ns() // 1_000_000
    made = new_id()
    assert (made.version, made.variant) == (7, "specified in RFC 4122")
    assert before <= made.int >> 80 <= time.time_ns() // 1_000_000


def test_ten_thousand_ids_differ() -> None:
    assert len({new_id() for _ in range(10_000)}) == 10_000


class Light(Vocabulary):
    """A traffic light."""

    RED = "red", "红", "Red"
    GREEN = "green", "绿", "Green"
    OFF = "off", "关", "Off"


LIGHT = StateTable(
    states=Light,
    initial=Light.RED,
    acts={
        "go": (frozenset({Light.RED}), Light.GREEN),
        "stop": (frozenset({Light.GREEN}), Light.RED),
        "switch_off": (frozenset({Light.RED, Light.GREEN}), Light.OFF),
    },
)


@pytest.mark.parametrize("state", list(Light))
@pytest.mark.parametrize("act", ["go", "stop", "switch_off"])
def test_only_listed_transitions_exist(state: Light, act: str) -> None:
    sources, target = LIGHT.acts[act]
    if state in sources:
        assert LIGHT.after(act, state.value) is target
    else:
        with pytest.raises(StateConflict) as refused:
            LIGHT.after(act, state.value)
        assert all(source.label.zh in refused.value.text.zh for source in sources)
        assert all(source.label.en in refused.value.text.en for source in sources)


def test_a_state_that_nothing_leaves_is_terminal_and_drawn_so() -> None:
    assert LIGHT.terminal == {Light.OFF}
    assert LIGHT.diagram().splitlines()[:3] == ["stateDiagram-v2", "    [*] --> red", "    red --> green: go"]
    assert "    off --> [*]" in LIGHT.diagram()


def test_a_state_or_an_act_that_is_unknown_is_a_mistake_of_the_program() -> None:
    with pytest.raises(KeyError):
        LIGHT.after("fly", "red")
    with pytest.raises(ValueError, match="blue"):
        LIGHT.after("go", "blue")


def test_text_speaks_chinese_unless_english_was_asked_for() -> None:
    text = Text("需要 {n} 张卡", "{n} cards wanted").format(n=8)
    assert text.within("en-gb") == "8 cards wanted"
    assert [text.within(each) for each in (None, "", "zh-hans", "fr")] == ["需要 8 张卡"] * 4


def test_a_vocabulary_is_its_codes_in_order() -> None:
    assert Light.codes() == ["red", "green", "off"]
    assert Light.choices() == [("red", "红"), ("green", "绿"), ("off", "关")]
    assert Light("green").label.en == "Green"


def test_one_code_cannot_mean_two_errors() -> None:
    with pytest.raises(TypeError, match="not_found is taken"):
        type("Second", (Problem,), {"code": "not_found"})
    assert CODES["not_found"].__name__ == "NotFound"


@pytest.mark.parametrize(
    "text", ["1e1", "１０", "1_0", "+10", " 10", "10 ", "10.", ".5", "", "NaN", "-", "0x1", "1,0"]
)
def test_a_decimal_is_written_in_plain_digits(text: str) -> None:
    assert plain_decimal(text, 4) is None
    field = PlainDecimalField(6, 2, allow_null=True)
    with pytest.raises(ValidationError):
        field.run_validation(text)


@pytest.mark.parametrize("value", [True, [], {}, math.inf, "1" * 1001, "12345.6", "1.234", "1.2300001"])
def test_what_is_no_such_decimal_is_refused(value: object) -> None:
    with pytest.raises(ValidationError):
        PlainDecimalField(6, 2).run_validation(value)


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("88.000000", "88.00"),
        ("-0.5", "-0.50"),
        (88, "88.00"),
        (88.5, "88.50"),
        (1e3, "1000.00"),
        ("0088", "88.00"),
    ],
)
def test_a_decimal_is_read_as_it_is_answered_and_from_numbers_of_json(value: object, read: str) -> None:
    assert str(PlainDecimalField(6, 2).run_validation(value)) == read
    assert PlainDecimalField(6, 2, allow_null=True).run_validation(None) is None


@pytest.mark.parametrize(
    "text", ["1_0", "٣", "１", "+5", " 5", "5 ", "5\n", "3.0", "1e1", "", "-", "0x1", "9" * 1001]
)
def test_a_whole_number_is_written_in_plain_digits(text: str) -> None:
    with pytest.raises(ValidationError):
        PlainIntegerField().run_validation(text)


@pytest.mark.parametrize(
    "value", [3.5, 1e22, math.inf, math.nan, True, [], {}, NumberText("1e1"), NumberText("1.5")]
)
def test_what_is_no_plain_whole_number_is_refused(value: object) -> None:
    with pytest.raises(ValidationError):
        PlainIntegerField().run_validation(value)


@pytest.mark.parametrize(
    ("value", "read"),
    [("12", 12), ("-7", -7), ("007", 7), (12, 12), (12.0, 12), (1e3, 1000), (NumberText("12.00"), 12)],
)
def test_a_whole_number_is_read_from_plain_digits_and_numbers_of_json(value: object, read: int) -> None:
    assert PlainIntegerField().run_validation(value) == read


def test_the_contract_says_which_digits_a_decimal_takes() -> None:
    def pattern(**options: Any) -> str:
        extension: Any = PlainDecimalExtension(PlainDecimalField(**options))  # type: ignore[no-untyped-call]
        return str(extension.map_serializer_field(None, "request")["pattern"])

    price, share = (
        pattern(max_digits=18, decimal_places=4, min_value=0),
        pattern(max_digits=2, decimal_places=2),
    )
    for text, fits in (
        ("88.000000", True),
        ("88", True),
        ("88.0001", True),
        ("88.00010", True),
        ("88.00001", False),
        ("-1", False),
    ):
        assert bool(re.search(price, text)) == fits, text
    assert re.search(share, "-0.25")


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2027-01-01T00:00:00Z", "2027-01-01T00:00:00+00:00"),
        ("2027-01-01t08:00:00z", "2027-01-01T08:00:00+00:00"),
        ("2027-01-01T08:00:00.123456789+08:00", "2027-01-01T00:00:00.123456+00:00"),
        ("2027-01-01T00:00:00-00:00", "2027-01-01T00:00:00+00:00"),
        ("2027-W01-1T00:00:00Z", None),
        ("20270101T000000Z", None),
        ("2027-01-01 00:00:00+08:00", None),
        ("2027-01-01T00:00Z", None),
        ("2027-01-01T00:00:00+0800", None),
        ("2027-01-01T00:00:00+08", None),
        ("2027-01-01T00:00:00,5Z", None),
        ("2027-01-01T00:00:00", None),
        ("2027-01-01", None),
        ("2027-02-29T00:00:00Z", None),
        ("2027-01-01T23:59:60Z", None),
        ("9999-12-31T23:59:59-14:00", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("２027-01-01T00:00:00Z", None),
        ("", None),
    ],
)
def test_a_time_is_read_as_rfc_3339_has_it_and_as_nothing_else(text: str, read: str | None) -> None:
    if read is None:
        with pytest.raises(ValueError, match=r"\S"):
            read_instant(text)
        with pytest.raises(ValidationError):
            InstantField().run_validation(text)
        return
    assert read_instant(text).astimezone(UTC).isoformat() == read
    assert InstantField().run_validation(text) == datetime.fromisoformat(read)


@pytest.mark.parametrize(
    "text", ["2027-W01-1", "20270101", "2027-001", "2027-02-29", "2027-01-01T00:00:00Z", ""]
)
def test_a_day_is_one_of_the_calendar(text: str) -> None:
    assert DayField().run_validation("2028-02-29") == date(2028, 2, 29)
    with pytest.raises(ValidationError):
        DayField().run_validation(text)


WIDE = b"0," * 5_000 + b"0]"
BODIES = {
    "as deep as may be": b'{"a": 1, "x": ' + b"[" * 61 + WIDE + b"]" * 60 + b"}",
    "under a long name": b'{"a": {"q": 1, "q": 2}, "%s": [%s}' % (b"n" * 9_000, WIDE),
    "a key twice, at the end": b"{%s}" % b",".join(b'"%d":0' % min(at, 19_998) for at in range(20_000)),
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_what_reading_a_body_costs_is_its_size_whatever_its_form(body: bytes) -> None:
    """Copies of paths took gigabytes for a megabyte, and looking for the double of a key its square."""
    began = time.process_time()
    tracemalloc.start()
    try:
        with suppress(InvalidField):
            require_storable(DistinctParser().parse(BytesIO(body)))
        assert tracemalloc.get_traced_memory()[1] < 30 * len(body) + 2**20
    finally:
        tracemalloc.stop()
    assert time.process_time() - began < 1
