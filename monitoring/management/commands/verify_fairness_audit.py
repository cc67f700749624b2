"""`manage verify_fairness_audit`: see who signed a fairness audit, and work its result out again from its files, without a database."""

import json
from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from monitoring.services.fairness import again
from nodes.services.signatures import signer_of
from scheduling.services.fairness import Kept, read, read_supply


class Command(BaseCommand):
    help = (
        "See which key signed an exported fairness audit, replay its selections and ask them again under the labels that its seed "
        "deals; and see that they are as many as were drawn, of the period, none twice. Exit 0: the text is signed and the result is "
        "its own; 1: it is not, and where; 2: the files cannot be read. "
        "Without --key the keys in the folder are taken, which show that the text is whole, not whose it is. "
        "核对公平性审计导出文件的签名，并依据文件重新计算；退出码 0 一致，1 不一致，2 文件不可读。"
        "未给出 --key 时采用文件夹内的公钥，只能证明文本完整，不能证明出自何节点。"
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "folder", type=Path, help="folder that export_fairness_audit wrote 导出文件所在文件夹"
        )
        parser.add_argument(
            "--key",
            type=Path,
            help="file with the node's keys, had from the node itself: what GET /api/v1/node-key answers, or one JWK "
            "自节点本身取得的公钥文件：GET /api/v1/node-key 的应答，或单个 JWK",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        folder: Path = options["folder"]
        try:
            text = (folder / "document.json").read_text(encoding="utf-8")
            signed = self._signed(text, folder, options["key"])
            document = json.loads(text)
            selections = [read(each) for each in _lines(folder / "selections.jsonl")]
            supplies = [read_supply(_lines(path)) for path in sorted(folder.glob("supply-*.jsonl"))]
        except (OSError, ValueError, KeyError, TypeError) as error:
            self.stderr.write(f"{folder}: {error!r}")
            raise SystemExit(2) from error
        by_hash = {(each.snapshot, each.extras.terms or ""): each for each in supplies}
        by_hash |= {(each.snapshot, each.extras.snapshot): each for each in supplies}
        found = again(document, selections, lambda snapshot, extras: by_hash.get((snapshot, extras)))
        said = document["result"]
        names = sorted({*said, *found})
        wrong = [
            f"{name}: {said.get(name)} != {found.get(name)}"
            for name in names
            if said.get(name) != found.get(name)
        ]
        wrong += _not_as_drawn(document, selections)
        for sentence in wrong:
            self.stdout.write(sentence)
        self.stdout.write(f"{found['verdict']}: {found['examined']} examined, {found['replayed']} replayed")
        if wrong or not signed:
            raise SystemExit(1)

    def _signed(self, text: str, folder: Path, pinned: Path | None) -> bool:
        """Say which key signed the text, and why that key is believed; whether one did."""
        signature = json.loads((folder / "signature.json").read_text(encoding="utf-8"))
        file = pinned or folder / Path(signature["keys"]).name
        keys = json.loads(file.read_text(encoding="utf-8"))
        signer = signer_of(
            text,
            digest=signature["digest"],
            signature=signature["signature"],
            keys=[each["jwk"] for each in keys["keys"]] if "keys" in keys else [keys],
        )
        if signer is None:
            self.stdout.write(f"NOT SIGNED by a key in {file} 签名与该文件中的公钥均不符")
        elif pinned:
            self.stdout.write(f"signed by {signer}, which you gave in {file} 由您给出的公钥签名")
        else:
            self.stdout.write(
                f"signed by {signer} of {file.name}, which came with the export: the text is whole, but whose it is only --key "
                f"shows, with what {signature['published_at']} answers "
                "公钥随导出文件而来，只能证明文本完整；请自节点取得公钥并用 --key 指定"
            )
        return signer is not None


def _not_as_drawn(document: Mapping[str, Any], selections: Sequence[Kept]) -> list[str]:
    """Where the selections cannot be those that were drawn: each once, of the period, and as many as the document says."""
    start, end = (datetime.fromisoformat(document[name]) for name in ("start", "end"))
    size, sample = document["population"], document["sample"]
    drawn = size if sample is None else min(size, sample)
    found = [
        f"selection {each.id} is not of the period"
        for each in selections
        if not start <= each.created_at < end
    ]
    if len({each.id for each in selections}) < len(selections):
        found.append("a selection is there twice")
    if len(selections) != drawn:
        found.append(f"{len(selections)} selections, and {drawn} were drawn")
    return found


def _lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
