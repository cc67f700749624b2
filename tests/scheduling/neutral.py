"""A world with other names and other owners, in which nothing else is different: what an answer may not depend on."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from random import Random
from typing import Any

from scheduling.domain.answer import Answer, Bundle
from scheduling.domain.demand import Demand
from scheduling.domain.extras import EXTRA_TABLES, Extras
from scheduling.domain.rows import TABLES, row_id
from scheduling.domain.selection import lines_of, select
from scheduling.domain.supply import Supply
from scheduling.domain.wishes import Access, Wishes
from tests.scheduling.wished import small_extras, small_wishes
from tests.scheduling.worlds import small_demand, small_supply

NAMES = ("site", "span", "line_provider", "centre", "offer")
"""What is renamed, and in which columns the names stand."""
COLUMNS = {name: name for name in NAMES} | {"a": "site", "b": "site"}

Names = Mapping[str, Mapping[str, str]]


def disagreement(rng: Random) -> tuple[Demand, Any, Any] | None:
    """(demand, ranks, ranks in the other world) where names or owners count for something, else None."""
    supply = small_supply(rng)
    supply = replace(supply, extras=small_extras(rng, supply))
    names = _names(rng, supply)
    back = {kind: {new: old for old, new in pairs.items()} for kind, pairs in names.items()}
    other = _renamed(rng, supply, names)
    for _ in range(4):
        demand, wishes = small_wishes(rng, small_demand(rng, supply), supply)
        demand = replace(demand, top=500, providers=replace(demand.providers, include=(), exclude=()))
        one = select(supply, demand, lines_of(supply, demand, wishes))
        asked, wished = _asked(demand, wishes, names)
        two = select(other, asked, lines_of(other, asked, wished))
        ours, theirs = _standing(one, {}), _standing(two, back)
        if ours != theirs or one.rejected != two.rejected or one.tied_beyond != two.tied_beyond:
            return demand, ours, theirs
    return None


def _standing(answer: Answer, back: Names) -> list[tuple[Any, ...]]:
    """Each bundle's rank and exact values, under the first names, in an order that knows nothing of names' order."""
    ranked = zip(answer.ranks, answer.bundles, strict=True)
    return sorted((rank, *_values(bundle, back)) for rank, bundle in ranked)


def _values(bundle: Bundle, back: Names) -> tuple[Any, ...]:
    score = None if bundle.score is None else bundle.score.known
    offer, provider = (
        back.get(kind, {}).get(name, name)
        for kind, name in (("offer", bundle.offer), ("line_provider", bundle.line_provider))
    )
    return bundle.total, bundle.line.latency, score or 0, offer, provider, bundle.technology


def _names(rng: Random, supply: Supply) -> Names:
    """New names for everything that has one: the old ones, dealt anew."""
    known: dict[str, Iterable[str]] = {
        "site": supply.sites,
        "span": supply.spans,
        "line_provider": sorted(
            {row.line_provider for row in supply.tariffs.values()} | set(supply.networks)
        ),
        "centre": supply.centres,
        "offer": supply.offers,
    }
    dealt = {}
    for kind, old in known.items():
        cards = list(old)
        rng.shuffle(cards)
        dealt[kind] = dict(zip(old, cards, strict=True))
    return dealt


def _renamed(rng: Random, supply: Supply, names: Names) -> Supply:
    tables: list[list[Any]] = [
        [_row(row, names) for row in getattr(supply, table.name).values()] for table in TABLES
    ]
    owners = [row.provider for row in tables[4]]
    rng.shuffle(owners)
    tables[4] = [replace(row, provider=owner) for row, owner in zip(tables[4], owners, strict=True)]
    for rows in tables:
        rng.shuffle(rows)
    extras: dict[str, Any] = {}
    for table in EXTRA_TABLES:
        rows = [_row(row, names) for row in getattr(supply.extras, table.name).values()]
        extras[table.name] = {row_id(table, row): row for row in rows}
    return Supply.build(*tables, extras=Extras(**extras))


def _row(row: Any, names: Names) -> Any:
    changes = {
        column: names[kind].get(getattr(row, column), getattr(row, column))
        for column, kind in COLUMNS.items()
        if hasattr(row, column)
    }
    if hasattr(row, "steps"):
        changes["key"] = names[row.part][row.key]
    return replace(row, **changes)


def _key(tariff: str, names: Names) -> str:
    provider, rest = tariff.split("|", 1)
    return f"{names['line_provider'].get(provider, provider)}|{rest}"


def _asked(demand: Demand, wishes: Wishes, names: Names) -> tuple[Demand, Wishes]:
    def among(kind: str, listed: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(names[kind].get(name, name) for name in listed)

    centre, line, access = demand.centre, demand.line, wishes.access
    if access.ends is not None:
        ends = tuple(
            replace(
                end,
                line_provider=names["line_provider"].get(end.line_provider, end.line_provider),
                site=None if end.site is None else names["site"][end.site],
            )
            for end in access.ends
        )
        access = Access(access.latency_us, ends)
    return replace(
        demand,
        from_site=names["site"][demand.from_site],
        centre=replace(
            centre, include=among("centre", centre.include), exclude=among("centre", centre.exclude)
        ),
        line=replace(line, providers=among("line_provider", line.providers)),
    ), replace(wishes, access=access, waits={_key(key, names): days for key, days in wishes.waits.items()})
