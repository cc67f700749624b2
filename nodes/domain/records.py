"""The records of a report: their canonical bytes, what they add up to, and the root over them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kernel.merkle import leaf_hash, root
from kernel.objects import canonical_json


def canonical(document: Mapping[str, Any]) -> bytes:
    """JSON, keys sorted, no spaces."""
    return canonical_json(document).encode()


def add_up(records: Iterable[Mapping[str, Any]], names: Sequence[str]) -> dict[str, int]:
    """The sum of each named integer field over the records; a record without the field adds nothing."""
    rows = list(records)
    return {name: sum(int(row.get(name) or 0) for row in rows) for name in names}


def root_of(records: Iterable[Mapping[str, Any]]) -> str:
    """The Merkle root (hex) over the records in their order: a leaf is one record's canonical bytes."""
    return root([leaf_hash(canonical(record)) for record in records]).hex()
