"""Importing offers from CSV: every bad cell is told, a dry run stores nothing, all good rows or none."""

import csv
import io
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregation.domain.imports import MOST_ROWS, READERS, REQUIRED, read_offers
from aggregation.services.imports import import_offers
from tests.aggregation.supply import DATA, bodies, made
from tests.support.cast import Person, World

GOOD = (DATA / "offers_yi.csv").read_bytes()
BAD = (DATA / "offers_yi_bad.csv").read_bytes()


def send(person: Person, content: bytes, query: str = "", media: str = "text/csv") -> Any:
    headers = {**person.standing, "Idempotency-Key": str(uuid4()), "Accept-Language": "en"}
    return person.client.generic(
        "POST",
        f"/api/v1/offers:import{query}",
        content,  # type: ignore[arg-type] # the stubs forget that bytes go as they are
        content_type=media,
        headers=headers,
    )


def ground(world: World) -> Person:
    """Cleo, with the demo's centres and pools of 示范算力商乙."""
    person: Person = world.cleo
    for noun in ("centres", "pools"):
        for body in bodies(noun, "compute-yi"):
            made(person.post(f"/api/v1/{noun}", body))
    return person


def offers_of(person: Person) -> list[str]:
    return sorted(row["offer"] for row in person.get("/api/v1/offers").json()["items"])


@pytest.mark.django_db
def test_a_dry_run_of_the_bad_file_tells_eight_faults_and_stores_nothing(world: World) -> None:
    cleo = ground(world)
    report = made(send(cleo, BAD, "?dry_run=true"))
    assert {name: report[name] for name in ("dry_run", "read", "created", "updated", "flags")} == {
        "dry_run": True,
        "read": 8,
        "created": 0,
        "updated": 0,
        "flags": [],
    }
    assert [(each["pointer"], each["code"]) for each in report["faults"]] == [
        ("/lines/3/price_cny_hour", "not_a_number"),
        ("/lines/4/centre", "unknown_centre"),
        ("/lines/5/offer", "duplicate"),
        ("/lines/6/price_cny_hour", "negative"),
        ("/lines/7/accelerator", "unknown_accelerator"),
        ("/lines/8/available", "missing"),
        ("/lines/9/available", "not_whole"),
        ("/lines/10", "bad_row"),
    ]
    assert report["faults"][2]["detail"] == "the same key as line 2"
    assert offers_of(cleo) == []


@pytest.mark.django_db
def test_a_dry_run_of_a_good_file_stores_nothing_either(world: World) -> None:
    cleo = ground(world)
    report = made(send(cleo, GOOD, "?dry_run=true"))
    assert (report["dry_run"], report["created"], report["faults"]) == (True, 5, [])
    assert offers_of(cleo) == []


@pytest.mark.django_db
def test_a_file_with_one_bad_row_stores_none(world: World) -> None:
    cleo = ground(world)
    answer = send(cleo, BAD)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_input")
    assert [error["pointer"] for error in answer.json()["errors"]][:2] == [
        "/lines/3/price_cny_hour",
        "/lines/4/centre",
    ]
    assert len(answer.json()["errors"]) == 8
    assert offers_of(cleo) == []


@pytest.mark.django_db
def test_the_act_itself_stores_none_of_a_file_with_a_bad_row(world: World) -> None:
    cleo = ground(world)
    report = import_offers(text=BAD.decode(), dry_run=False, marking="", actor=cleo.actor)
    assert (report.read, report.created, len(report.faults)) == (8, 0, 8)
    assert offers_of(cleo) == []


@pytest.mark.django_db
def test_a_good_file_is_stored_once(world: World) -> None:
    cleo = ground(world)
    answer = send(cleo, GOOD, "?marking=演示数据")
    assert answer.status_code == 200
    assert (answer.json()["dry_run"], answer.json()["created"]) == (False, 5)
    rows = cleo.get("/api/v1/offers").json()["items"]
    assert {(row["state"], row["marking"]) for row in rows} == {("listed", "演示数据")}
    again = send(cleo, GOOD)
    assert {error["code"] for error in again.json()["errors"]} == {"taken"}


@pytest.mark.django_db
def test_rows_about_another_providers_pools_are_faults(world: World) -> None:
    ground(world)
    report = made(send(world.ada, GOOD, "?dry_run=true"))
    assert {each["code"] for each in report["faults"]} == {"unknown_pool", "unknown_centre"}


@pytest.mark.django_db
def test_what_is_no_csv_is_refused_before_it_is_read(world: World) -> None:
    assert send(world.cleo, b"{}", media="application/json").status_code == 415
    assert send(world.cleo, GOOD, "?dry=1").json()["code"] == "unknown_parameter"
    assert send(world.ben, GOOD).status_code == 403
    foreign = send(world.cleo, f"{HEADER}\n示范".encode("gbk"))
    assert (foreign.status_code, foreign.json()["code"]) == (400, "malformed_body")


