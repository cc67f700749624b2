"""Laws about migrations: no PostgreSQL extension, named by people, none missing."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command

from tests.laws.house import BUILT, ROOT

AUTOMATIC = re.compile(r"^\d{4}_(auto_|initial$|alter_|rename_.*_and_more|remove_.*_and_more|.*_and_more$)")
# The newest migration of each floor before a column that is asked for had to have a default of the database.
BEFORE = {
    "kernel": 3, "identifiers": 8, "participants": 3, "aggregation": 4, "scheduling": 17,
    "marketplace": 11, "monitoring": 6, "security": 2, "nodes": 13,
}  # fmt: skip
EXTENSION = re.compile(r"create\s+extension|^\w*Extension$", re.IGNORECASE)


def complaints(path: Path) -> Iterator[str]:
    """What is wrong with one migration."""
    if AUTOMATIC.match(path.stem):
        yield f"{path.name} has an automatic name: say what it does"
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        words = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
        name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
        if EXTENSION.search(words) or EXTENSION.match(str(name)):
            yield f"{path.name}:{getattr(node, 'lineno', 1)} needs an extension"
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "AddField" and is_asked_for(node):
            yield f"{path.name}:{node.lineno} is asked for by a column that the release before does not fill: give it db_default"


def is_asked_for(added: ast.Call) -> bool:
    """Whether the database refuses a row that does not name the added column."""
    field = next((each.value for each in added.keywords if each.arg == "field"), None) or added.args[2]
    assert isinstance(field, ast.Call)
    told = {each.arg: each.value for each in field.keywords}
    null = told.get("null")
    return "db_default" not in told and not (isinstance(null, ast.Constant) and null.value is True)


def test_every_migration_is_named_needs_no_extension_and_lets_the_release_before_write() -> None:
    paths = [path for floor in BUILT for path in (ROOT / floor).glob("migrations/0*.py")]
    assert paths
    told = [
        complaint
        for path in paths
        for complaint in complaints(path)
        if "db_default" not in complaint or int(path.stem[:4]) > BEFORE.get(path.parts[-3], 0)
    ]
    assert told == []


@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)  # exits when one is


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("0002_auto_20260101_0900", ""),
        ("0003_alter_order_state", ""),
        ("0004_order_state_and_more", ""),
        ("0005_trigrams", "operations = [TrigramExtension()]"),
        ("0006_gist", "operations = [operations.BtreeGistExtension()]"),
        ("0007_sql", "operations = [RunSQL('CREATE  EXTENSION IF NOT EXISTS btree_gist')]"),
        ("0008_act", "migrations.AddField('dispatch', 'act', field=models.CharField(default='start'))"),
    ],
)
def test_a_breach_is_noticed(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / f"{name}.py"
    path.write_text(text, encoding="utf-8")
    assert list(complaints(path)) != []
