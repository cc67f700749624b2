"""What a fairness audit learns of one selection: its replay, its answer under other labels, and who stood where in both."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import numpy as np

from kernel.text import Vocabulary
from scheduling.domain.demand import Demand
from scheduling.domain.engine.answer import Answer
from scheduling.domain.engine.costs import costs_of
from scheduling.domain.engine.files import answer_bytes, answer_json
from scheduling.domain.engine.lines import Lines
from scheduling.domain.engine.neutrality import (
    Names,
    Owned,
    World,
    asked_there,
    differences,
    line_providers,
    relabelled,
)
from scheduling.domain.engine.screening import screen
from scheduling.domain.engine.selection import lines_of, select
from scheduling.domain.engine.standings import by_site, standings
from scheduling.domain.engine.wishes import Wishes
from scheduling.domain.supply.supply import Supply

COMPUTE, LINE = "compute", "line"
Party = tuple[str, str]
"""(compute or line, name): a compute provider by the code in the supply's offers, a line provider by its key."""
Parties = frozenset[Party]


class Outcome(Vocabulary):
    """What came of replaying a stored selection."""

    SAME = "same", "重放逐字节一致", "Replayed to the byte"
    DIFFERS = "differs", "重放与当时答案不一致", "The replay differs from the answer of then"
    FORGOTTEN = "forgotten", "当时的供给快照已过保存期", "The snapshot of then is not kept any more"
    OUTDATED = "outdated", "早期版本所存信息不足以重放", "An earlier release kept too little for a replay"
    UNREADABLE = "unreadable", "当时的需求现已无法读取", "The demand of then cannot be read any more"


@dataclass(frozen=True, slots=True)
class Examined:
    """One selection: what came of its replay, what differs once only labels do, and who stood where.

    Where it was replayed: `eligible` are those with a bundle that meets every constraint, `shown` those on the page of then,
    `first` those of its first rank; `shown_there` and `first_there` the same of the answer under other labels, under their
    own names. `cut`: the last rank did not find room on the page, so ids decided who of it did. `alone`: nobody else is there
    whose label could be given.
    """

    outcome: Outcome
    differences: tuple[str, ...] = ()
    eligible: Parties = frozenset()
    shown: Parties = frozenset()
    first: Parties = frozenset()
    shown_there: Parties = frozenset()
    first_there: Parties = frozenset()
    cut: bool = False
    alone: bool = False


class Examiner:
    """Examines selections that were answered on one supply; `seed` deals the labels, and the same seed deals the same."""

    def __init__(self, supply: Supply, seed: str, owned: Owned) -> None:
        self.supply = supply
        self._seed, self._owned = seed, owned
        self._worlds: dict[bool, World] = {}
        owners, carriers = {row.provider for row in supply.offers.values()}, line_providers(supply)
        self._alone = len(owners) < 2 and len(carriers) < 2  # noqa: PLR2004 - nobody to exchange labels with

    def examine(
        self, demand: Demand, wishes: Wishes, stored: Mapping[str, Any], ranks: Sequence[int]
    ) -> Examined:
        """Answer a stored demand again, compare with the answer of then, and answer it under other labels.

        `ranks` are those of the stored bundles; an earlier release kept none, and then the first on the page counts as first.
        """
        supply = self.supply
        lines = lines_of(supply, demand, wishes)
        here = select(supply, demand, lines)
        world = self._world(by_owner=bool(demand.providers.include or demand.providers.exclude))
        asked, wished = asked_there(demand, wishes, world)
        there = select(world.supply, asked, lines_of(world.supply, asked, wished))
        same = answer_bytes(answer_json(here)) == answer_bytes(stored)
        return Examined(
            outcome=Outcome.SAME if same else Outcome.DIFFERS,
            differences=differences(here, there, world.back),
            eligible=eligible(supply, demand, lines),
            shown=self.bundles(stored, range(len(stored["bundles"]))),
            first=self.bundles(stored, [at for at, rank in enumerate(ranks or (1,)) if rank == 1]),
            shown_there=self._parties(there, world.back),
            first_there=self._parties(there, world.back, first=True),
            cut=here.tied_beyond > 0,
            alone=self._alone,
        )

    def bundles(self, stored: Mapping[str, Any], indices: Iterable[int]) -> Parties:
        """The parties of the bundles at these places of an answer, as of those that were ordered."""
        rows = stored["bundles"]
        found = [rows[at] for at in indices if at < len(rows)]
        return frozenset(party for row in found for party in self._of(row["offer"], row["line_provider"]))

    def _world(self, *, by_owner: bool) -> World:
        if by_owner not in self._worlds:
            rng = Random(f"{self._seed}|{self.supply.snapshot}|{by_owner}")  # noqa: S311 - to be dealt again by anybody
            self._worlds[by_owner] = relabelled(rng, self.supply, self._owned, by_owner=by_owner)
        return self._worlds[by_owner]

    def _parties(self, answer: Answer, back: Names, *, first: bool = False) -> Parties:
        offers, carriers = back["offer"], back["line_provider"]
        return frozenset(
            party
            for rank, bundle in zip(answer.ranks, answer.bundles, strict=True)
            if rank == 1 or not first
            for party in self._of(offers[bundle.offer], carriers[bundle.line_provider])
        )

    def _of(self, offer: str, line_provider: str) -> tuple[Party, ...]:
        known = self.supply.offers.get(offer)
        owner = () if known is None else ((COMPUTE, known.provider),)
        return *owner, (LINE, line_provider)


def eligible(supply: Supply, demand: Demand, lines: Lines) -> Parties:
    """Whoever has a part in any feasible bundle, shown or not."""
    columns, wishes = supply.columns, lines.wishes
    fits = np.logical_and.reduce([each.passes for each in screen(supply, demand, wishes)])
    owners = {code: name for name, code in columns.codes["provider"].items()}
    found: set[Party] = set()
    for standing in standings(costs_of(supply, demand, wishes), lines, by_site(columns, fits)):
        if standing.affordable:
            codes = np.unique(columns.texts["provider"][standing.rows[: standing.affordable]])
            found.update((COMPUTE, owners[code]) for code in codes.tolist())
            found.add((LINE, standing.product[0]))
    return frozenset(found)
