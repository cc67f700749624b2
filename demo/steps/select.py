"""Step 7: a medical-imaging firm asks for domestic accelerators within a millisecond; the files give the same answer."""

import csv
import json
import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from config.embedded.nodes import Node
from config.embedded.stack import ROOT
from demo.client import StepFailedError, expect
from demo.world import World


def run(world: World) -> str:
    """Select, read the verdicts, ask what to relax, and replay on exported files."""
    firm, demands = world.clients["imaging"], world.load("demand.json")
    replay = ThreadPoolExecutor(1).submit(on_files, world.regional, demands["main"])
    demand = firm.post(
        "/api/v1/demands", {"title": "医学影像推理，一个月（演示数据）", "terms": demands["main"]}
    )
    selected = firm.post(f"/api/v1/demands/{demand['id']}:select")
    world.facts["selection"], answer = selected["selection"], selected["answer"]
    centres = {bundle["centre"] for bundle in answer["bundles"]}
    expect(centres == {"wujiang", "fenhu"}, f"Wujiang and Fenhu qualify: {centres}")
    verdicts = {miss["centre"]: miss["verdict"] for miss in selected["near_misses"]}
    expect(verdicts.get("nanjing") == "inconclusive", f"Nanjing is inconclusive by estimate: {verdicts}")
    expect(verdicts.get("huaian") == "impossible", f"Huai'an is impossible: {verdicts}")
    mapped = firm.get("/api/v1/alto/cost-map")["cost-map"][f"site:{demands['main']['from_site']}"]
    fastest = {miss["centre"]: miss["upper_us"] for miss in selected["near_misses"]}
    for bundle in answer["bundles"]:
        fastest[bundle["centre"]] = min(
            bundle["latency_us"], fastest.get(bundle["centre"], bundle["latency_us"])
        )
    expect(
        all(mapped[f"centre:{centre}"] == us for centre, us in fastest.items()),
        f"the cost map tells the same delays: {mapped}, {fastest}",
    )
    relaxed = firm.post("/api/v1/selections", demands["infeasible_quantity"])["answer"]
    expect(not relaxed["bundles"] and relaxed["relax"], "an infeasible demand is told what to relax")
    weighed = firm.post("/api/v1/selections", demands["main"] | {"weights": demands["weights"]})["answer"]
    scores = [bundle["score"] for bundle in weighed["bundles"]]
    expect(
        [each["cny"] for each in scores] == sorted((each["cny"] for each in scores), key=float),
        f"bundles rank by total, latency and carbon at the buyer's prices: {scores}",
    )
    required = {"min_availability_percent": "99.95", "encryption": ["otnsec", "sm4"]}
    encrypted = firm.post("/api/v1/selections", demands["main"] | {"line": required})["answer"]
    sold = {(each["technology"], each["service"]["encryption"]) for each in encrypted["bundles"]}
    out = encrypted["rejected"]["bundles"]["availability"]
    expect(
        sold == {("otn", "sm4")} and out, f"only encrypted lines of 99.95 % are chosen: {sold}, {out} others"
    )
    between = {"from_site": None, "from_centre": "wujiang"}
    linked = firm.post("/api/v1/selections", demands["main"] | between)
    reached = {bundle["centre"] for bundle in linked["answer"]["bundles"]}
    expect(
        reached == {"fenhu"} and {each["use"] for each in linked["installs"]} == {"dci"},
        f"from the centre in Wujiang lines between centres lead to Fenhu alone: {reached}",
    )
    year = firm.post("/api/v1/selections", demands["main"] | {"duration_hours": 8760})["answer"]["bundles"]
    by_term = {(each["line_provider"], each.get("min_months")) for each in year}
    expect(("line-yi", 12) in by_term, f"for a year a carrier's price for twelve months is taken: {by_term}")
    replayed, unmarked = replay.result()
    expect(replayed == answer, "files and service give the same answer and the same hash")
    expect(not unmarked, f"markings.csv names every row of the files, for all are invented: {unmarked}")
    carbon = scores[0]["parts"]["kg_co2"]["value"]
    best = answer["bundles"][0]
    world.facts["best"] = best
    world.facts["disclosed"] = next(
        (index for index, bundle in enumerate(answer["bundles"]) if len(bundle["spans"]) > 1), None
    )
    expect(world.facts["disclosed"] is not None, "a bundle leads over several spans of the disclosed network")
    marks = selected["markings"]
    expect(
        set(marks) == {"演示数据"} and len(marks) == len(answer["bundles"]),
        f"every bundle is marked: {marks}",
    )
    hints = ", ".join(f"{hint['constraint']}→{hint['to']}" for hint in relaxed["relax"])
    return (
        f"{len(answer['bundles'])} bundles in Wujiang and Fenhu, best {best['offer']} over {best['line_provider']} "
        f"{best['technology']} {best['latency_us']} µs CNY {best['cny']['total']}; weighed: {weighed['bundles'][0]['offer']} with {carbon} kg CO₂; "
        f"encrypted: {len(encrypted['bundles'])} of {len(encrypted['bundles']) + out}; from Wujiang's centre: {len(linked['answer']['bundles'])} in Fenhu; 64 cards: {hints}; "
        f"the cost map tells the delays of {len(fastest)} centres alike; for a year the line at its price for twelve months"
    )


def on_files(node: Node, demand: dict[str, Any]) -> tuple[Any, dict[str, int]]:
    """Export the live supply, select on the files, and read the answer; with it how many rows of each file bear no mark."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "demands.jsonl").write_text(json.dumps(demand) + "\n", encoding="utf-8")
        manage(node, "export_supply", str(folder / "supply"))
        wanted = ["--demands", str(folder / "demands.jsonl"), "--out", str(folder / "answers.jsonl")]
        manage(node, "select", "--supply", str(folder / "supply"), *wanted)
        answer = json.loads((folder / "answers.jsonl").read_text(encoding="utf-8"))
        return answer, unmarked_rows(folder / "supply")


def unmarked_rows(folder: Path) -> dict[str, int]:
    """How many rows of each exported file `markings.csv` does not name; files of which it names all are absent."""
    rows = {path.name: list(csv.DictReader(path.open(encoding="utf-8"))) for path in folder.glob("*.csv")}
    marked = Counter(row["file"] for row in rows.pop("markings.csv") if row["marking"] == "演示数据")
    return {name: left for name, each in rows.items() if (left := len(each) - marked[name])}


def manage(node: Node, *words: str) -> None:
    """Run a management command on the node, as its operator would."""
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "manage.py", *words],
        cwd=ROOT,
        env=node.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise StepFailedError(f"{words[0]}: {done.stdout[-400:]}{done.stderr[-800:]}")
