"""`./dev demo`: start two nodes, walk through the main job, stop everything, say what happened."""

import argparse
import contextlib
import json
import logging
import signal
import sys
import time
import traceback
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from config.embedded.nodes import NATIONAL, REGIONAL
from config.embedded.place import EmbeddedError
from config.embedded.process import unwinding_on_signals
from config.embedded.stack import private_stack
from demo import federation
from demo.client import StepFailedError
from demo.credentials import credentials_file
from demo.founding import founded_nodes
from demo.proxy import FaultProxy
from demo.steps import Step, steps
from demo.world import World

NOT_BUILT = "not built 尚未实现"
# what runs faster than in life, so that a newcomer need not wait; each is shown as such where it matters
ACCELERATED = {
    "HEARTBEAT_SECONDS": "6",
    "DAY_SECONDS": "4",  # a month passes in two minutes, so the order still runs when it is instructed upon
    "ALLOW_PRIVATE_CALLBACKS": "1",  # the agents of the demo listen on this machine
}


def main(words: Sequence[str]) -> int:
    """Run the demo; 0 when every step is ok."""
    options = parse(words)
    begin = time.monotonic()
    results: list[dict[str, Any]] = []
    logging.getLogger("httpx").setLevel(logging.WARNING)
    proxy = FaultProxy()
    specs = [
        replace(REGIONAL, extra={**ACCELERATED, "EGRESS_PROXY": proxy.url}),
        replace(NATIONAL, extra=ACCELERATED),
    ]
    try:
        with unwinding_on_signals(), private_stack("demo", durable=False) as stack:
            told("PostgreSQL, Redis ready", time.monotonic() - begin)
            if options.federation:
                with federation.nation(stack, proxy, ACCELERATED, told) as four:
                    each_step(federation.steps(), four, results)
            else:
                with founded_nodes(specs, stack, told) as ((regional, people), (national, theirs)):
                    people |= {f"national-{name}": client for name, client in theirs.items()}
                    walk(World(regional, national, proxy, people), results, serve=options.serve)
            stack.keep_logs = not all(row["ok"] for row in results)
    except (EmbeddedError, StepFailedError) as error:
        results.append({"name": "start", "ok": False, "seconds": 0.0, "detail": str(error)})
    except KeyboardInterrupt:
        say("stopped 已停止")
    return conclude(results, time.monotonic() - begin, options.json)


def parse(words: Sequence[str]) -> argparse.Namespace:
    """The options of the command line."""
    parser = argparse.ArgumentParser(
        prog="./dev demo", description="用两个真实节点演示主流程 / the main job on two real nodes"
    )
    parser.add_argument(
        "--once", action="store_true", help="演示一遍后退出（默认） run once and exit, the default"
    )
    parser.add_argument("--serve", action="store_true", help="演示后保持运行 keep both nodes up until Ctrl-C")
    parser.add_argument(
        "--federation", action="store_true", help="四个节点的互联演示 four nodes of three levels"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="结果写入 FILE write the results to FILE")
    return parser.parse_args(words)


def walk(world: World, results: list[dict[str, Any]], *, serve: bool) -> None:
    """Do the steps."""
    world.facts["begun"] = datetime.now(UTC).isoformat()
    try:
        each_step(steps(), world, results)
        if serve:
            wait(world)
    finally:
        for close in reversed(world.closing):
            with contextlib.suppress(OSError, httpx.HTTPError):
                close()


def each_step(wanted: Sequence[Step], world: Any, results: list[dict[str, Any]]) -> None:
    """Do the steps in order; after one that failed the others are not tried."""
    for step in wanted:
        results.append(attempt(step, world, failed=any(not r["ok"] and r["tried"] for r in results)))


def attempt(step: Step, world: Any, *, failed: bool) -> dict[str, Any]:
    """One step as a row of the results."""
    row: dict[str, Any] = {"name": step.name, "ok": False, "seconds": 0.0, "detail": "", "tried": False}
    if step.run is None or failed:
        row["detail"] = NOT_BUILT if step.run is None else "not tried 未执行"
        return row
    say(f"… {step.title}")
    begin, row["tried"] = time.monotonic(), True
    try:
        row["detail"], row["ok"] = step.run(world), True
    except (StepFailedError, httpx.HTTPError) as error:
        row["detail"] = str(error)
    except Exception:  # noqa: BLE001 - a mistake in the demo must not leave processes behind
        row["detail"] = traceback.format_exc(limit=-3)
    row["seconds"] = round(time.monotonic() - begin, 2)
    say(f"{'✓' if row['ok'] else '✗'} {step.title}  ({row['seconds']:.1f} s)\n    {row['detail']}")
    return row


def wait(world: World) -> None:
    """Print where the nodes are and the keys of the demo's actors, leave them in a file, and wait for Ctrl-C."""
    for node in (world.regional, world.national):
        say(f"{node.spec.name}: {node.url}/api/v1/docs")
    keys = {name: client.key or "" for name, client in sorted(world.clients.items())}
    for name, key in keys.items():
        say(f"  {name:28} {world.clients[name].base}  Api-Key {key}")
    values = {"node": world.regional.url, "national-node": world.national.url, **keys}
    with credentials_file(world.regional.stack.place.run, values) as file:
        say(f"地址与密钥文件 addresses and keys: . {file}\nCtrl-C 停止 to stop")
        signal.pause()


def conclude(results: list[dict[str, Any]], seconds: float, target: Path | None) -> int:
    """Print the table, write the JSON; the exit status."""
    ok = bool(results) and all(row["ok"] for row in results)
    print()
    for number, row in enumerate(results, start=1):
        mark = "ok  " if row["ok"] else "FAIL" if row.get("tried", True) else "–   "
        print(
            f"{number:2} {mark} {row['name']:10} {row['seconds']:6.1f} s  {row['detail'].splitlines()[0] if row['detail'] else ''}"
        )
    failed = next((row["name"] for row in results if not row["ok"]), "start")
    print(f"{'OK' if ok else f'FAILED at {failed}'}  {seconds:.1f} s")
    if target:
        shown = [{key: row[key] for key in ("name", "ok", "seconds", "detail")} for row in results]
        target.write_text(
            json.dumps({"steps": shown, "ok": ok, "seconds": round(seconds, 2)}, ensure_ascii=False, indent=1)
        )
    return 0 if ok else 1


def told(what: str, seconds: float) -> None:
    """Show one thing done, and how long it took."""
    say(f"{what}  ({seconds:.1f} s)")


def say(line: str) -> None:
    """Show progress."""
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
