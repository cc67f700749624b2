"""Forms of codes as data: golden vectors, both ways round, one order, and what is unknown stays as it stands."""

import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identifiers.domain.codes import ALPHABET, Code
from identifiers.domain.dictionaries import read_locations
from identifiers.errors import MalformedCode, UnwritableCode
from identifiers.selectors.profiles import codec, codecs, dictionary
from tests.identifiers.test_codes import codes
from tests.support.cast import World

SEEN = "1101tc200044013301502601009F1S1024N100P150"
VECTORS = [
    line.split(" ")
    for line in (Path(__file__).parents[1] / "vectors/codecs.txt").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]
FIXED = codec("fixed")
HEAD = ["user_city", "industry", "enterprise", "catalogue", "resource_city", "zone", "service", "unexplained"]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector[2])
def test_golden_vectors_hold_both_ways(vector: list[str]) -> None:
    form, version, written, *pairs = vector
    values = dict(pair.split("=") for pair in pairs)
    assert codec(form).version == version
    assert codec(form).decode(written) == values
    assert codec(form).encode(values) == written


DIGITS, LETTERS, ANY = "0123456789", "abcdefghijklmnopqrstuvwxyz", "019azAZ"


def fixed_values() -> st.SearchStrategy[dict[str, str]]:
    """Values that the fixed-width form can say."""
    widths = {"user_city": 4, "enterprise": 5, "catalogue": 3, "resource_city": 4, "zone": 3, "service": 3}
    head = {name: st.text(DIGITS, min_size=width, max_size=width) for name, width in widths.items()}
    head["industry"] = st.text(LETTERS, min_size=2, max_size=2)
    head["unexplained"] = st.text(ANY, min_size=3, max_size=3)
    tail = dict.fromkeys(
        ("compute", "storage", "network", "undetermined"), st.text(DIGITS, min_size=1, max_size=9)
    )
    rest = st.builds(str.__add__, st.sampled_from("QXfsnp"), st.text(ANY + ".F", max_size=9))
    return st.fixed_dictionaries(head, optional=tail | {"remainder": rest})


@given(fixed_values())
def test_what_the_fixed_form_writes_it_reads_back(values: dict[str, str]) -> None:
    written = FIXED.encode(values)
    assert FIXED.decode(written) == values
    assert FIXED.decode(f" {written.replace('a', 'ａ')}\n") == values
    upper = values["industry"].upper()
    assert FIXED.decode(written[:4] + upper + written[6:]) == values


@given(fixed_values(), fixed_values())
def test_codes_of_fixed_width_sort_as_their_values_do(one: dict[str, str], other: dict[str, str]) -> None:
    heads = [{name: each[name] for name in HEAD} for each in (one, other)]
    a, b = (FIXED.encode(head) for head in heads)
    assert (a < b) == ([*heads[0].values()] < [*heads[1].values()])


@given(codes(), codes())
def test_handles_sort_as_their_numbers_do(one: Code, other: Code) -> None:
    def number(code: Code) -> int:
        return sum(ALPHABET.index(c) * 32**place for place, c in enumerate(reversed(code.suffix[:-1])))

    assert (one < other) == ((one.prefix, number(one)) < (other.prefix, number(other)))


SPELLINGS = st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcilopuxz*ßıſＡ０%/. ", max_size=30)


@given(codes(), st.randoms(), SPELLINGS)
def test_the_profile_and_the_fast_reader_agree_on_every_text(
    code: Code, chance: random.Random, noise: str
) -> None:
    mixed = "".join(chance.choice((c, c.lower(), *"OoIlL%ßı")[: chance.choice((1, 2, 9))]) for c in str(code))
    for text in (str(code), str(code).lower(), mixed, noise, f"{code.prefix}/{noise}"):
        assert both(text)[0] == both(text)[1]


def both(text: str) -> list[str | None]:
    """What the fast reader and the profile make of a text; None for a refusal."""
    handle = codec("handle")

    def read(by_profile: str) -> str | None:
        try:
            return handle.encode(handle.decode(text)) if by_profile else str(Code.parse(text))
        except MalformedCode:
            return None

    return [read(""), read("by profile")]


