"""Merkle trees against known roots, and proofs as properties."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.crypto.digests import Digest, sha256, sm3
from kernel.merkle import (
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root,
    verify_consistency,
    verify_inclusion,
)

# The eight inputs and the roots after each, as the reference implementation of RFC 6962 publishes them.
INPUTS = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]

digests = st.sampled_from([sha256, sm3])
trees = st.lists(st.binary(max_size=4), min_size=1, max_size=40)


@pytest.mark.parametrize("size", range(1, 9))
def test_the_root_is_the_published_one(size: int) -> None:
    assert root([leaf_hash(bytes.fromhex(i)) for i in INPUTS[:size]]).hex() == ROOTS[size - 1]


def test_the_empty_tree_has_the_digest_of_nothing() -> None:
    assert root([]) == sha256(b"")
    assert root([], sm3) == sm3(b"")


def test_a_node_never_passes_for_a_leaf() -> None:
    left, right = leaf_hash(b"a"), leaf_hash(b"b")
    assert leaf_hash(left + right) != node_hash(left, right)
    assert leaf_hash(b"\x01" + left + right) != node_hash(left, right)


@given(data=st.data(), bodies=trees, digest=digests)
def test_every_leaf_is_proven_in_its_place_and_nowhere_else(
    data: st.DataObject, bodies: list[bytes], digest: Digest
) -> None:
    leaves = [leaf_hash(body, digest) for body in bodies]
    top = root(leaves, digest)
    index = data.draw(st.integers(0, len(leaves) - 1))
    proof = inclusion_proof(leaves, index, digest)

    def proven(leaf: bytes, at: int, hashes: list[bytes]) -> bool:
        return verify_inclusion(
            leaf=leaf, index=at, size=len(leaves), proof=hashes, expected_root=top, digest=digest
        )

    assert len(proof) <= (len(leaves) - 1).bit_length()
    assert proven(leaves[index], index, proof)
    assert not proven(leaf_hash(b"never reported", digest), index, proof)
    assert not proven(leaves[index], index, [*proof, top])
    assert not proven(leaves[index], len(leaves), proof)
    assert not proven(leaves[index], -1, proof)
    other = data.draw(st.integers(0, len(leaves) - 1))
    assert proven(leaves[index], other, proof) is (other == index) or bodies[other] == bodies[index]


@given(data=st.data(), bodies=trees, digest=digests)
def test_growth_is_proven_and_a_rewritten_past_is_not(
    data: st.DataObject, bodies: list[bytes], digest: Digest
) -> None:
    leaves = [leaf_hash(body, digest) for body in bodies]
    old_size = data.draw(st.integers(1, len(leaves)))
    old_root, new_root = root(leaves[:old_size], digest), root(leaves, digest)
    proof = consistency_proof(leaves, old_size, digest)

    def proven(old: bytes, new: bytes, hashes: list[bytes]) -> bool:
        return verify_consistency(
            old_size=old_size,
            new_size=len(leaves),
            old_root=old,
            new_root=new,
            proof=hashes,
            digest=digest,
        )

    assert proven(old_root, new_root, proof)
    forged = [*leaves]
    forged[data.draw(st.integers(0, old_size - 1))] = leaf_hash(b"rewritten", digest)
    assert not proven(old_root, root(forged, digest), consistency_proof(forged, old_size, digest))
    assert not proven(old_root, new_root, [*proof, new_root])
    if proof:
        assert not proven(old_root, new_root, proof[:-1])


@pytest.mark.parametrize("index", [-1, 3])
def test_a_leaf_that_is_not_there_has_no_proof(index: int) -> None:
    with pytest.raises(IndexError):
        inclusion_proof([leaf_hash(b"")] * 3, index)


@pytest.mark.parametrize("old_size", [0, 4])
def test_a_tree_that_was_not_there_has_no_consistency_proof(old_size: int) -> None:
    leaves = [leaf_hash(b"")] * 3
    with pytest.raises(IndexError):
        consistency_proof(leaves, old_size)
    assert not verify_consistency(
        old_size=old_size, new_size=3, old_root=root([]), new_root=root(leaves), proof=[]
    )


def test_an_empty_proof_of_growth_proves_nothing() -> None:
    leaves = [leaf_hash(bytes([n])) for n in range(5)]
    assert not verify_consistency(
        old_size=3, new_size=5, old_root=root(leaves[:3]), new_root=root(leaves), proof=[]
    )
