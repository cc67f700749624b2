"""A supply with some rows changed; what the change does not touch is shared with the supply before."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from scheduling.domain.routing.network import Network
from scheduling.domain.rows import TABLES, Offer, Site, Span
from scheduling.domain.supply.calendars import changed_calendars
from scheduling.domain.supply.extras import EXTRA_PARTS, EXTRA_TABLES, Extras
from scheduling.domain.supply.patches import patched
from scheduling.domain.supply.supply import Supply, networks_of

PARTS = ("sites", "spans", "tariffs", "centres", "offers")
"""The tables of a supply in the order they are hashed."""

ALL_PARTS = (*PARTS, *EXTRA_PARTS)
ALL_TABLES = (*TABLES, *EXTRA_TABLES)
"""The tables of the files, and then those that only the service knows."""

R = TypeVar("R")

Rows = Mapping[str, Mapping[str, Any]]
"""Table → row id → row."""


def changed(
    supply: Supply,
    put: Rows,
    dropped: Mapping[str, Iterable[str]],
    snapshot: str,
    extras_snapshot: str | None = None,
) -> Supply:
    """The supply with the rows `put` (new, or in place of those of the same id) and without those `dropped`.

    `snapshot` and `extras_snapshot` are the content hashes of the result. References are the caller's to keep whole.
    """
    tables = _tables(supply, PARTS, put, dropped)
    touched = {name: {*put.get(name, ()), *dropped.get(name, ())} for name in PARTS}
    networks = _networks(supply, tables, touched)
    columns = supply.columns
    if touched["offers"] or touched["centres"]:
        old: list[Offer] = [supply.offers[key] for key in touched["offers"] if key in supply.offers]
        new: list[Offer] = [tables["offers"][key] for key in touched["offers"] if key in tables["offers"]]
        columns = columns.changed(old, new, tables["centres"])
    more = _tables(supply.extras, EXTRA_PARTS, put, dropped)
    terms = supply.extras.terms if more["term_tariffs"] is supply.extras.term_tariffs else None
    extras = Extras(**more, known=extras_snapshot, known_terms=terms)
    booked = changed_calendars(supply.booked, put.get("booked", {}).values(), dropped.get("booked", ()))
    return Supply(
        **tables,
        networks=networks,
        columns=columns,
        known_snapshot=snapshot,
        extras=extras,
        known_booked=booked,
    )


def _networks(
    supply: Supply, tables: Mapping[str, Any], touched: Mapping[str, set[str]]
) -> Mapping[str, Network]:
    """The networks of which nothing changed as they are; others with their spans in place, or built anew."""
    spans: Mapping[str, Span] = tables["spans"]
    hops = _hops(supply.sites, tables["sites"], touched["sites"])
    before, after = (_rows(table, touched["spans"]) for table in (supply.spans, spans))
    over = {span.span for span in before} - {span.span for span in after}
    put: dict[str, list[Span]] = {}
    for span in after:
        put.setdefault(span.line_provider, []).append(span)
    anew = {
        span.line_provider
        for span in before
        if span.span in over or spans[span.span].line_provider != span.line_provider
    }
    networks = dict(supply.networks)
    for provider, network in supply.networks.items():
        theirs = put.get(provider, ())
        if provider in anew or not (theirs or hops.keys() & network.site_index.keys()):
            continue
        if (same := network.changed(hops, theirs)) is None:
            anew.add(provider)
        else:
            networks[provider] = same
    anew |= put.keys() - networks.keys()
    if not anew:
        return networks
    group = [span for span in spans.values() if span.line_provider in anew]
    others = {name: network for name, network in networks.items() if name not in anew}
    return others | networks_of(tables["sites"], group)


def _hops(before: Mapping[str, Site], after: Mapping[str, Site], keys: Iterable[str]) -> dict[str, int]:
    """The delays of the sites that have another now, or none before."""
    rows = {row.site: row.hop_us for row in _rows(after, keys)}
    old = {row.site: row.hop_us for row in _rows(before, rows)}
    return {site: hop for site, hop in rows.items() if old.get(site) != hop}


def _tables(
    holder: Supply | Extras, names: Iterable[str], put: Rows, dropped: Mapping[str, Iterable[str]]
) -> dict[str, Any]:
    """The tables with the changes; one that is not touched is shared with the holder."""
    tables: dict[str, Any] = {}
    for name in names:
        rows: Mapping[str, Any] = getattr(holder, name)
        keys = {*put.get(name, ()), *dropped.get(name, ())}
        if keys:
            rows = patched(rows, put.get(name, {}), dropped.get(name, ()))
        tables[name] = rows
    return tables


def _rows(rows: Mapping[str, R], keys: Iterable[str]) -> list[R]:
    return [rows[key] for key in keys if key in rows]
