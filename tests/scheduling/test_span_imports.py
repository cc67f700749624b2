"""Spans as a CSV: what is read, what is not taken, and a file that the node itself wrote."""

from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from scheduling.models import Span
from tests.aggregation.supply import made
from tests.scheduling.live import MARKED, disclose, network, open_whole_market, send_csv
from tests.support.cast import World

pytestmark = pytest.mark.django_db

SPANS = f"/api/v1/spans:import?line_provider=line-jia&{MARKED}"
HEADER = "span,a,b,medium,km,capacity_mbps,jitter_us,loss,srlg"
ROW = "new-span,sip-weiting,jia-loufeng,hollow_core,9.9,1000,3,0.000001,north;duct 7"


def csv_of(*rows: str, header: str = HEADER) -> str:
    return "\n".join([header, *rows, ""])


def found(listed: list[dict[str, str]]) -> list[tuple[str, str]]:
    return [(each["pointer"], each["code"]) for each in listed]


def test_spans_come_as_a_csv_too(world: World) -> None:
    disclose(world.lin, evidence=False)
    dry = made(send_csv(world.lin, f"{SPANS}&dry_run=true", csv_of(ROW)))
    assert (dry["created"], Span.objects.filter(key="new-span").exists()) == (1, False)
    assert made(send_csv(world.lin, SPANS, csv_of(ROW)))["created"] == 1
    row = Span.objects.get(key="new-span")
    assert (row.kind, row.medium, row.capacity_mbps, row.marking) == (
        "fibre",
        "hollow_core",
        1000,
        "演示数据",
    )
    assert {"duct 7", "north"} <= set(row.srlg)
    assert made(send_csv(world.lin, SPANS, csv_of(ROW.replace(",1000,", ",2000,"))))["updated"] == 1


@pytest.mark.parametrize(
    ("row", "pointer", "code"),
    [
        (ROW.replace(",9.9,", ",7.0,"), "/lines/3/km", "shorter_than_great_circle"),
        (ROW.replace(",9.9,", ",x,"), "/lines/3/km", "bad_value"),
        (ROW.replace("jia-loufeng", "nowhere"), "/lines/3/b", "unknown_site"),
        (ROW.replace("hollow_core", "copper"), "/lines/3/medium", "bad_value"),
        (ROW.rsplit(",", 1)[0], "/lines/3", "bad_row"),
        (ROW, "/lines/3/span", "duplicate"),
    ],
)
def test_a_bad_row_is_named_and_nothing_is_taken(world: World, row: str, pointer: str, code: str) -> None:
    disclose(world.lin, evidence=False)
    body = csv_of(ROW, row)
    assert (pointer, code) in found(made(send_csv(world.lin, f"{SPANS}&dry_run=true", body))["faults"])
    answer = send_csv(world.lin, SPANS, body)
    assert (answer.status_code, (pointer, code) in found(answer.json()["errors"])) == (400, True)
    assert not Span.objects.filter(key="new-span").exists()


def test_another_s_keys_and_providers_are_refused(world: World) -> None:
    disclose(world.lin, evidence=False)
    assert send_csv(world.lou, SPANS, csv_of(ROW)).json()["code"] == "provider_key_taken"
    key = network()["spans"][0]["span"]
    taken = send_csv(world.lou, SPANS.replace("line-jia", "line-yi"), csv_of(ROW.replace("new-span", key)))
    assert found(taken.json()["errors"]) == [("/lines/2/span", "key_taken")]
    assert send_csv(world.ben, SPANS, csv_of(ROW)).status_code == 403


@pytest.fixture
def exported(world: World, tmp_path: Path) -> list[str]:
    """The lines of the `spans.csv` that `export_supply` writes of the whole market."""
    open_whole_market(world)
    call_command("export_supply", tmp_path)
    return (tmp_path / "spans.csv").read_text(encoding="utf-8").splitlines()


def test_what_export_supply_wrote_is_read_back(world: World, exported: list[str]) -> None:
    header, *rows = exported
    mine = [row for row in rows if ",line-jia,fibre," in row]
    Span.objects.filter(key=mine[0].split(",")[0]).update(
        medium="hollow_core"
    )  # of which the file has no column
    before = list(Span.objects.order_by("key").values())
    report = made(send_csv(world.lin, SPANS, csv_of(*mine, header=header)))
    assert (report["read"], report["updated"], report["faults"]) == (len(network()["spans"]), 0, [])
    assert {code for _, code in found(report["flags"])} == {"latency_not_taken"}
    assert len(report["flags"]) == Span.objects.filter(kind="fibre", measured_us__isnull=False).count()
    assert list(Span.objects.order_by("key").values()) == before


def test_rows_of_others_and_of_commitments_are_each_named(world: World, exported: list[str]) -> None:
    header, *rows = exported
    answer = send_csv(world.lin, SPANS, csv_of(*rows, header=header))
    told: Any = found(answer.json()["errors"])
    theirs = [at for at, row in enumerate(rows, start=2) if ",line-yi," in row]
    assert len(theirs) == 5
    assert {(f"/lines/{at}/line_provider", "mixed_providers") for at in theirs} <= set(told)
    assert {(f"/lines/{at}/kind", "not_fibre") for at in theirs} <= set(told)
    assert {pointer.split("/")[2] for pointer, _ in told} == {str(at) for at in theirs}
