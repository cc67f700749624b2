"""Attack on exactness: random small worlds, the engine against brute force, whole answers as JSON text.

`python -m tests.attacks.selection --worlds 2000 [--seed 0]` prints what was covered; exit 1 at the first mismatch.
"""

import argparse
import json
import sys
from collections import Counter
from random import Random
from typing import Any

from scheduling.domain.files import answer_json
from scheduling.domain.selection import select
from tests.scheduling.oracle import Oracle
from tests.scheduling.oracle_answers import answer
from tests.scheduling.worlds import small_demand, small_supply

DEMANDS = 6
"""Demands on each world."""


def disagreement(rng: Random, covered: Counter[str]) -> tuple[Any, Any, Any] | None:
    """(demand, ours, brute force) where the two differ on a world drawn from `rng`, else None."""
    supply = small_supply(rng)
    oracle = Oracle(supply)
    for _ in range(DEMANDS):
        demand = small_demand(rng, supply)
        ours = answer_json(select(supply, demand))
        if ours.pop("snapshot") != supply.snapshot:
            return demand, ours, "snapshot"
        theirs = answer(oracle, demand)
        if json.dumps(ours, ensure_ascii=False) != json.dumps(theirs, ensure_ascii=False):
            return demand, ours, theirs
        note(ours, covered)
    return None


def note(found: Any, covered: Counter[str]) -> None:
    """Count what an answer exercised, so that a run that covers nothing is seen."""
    covered["demands"] += 1
    covered["answered"] += bool(found["bundles"])
    covered["protected"] += any(bundle["protection_spans"] for bundle in found["bundles"])
    covered["pareto > 1"] += len(found["pareto"]) > 1
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
        found = disagreement(Random(seed), covered)
        if found is not None:
            print(f"world {seed} disagrees", *found, sep="\n")  # noqa: T201
            return 1
    for name, count in sorted(covered.items()):
        print(f"{count:8} {name}")  # noqa: T201
    print(f"{asked.worlds} worlds, 0 mismatches")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