@pytest.mark.django_db
def test_a_file_has_a_largest_size_and_a_largest_number_of_rows(world: World) -> None:
    too_big = send(world.cleo, GOOD + b"\n" * (5 * 2**20))
    assert (too_big.status_code, too_big.json()["code"]) == (413, "import_too_large")
    header = ",".join(REQUIRED)
    too_long = send(world.cleo, (header + "\nx,p,machine,1,1,1" * (MOST_ROWS + 1)).encode())
    assert (too_long.status_code, too_long.json()["code"]) == (413, "import_too_large")


HEADER = "offer,pool,unit,min_hours,price_cny_hour,available"
FAULTS = [
    ("=cmd|calc,p,machine,1,1,1", "offer", "formula"),
    ("@x,p,machine,1,1,1", "offer", "formula"),
    ("+x,p,machine,1,1,1", "offer", "formula"),
    ("a b,p,machine,1,1,1", "offer", "not_a_key"),
    ("a,,machine,1,1,1", "pool", "missing"),
    ("a,p,rack,1,1,1", "unit", "not_a_choice"),
    ("a,p,machine,0,1,1", "min_hours", "too_small"),
    ("a,p,machine,1,1e3,1", "price_cny_hour", "not_a_number"),
    ("a,p,machine,1,NaN,1", "price_cny_hour", "not_a_number"),
    ("a,p,machine,1,１２,1", "price_cny_hour", "not_a_number"),
    ("a,p,machine,1,1.00001,1", "price_cny_hour", "too_precise"),
    ("a,p,machine,1,1,99999999999", "available", "too_large"),
    ("a,p,machine,1,1,1,1", "", "bad_row"),
    ("a,p,machine", "", "bad_row"),
    ('a,p,"machine,1,1,1', "", "bad_csv"),
]


@pytest.mark.parametrize(("row", "column", "code"), FAULTS)
def test_a_bad_cell_is_told_with_its_column(row: str, column: str, code: str) -> None:
    file = read_offers(f"{HEADER}\n{row}\n")
    assert [(each.pointer, each.code) for each in file.faults] == [(f"/lines/2/{column}".rstrip("/"), code)]
    assert file.drafts == {}


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        (HEADER.replace(",unit", "") + "\na,p,1,1,1", [("/lines/1/unit", "missing_column")]),
        ("", [("/lines/1", "nothing_read")]),
        (f"{HEADER}\n\n", [("/lines/1", "nothing_read")]),
        (f"{HEADER},col/our\na,p,machine,1,1,1,x", [("/lines/1/col~1our", "unknown_column")]),
        (f"{HEADER},unit\na,p,machine,1,1,1,machine", [("/lines/1", "bad_header")]),
    ],
)
def test_a_bad_header_is_told_once(text: str, faults: list[tuple[str, str]]) -> None:
    assert [(each.pointer, each.code) for each in read_offers(text).faults] == faults


@pytest.mark.django_db
def test_a_spreadsheets_byte_order_mark_is_no_fault(world: World) -> None:
    report = made(send(ground(world), "\ufeff".encode() + GOOD, "?dry_run=true"))
    assert (report["created"], report["faults"]) == (5, [])


CELLS = st.one_of(
    st.text(max_size=8),
    st.sampled_from(["a", "b", "p", "machine", "1", "2.5", "-1", "98.6O", "", "=1", "monthly", "general"]),
)
COLUMNS = st.lists(st.sampled_from(list(READERS)), unique=True, max_size=4)


@settings(max_examples=200, deadline=None)
@given(extra=COLUMNS, data=st.data())
def test_no_row_is_passed_over_in_silence(extra: list[str], data: st.DataObject) -> None:
    header = list(dict.fromkeys([*REQUIRED, *extra]))
    width = st.integers(len(header) - 1, len(header) + 1)
    rows = data.draw(st.lists(width.flatmap(lambda n: st.lists(CELLS, min_size=n, max_size=n)), max_size=6))
    out = io.StringIO(newline="")
    csv.writer(out).writerows([header, *rows])
    file = read_offers(out.getvalue())
    told = {each.pointer.split("/")[2] for each in file.faults}
    good = {pointer.split("/")[2] for pointer in file.drafts}
    if not any(each.code == "bad_csv" for each in file.faults):
        assert len(good) + len(told) == (len(rows) or 1)
        assert not told & good


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_answered(text: str) -> None:
    file = read_offers(text)
    assert file.faults or file.rows == len(file.drafts)
