"""Attacks G-3 to G-6 on the streams between a region and the national node, both real (INVARIANTS 5.5).

`python -m tests.attacks.streams [--commits 48] [--poison 15] [--forgeries 500] [--deletions 12] [--seed 0]`: transactions
that commit after later ones were relayed and sent, poisoned reports, forged letters, and rows that are gone. 0 leaves one
out. Exit 1 where anything was skipped, blocked, taken or not found. The release tier is `--commits 10000 --poison 300
--forgeries 20000 --deletions 1000`.
"""

import argparse
import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import django
import psycopg

if __name__ == "__main__":
    django.setup()  # before the models below are imported

from kernel.tenancy import as_node
from tests.attacks._streams_forgeries import forgeries
from tests.attacks._streams_nation import AT_ONCE, nation
from tests.attacks._streams_region import attached, deletions, poison, slow_commits


def _found(attack: Callable[[int], list[str]], count: int, seed: int) -> list[str]:
    """What an attack found, also where it could not go on."""
    try:
        return attack(count)
    except AssertionError as error:
        return [f"seed {seed}: {error}"]


def main() -> int:
    """Run the attacks from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--commits", type=int, default=48)
    parser.add_argument("--poison", type=int, default=15)
    parser.add_argument("--forgeries", type=int, default=500)
    parser.add_argument("--deletions", type=int, default=12)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    owner, seed = os.environ["DATABASE_OWNER_URL"], asked.seed
    with (
        nation() as there,
        psycopg.connect(owner, autocommit=True) as here,
        ThreadPoolExecutor(AT_ONCE) as pool,
        as_node("the attack does what services do"),
    ):
        region = attached(there, here)
        attacks = [
            (asked.forgeries, lambda count: forgeries(there, count, seed, pool.map)),
            (asked.deletions, lambda count: deletions(region, count, seed)),
            (asked.poison, lambda count: poison(region, count, seed)),
            (asked.commits, lambda count: slow_commits(region, count, seed)),
        ]
        broken = [each for count, attack in attacks if count for each in _found(attack, count, seed)]
    sys.stdout.write("".join(f"{each}\n" for each in broken[:20]))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
