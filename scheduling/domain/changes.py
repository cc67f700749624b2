"""A supply with some rows changed; what the change does not touch is shared with the supply before."""

from collections.abc import Iterable, Mapping
from typing import Any

from scheduling.domain.rows import Offer, Row, Span
from scheduling.domain.supply import Supply, networks_of

PARTS = ("sites", "spans", "tariffs", "centres", "offers")
"""The tables of a supply in the order they are hashed."""

Rows = Mapping[str, Mapping[str, Row]]
"""Table → row id → row."""


def changed(supply: Supply, put: Rows, dropped: Mapping[str, Iterable[str]], snapshot: str) -> Supply:
    """The supply with the rows `put` (new, or in place of those of the same id) and without those `dropped`.

    `snapshot` is the content hash of the result. References are the caller's to keep whole.
    """
    tables: dict[str, Any] = {name: getattr(supply, name) for name in PARTS}
    touched = {name: {*put.get(name, ()), *dropped.get(name, ())} for name in PARTS}
    for name, keys in touched.items():
        if keys:
            rows = {key: row for key, row in tables[name].items() if key not in keys}
            tables[name] = rows | dict(put.get(name, {}))
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
    return Supply(**tables, networks=networks, columns=columns, known_snapshot=snapshot)


def _spans(rows: Mapping[str, Span], keys: Iterable[str]) -> list[Span]:
    return [rows[key] for key in keys if key in rows]
