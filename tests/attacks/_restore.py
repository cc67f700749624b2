"""A region is backed up, goes on, and is restored elsewhere by the very commands of docs/operate.md: nothing is said twice."""

import os
import re
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

from config.embedded.nodes import Node
from config.embedded.postgresql import PORT, find_programs
from config.embedded.stack import ROOT
from demo.client import expect
from demo.world import World
from tests.attacks._market import issue, sell
from tests.attacks._two_nodes import SECONDS, receipted, report

BOOK = ROOT / "docs" / "operate.md"
NOT_FOUND = 404


def drill(world: World) -> None:
    """Back up, issue, report and sell, restore, and let both sides' books agree again."""
    dump, restored = world.regional.folder / "cin.dump", "cin_restored"
    kept = {"codes": issue(world, subjects(2)), "order": sell(world, "before-the-backup")["id"]}
    receipted(world, report(world))
    backup, *restoration = commands(world.regional, dump, restored)
    said(world.regional, backup)
    lost = {"codes": issue(world, subjects(5)), "order": sell(world, "after-the-backup")["id"]}
    reports = [report(world), report(world)]
    receipted(world, *reports)
    filed, totals = filings(world), totals_of(world, "national-operator-system")
    drew_from = block(world)
    for command in restoration:
        words = said(world.regional, command)
        if command.startswith("for d in"):
            before, after = words.splitlines()
            expect(before == after, f"the same grants in both: {before} {after}")
    world.regional.stop()
    point_at(world.regional, restored)
    world.regional.start()
    world.regional.wait()
    operator, firm = world.clients["operator-system"], world.clients["imaging"]
    expect(codes_here(world) & set(lost["codes"]) == set(), "the restored database forgot what came later")
    resume(world)
    expect(codes_here(world) >= {*kept["codes"], *lost["codes"]}, "it learned every code from the upstream")
    standing = {row["code"]: row["filing"] for row in identifiers(world)}
    expect(filings(world) == filed, "the national register is untouched")
    expect({code: standing.get(code) for code in filed} == filed, "and the region's says the same")
    ours = totals_of(world, "operator-system")
    expect(
        ours == totals == totals_of(world, "national-operator-system"), f"one set of totals: {ours} {totals}"
    )
    pairs = operator.post("/api/v1/manifests:exchange")["items"]
    expect(all(pair["agreed"] and pair["first"] == 1 for pair in pairs), f"from the first number on: {pairs}")
    world.until(
        "the restored database has a block of its own",
        lambda: block(world) not in (0, drew_from),
        seconds=SECONDS,
    )
    later = issue(world, subjects(5))
    expect(not {*filed} & {*later}, "no code is issued twice")
    receipted(world, report(world))
    expect(firm.get(f"/api/v1/orders/{kept['order']}"), "what was sold before the backup stands")
    gone = firm.send("GET", f"/api/v1/orders/{lost['order']}")
    expect(
        gone.status_code == NOT_FOUND,
        "what was sold after it is gone: only the log of PostgreSQL brings it back",
    )
    sell(world, "after-the-restore")


def block(world: World) -> int:
    """The number of the block that the region draws codes from; 0 while it has none."""
    rows = world.clients["regulator-one"].get("/api/v1/number-blocks")
    return next((row["number"] for row in rows if row["state"] == "open"), 0)


def subjects(count: int) -> list[str]:
    """Keys of new resources."""
    return [str(uuid4()) for _ in range(count)]


def commands(node: Node, dump: Path, restored: str) -> list[str]:
    """What the book says under 'Backup and restore', with this node's names in place of its example's."""
    section = BOOK.read_text(encoding="utf-8").split("## Backup and restore")[1].split("\n## ")[0]
    fences = re.findall(r"^```\n(.*?)^```", section, re.DOTALL | re.MULTILINE)
    database = node.stack.addresses(node.spec.databases).database.partition("?")[0].rpartition("/")[2]
    lines = [line for fence in fences for line in fence.splitlines()]
    expect(
        lines[0].startswith("pg_dump") and any("pg_restore" in line for line in lines), "the book says how"
    )
    named = [line.replace("cin.dump", str(dump)) for line in lines]
    return [re.sub(r"\bcin\b(?!\.)", database, line) for line in named]  # cin_restored is another word


def said(node: Node, command: str) -> str:
    """What a command of the book answers on this machine; it must succeed."""
    place = {"PGHOST": str(node.stack.place.sockets), "PGPORT": str(PORT)}
    path = f"{find_programs().prefix / 'bin'}:{os.environ['PATH']}"
    done = subprocess.run(  # noqa: S602 - the book's commands are a shell's
        command,
        shell=True,
        cwd=ROOT,
        env=node.environment() | place | {"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    expect(done.returncode == 0, f"{command}: {done.stdout[-400:]}{done.stderr[-800:]}")
    return done.stdout


def point_at(node: Node, database: str) -> None:
    """Change DATABASE_URL and DATABASE_OWNER_URL, as the book says."""
    addresses = node.stack.addresses(node.spec.databases)
    named = {"DATABASE_URL": addresses.database, "DATABASE_OWNER_URL": addresses.database_owner}
    moved = {name: re.sub(r"/[a-z_]+\?", f"/{database}?", url) for name, url in named.items()}
    node.spec = replace(node.spec, extra={**node.spec.extra, **moved})


def resume(world: World) -> None:
    """Go on with every stream that the upstream holds more of than this node knows."""
    operator = world.clients["operator-system"]

    def known() -> bool:
        for row in operator.get("/api/v1/streams", limit=200)["items"]:
            operator.send("POST", f"/api/v1/streams/{row['id']}:resume", json={"restored": True})
        rows = operator.get("/api/v1/streams", limit=200)["items"]
        return all(row["halt"] == "none" and row["acked"] == row["last"] for row in rows)

    world.until("every stream goes on", known, seconds=SECONDS)


def identifiers(world: World) -> list[dict[str, Any]]:
    """The identifiers of the region."""
    return list(world.clients["regulator-one"].get("/api/v1/identifiers", limit=200)["items"])


def codes_here(world: World) -> set[str]:
    """The codes that the region knows."""
    return {row["code"] for row in identifiers(world) if row["code"]}


def filings(world: World) -> dict[str, str]:
    """Code → number of its filing, of this region in the national register."""
    rows = world.clients["national-regulator-one"].get("/api/v1/filings", limit=200)["items"]
    mine = f"86.{world.regional.spec.code}/"
    return {row["code"]: row["number"] for row in rows if row["code"].startswith(mine)}


def totals_of(world: World, who: str) -> list[dict[str, Any]]:
    """The region's totals as one side adds them up."""
    rows = world.clients[who].get("/api/v1/federation/totals")["items"]
    return [row for row in rows if row["node"] == world.regional.spec.code]
