"""Laws about how sources are written: length, docstrings, hidden imports, and what nobody may write."""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.laws.house import PRODUCT, ROOT, WRITTEN, nodes, place, sources, tree

LONGEST_MODULE = 400
Complaints = Iterator[str]
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
CLOCKS = {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"),
          ("timezone", "now"), ("time", "time"), ("time", "time_ns"), ("time", "monotonic"),
          ("time", "perf_counter")}  # fmt: skip
FROM_OUTSIDE = {"data", "GET", "POST", "query_params", "headers", "META", "COOKIES", "initial_data"}
MONEY = ("fen", "yuan", "price", "amount", "fee", "cost", "balance", "tariff", "cny")
WHOLE_NUMBERS = {
    "IntegerField", "BigIntegerField", "PositiveIntegerField", "PositiveBigIntegerField", "SmallIntegerField",
}  # fmt: skip


def too_long(path: Path) -> Complaints:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    if lines > LONGEST_MODULE:
        yield f"{place(path)} has {lines} lines: split it by its nouns"


def undocumented(path: Path) -> Complaints:
    """A module, public class or public function without a docstring; Django's own shapes are known."""
    module = tree(path)
    if module.body and not ast.get_docstring(module):
        yield f"{place(path)} does not say what is in it"
    if path.name == "apps.py" or "commands" in path.parts:
        return
    bodies = [module.body]
    while bodies:
        for node in bodies.pop():
            if not isinstance(node, (*FUNCTIONS, ast.ClassDef)) or node.name.startswith("_"):
                continue
            if node.name != "Meta" and not ast.get_docstring(node):
                yield f"{place(path, node)} {node.name} has no docstring"
            if isinstance(node, ast.ClassDef):
                bodies.append(node.body)


def hidden_imports(path: Path) -> Complaints:
    """An import inside a function whose line gives no reason."""
    lines = path.read_text(encoding="utf-8").splitlines()
    for function in nodes(path):
        if isinstance(function, FUNCTIONS):
            for node in ast.walk(function):
                if isinstance(node, ast.Import | ast.ImportFrom):
                    near = lines[node.lineno - 1] + lines[(node.end_lineno or node.lineno) - 1]
                    above = lines[node.lineno - 2].strip()
                    if "# " not in near and not above.startswith("# "):
                        yield f"{place(path, node)} imports inside {function.name} without a reason"


def business_signals(path: Path) -> Complaints:
    for node in nodes(path):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
        origin = (node.module or "") if isinstance(node, ast.ImportFrom) else ""
        for full in [f"{origin}.{name}".strip(".") for name in names]:
            if full.startswith("django.dispatch") or (full.startswith("django.") and "signals" in full):
                yield f"{place(path, node)} uses Django's signals: publish an event instead"


def lookups_by_name(path: Path) -> Complaints:
    for node in nodes(path):
        if isinstance(node, ast.Attribute) and node.attr == "get_model":
            yield f"{place(path, node)} goes round the contracts with get_model"


def unchecked_input(path: Path) -> Complaints:
    """`**request.data` and its kin, and serializers or forms of all fields."""
    for node in nodes(path):
        if isinstance(node, ast.Call):
            for keyword in node.keywords:
                if keyword.arg is None and any(
                    isinstance(part, ast.Attribute) and part.attr in FROM_OUTSIDE
                    for part in ast.walk(keyword.value)
                ):
                    yield f"{place(path, node)} spreads what a caller sent: name the fields"
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            names = {target.id for target in node.targets if isinstance(target, ast.Name)}
            if names & {"fields", "exclude"} and node.value.value == "__all__":
                yield f"{place(path, node)} opens every field: name them"


def answers_as_questions(path: Path) -> Complaints:
    """What callers send, read by a serializer of answers: its times need no offset."""
    for node in nodes(path):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            given = node.args[0] if node.args else None
            if (
                node.func.attr in {"read", "query"}
                and isinstance(given, ast.Name)
                and given.id.endswith("Out")
            ):
                yield f"{place(path, node)} reads with {given.id}: a serializer of its own reads"


def float_money(path: Path) -> Complaints:
    """Money that is no integer of fen and no Decimal: by annotation, or by the field of a model or serializer."""
    for node in nodes(path):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name | ast.Attribute):
            target = node.target
            name, kind = (
                target.id if isinstance(target, ast.Name) else target.attr,
                ast.unparse(node.annotation),
            )
        elif isinstance(node, ast.arg) and node.annotation:
            name, kind = node.arg, ast.unparse(node.annotation)
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            called = node.value.func if isinstance(node.value, ast.Call) else None
            name = node.targets[0].id
            kind = called.attr if isinstance(called, ast.Attribute) else ""
        else:
            continue
        words = name.lower().split("_")
        if "float" in kind.lower() and set(words) & set(MONEY):
            yield f"{place(path, node)} {name} is money as a float"
        if words[-1] == "fen" and kind.endswith("Field") and kind not in WHOLE_NUMBERS:
            yield f"{place(path, node)} {name} is not a whole number of fen"


