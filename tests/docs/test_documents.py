"""What the documents name is there: links, commands, files."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from django.core.management import get_commands

from config.embedded.__main__ import COMMANDS
from scheduling.domain.topologies.disclosures import (
    COMMITTED_COLUMNS,
    OF_SUPPLY,
    SITE_COLUMNS,
    SPAN_COLUMNS,
    TARIFF_COLUMNS,
)

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "demo").rglob("*.md")]
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
PATH = re.compile(r"`((?:[a-z]\w*/)+[\w.*-]*)`")
COMMAND = re.compile(r"\./dev ([a-z]+)(?: ([a-z][a-z_]*))?")
COLUMNS = (SITE_COLUMNS, SPAN_COLUMNS, COMMITTED_COLUMNS, TARIFF_COLUMNS)
SHELL = re.compile(r"^```sh\b.*?^```$", re.MULTILINE | re.DOTALL)
NOT_IN_ZSH = re.compile(
    r"\$[A-Za-z_]\w*:[a-z]"  # a modifier of the variable
    r"|\b(?:path|status)="  # the shell's own
    r"|^select\(\)"  # a word of the language
    r"|\$\{\w+:\+-",  # one word, where others make two
    re.MULTILINE,
)
HELD = {"attack": "tests/attacks", "bench": "tests/bench"}


def found(pattern: re.Pattern[str]) -> Iterator[tuple[Path, re.Match[str]]]:
    """Every match in every document, with where it stands."""
    for document in DOCUMENTS:
        for match in pattern.finditer(document.read_text(encoding="utf-8")):
            yield document, match


def test_every_local_link_leads_somewhere() -> None:
    lost = [
        f"{document.relative_to(ROOT)}: {match[1]}"
        for document, match in found(LINK)
        if "://" not in match[1] and not (document.parent / match[1].partition("#")[0]).exists()
    ]
    assert len(list(found(LINK))) > 20
    assert lost == []


def test_every_path_that_a_document_names_is_there() -> None:
    """A path begins at the top, or inside a folder there, as the rooms of a floor do; sources of data have their own."""
    tops = [ROOT, *ROOT.glob("[!.]*/")]
    lost = [
        f"{document.relative_to(ROOT)}: {match[1]}"
        for document, match in found(PATH)
        if not document.is_relative_to(ROOT / "demo" / "data")
        and not any(next(top.glob(match[1].rstrip("/")), None) for top in tops)
    ]
    assert lost == []


def test_every_command_that_a_document_names_can_be_given() -> None:
    known = {*COMMANDS, "help"}
    for document, match in found(COMMAND):
        command, word = match.groups()
        assert command in known, f"{document.name}: {match[0]}"
        if command == "manage" and word:
            assert word in get_commands(), f"{document.name}: {match[0]}"
        if word and command in HELD and word != "all":
            assert (ROOT / HELD[command] / f"{word}.py").exists(), f"{document.name}: {match[0]}"


def test_every_command_means_the_same_in_the_shell_of_macos() -> None:
    other = [
        f"{document.relative_to(ROOT)}: {match[0]}"
        for document, block in found(SHELL)
        for match in NOT_IN_ZSH.finditer(block[0])
    ]
    assert len(list(found(SHELL))) > 40
    assert other == []


def test_every_decision_is_in_the_index() -> None:
    folder = ROOT / "docs" / "decisions"
    index = (folder / "README.md").read_text(encoding="utf-8")
    notes = sorted(path.name for path in folder.glob("0*.md"))
    assert notes == sorted(LINK.findall(index))


def test_every_fault_of_an_import_is_in_the_table_of_faults() -> None:
    """Whatever is called `Fault`, `fault`, `_fault`, `_flag` or `AreaError` with its code written out."""
    page = (ROOT / "docs" / "topologies.md").read_text(encoding="utf-8")
    codes = {
        str(each.value)
        for source in (ROOT / "scheduling").rglob("*.py")
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func).rsplit(".", 1)[-1] in ("Fault", "fault", "_fault", "_flag", "AreaError")
        for each in node.args[:2]
        if isinstance(each, ast.Constant) and re.fullmatch("[a-z]+(_[a-z]+)+", str(each.value))
    }
    known = {column.name for table in COLUMNS for column in table} | OF_SUPPLY
    assert len(codes - known) > 40
    assert sorted(code for code in codes - known if f"`{code}`" not in page) == []
