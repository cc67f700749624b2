"""The content hash of a supply: rows in 4096 buckets a table, so that a small change rehashes one bucket."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Protocol

BUCKETS = 4096


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


EMPTY_BUCKET = _sha256(b"")
"""The hash of a bucket without rows: SHA-256 of the empty concatenation."""


def bucket_of(row_id: str) -> int:
    """The bucket 0…4095 of a row: the first 12 bits of SHA-256 of its id in UTF-8."""
    return int.from_bytes(hashlib.sha256(row_id.encode()).digest()[:2]) >> 4


_WRITER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def row_hash(cells: Mapping[str, str | int | None]) -> str:
    """SHA-256 (hex) of a row's canonical JSON: sorted keys, no spaces, UTF-8."""
    return _sha256(_WRITER.encode(cells).encode())


def bucket_hash(row_hashes: Iterable[str]) -> str:
    """SHA-256 of a bucket's sorted row hashes (hex), one after the other."""
    return _sha256("".join(sorted(row_hashes)).encode())


def table_hash(bucket_hashes: Iterable[str]) -> str:
    """SHA-256 of the 4096 bucket hashes (hex) in order."""
    return _sha256("".join(bucket_hashes).encode())


class TableDigest:
    """The hash of one table, kept up to date row by row: `put` and `drop` touch one bucket each."""

    def __init__(self) -> None:
        self._rows: dict[int, dict[str, str]] = {}
        self._hashes = [EMPTY_BUCKET] * BUCKETS
        self._stale: set[int] = set()

    def put(self, row_id: str, cells: Mapping[str, str | int | None]) -> None:
        """Add a row or replace the one of that id; cells are the known columns with defaults filled in."""
        bucket = bucket_of(row_id)
        self._rows.setdefault(bucket, {})[row_id] = row_hash(cells)
        self._stale.add(bucket)

    def drop(self, row_id: str) -> None:
        """Remove a row; raises KeyError where there is none of that id."""
        bucket = bucket_of(row_id)
        del self._rows[bucket][row_id]
        self._stale.add(bucket)

    def hexdigest(self) -> str:
        """SHA-256 of the bucket hashes in order; only buckets that changed are hashed again."""
        for bucket in self._stale:
            self._hashes[bucket] = bucket_hash(self._rows[bucket].values())
        self._stale.clear()
        return table_hash(self._hashes)


class Tabular(Protocol):
    """What can be hashed: the five tables in their fixed order, each row as (id, canonical cells)."""

    def tables(self) -> Iterable[Iterable[tuple[str, Mapping[str, str | int | None]]]]:
        """Sites, spans, tariffs, centres, offers."""


def combine(table_hashes: Iterable[str]) -> str:
    """The snapshot hash `sha256:…` of the table hashes (hex) of sites, spans, tariffs, centres, offers."""
    return "sha256:" + _sha256("".join(table_hashes).encode())


def hash_of_table(rows: Iterable[tuple[str, Mapping[str, str | int | None]]]) -> str:
    """The hash (hex) of one table, each row as (id, canonical cells)."""
    table = TableDigest()
    for row_id, cells in rows:
        table.put(row_id, cells)
    return table.hexdigest()


def snapshot_hash(supply: Tabular) -> str:
    """The content hash of a whole supply, independent of the order of its rows."""
    return combine([hash_of_table(rows) for rows in supply.tables()])
