"""Attack on exactness: random small worlds, the engine against brute force, whole answers as JSON text.

`python -m tests.attacks.selection --worlds 2000 [--seed 0]` asks in each world, and in one where line providers have several
access points, and prints what was covered; exit 1 at the first mismatch.
"""

import argparse
import json
import sys
from collections import Counter
from dataclasses import replace
from random import Random
from typing import Any

from scheduling.domain.engine.answer import Answer
from scheduling.domain.engine.files import answer_json
from scheduling.domain.engine.selection import lines_of, select
from scheduling.domain.engine.wishes import NO_WISHES
from scheduling.domain.supply.extras import TermTariff
from scheduling.domain.supply.supply import Supply
from tests.scheduling import ended
from tests.scheduling.oracle import Oracle
from tests.scheduling.oracle_answers import answer
from tests.scheduling.wished import small_extras, small_wishes
from tests.scheduling.worlds import small_demand, small_supply

DEMANDS = 6
"""Demands on each world."""


def disagreement(rng: Random, covered: Counter[str]) -> tuple[Any, Any, Any] | None:
    """(demand, ours, brute force) where the two differ on a world drawn from `rng`, else None."""
    files = small_supply(rng)
    supply = replace(files, extras=small_extras(rng, files))
    oracle = Oracle(supply)
    for turn in range(DEMANDS):
        demand, wishes = small_demand(rng, supply), NO_WISHES
        if turn % 2:
            demand, wishes = small_wishes(rng, demand, supply)
        answered = select(supply, demand, lines_of(supply, demand, wishes))
        ours = answer_json(answered)
        note_lines(supply, answered, covered)
        covered["answered from a centre"] += bool(wishes.from_centre and answered.bundles)
        if ours.pop("snapshot") != files.snapshot:
            return demand, ours, "snapshot"
        theirs = answer(oracle.wishing(wishes), demand)
        if json.dumps(ours, ensure_ascii=False) != json.dumps(theirs, ensure_ascii=False):
            return (demand, wishes), ours, theirs
        note(ours, covered)
    return None


def note_lines(supply: Supply, answered: Answer, covered: Counter[str]) -> None:
    """Count the worlds' own difficulties that an answer met: commitments, parallel spans, several providers, ties, zones."""
    for bundle in answered.bundles:
        route = bundle.line.route
        spans = [supply.spans[key] for key in (*route.spans, *(route.protection_spans or ()))]
        ends = Counter((span.line_provider, *sorted((span.a, span.b))) for span in supply.spans.values())
        covered["commitment"] += any(span.kind == "commitment" for span in spans)
        covered["parallel spans"] += any(
            ends[span.line_provider, *sorted((span.a, span.b))] > 1 for span in spans
        )
        covered[f"zone: {bundle.line.charge.tariff.zone}"] += 1
        covered["price for a longer term"] += isinstance(bundle.line.charge.tariff, TermTariff)
    covered["several line providers"] += len({bundle.line_provider for bundle in answered.bundles}) > 1
    covered["tied"] += len(set(answered.ranks)) < len(answered.ranks)


def note(found: Any, covered: Counter[str]) -> None:
    """Count what an answer exercised, so that a run that covers nothing is seen."""
    covered["demands"] += 1
    covered["answered"] += bool(found["bundles"])
    covered["protected"] += any(bundle["protection_spans"] for bundle in found["bundles"])
    covered["pareto > 1"] += len(found["pareto"]) > 1
    covered["quick transfer"] += any(
        "held_mbps" in bundle
        and bundle["held_mbps"] == bundle["bandwidth_mbps"]
        and bundle["billing"] == "elastic"
        for bundle in found["bundles"]
    )
    scores = [bundle["score"] for bundle in found["bundles"] if "score" in bundle]
    covered["scored"] += any(score["cny"] is not None for score in scores)
    covered["unknown score"] += any(score["unknown"] for score in scores)
    covered["storage paid"] += any(
        bundle["cny"].get("storage", "0.0000") != "0.0000" for bundle in found["bundles"]
    )
    kept = [bundle for bundle in found["bundles"] if "service" in bundle]
    covered["kept promises"] += bool(kept)
    covered["pair keeps promises"] += any(bundle["protection_spans"] for bundle in kept)
    covered["own access point"] += any("from_site" in bundle for bundle in found["bundles"])
    covered["elastic"] += any(bundle["billing"] == "elastic" for bundle in found["bundles"])
    for part, counts in found["rejected"].items():
        covered.update(f"{part}: {key}" for key, count in counts.items() if count)
    covered.update(f"relax: {change['constraint']}" for change in found["relax"])


def main() -> int:
    """Run the attack from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    covered: Counter[str] = Counter()
    for seed in range(asked.seed, asked.seed + asked.worlds):
        found = disagreement(Random(seed), covered) or ended.disagreement(Random(seed), covered)
        if found is not None:
            print(f"world {seed} disagrees", *found, sep="\n")  # noqa: T201
            return 1
    for name, count in sorted(covered.items()):
        print(f"{count:8} {name}")  # noqa: T201
    print(f"{asked.worlds} worlds, 0 mismatches")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