def impure_domain(path: Path) -> Complaints:
    """A clock, a file or a print inside a domain: time and data are arguments."""
    if "domain" not in path.parts:
        return
    for node in nodes(path):
        if isinstance(node, ast.Call):
            called = node.func
            if isinstance(called, ast.Attribute):
                owner = called.value
                whose = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
                if (whose, called.attr) in CLOCKS:
                    yield f"{place(path, node)} reads a clock: take the time as an argument"
            elif isinstance(called, ast.Name) and called.id in {"open", "print", "input"}:
                yield f"{place(path, node)} does I/O in a domain"


LAWS: list[tuple[Callable[[Path], Complaints], list[str]]] = [
    (too_long, WRITTEN),
    (undocumented, PRODUCT),
    (hidden_imports, WRITTEN),
    (business_signals, PRODUCT),
    (lookups_by_name, PRODUCT),
    (unchecked_input, PRODUCT),
    (answers_as_questions, PRODUCT),
    (float_money, [*PRODUCT, "demo"]),
    (impure_domain, PRODUCT),
]
NAMES = [law.__name__ for law, _ in LAWS]


def test_no_source_breaks_a_law() -> None:
    """Source by source, so that each is parsed once for all laws."""
    found = [
        complaint
        for path in sources(*WRITTEN)
        for law, packages in LAWS
        if path.relative_to(ROOT).parts[0] in packages
        for complaint in law(path)
    ]
    assert found == []


BREACHES: list[tuple[Callable[[Path], Complaints], str]] = [
    (too_long, '"""Long."""\n' + "x = 1\n" * LONGEST_MODULE),
    (undocumented, '"""A module."""\ndef act() -> None: ...\n'),
    (undocumented, '"""A module."""\nclass Order:\n    """An order."""\n    def pay(self) -> None: ...\n'),
    (undocumented, "x = 1\n"),
    (hidden_imports, "def act() -> None:\n    import json\n"),
    (business_signals, "from django.db.models.signals import post_save\n"),
    (business_signals, "from django.db.models import signals\n"),
    (business_signals, "from django.dispatch import receiver\n"),
    (business_signals, "import django.core.signals\n"),
    (lookups_by_name, "from django.apps import apps\nOrder = apps.get_model('marketplace', 'Order')\n"),
    (unchecked_input, "Order.objects.filter(**request.data)\n"),
    (unchecked_input, "Order.objects.filter(**request.GET.dict())\n"),
    (unchecked_input, "class Meta:\n    fields = '__all__'\n"),
    (answers_as_questions, "given = self.read(OrderOut)\n"),
    (float_money, "price = models.FloatField()\n"),
    (float_money, "total_fen = models.DecimalField()\n"),
    (float_money, "def pay(amount: float) -> None: ...\n"),
    (float_money, "class Line:\n    monthly_cny: float\n"),
    (impure_domain, "from datetime import datetime\nstart = datetime.now()\n"),
    (impure_domain, "import datetime\nstart = datetime.datetime.now(datetime.UTC)\n"),
    (impure_domain, "import time\nstart = time.time()\n"),
    (impure_domain, "rows = open('rows.csv')\n"),
]


@pytest.mark.parametrize(("law", "breach"), BREACHES)
def test_a_breach_is_noticed(law: Callable[[Path], Complaints], breach: str, tmp_path: Path) -> None:
    planted = tmp_path / "domain" / "planted.py"
    planted.parent.mkdir()
    planted.write_text(breach, encoding="utf-8")
    assert list(law(planted)) != []


LAWFUL = '''"""Terms of a line."""

from decimal import Decimal


def monthly(rate_cny: Decimal, hours: int, *, distance_km: float) -> int:
    """Fen for a month."""
    import numpy  # heavy: only where a snapshot is built

    return int(rate_cny * hours)
'''


def test_a_lawful_source_is_left_in_peace(tmp_path: Path) -> None:
    path = tmp_path / "domain" / "terms.py"
    path.parent.mkdir()
    path.write_text(LAWFUL, encoding="utf-8")
    assert [complaint for law, _ in LAWS for complaint in law(path)] == []
