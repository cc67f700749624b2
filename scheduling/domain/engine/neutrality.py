"""The same question in a world with other names and other owners: what an answer may not depend on (INVARIANTS C-8)."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any, TypeVar

from scheduling.domain.demand import Demand
from scheduling.domain.engine.answer import Answer, Bundle
from scheduling.domain.engine.wishes import Wishes
from scheduling.domain.rows import TABLES, Offer, row_id
from scheduling.domain.supply.extras import EXTRA_TABLES, Extras
from scheduling.domain.supply.supply import Supply

T = TypeVar("T")
Names = Mapping[str, Mapping[str, str]]
"""By kind (site, span, line_provider, centre, offer, provider) the new name of each old one."""
_COLUMNS = {name: name for name in ("site", "span", "line_provider", "centre", "offer", "provider")} | {
    "a": "site",
    "b": "site",
}
"""The columns in which names stand, and of which kind they are."""


@dataclass(frozen=True, slots=True)
class Owned:
    """Whose labels are to end up with others: compute providers and line providers, by their names in the supply."""

    providers: Collection[str] = ()
    line_providers: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class World:
    """A supply under other names; `back` has the old name of each new one."""

    supply: Supply
    names: Names
    back: Names


def relabelled(rng: Random, supply: Supply, owned: Owned, *, by_owner: bool) -> World:
    """The supply with all names dealt anew, and with rows in another order.

    Line providers change names with one another; so do owners of offers (`by_owner`), as a demand that names providers
    needs; else every offer is given the owner of another, so that not even how much somebody owns stays as it was.
    Wherever there are enough others, what bears an `owned` label bears another's afterwards.
    """
    names: dict[str, Mapping[str, str]] = {
        "site": _dealt(rng, supply.sites),
        "span": _dealt(rng, supply.spans),
        "centre": _dealt(rng, supply.centres),
        "offer": _dealt(rng, supply.offers),
        "line_provider": _exchanged(rng, line_providers(supply), owned.line_providers),
        "provider": {},
    }
    tables = [list(getattr(supply, table.name).values()) for table in TABLES]
    offers: list[Offer] = sorted(
        tables[4], key=lambda row: row.offer
    )  # what is dealt hangs on no order of rows
    if by_owner:
        names["provider"] = _exchanged(rng, {row.provider for row in offers}, owned.providers)
    else:
        dealt = _rotated(rng, offers, [row.provider in owned.providers for row in offers])
        tables[4] = [replace(row, provider=other.provider) for row, other in dealt]
    renamed = [[_renamed(row, names) for row in rows] for rows in tables]
    for rows in renamed:
        rng.shuffle(rows)
    extras: dict[str, Any] = {}
    for table in EXTRA_TABLES:
        rows = [_renamed(row, names) for row in getattr(supply.extras, table.name).values()]
        extras[table.name] = {row_id(table, row): row for row in rows}
    back = {kind: {new: old for old, new in pairs.items()} for kind, pairs in names.items()}
    return World(Supply.build(*renamed, snapshot="relabelled", extras=Extras(**extras)), names, back)


def line_providers(supply: Supply) -> set[str]:
    """Whoever has a tariff or a network in the supply."""
    return {row.line_provider for row in supply.tariffs.values()} | set(supply.networks)


def asked_there(demand: Demand, wishes: Wishes, world: World) -> tuple[Demand, Wishes]:
    """The same demand and wishes under the names of the other world, by nobody: its own name is gone too."""
    names = world.names

    def among(kind: str, listed: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(names[kind].get(name, name) for name in listed)

    centre, line, providers, access = demand.centre, demand.line, demand.providers, wishes.access
    start = wishes.from_centre
    if access.ends is not None:
        ends = tuple(_renamed(end, names) for end in access.ends)
        access = replace(access, ends=ends)
    return replace(
        demand,
        demand="relabelled",
        from_site=names["site"][demand.from_site],
        centre=replace(
            centre, include=among("centre", centre.include), exclude=among("centre", centre.exclude)
        ),
        line=replace(line, providers=among("line_provider", line.providers)),
        providers=replace(
            providers,
            include=among("provider", providers.include),
            exclude=among("provider", providers.exclude),
        ),
    ), replace(
        wishes,
        access=access,
        waits={_key(key, names): days for key, days in wishes.waits.items()},
        from_centre=None if start is None else names["centre"].get(start, start),
    )


def differences(here: Answer, there: Answer, back: Names) -> tuple[str, ...]:
    """What differs between two answers to one question though only labels do; empty where nothing does.

    `ranks`: which bundles rank where, of which total, latency and score; `pareto`, `rejected` and `relax` where they were wanted.
    Ids alone decide which of the bundles that share the last rank find room on a page, so of these only the values count.
    """
    pairs = (
        ("ranks", _ranks(here, {}), _ranks(there, back)),
        ("pareto", _front(here, {}), _front(there, back)),
        ("rejected", here.rejected, there.rejected),
        ("relax", (_relaxed(here), here.start_before), (_relaxed(there), there.start_before)),
    )
    return tuple(name for name, one, other in pairs if one != other)


def ranked(answer: Answer, back: Names) -> list[tuple[Any, ...]]:
    """Each bundle's rank and exact values under the first names, in an order that knows nothing of names' order."""
    pairs = zip(answer.ranks, answer.bundles, strict=True)
    return sorted((rank, *_values(bundle, back)) for rank, bundle in pairs)


def _ranks(answer: Answer, back: Names) -> tuple[Any, ...]:
    found = ranked(answer, back)
    if not answer.tied_beyond:
        return found, 0
    last = answer.ranks[-1]
    kept = [row for row in found if row[0] != last]
    return kept, [row[:4] for row in found if row[0] == last], answer.tied_beyond


def _front(answer: Answer, back: Names) -> list[tuple[Any, ...]] | None:
    return None if answer.pareto is None else sorted(_values(bundle, back) for bundle in answer.pareto)


def _relaxed(answer: Answer) -> list[tuple[Any, ...]] | None:
    """The relaxations without what was stated, which may hold names."""
    return (
        None
        if answer.relax is None
        else [(each.constraint, each.nearest, each.admits) for each in answer.relax]
    )


def _values(bundle: Bundle, back: Names) -> tuple[Any, ...]:
    score = None if bundle.score is None else bundle.score.known
    offer, provider = (
        back.get(kind, {}).get(name, name)
        for kind, name in (("offer", bundle.offer), ("line_provider", bundle.line_provider))
    )
    return bundle.total, bundle.line.latency, score or 0, offer, provider, bundle.technology


def _dealt(rng: Random, old: Iterable[str]) -> dict[str, str]:
    """New names for all: the old ones, dealt anew."""
    cards = sorted(old)
    keys = list(cards)
    rng.shuffle(cards)
    return dict(zip(keys, cards, strict=True))


def _exchanged(rng: Random, old: Iterable[str], owned: Collection[str]) -> dict[str, str]:
    """The same, so that nobody keeps a name where there are two, and who is owned takes one of those who are not."""
    known = sorted(old)
    return dict(_rotated(rng, known, [name in owned for name in known]))


def _rotated(rng: Random, things: Sequence[T], owned: Sequence[bool]) -> list[tuple[T, T]]:
    """Each thing and another one: those that are owned get one that is not, for as many as there are.

    Both kinds are shuffled and laid in one row, the owned first; each takes what lies as many places on as there are of the fewer.
    """
    ours = [thing for thing, mine in zip(things, owned, strict=True) if mine]
    theirs = [thing for thing, mine in zip(things, owned, strict=True) if not mine]
    rng.shuffle(ours)
    rng.shuffle(theirs)
    row = [*ours, *theirs]
    by = max(1, min(len(ours), len(theirs)))
    return [(thing, row[(at + by) % len(row)]) for at, thing in enumerate(row)]


def _renamed(row: Any, names: Names) -> Any:
    changes = {
        column: names[kind].get(getattr(row, column), getattr(row, column))
        for column, kind in _COLUMNS.items()
        if hasattr(row, column)
    }
    if hasattr(row, "steps"):
        changes["key"] = (
            _of_store(row.key, names) if row.part == "store" else names[row.part].get(row.key, row.key)
        )
    return replace(row, **changes)


def _of_store(store: str, names: Names) -> str:
    centre, storage_class = store.rsplit("|", 1)
    return f"{names['centre'].get(centre, centre)}|{storage_class}"


def _key(tariff: str, names: Names) -> str:
    provider, rest = tariff.split("|", 1)
    return f"{names['line_provider'].get(provider, provider)}|{rest}"
