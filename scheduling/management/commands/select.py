"""`manage select`: answer a file of demands on a folder of supply, without a database or a service."""

import codecs
import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from scheduling.adapters.files.supply import load_supply
from scheduling.domain.demand import DemandError
from scheduling.domain.engine.files import answer_json, demand_id, error_json, load_demand, parse_demand
from scheduling.domain.engine.selection import select
from scheduling.domain.supply.supply import Supply
from scheduling.domain.supply.supply_files import FileError


class Command(BaseCommand):
    help = (
        "Answer demands (one JSON object a line) on a folder of supply (five CSV files). "
        "Exit 0: all answered; 1: a demand was refused, its reason stands in its place; "
        "2: the supply or the demands cannot be read, nothing is written. "
        "用供给文件夹回答需求文件；退出码 0 全部已答，1 有需求被拒，2 输入不可读且不写文件。"
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--supply", type=Path, required=True, help="folder of the five CSV files 供给文件夹"
        )
        parser.add_argument("--demands", type=Path, required=True, help="JSON lines of demands 需求文件")
        parser.add_argument("--out", type=Path, required=True, help="JSON lines of answers 结果文件")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            read = load_supply(options["supply"])
            lines = options["demands"].read_bytes().removeprefix(codecs.BOM_UTF8).split(b"\n")
        except (FileError, OSError) as error:
            self.stderr.write(str(error))
            raise SystemExit(2) from error
        for warning in read.warnings:
            self.stderr.write(warning)
        answers = [answer(read.supply, line) for line in lines if line.strip()]
        try:
            with options["out"].open("w", encoding="utf-8", newline="") as out:
                out.writelines(json.dumps(found, ensure_ascii=False) + "\n" for found in answers)
        except OSError as error:
            self.stderr.write(f"{options['out']}: {error.strerror}")
            raise SystemExit(2) from error
        if any("error" in found for found in answers):
            raise SystemExit(1)


def answer(supply: Supply, line: bytes) -> dict[str, Any]:
    """One demand's answer, or the reason that it was refused."""
    demand = None
    try:
        loaded = load_demand(line.decode())
        demand = demand_id(loaded)
        return answer_json(select(supply, parse_demand(loaded)))
    except UnicodeDecodeError:
        return error_json(demand, DemandError("bad_json", "", "该行不是 UTF-8 编码", "the line is not UTF-8"))
    except DemandError as error:
        return error_json(demand, error)
