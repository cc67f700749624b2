"""`new_node_key FILE [--suite gm]`: append a fresh private key to a file of keys, and print its key id."""

import os
from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand

from kernel.crypto.keys import write_key
from kernel.crypto.suite import INTERNATIONAL, SUITES


class Command(BaseCommand):
    help = "在密钥文件末尾追加新私钥并打印其指纹 / append a fresh private key to the file, print its key id"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="NODE_KEY_FILE；不存在则新建 / made where it is missing")
        parser.add_argument("--suite", choices=list(SUITES), default=INTERNATIONAL.name)

    def handle(self, *, file: Path, suite: str, **_: object) -> None:
        chosen = SUITES[suite]
        private_key = chosen.new_private_key()
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(handle, "w") as keys:
            keys.write(write_key(chosen, private_key))
        self.stdout.write(chosen.key_id(chosen.public_key(private_key)))
