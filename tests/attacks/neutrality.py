"""Attack on neutrality (INVARIANTS C-8): worlds with other names and other owners, in which no rank may change.

`python -m tests.attacks.neutrality --worlds 1000 [--seed 0]`; exit 1 at the first rank that changes.
"""

import argparse
import sys
from random import Random

from tests.scheduling.neutral import disagreement


def main() -> int:
    """Run the attack from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    for seed in range(asked.seed, asked.seed + asked.worlds):
        found = disagreement(Random(seed))
        if found is not None:
            print(f"world {seed} ranks by names", *found, sep="\n")  # noqa: T201
            return 1
    print(f"{asked.worlds} worlds, 0 rank changes")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
