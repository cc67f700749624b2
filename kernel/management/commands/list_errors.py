"""`manage.py list_errors`: write the page of error codes, which only ever grows."""

import re
from argparse import ArgumentParser
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from kernel.errors import CODES, Problem

HEAD = """# 错误代码 / Error codes

<!-- Made by `./dev manage list_errors`: edit the texts beside the codes, in the errors.py of each floor. -->

每个错误都是一份 RFC 9457 问题文档；`code` 一经列出永不删除、永不改变状态码。
Every error is an RFC 9457 problem document; a `code` that is listed here never vanishes and never changes its status.

`errors[]` 逐项说明何处有误，每项恰有其一：`pointer`（请求体内的 JSON 指针）、`parameter`（查询或路径参数名）、`header`（请求头名）。
`errors[]` says what is at fault, each by exactly one of `pointer` (JSON pointer into the body), `parameter` (name of a parameter of the query or the path) and `header`.

| code | status | 中文 | English |
|---|---|---|---|
"""
ROW = re.compile(r"^\| `(\w+)` \| (\d{3}) \|", re.MULTILINE)


class Command(BaseCommand):
    help = "Write docs/errors.md from the code; refuses where a listed code is gone or has another status."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--file", type=Path, default=settings.BASE_DIR / "docs" / "errors.md")
        parser.add_argument("--before", type=Path, default=settings.BASE_DIR / "docs" / "errors.md")

    def handle(self, *args: Any, file: Path, before: Path, **options: Any) -> None:
        known = {code: kind.status for code, kind in codes().items()}
        listed = read_page(before) if before.exists() else {}
        if broken := sorted(code for code, status in listed.items() if known.get(code) != status):
            raise CommandError(
                f"listed codes may not vanish or change their status: {', '.join(broken)} / 已列出的代码不得删除或改变状态码"
            )
        file.write_text(page(codes()), encoding="utf-8")


def codes() -> dict[str, type[Problem]]:
    """Every error of the installed floors by its code, wherever it is written."""
    floors = [config for config in apps.get_app_configs() if config.name in settings.FLOORS]
    for config in floors:
        for module in walk_packages([config.path], f"{config.name}."):
            if not {"migrations", "commands"} & set(module.name.split(".")):
                import_module(module.name)
    names = {config.name for config in floors}
    return {code: kind for code, kind in sorted(CODES.items()) if kind.__module__.split(".")[0] in names}


def page(kinds: dict[str, type[Problem]]) -> str:
    """The page in Markdown, a row for each code in the order of the codes."""
    rows = (
        f"| `{code}` | {kind.status} | {_cell(kind.title.zh, kind.detail.zh)} | {_cell(kind.title.en, kind.detail.en)} |"
        for code, kind in kinds.items()
    )
    return HEAD + "\n".join(rows) + "\n"


def read_page(path: Path) -> dict[str, int]:
    """The codes of a page and their statuses."""
    return {code: int(status) for code, status in ROW.findall(path.read_text(encoding="utf-8"))}


def _cell(title: str, detail: str) -> str:
    return f"**{title}** {detail}".replace("|", "\\|")
