"""Saying what is short, where the ledger knows a resource by its id only."""

from collections.abc import Iterator
from contextlib import contextmanager

from kernel.errors import SoldOut
from kernel.text import Text
from scheduling.selectors.selections import BundleFacts

COMPUTE = Text("算力（台）", "Compute (machines)")
STORAGE = Text("存储（GiB）", "Storage (GiB)")
LINE = Text("专线（Mbps）", "The line (Mbps)")
LINE_BETWEEN = Text("从 {a} 到 {z} 的专线（Mbps）", "The line from {a} to {z} (Mbps)")


def said_of(short: SoldOut, part: Text) -> SoldOut:
    """The same shortage, of a part by the name that its caller knows; its unit belongs to the name."""
    return SoldOut(resource=short.resource, wanted=short.wanted, free=short.free, part=part)


@contextmanager
def naming(part: Text) -> Iterator[None]:
    """Let a SoldOut from within be said of a part."""
    try:
        yield
    except SoldOut as short:
        raise said_of(short, part) from short


@contextmanager
def naming_parts(facts: BundleFacts) -> Iterator[None]:
    """Let a SoldOut from within name the part of the bundle: compute, storage, or the line by its two ends.

    Which span it is, or where it lies, is not the buyer's to know.
    """
    try:
        yield
    except SoldOut as short:
        raise said_of(short, _part_of(short.resource, facts)) from short


def _part_of(resource: object, facts: BundleFacts) -> Text:
    if resource == facts.pool:
        return COMPUTE
    if resource == facts.store:
        return STORAGE
    first, *other = facts.from_sites
    begin = other[0] if other and resource in facts.protection_spans else first
    return LINE_BETWEEN.format(a=begin, z=facts.centre)
