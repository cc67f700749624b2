"""`manage export_supply`: write the live supply as the files of `select`, so that an answer can be had again from them."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from scheduling.adapters.files.supply import save_markings, save_supply
from scheduling.services.supply import fresh_supply


class Command(BaseCommand):
    help = (
        "Write what may be sold now as five CSV files into a folder, and as a sixth where a line has prices by term, and print the snapshot hash; "
        "markings.csv beside them names the rows that are invented. "
        "将当前可售供给写为五个 CSV 文件（专线按期限定价时另有一个），并打印快照哈希；markings.csv 列出其中的演示数据行。"
    )

    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, help="folder to write into 目标文件夹")

    def handle(self, *args: Any, **options: Any) -> None:
        version, folder = fresh_supply(), options["folder"]
        try:
            save_supply(version.supply, folder)
            save_markings(version.told, folder)
        except OSError as error:
            raise CommandError(
                f"{folder} cannot be written into: {error.strerror} / 无法写入 {folder}：{error.strerror}"
            ) from error
        self.stdout.write(version.supply.snapshot)
        if not version.supply.offers:
            self.stderr.write("Nothing is on offer at this node. 本节点当前没有可售报价。")
