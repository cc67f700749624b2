"""A supply with some rows changed; what the change does not touch is shared with the supply before."""

from collections.abc import Iterable, Mapping
from typing import Any

from scheduling.domain.extras import EXTRA_PARTS, EXTRA_TABLES, Extras
from scheduling.domain.patches import patched
from scheduling.domain.rows import TABLES, Offer, Span
from scheduling.domain.supply import Supply, networks_of

PARTS = ("sites", "spans", "tariffs", "centres", "offers")
"""The tables of a supply in the order they are hashed."""

ALL_PARTS = (*PARTS, *EXTRA_PARTS)
ALL_TABLES = (*TABLES, *EXTRA_TABLES)
"""The tables of the files, and then those that only the service knows."""

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
    networks = supply.networks
    if touched["sites"]:
        networks = networks_of(tables["sites"], tables["spans"].values())
    elif touched["spans"]:
        before, after = _spans(supply.spans, touched["spans"]), _spans(tables["spans"], touched["spans"])
        providers = {span.line_provider for span in (*before, *after)}
        theirs = [span for span in tables["spans"].values() if span.line_provider in providers]
        others = {name: network for name, network in networks.items() if name not in providers}
        networks = others | networks_of(tables["sites"], theirs)
    columns = supply.columns
    if touched["offers"] or touched["centres"]:
        old: list[Offer] = [supply.offers[key] for key in touched["offers"] if key in supply.offers]
        new: list[Offer] = [tables["offers"][key] for key in touched["offers"] if key in tables["offers"]]
        columns = columns.changed(old, new, tables["centres"])
    extras = Extras(**_tables(supply.extras, EXTRA_PARTS, put, dropped), known=extras_snapshot)
    return Supply(**tables, networks=networks, columns=columns, known_snapshot=snapshot, extras=extras)


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


def _spans(rows: Mapping[str, Span], keys: Iterable[str]) -> list[Span]:
    return [rows[key] for key in keys if key in rows]
