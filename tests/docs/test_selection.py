"""Runs the examples of docs/selection.md: on files, over HTTP, and an answer again on the files of a live supply."""

import json
import re
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest

from scheduling.domain.engine.wishes import DOMAINS, STORAGE_CLASSES
from scheduling.domain.rows import TABLES
from tests.docs.test_readme import NO_WAY_OUT, ROOT, blocks, documents, needs, run
from tests.support.contract import contract
from tests.support.processes import environment

PAGE = "docs/selection.md"
ON_FILES, OVER_HTTP = range(2)


def front_door(folder: Path, **settings: str) -> None:
    """A `./dev` whose node is the one of the test."""
    words = [f"export {name}={shlex.quote(value)}\n" for name, value in settings.items()]
    manage = shlex.join([sys.executable, str(ROOT / "manage.py")])
    (folder / "dev").write_text(f'#!/bin/sh\n{"".join(words)}shift\nexec {manage} "$@"\n', encoding="utf-8")
    (folder / "dev").chmod(0o755)


def test_the_example_on_files_answers_what_the_page_says(tmp_path: Path) -> None:
    front_door(tmp_path)
    printed = run(tmp_path, blocks(PAGE, "sh")[ON_FILES])
    assert printed.startswith("exit 1\n")
    (answered,) = blocks(PAGE, "json")
    assert documents(printed) == json.loads(answered)
    (tmp_path / "hash.py").write_text(blocks(PAGE, "python")[0], encoding="utf-8")
    printed = run(tmp_path, '"$@" hash.py supply', sys.executable)
    assert printed.strip() == json.loads(answered)[0]["snapshot"]


@pytest.mark.slow
@needs("curl")
@pytest.mark.django_db(transaction=True)
def test_an_answer_of_the_service_is_given_again_by_its_files(newcomer: Path) -> None:
    front_door(newcomer, **environment())
    asking, again, mapping = blocks(PAGE, "sh")[OVER_HTTP:]
    same, told, exported, *rest = run(newcomer, asking + again, **NO_WAY_OUT).split("\n", 3)
    assert same == "true"
    assert told == exported
    (answer,) = documents(rest[0])
    assert answer["snapshot"] == told
    assert answer["bundles"]
    functions = asking.split("SELECTION=")[0]
    whole, part = documents(run(newcomer, functions + mapping, **NO_WAY_OUT))
    assert part == {"site:sip-weiting": {"centre:wujiang": whole["centre:wujiang"]}}
    (newcomer / "hash.py").write_text(blocks(PAGE, "python")[0], encoding="utf-8")
    assert run(newcomer, '"$@" hash.py live', sys.executable).strip() == told


def test_the_page_names_every_column_and_every_member() -> None:
    text = (ROOT / PAGE).read_text(encoding="utf-8")
    schemas: dict[str, Any] = contract()["components"]["schemas"]
    members = {*schemas["SelectionInRequest"]["properties"]}
    for part in ("Compute", "CentreBounds", "Providers", "LineBounds", "Weights", "Transfer", "Storage"):
        members |= {*schemas[f"{part}InRequest"]["properties"]}
    columns = {column.name for table in TABLES for column in table.columns}
    words = {*members, *columns, *DOMAINS, *STORAGE_CLASSES}
    assert [word for word in sorted(words) if not re.search(rf"[`.]{word}[`.]", text)] == []
