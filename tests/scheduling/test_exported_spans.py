"""Spans as a CSV that the node itself wrote: its owner's are read back, those of others are named."""

from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from scheduling.models import Span
from tests.aggregation.supply import made
from tests.scheduling.live import network, open_whole_market, send_csv
from tests.scheduling.test_span_imports import SPANS, csv_of, found
from tests.support.cast import World

pytestmark = pytest.mark.django_db
SCENE = open_whole_market


@pytest.fixture
def exported(world: World, tmp_path: Path) -> list[str]:
    """The lines of the `spans.csv` that `export_supply` writes of the whole market."""
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
