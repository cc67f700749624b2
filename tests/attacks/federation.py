"""Attack G-1 at any size: two nodes, bad networks, as many seeds as asked for.

`python -m tests.attacks.federation --seeds 100000`; a failing seed is printed, and `--seed N` replays it.
"""

import argparse
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor

from tests.nodes.invariants import check
from tests.nodes.simulator import World

BATCH = 500


def attack(seeds: range) -> tuple[Counter[str], list[str]]:
    """Run these seeds: the faults that landed, and a line for each seed that broke an invariant."""
    landed: Counter[str] = Counter()
    broken: list[str] = []
    for seed in seeds:
        world = World(seed)
        try:
            world.settle()
            check(world)
        except AssertionError as error:
            broken.append(f"seed {seed}: {error}")
        landed += world.landed
    return landed, broken


def main() -> int:
    """Run, print what landed and what broke; exit 0 only if nothing broke."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10_000, help="how many seeds")
    parser.add_argument("--seed", type=int, help="one seed only")
    parser.add_argument("--workers", type=int, default=1)
    asked = parser.parse_args()
    seeds = range(asked.seeds) if asked.seed is None else range(asked.seed, asked.seed + 1)
    batches = [seeds[start : start + BATCH] for start in range(0, len(seeds), BATCH)]
    began = time.monotonic()
    landed: Counter[str] = Counter()
    broken: list[str] = []
    with ProcessPoolExecutor(asked.workers) as pool:
        for faults, failures in pool.map(attack, batches):
            landed += faults
            broken += failures
    lines = [f"{len(seeds)} seeds in {time.monotonic() - began:.1f} s, {len(broken)} broke an invariant"]
    lines += [f"  {name}: {count} landed" for name, count in sorted(landed.items())]
    sys.stdout.write("\n".join(lines + broken) + "\n")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
