"""`manage export_fairness_audit`: write what an audit examined as files, so that anyone can work its result out again.

Of the node's word on it there are two files: signature.json, and node-key.json with the keys that it publishes, as they are when
it is written. They show that the text is whole; whose keys they are only the node itself shows.
"""

import json
from argparse import ArgumentParser
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.core.serializers.json import DjangoJSONEncoder

from marketplace.selectors.orders import ordered_bundles
from monitoring.models import FairnessAudit
from nodes.services.signatures import published_keys
from scheduling.services.fairness import kept, kept_supplies, written, written_supply

KEYS = "node-key.json"


class Command(BaseCommand):
    help = (
        "Write a finished fairness audit into a folder: document.json (the signed text), signature.json, node-key.json (the "
        "keys that the node publishes), selections.jsonl, and the rows of each snapshot that is kept. It holds callers' demands: for the supervision. "
        "将已完成的公平性审计写为文件（含用户需求，仅供监管使用）。"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("audit", type=UUID, help="id of the audit 审计编号")
        parser.add_argument("folder", type=Path, help="folder to write into 目标文件夹")

    def handle(self, *args: Any, **options: Any) -> None:
        folder: Path = options["folder"]
        row = FairnessAudit.objects.filter(id=options["audit"]).exclude(document="").first()
        if row is None:
            raise CommandError("没有该编号的已完成审计 no finished audit of this id")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "document.json").write_text(row.document, encoding="utf-8")
        signature = {
            "digest": row.digest,
            "signature": row.signature,
            "keyid": row.key_id,
            "keys": KEYS,
            "published_at": f"{settings.NODE_URL}/api/v1/node-key",
        }
        _write(folder / "signature.json", [signature])
        _write(folder / KEYS, [published_keys()])
        selections = kept(row.selections, ordered_bundles(row.selections))
        _write(folder / "selections.jsonl", map(written, selections))
        supplies = kept_supplies()
        for number, names in enumerate(dict.fromkeys((each.snapshot, each.extras) for each in selections)):
            supply = supplies(*names)
            if supply is not None:
                _write(folder / f"supply-{number}.jsonl", written_supply(supply))
        self.stdout.write(row.digest)


def _write(path: Path, rows: Iterable[Any]) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(each, ensure_ascii=False, cls=DjangoJSONEncoder) + "\n" for each in rows)
