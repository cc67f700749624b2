"""Attack on exactness: lines on real topologies, the engine against an integer program.

`python -m tests.attacks.programs --demands 50 [--seed 0]` asks so many on each network; exit 1 at the first mismatch.
Without the shared topologies there is nothing to ask: it says so and passes.
"""

import argparse
import sys
from collections import Counter
from random import Random

from scheduling.domain.engine.lines import LineChoice
from tests.scheduling.programs import NETWORKS, TOPOLOGIES, cases, disagreement, engine


def main() -> int:
    """Run the attack from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--demands", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    if not TOPOLOGIES.exists():
        print(f"no topologies at {TOPOLOGIES}: nothing asked")  # noqa: T201
        return 0
    covered: Counter[str] = Counter()
    for name in NETWORKS:
        for case in cases(name, asked.demands, Random(f"{name} {asked.seed}")):
            found = disagreement(case)
            if found is not None:
                print(f"{name} disagrees", case.demand, case.target, *found, sep="\n")  # noqa: T201
                return 1
            ours = engine(case)
            covered[f"{case.demand.protection}: {'line' if isinstance(ours, LineChoice) else ours}"] += 1
    for outcome, count in sorted(covered.items()):
        print(f"{count:8} {outcome}")  # noqa: T201
    print(f"{sum(covered.values())} demands on {len(NETWORKS)} networks, 0 mismatches")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
