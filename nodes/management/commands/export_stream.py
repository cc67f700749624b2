"""`export_stream --peer CODE --stream NAME DIR`: write what was agreed of a stream, for an independent verifier."""

from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from nodes.models import Peer
from nodes.selectors.exports import agreed_manifest, export_files
from nodes.services.signing import current_key


class Command(BaseCommand):
    help = "把一个报送流导出为可独立验证的文件夹 / write a stream as a folder for demo/verify_federation.py"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--peer", required=True, help="对端节点代码 / the receiving node's code")
        parser.add_argument("--stream", required=True, help="流名 / the stream's name")
        parser.add_argument("folder", type=Path)

    def handle(self, *, peer: str, stream: str, folder: Path, **_: object) -> None:
        found = Peer.objects.filter(code=peer).first()
        pair = agreed_manifest(found, stream) if found is not None else None
        if pair is None:
            raise CommandError(
                f"没有与 {peer} 就流 {stream} 达成一致的清单；请先执行 POST /api/v1/manifests:exchange。"
                f" There is no agreed manifest of {stream} with {peer}; POST /api/v1/manifests:exchange first."
            )
        if folder.exists() and any(folder.iterdir()):
            raise CommandError(f"{folder} 不是空文件夹。 {folder} is not empty.")
        for path, content in export_files(pair, current_key(pair.peer.as_suite()).jwk):
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        self.stdout.write(f"{pair.stream} {pair.first}-{pair.last} → {folder}")
