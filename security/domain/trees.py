"""Merkle trees over stored subtrees: which nodes to add, and which to read for a root or a proof (RFC 9162 §2.1).

A node is (level, index): the root of the complete subtree over leaves [index·2^level, (index+1)·2^level).
Only complete subtrees are stored; they never change, so a tree of n leaves grows in O(1) hashes a leaf and is
proved by O(log n) of them. `kernel.merkle` says the same in linear time, and tests hold the two together.
"""

from collections.abc import Mapping, Sequence

from kernel.merkle import node_hash

Node = tuple[int, int]
Range = tuple[int, int]


def complete_nodes(start: int, end: int) -> list[Node]:
    """The complete subtrees that make up the leaves [start, end) of a tree, largest and leftmost first."""
    nodes = []
    while start < end:
        level = (end - start).bit_length() - 1
        nodes.append((level, start >> level))
        start += 1 << level
    return nodes


def fold(hashes: Sequence[bytes]) -> bytes:
    """The root over complete subtrees given largest first (at least one)."""
    top = hashes[-1]
    for left in reversed(hashes[:-1]):
        top = node_hash(left, top)
    return top


def grown(size: int, frontier: Mapping[Node, bytes], leaves: Sequence[bytes]) -> dict[Node, bytes]:
    """The nodes to store when leaf hashes follow the first `size`; `frontier` holds complete_nodes(0, size)."""
    known: dict[Node, bytes] = dict(frontier)
    fresh: dict[Node, bytes] = {}
    for index, leaf in enumerate(leaves, start=size):
        level, top = 0, leaf
        known[0, index] = fresh[0, index] = top
        while (index >> level) & 1:
            top = node_hash(known[level, (index >> level) - 1], top)
            level += 1
            known[level, index >> level] = fresh[level, index >> level] = top
    return fresh


def inclusion_ranges(index: int, size: int) -> list[Range]:
    """The ranges of leaves whose roots are the audit path of leaf `index` in a tree of `size`, nearest first."""
    if not 0 <= index < size:
        raise IndexError(index)
    start, end, path = 0, size, []
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append((middle, end))
            end = middle
        else:
            path.append((start, middle))
            start = middle
    return path[::-1]


def consistency_ranges(old: int, size: int) -> list[Range]:
    """The ranges of leaves whose roots prove that a tree of `size` extends its first `old` leaves."""
    if not 0 < old <= size:
        raise IndexError(old)
    return _subproof(old, 0, size, whole=True)


def _subproof(old: int, start: int, end: int, *, whole: bool) -> list[Range]:
    if old == end - start:
        return [] if whole else [(start, end)]
    k = _split(end - start)
    if old <= k:
        return [*_subproof(old, start, start + k, whole=whole), (start + k, end)]
    return [*_subproof(old - k, start + k, end, whole=False), (start, start + k)]


def _split(size: int) -> int:
    """The largest power of two below `size` (size ≥ 2)."""
    return 1 << (size - 1).bit_length() - 1
