"""Attack on the capacity ledger: crowds on real connections, faults, and a model (INVARIANTS C-1 to C-7 and C-9).

`python -m tests.attacks.claims [--release] [--only C-6 …] [--seed 0]` prints what was raced and how long a buyer waited;
exit 1 where anything was oversold, split, orphaned, expired twice, answered otherwise than by a clean no, or where a fault
did not land. SIZES says how much of each a change must stand, and how much a release.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from multiprocessing import get_context
from random import Random
from threading import Barrier
from typing import Any
from uuid import UUID

import django
from django.db import connections, transaction
from django.db.models import Case, When
from django.db.models.functions import Now

if __name__ in ("__main__", "__mp_main__"):
    django.setup()  # before the models below are imported, here and in the processes of C-7

from kernel.errors import HoldGone, SoldOut
from kernel.ids import new_id
from kernel.models import Capacity, Claim, EventRecord
from kernel.models.capacity import ClaimState
from kernel.services import capacity
from kernel.tenancy import as_node
from tests.attacks._claims_faults import faults
from tests.attacks._claims_market import Sellers, allotments, hoarders
from tests.kernel.ledger import books, claims_of, declare, hold, taken
from tests.kernel.test_capacity_machine import run_machine

Act = Callable[[], Any]
LONGEST_WAIT = 2.0
"""Seconds that a buyer may wait at the 99th percentile (C-1)."""
BUYERS = 64
MILLISECONDS_OF_A_RACE = 300
MOST_TOLD = 20
DAY = timedelta(days=1)
"""What stands after a race does so beyond the attack: none of it falls due in the middle of another race."""


@dataclass
class Crowd:
    """So many threads, each with a connection of its own that it keeps; and what has come of their acts."""

    pool: ThreadPoolExecutor
    seconds: list[float] = field(default_factory=list)
    outcomes: Counter[str] = field(default_factory=Counter)

    def race(self, acts: list[Act]) -> list[Any]:
        """Start the acts at one instant; their results or exceptions in order."""
        gate = Barrier(len(acts))

        def run(act: Act) -> tuple[Any, float]:
            gate.wait(30)
            start = time.perf_counter()
            try:
                with as_node("as the attack itself"):
                    result = act()
            except Exception as error:  # noqa: BLE001 - what came of it is the result
                result = error
            return result, time.perf_counter() - start

        ends = list(self.pool.map(run, acts))
        self.seconds += [seconds for _, seconds in ends]
        self.outcomes.update(type(result).__name__ for result, _ in ends)
        return [result for result, _ in ends]

    @property
    def p99(self) -> float:
        """The time in seconds within which 99 of 100 acts ended."""
        return sorted(self.seconds)[int(len(self.seconds) * 0.99)]


@contextmanager
def crowd(size: int) -> Iterator[Crowd]:
    """A crowd of this size, its connections closed at the end."""
    with ThreadPoolExecutor(size) as pool:
        yield Crowd(pool)
        gate = Barrier(size)

        def leave(_: int) -> None:
            gate.wait(30)
            connections.close_all()

        list(pool.map(leave, range(size)))


def last_unit(people: Crowd, buyers: int, _: Random) -> Iterator[str]:
    """C-1: all want the last unit; one gets it, the others a clean no."""
    cards = declare(1)
    results = people.race([partial(hold, {cards: 1}, ttl=DAY)] * buyers)
    won = sum(isinstance(each, UUID) for each in results)
    lost = sum(isinstance(each, SoldOut) for each in results)
    if (won, lost) != (1, buyers - 1) or books(cards) != (1, 1, 0) or taken(cards) != 1:
        yield f"{won} won and {lost} were told no, of {buyers}; the books say {books(cards)}"


def enough_for_all(people: Crowd, buyers: int, _: Random) -> Iterator[str]:
    """C-2: as many units as buyers; nobody is turned away."""
    cards = declare(buyers)
    won = sum(isinstance(each, UUID) for each in people.race([partial(hold, {cards: 1}, ttl=DAY)] * buyers))
    if won != buyers:
        yield f"{won} of {buyers} won where there was enough"


def mixed_bundles(people: Crowd, buyers: int, dice: Random) -> Iterator[str]:
    """C-3: bundles over a few resources, wished in any order, held and given back; all or nothing, no deadlock."""
    resources = [declare(dice.randint(1, 2 * buyers)) for _ in range(5)]
    bundles = [new_id() for _ in range(buyers)]
    wishes = [
        {each: dice.randint(1, 3) for each in dice.sample(resources, dice.randint(2, 5))} for _ in bundles
    ]
    results = people.race(
        [partial(hold, wish, bundle=bundle) for wish, bundle in zip(wishes, bundles, strict=True)]
    )
    yield from (repr(each) for each in results if not isinstance(each, UUID | SoldOut))
    claims, _states = claims_of(bundles)
    for result, wish, bundle in zip(results, wishes, bundles, strict=True):
        if claims[bundle] != (wish if isinstance(result, UUID) else {}):
            yield f"bundle {bundle} is split: {claims[bundle]} of {wish}"
    for resource in resources:
        total, standing, _peak = books(resource)
        if standing > total or standing != taken(resource):
            yield f"{standing} of {total} are said to stand, {taken(resource)} are taken"
    given = people.race([partial(capacity.release, bundle=bundle) for bundle in bundles])
    yield from (repr(each) for each in given if not isinstance(each, bool))
    if Capacity.objects.filter(resource__in=resources).exclude(standing=0).exists():
        yield "something stands after all was given back"


def expiry_against_confirm(people: Crowd, buyers: int, dice: Random) -> Iterator[str]:
    """C-5: holds that run out while they are confirmed; each ends one way, expires once, and nothing is lost."""
    resources = [declare(buyers) for _ in range(3)]
    with transaction.atomic():
        bundles = [hold(dict.fromkeys(resources, 1)) for _ in range(buyers // 2)]
    left = {bundle: timedelta(milliseconds=dice.randint(0, MILLISECONDS_OF_A_RACE)) for bundle in bundles}
    ends = Case(*[When(bundle=bundle, then=Now() + ttl) for bundle, ttl in left.items()])
    Claim.objects.filter(bundle__in=bundles).update(expires_at=ends)
    over = time.monotonic() + MILLISECONDS_OF_A_RACE / 1000
    acts: list[Act] = [partial(capacity.confirm, bundle=bundle) for bundle in bundles]
    acts += [capacity.expire_next] * len(bundles)
    dice.shuffle(acts)
    yield from (
        repr(each)
        for each in people.race(acts)
        if isinstance(each, Exception) and not isinstance(each, HoldGone)
    )
    time.sleep(max(0, over - time.monotonic()))
    while capacity.expire_next():
        pass
    expired = EventRecord.objects.filter(name="kernel.hold_expired", subject__in=bundles)
    told = Counter(expired.values_list("subject", flat=True))
    for bundle, states in claims_of(bundles)[1].items():
        people.outcomes.update(states)
        if states not in ({ClaimState.CONFIRMED}, {ClaimState.EXPIRED}) or told[bundle] != (
            states == {ClaimState.EXPIRED}
        ):
            yield f"bundle {bundle} is {states} and was told to have expired {told[bundle]} times"
    if any(books(each)[1] != taken(each) for each in resources):
        yield "the books do not say what is taken"


Race = Callable[[Crowd, int, Random], Iterator[str]]
RACES: dict[str, Race | type[Sellers]] = {
    "C-1": last_unit,
    "C-2": enough_for_all,
    "C-3": mixed_bundles,
    "C-3r": allotments,
    "C-5": expiry_against_confirm,
    "C-6": Sellers,
    "C-9": hoarders,
}
ACTS = 100
SIZES = {
    "C-1": (50, 1000),
    "C-2": (50, 500),
    "C-3": (50, 500),
    "C-3r": (25, 500),
    "C-4": (3, 300),
    "C-5": (50, 157),  # of 32 races: 5,024
    "C-6": (50, 2000),
    "C-7": (25, 10000),
    "C-9": (4, 12),  # of 21 bots that try 40 times: 10,080
}
"""What a change must stand of each attack, and a release: rounds of 64 buyers (C-6: of 16), faults of C-4, sequences of a
hundred acts of C-7."""


def run(rounds: Mapping[str, int], *, buyers: int, seed: int) -> list[str]:
    """Run so many rounds of each race; what was broken, in words. Prints a line for each.

    Markets are opened before the first race: opening one tells everybody of all that has happened.
    """
    broken = []
    races: dict[str, Race] = {
        name: kind() if isinstance(kind := RACES[name], type) else kind for name in rounds
    }
    for name, attack in races.items():
        size = max(4, buyers // 4) if isinstance(attack, Sellers) else buyers  # each of them asks both gates
        dice = Random(seed)
        begin = time.monotonic()
        with crowd(size) as people:
            found = [
                f"{name}, round {n}: {each}"
                for n in range(rounds[name])
                for each in attack(people, size, dice)
            ]
        if attack is expiry_against_confirm and not {"confirmed", "expired"} <= set(people.outcomes):
            found.append(f"{name}: one side always won, so nothing was shown: {dict(people.outcomes)}")
        if people.p99 > LONGEST_WAIT and attack is not hoarders:  # a bot's act is forty tries
            found.append(f"{name}: p99 is {people.p99:.2f} s")
        broken += [*found[:MOST_TOLD], *([f"{name}: {len(found)} complaints in all"] if found else [])]
        print(  # noqa: T201 - a command line
            f"{'FAIL' if found else 'ok  '} {name} {RACES[name].__name__}: {rounds[name]} rounds × {size} buyers in "
            f"{time.monotonic() - begin:.1f} s, p99 {people.p99 * 1000:.0f} ms, {dict(people.outcomes)}",
            flush=True,
        )
    return broken


def model(sequences: int, seed: int) -> list[str]:
    """C-7: so many sequences of acts against the model, by two processes; the first of each that differs, in words."""
    begin = time.monotonic()
    shares = [sequences // 2, sequences - sequences // 2]
    with ProcessPoolExecutor(len(shares), mp_context=get_context("spawn")) as pool:
        ends = list(pool.map(differs, shares, [seed * len(shares) + n for n, _ in enumerate(shares)]))
    found = [f"C-7: {end}" for end in ends if end]
    print(  # noqa: T201 - a command line
        f"{'FAIL' if found else 'ok  '} C-7 model: {sequences} × {ACTS} acts in {time.monotonic() - begin:.1f} s, "
        f"{len(found)} divergences",
        flush=True,
    )
    return found


def differs(sequences: int, seed: int) -> str:
    """Where one of so many sequences differs from the model, or nothing; in a process of its own."""
    try:
        with as_node("the attack does what services do"):
            run_machine(sequences=sequences, acts=ACTS, at=seed)
    except AssertionError as error:
        return "\n".join([str(error), *getattr(error, "__notes__", [])])
    return ""


def main() -> int:
    """Run the attack from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--release", action="store_true", help="at the size of a release")
    parser.add_argument(
        "--only", nargs="+", choices=SIZES, default=SIZES, metavar="C-n", help=", ".join(SIZES)
    )
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    sizes = {name: SIZES[name][asked.release] for name in asked.only}
    with as_node("the attack does what services do"):
        rounds = {name: size for name, size in sizes.items() if name in RACES}
        broken = run(rounds, buyers=BUYERS, seed=asked.seed)
        broken += model(sizes["C-7"], asked.seed) if "C-7" in sizes else []
    broken += faults(sizes["C-4"], asked.seed) if "C-4" in sizes else []
    print(*broken, sep="\n")  # noqa: T201 - a command line
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
