"""`manage select` from folder to file: exit codes, refused demands in their place, nothing written on exit 2."""

import json
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import Any

import pytest

from config.embedded.stack import ROOT
from scheduling.adapters.files.supply import save_supply
from scheduling.management.commands.select import Command
from tests.scheduling.worlds import small_supply

LEAST = {"demand": "d1", "from_site": "s0", "quantity": 1, "bandwidth_mbps": 1}


def run(folder: Path, *lines: str) -> tuple[int, list[Any] | None]:
    """Exit code and answers (None where no file was written) of the command on these demand lines."""
    demands, out = folder / "demands.jsonl", folder / "answers.jsonl"
    demands.write_text("\n".join(lines) + "\n", encoding="utf-8")
    code = 0
    try:
        Command().handle(supply=folder / "supply", demands=demands, out=out)
    except SystemExit as left:
        code = int(str(left.code))
    return code, [json.loads(line) for line in out.read_text().splitlines()] if out.exists() else None


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save_supply(small_supply(Random(3)), tmp_path / "supply")
    return tmp_path


def test_every_demand_is_answered_in_order_on_one_snapshot(folder: Path) -> None:
    code, answers = run(folder, json.dumps(LEAST), "", json.dumps(LEAST | {"demand": "d2", "want": []}))
    assert code == 0
    assert answers is not None
    assert [answer["demand"] for answer in answers] == ["d1", "d2"]
    assert answers[0]["snapshot"] == answers[1]["snapshot"] == small_supply(Random(3)).snapshot
    assert set(answers[1]) == {"demand", "snapshot", "bundles"}


def test_a_refused_demand_keeps_its_place_and_the_others_are_answered(folder: Path) -> None:
    code, answers = run(
        folder,
        json.dumps(LEAST | {"quantity": 0}),
        "{",
        json.dumps(LEAST | {"from_site": "nowhere"}),
        json.dumps(LEAST),
    )
    assert code == 1
    assert answers is not None
    assert [answer.get("error", {}).get("code") for answer in answers] == [
        "bad_value",
        "bad_json",
        "unknown_site",
        None,
    ]
    assert [answer["demand"] for answer in answers] == ["d1", None, "d1", "d1"]
    assert answers[2]["error"]["field"] == "from_site"


def test_bytes_that_are_no_text_spoil_their_own_line_only(folder: Path) -> None:
    demands, out = folder / "demands.jsonl", folder / "answers.jsonl"
    demands.write_bytes(b"\xef\xbb\xbf" + json.dumps(LEAST).encode() + b"\n\xff\n")
    with pytest.raises(SystemExit) as left:
        Command().handle(supply=folder / "supply", demands=demands, out=out)
    assert left.value.code == 1
    assert [json.loads(line).get("error", {}).get("code") for line in out.read_text().splitlines()] == [
        None,
        "bad_json",
    ]


def test_a_bad_row_ends_with_2_and_writes_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sites = folder / "supply" / "sites.csv"
    sites.write_text(sites.read_text() + "s0,,,,320500,,\n")
    line = len(sites.read_text().splitlines())
    assert run(folder, json.dumps(LEAST)) == (2, None)
    assert f"sites.csv:{line}: site: duplicate id" in capsys.readouterr().err


def test_a_missing_file_and_bytes_that_are_not_utf8_end_with_2(folder: Path) -> None:
    (folder / "supply" / "offers.csv").write_bytes(b"offer\n\xff\n")
    assert run(folder, json.dumps(LEAST)) == (2, None)
    (folder / "supply" / "offers.csv").unlink()
    assert run(folder, json.dumps(LEAST)) == (2, None)


def test_an_unknown_column_warns_on_the_way(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    centres = folder / "supply" / "centres.csv"
    head, *rows = centres.read_text().splitlines()
    centres.write_text("\n".join([head + ",note", *(row + ",x" for row in rows)]) + "\n")
    assert run(folder, json.dumps(LEAST))[0] == 0
    assert "centres.csv: unknown column 'note'" in capsys.readouterr().err


def test_anybody_replays_an_answer_without_a_node_its_settings_or_its_database(folder: Path) -> None:
    (folder / "demands.jsonl").write_text(json.dumps(LEAST), encoding="utf-8")
    names = {"supply": "supply", "demands": "demands.jsonl", "out": "answers.jsonl"}
    command = [sys.executable, str(ROOT / "manage.py"), "select", *(f"--{k}={v}" for k, v in names.items())]
    done = subprocess.run(command, cwd=folder, env={}, capture_output=True, text=True, check=False)  # noqa: S603 - our own command
    assert (done.returncode, done.stderr) == (0, "")
    answer = json.loads((folder / "answers.jsonl").read_text(encoding="utf-8"))
    assert answer["snapshot"] == small_supply(Random(3)).snapshot
