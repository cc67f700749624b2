"""Merkle trees in the shape of RFC 9162 §2.1: roots, and proofs that a leaf is in and that a tree grew.

Leaves are given as leaf hashes (32 bytes each); the empty tree's root is the digest of nothing.
"""

from collections.abc import Sequence

from kernel.crypto.digests import Digest, sha256


def leaf_hash(data: bytes, digest: Digest = sha256) -> bytes:
    """H(0x00 ‖ data). The prefix keeps a leaf from ever passing for a node (second preimages)."""
    return digest(b"\x00" + data)


def node_hash(left: bytes, right: bytes, digest: Digest = sha256) -> bytes:
    """H(0x01 ‖ left ‖ right)."""
    return digest(b"\x01" + left + right)


def root(leaves: Sequence[bytes], digest: Digest = sha256) -> bytes:
    """The root over leaf hashes, in linear time and without copying the leaves."""
    if not leaves:
        return digest(b"")
    # The stack holds (size, hash) of complete subtrees, larger ones first: RFC 9162 §2.1.2.
    stack: list[tuple[int, bytes]] = []
    for leaf in leaves:
        size, top = 1, leaf
        while stack and stack[-1][0] == size:
            size, top = size * 2, node_hash(stack.pop()[1], top, digest)
        stack.append((size, top))
    top = stack.pop()[1]
    while stack:
        top = node_hash(stack.pop()[1], top, digest)
    return top


def _split(size: int) -> int:
    """The largest power of two below `size` (size ≥ 2)."""
    return 1 << (size - 1).bit_length() - 1


def inclusion_proof(leaves: Sequence[bytes], index: int, digest: Digest = sha256) -> list[bytes]:
    """The audit path of the leaf at `index` (from 0), nearest sibling first; ⌈log₂ n⌉ hashes at most.

    Raises IndexError where there is no such leaf.
    """
    if not 0 <= index < len(leaves):
        raise IndexError(index)
    if len(leaves) == 1:
        return []
    k = _split(len(leaves))
    if index < k:
        return [*inclusion_proof(leaves[:k], index, digest), root(leaves[k:], digest)]
    return [*inclusion_proof(leaves[k:], index - k, digest), root(leaves[:k], digest)]


def verify_inclusion(
    *,
    leaf: bytes,
    index: int,
    size: int,
    proof: Sequence[bytes],
    expected_root: bytes,
    digest: Digest = sha256,
) -> bool:
    """Whether `proof` leads from the leaf hash at `index` to the root of a tree of `size` (RFC 9162 §2.1.3.2)."""
    if not 0 <= index < size:
        return False
    fn, sn, top = index, size - 1, leaf
    for sibling in proof:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            top = node_hash(sibling, top, digest)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            top = node_hash(top, sibling, digest)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and top == expected_root


def consistency_proof(leaves: Sequence[bytes], old_size: int, digest: Digest = sha256) -> list[bytes]:
    """The proof that the tree over all `leaves` extends the one over the first `old_size` (RFC 9162 §2.1.4.1).

    Raises IndexError unless 0 < old_size ≤ len(leaves).
    """
    if not 0 < old_size <= len(leaves):
        raise IndexError(old_size)
    return _subproof(leaves, old_size, digest, whole=True)


def _subproof(leaves: Sequence[bytes], old_size: int, digest: Digest, *, whole: bool) -> list[bytes]:
    """SUBPROOF(m, D[n], b) of RFC 9162; `whole` says that the old root itself is this subtree."""
    if old_size == len(leaves):
        return [] if whole else [root(leaves, digest)]
    k = _split(len(leaves))
    if old_size <= k:
        return [*_subproof(leaves[:k], old_size, digest, whole=whole), root(leaves[k:], digest)]
    return [*_subproof(leaves[k:], old_size - k, digest, whole=False), root(leaves[:k], digest)]


def verify_consistency(
    *,
    old_size: int,
    new_size: int,
    old_root: bytes,
    new_root: bytes,
    proof: Sequence[bytes],
    digest: Digest = sha256,
) -> bool:
    """Whether the tree with `new_root` extends the one with `old_root` (RFC 9162 §2.1.4.2)."""
    if not 0 < old_size <= new_size:
        return False
    if old_size == new_size:
        return not proof and old_root == new_root
    # A complete old tree is a node of the new one, and the proof leaves it out.
    path = [old_root, *proof] if old_size & (old_size - 1) == 0 else list(proof)
    if not path:
        return False
    fn, sn = old_size - 1, new_size - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    old = new = path[0]
    for sibling in path[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            old, new = node_hash(sibling, old, digest), node_hash(sibling, new, digest)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            new = node_hash(new, sibling, digest)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and old == old_root and new == new_root