WRONG = [
    ({"user_city": "110"}, "/values/user_city"),
    ({"industry": "TC"}, "/values/industry"),
    ({"colour": "red"}, "/values/colour"),
    ({"enterprise": None}, "/values/enterprise"),
    ({"remainder": "F5"}, "/values/compute"),  # it would be read as another part
    ({"compute": "٣"}, "/values/compute"),
]


@pytest.mark.parametrize(("change", "pointer"), WRONG, ids=str)
def test_what_the_form_cannot_say_is_refused_by_part(change: dict[str, Any], pointer: str) -> None:
    values = {**FIXED.decode("3205ab000010023205003004000"), **change}
    with pytest.raises(UnwritableCode) as refusal:
        FIXED.encode({name: value for name, value in values.items() if value is not None})
    assert refusal.value.pointer == pointer


def test_every_form_says_its_version_status_and_source() -> None:
    for each in codecs().values():
        assert each.version
        assert each.status == "provisional"
        assert each.source
        assert all(part.label.zh and part.label.en for part in each.parts)


@pytest.mark.django_db
def test_the_api_says_what_a_code_says_and_what_nobody_knows(world: World) -> None:
    told = world.nobody.get(f"/api/v1/codecs:decode?code={SEEN}", Accept_Language="en").json()
    assert (told["codec"], told["status"], told["code"]) == ("fixed", "provisional", SEEN)
    parts = {each["part"]: each for each in told["parts"]}
    assert [name for name, each in parts.items() if not each["known"]] == ["unexplained", "undetermined"]
    assert (parts["resource_city"]["meaning"], parts["resource_city"]["in_force"]) == ("杭州市", True)
    handle = world.nobody.get("/api/v1/codecs:decode?code=86.320000%2Fooooooooooooc").json()
    assert (handle["codec"], handle["code"]) == ("handle", "86.320000/000000000000C")
    forms = world.nobody.get("/api/v1/codecs").json()
    assert [each["name"] for each in forms] == ["handle", "fixed"]
    written = world.nobody.post("/api/v1/codecs/fixed:encode", {"values": FIXED.decode(SEEN)})
    assert (written.status_code, written.json()["code"]) == (200, SEEN)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("codecs:decode?code=hello", 400, "malformed_code"),
        ("codecs:decode", 400, "invalid_input"),
        ("codecs:decode?code=86.320000/000000000000C&codec=dns", 404, "unknown_codec"),
        ("codecs:decode?code=86.320000/000000000000D&codec=handle", 400, "malformed_code"),
        ("dictionaries/colours", 404, "unknown_dictionary"),
        ("dictionaries/divisions?year=x", 400, "invalid_input"),
    ],
)
def test_a_wrong_question_is_told_so(world: World, path: str, status: int, code: str) -> None:
    answer = world.nobody.get(f"/api/v1/{path}")
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_division_has_the_name_of_its_time() -> None:
    divisions = dictionary("divisions")
    for code, year, name in (
        ("110103", 2009, "崇文区"),
        ("110103", 2012, None),
        ("320584", 2011, "吴江市"),
        ("320509", 2026, "吴江区"),
        ("320500", 2026, "苏州市"),
    ):
        found = divisions.find(code, year=year)
        assert (found.label.zh if found else None) == name, (code, year)
    assert len(divisions.entries) > 3000


def test_a_code_that_two_places_had_one_after_the_other_tells_them_apart() -> None:
    entries = read_locations('32 province="江苏省"\n  0101 county="[-1999]甲区,[2003-]乙区"\n')["320101"]
    assert [(each.label.zh, each.since, each.until) for each in entries] == [
        ("甲区", None, 1999),
        ("乙区", 2003, None),
    ]


@pytest.mark.django_db
def test_a_dictionary_is_read_by_year_and_beginning(world: World) -> None:
    known = {each["name"]: each for each in world.nobody.get("/api/v1/dictionaries").json()}
    assert set(known) == {"divisions", "industries"}
    suzhou = world.nobody.get("/api/v1/dictionaries/divisions?under=3205&year=2026").json()
    assert {"code": "320509", "label": "吴江区", "since": 2012, "until": None} in suzhou["entries"]
    assert "320584" not in {each["code"] for each in suzhou["entries"]}
    letters = world.nobody.get("/api/v1/dictionaries/industries", Accept_Language="en").json()["entries"]
    assert (letters[0]["label"][:11], len(letters)) == ("Agriculture", 20)
