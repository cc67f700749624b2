"""Spans as a CSV: what is read, and what is not taken."""

import pytest

from scheduling.models import Span
from tests.aggregation.supply import made
from tests.scheduling.live import MARKED, disclose_network, network, send_csv
from tests.support.cast import World

pytestmark = pytest.mark.django_db
SCENE = disclose_network

SPANS = f"/api/v1/spans:import?line_provider=line-jia&{MARKED}"
HEADER = "span,a,b,medium,km,capacity_mbps,jitter_us,loss,srlg"
ROW = "new-span,sip-weiting,jia-loufeng,hollow_core,9.9,1000,3,0.000001,north;duct 7"


def csv_of(*rows: str, header: str = HEADER) -> str:
    return "\n".join([header, *rows, ""])


def found(listed: list[dict[str, str]]) -> list[tuple[str, str]]:
    return [(each["pointer"], each["code"]) for each in listed]


def test_spans_come_as_a_csv_too(world: World) -> None:
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
    body = csv_of(ROW, row)
    assert (pointer, code) in found(made(send_csv(world.lin, f"{SPANS}&dry_run=true", body))["faults"])
    answer = send_csv(world.lin, SPANS, body)
    assert (answer.status_code, (pointer, code) in found(answer.json()["errors"])) == (400, True)
    assert not Span.objects.filter(key="new-span").exists()


def test_columns_that_nobody_knows_are_named_whatever_is_in_their_names(world: World) -> None:
    body = csv_of(f"{ROW},1,2", header=f"{HEADER},col,col/our")
    answer = send_csv(world.lin, SPANS, body)
    assert (answer.status_code, found(answer.json()["errors"])[:2]) == (
        400,
        [("/lines/2/col", "unknown_field"), ("/lines/2/col~1our", "unknown_field")],
    )


def test_another_s_keys_and_providers_are_refused(world: World) -> None:
    assert send_csv(world.lou, SPANS, csv_of(ROW)).json()["code"] == "provider_key_taken"
    key = network()["spans"][0]["span"]
    taken = send_csv(world.lou, SPANS.replace("line-jia", "line-yi"), csv_of(ROW.replace("new-span", key)))
    assert found(taken.json()["errors"]) == [("/lines/2/span", "key_taken")]
    assert send_csv(world.ben, SPANS, csv_of(ROW)).status_code == 403


def test_rows_that_say_whose_they_are_need_no_parameter(world: World) -> None:
    spans, header = f"/api/v1/spans:import?{MARKED}", f"{HEADER},line_provider"
    ours = f"{ROW},line-jia"
    for row, code in (
        (f"{ROW},", "bad_value"),
        (f"{ROW},Line Jia", "bad_value"),
        (f"{ROW},line-yi", "provider_key_taken"),
    ):
        answer = send_csv(world.lin, spans, csv_of(row, header=header))
        assert code in (answer.json()["code"], *(each["code"] for each in answer.json()["errors"]))
    mixed = send_csv(
        world.lin, spans, csv_of(ours, ours.replace("new-span", "other").replace("jia", "yi"), header=header)
    )
    assert found(mixed.json()["errors"])[0] == ("/lines/3/line_provider", "mixed_providers")
    assert made(send_csv(world.lin, spans, csv_of(ours, header=header)))["created"] == 1


def test_the_first_faults_are_told_and_the_others_counted(world: World) -> None:
    """A fault for each of a million unknown members made an answer of eighty megabytes."""
    row = {f"more{at}": 1 for at in range(100)}
    body = {"line_provider": "line-jia", "sites": [row] * 60, "spans": []}
    dry = made(world.lin.post("/api/v1/networks:import?dry_run=true", body))["faults"]
    assert len(dry) == 1001
    assert found(dry)[:21:20] == [("/sites/0/more0", "unknown_field"), ("/sites/0/site", "bad_value")]
    assert found(dry)[-1][1] == "more"
    refused = world.lin.post("/api/v1/networks:import", body).json()["errors"]
    assert sorted(found(refused)) == sorted(found(dry))
