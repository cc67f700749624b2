"""Laws about words for people: Chinese and English side by side, and error codes that never change."""

import ast
import re
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from kernel.management.commands.list_errors import codes, page, read_page
from kernel.text import Text, Vocabulary
from tests.laws.house import BUILT, PRODUCT, ROOT, import_every_floor, nodes, place, sources

CHINESE = re.compile(r"[\u3400-\u9fff]")
LATIN = re.compile("[A-Za-z]")
PARAMETER = re.compile(r"\{(\w*)")
PAGE = ROOT / "docs" / "errors.md"


def complaints(text: Text) -> Iterator[str]:
    """What is wrong with a text: a language missing, or parameters that differ."""
    zh, en = (re.sub(r"\{[^}]*\}", "", each) for each in (text.zh, text.en))
    if LATIN.search(zh) and not CHINESE.search(zh):
        yield f"{text.zh!r} has no Chinese"
    if CHINESE.search(en) or (CHINESE.search(zh) and not LATIN.search(en)):
        yield f"{text.en!r} is not English"
    if not text.zh or not text.en:
        yield f"{text} lacks a language"
    asked = [
        {name.removesuffix(f"_{end}") for name in PARAMETER.findall(each)}
        for each, end in ((text.zh, "zh"), (text.en, "en"))
    ]
    if asked[0] != asked[1]:
        yield f"{text} has other parameters in Chinese than in English"


def vocabularies(base: type[Vocabulary] = Vocabulary) -> Iterator[type[Vocabulary]]:
    """Every vocabulary of the floors."""
    for each in base.__subclasses__():
        if each.__module__.split(".")[0] in BUILT:
            yield each
        yield from vocabularies(each)


def test_every_error_speaks_chinese_and_english() -> None:
    texts = [text for kind in codes().values() for text in (kind.title, kind.detail)]
    assert [complaint for text in texts for complaint in complaints(text)] == []


def test_every_label_speaks_chinese_and_english() -> None:
    import_every_floor()
    labels = [member.label for vocabulary in vocabularies() for member in vocabulary]
    assert labels
    assert [complaint for label in labels for complaint in complaints(label)] == []


def test_every_code_of_a_vocabulary_is_stable_ascii() -> None:
    import_every_floor()
    members = [code for vocabulary in vocabularies() for code in vocabulary.codes()]
    assert [code for code in members if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.+/-]*", code)] == []


def test_every_text_in_the_sources_speaks_chinese_and_english() -> None:
    found = []
    for path in sources(*PRODUCT):
        for node in nodes(path):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("Text"):
                words = [arg.value for arg in node.args if isinstance(arg, ast.Constant)]
                if len(words) == 2 and all(isinstance(word, str) for word in words):
                    found += [f"{place(path, node)} {each}" for each in complaints(Text(*map(str, words)))]
    assert found == []


@pytest.mark.parametrize(
    "text",
    [
        Text("Not found", "Not found"),
        Text("未找到", "未找到"),
        Text("未找到", ""),
        Text("", "Not found"),
        Text("未找到 {code}", "Not found"),
        Text("未找到 {code}", "{id} not found"),
    ],
)
def test_a_text_that_lacks_a_language_or_a_parameter_is_noticed(text: Text) -> None:
    assert list(complaints(text)) != []


def test_a_text_that_a_rule_fills_in_is_left_in_peace() -> None:
    assert list(complaints(Text("{reason_zh}", "{reason_en}"))) == []


def test_the_page_of_error_codes_is_what_the_code_says() -> None:
    said = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    assert said == page(codes()), "the errors changed: run `./dev manage list_errors` and read the difference"


def test_a_listed_code_never_vanishes_and_never_changes_its_status() -> None:
    now = {code: kind.status for code, kind in codes().items()}
    assert {code: now.get(code) for code in read_page(PAGE)} == read_page(PAGE)


@pytest.mark.parametrize("row", ["| `gone_code` | 409 | 无 | none |", "| `not_found` | 410 | 无 | none |"])
def test_the_page_is_not_rewritten_over_a_code_that_vanished_or_changed(tmp_path: Path, row: str) -> None:
    before, after = tmp_path / "before.md", tmp_path / "after.md"
    before.write_text(row + "\n", encoding="utf-8")
    with pytest.raises(CommandError, match="may not vanish"):
        call_command("list_errors", file=after, before=before, stdout=StringIO())
    assert not after.exists()
