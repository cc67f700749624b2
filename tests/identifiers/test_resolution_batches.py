"""Many codes at once under one signature, and a code as a picture."""

import zlib
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import segno
from django.core.cache import cache

from demo.verify_identifier import opened
from identifiers.domain.codes import Code
from tests.identifiers.test_identifiers import active, issued
from tests.support.cast import World
from tests.support.contract import misfits

pytestmark = pytest.mark.django_db
HERE = "/api/v1/identifiers:resolve"
NEVER = "86.320000/000000000000C"
ELSEWHERE = next(str(code) for n in range(40) if (code := Code.of_number("86.330000", n)))


def test_a_batch_answers_each_in_its_place_under_one_signature(world: World) -> None:
    one, two = active(world)["code"], issued(world)["code"]
    asked = [two.lower(), NEVER, one, "rubbish", ELSEWHERE, one]
    answer = world.nobody.post(HERE, {"codes": asked})
    assert answer.status_code == 200, answer.content
    document = answer.json()
    assert misfits("ResolutionBatchOut", document) == []
    said = opened(document["statement"], world.nobody.get("/api/v1/node-key").json())
    assert said == {name: each for name, each in document.items() if name != "statement"}
    assert [each["asked"] for each in said["items"]] == asked
    kinds = ["resolution", "denial", "resolution", "malformed", "elsewhere", "resolution"]
    assert [each["type"] for each in said["items"]] == kinds
    alone = world.nobody.get(f"/api/v1/identifiers/{one}").json()
    for member in ("code", "kind", "state", "attributes", "filing", "liveness", "identity", "described_at"):
        assert said["items"][2][member] == alone[member]
    assert "形式" in said["items"][3]["reason_zh"]
    assert datetime.fromisoformat(said["valid_until"]) > datetime.now(UTC)


def test_a_thousand_codes_cost_as_many_statements_as_one(
    world: World, django_assert_num_queries: Any
) -> None:
    code = active(world)["code"]
    for codes in ([code], [code] * 500 + [ELSEWHERE, NEVER] * 250):
        with django_assert_num_queries(3):
            answer = world.nobody.post(HERE, {"codes": codes})
        assert len(answer.json()["items"]) == len(codes)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/codes"),
        ({"codes": []}, "/codes"),
        ({"codes": [NEVER] * 1001}, "/codes"),
        ({"codes": "x"}, "/codes"),
        ({"codes": [NEVER, "9" * 201]}, "/codes/1"),
        ({"codes": [{}]}, "/codes/0"),
    ],
    ids=["none", "empty", "too many", "no list", "too long", "no text"],
)
def test_a_wrong_batch_names_its_place(world: World, body: Any, pointer: str) -> None:
    answer = world.nobody.post(HERE, body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, pointer)


def pixels(png: bytes) -> list[list[bool]]:
    """The dark modules of a grey PNG of one bit, one sample a module, without the quiet zone."""
    width = int.from_bytes(png[16:20])
    at, data = 8, b""
    while at < len(png):
        size, kind = int.from_bytes(png[at : at + 4]), png[at + 4 : at + 8]
        data += png[at + 8 : at + 8 + size] if kind == b"IDAT" else b""
        at += size + 12
    raw = zlib.decompress(data)
    stride = 1 + (width + 7) // 8
    rows, above = [], bytes(stride - 1)
    for start in range(0, len(raw), stride):
        row = raw[start + 1 : start + stride]
        if raw[start] == 2:  # each byte is told as its difference from the one above
            row = bytes((one + two) % 256 for one, two in zip(row, above, strict=True))
        rows.append(row)
        above = row
    light = [[bool(row[x // 8] >> (7 - x % 8) & 1) for x in range(width)] for row in rows]
    return [[not each for each in row[36:-32:8]] for row in light[36:-32:8]]


def test_the_picture_is_of_the_code_and_of_nothing_else(world: World) -> None:
    code = active(world)["code"]
    cache.clear()
    svg = world.nobody.get(f"/api/v1/identifiers/{code.lower()}/qr-code")
    assert (svg.status_code, svg["Content-Type"]) == (200, "image/svg+xml")
    assert ET.fromstring(svg.content).tag.endswith("svg")  # noqa: S314 - our own picture
    png = world.nobody.get(f"/api/v1/identifiers/{code}/qr-code?image=png")
    assert (png["Content-Type"], png.content[:4]) == ("image/png", b"\x89PNG")
    drawn = segno.make(code, error="m", micro=False)
    assert pixels(png.content) == [[bool(each) for each in row] for row in drawn.matrix]
    assert drawn.mode == "alphanumeric", "upper case and few signs make the smallest picture"
    assert world.nobody.get(f"/api/v1/identifiers/{NEVER}/qr-code").status_code == 404
    wrong = world.nobody.get(f"/api/v1/identifiers/{code}/qr-code?image=gif")
    assert (wrong.status_code, wrong.json()["errors"][0]["parameter"]) == (400, "image")
