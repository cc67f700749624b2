"""`manage verify_fairness_audit`: work the result of a fairness audit out again from its files, without a database."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from monitoring.services.fairness import again
from scheduling.services.fairness import read, read_supply


class Command(BaseCommand):
    help = (
        "Replay the selections of an exported fairness audit and ask them again under the labels that its seed deals. Exit 0: "
        "the result is that of the signed document; 1: it is not, and where; 2: the files cannot be read. "
        "依据导出文件重新计算公平性审计；退出码 0 一致，1 不一致，2 文件不可读。"
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "folder", type=Path, help="folder that export_fairness_audit wrote 导出文件所在文件夹"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        folder: Path = options["folder"]
        try:
            document = json.loads((folder / "document.json").read_text(encoding="utf-8"))
            selections = [read(each) for each in _lines(folder / "selections.jsonl")]
            supplies = [read_supply(_lines(path)) for path in sorted(folder.glob("supply-*.jsonl"))]
        except (OSError, ValueError, KeyError, TypeError) as error:
            self.stderr.write(f"{folder}: {error!r}")
            raise SystemExit(2) from error
        by_hash = {(each.snapshot, ""): each for each in supplies}
        by_hash |= {(each.snapshot, each.extras.snapshot): each for each in supplies}
        found = again(document, selections, lambda snapshot, extras: by_hash.get((snapshot, extras)))
        said = document["result"]
        wrong = [name for name in said if found[name] != said[name]]
        for name in wrong:
            self.stdout.write(f"{name}: {said[name]} != {found[name]}")
        self.stdout.write(f"{found['verdict']}: {found['examined']} examined, {found['replayed']} replayed")
        if wrong:
            raise SystemExit(1)


def _lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
