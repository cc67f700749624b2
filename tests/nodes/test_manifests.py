"""Manifests: what streaming missed is seen, and found in a logarithm of exchanges."""

import json
from dataclasses import replace
from datetime import date
from math import ceil, log2

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.crypto.suite import INTERNATIONAL
from kernel.merkle import leaf_hash, root
from nodes.domain.envelopes import Outcome
from nodes.domain.manifests import (
    Entry,
    Fingerprint,
    Manifest,
    compose_manifest,
    decode_manifest,
    differences,
    differing,
    entry_of,
    fingerprint,
    halves,
    message_sums,
    read_fingerprints,
)
from nodes.errors import EnvelopeMalformed

BODIES = [b'{"sums":{"orders":%d,"amount_fen":%d}}' % (n, n * 100) for n in range(1, 6)]


def entries(bodies: list[bytes]) -> list[Entry]:
    return [entry_of(n, Outcome.STORED, body, INTERNATIONAL) for n, body in enumerate(bodies, 1)]


def manifest(held: list[Entry]) -> Manifest:
    return compose_manifest(
        sender="86.320000",
        receiver="86",
        stream="reports",
        day=date(2026, 6, 1),
        first=1,
        last=5,
        entries=held,
        suite=INTERNATIONAL,
    )


def test_a_manifest_counts_sums_and_roots_the_very_bytes() -> None:
    made = manifest(entries(BODIES))
    assert (made.stored, made.refused, made.sums) == (5, 0, {"orders": 15, "amount_fen": 1500})
    assert made.root == root([leaf_hash(body) for body in BODIES]).hex()
    assert made.encode() == manifest(list(reversed(entries(BODIES)))).encode()


def test_a_refused_message_is_counted_apart_and_adds_no_figures() -> None:
    held = entries(BODIES)
    held[1] = entry_of(2, Outcome.REFUSED, BODIES[1], INTERNATIONAL)
    made = manifest(held)
    assert (made.stored, made.refused, made.sums["orders"]) == (4, 1, 13)


def test_numbers_outside_the_day_are_not_in_its_manifest() -> None:
    assert manifest([*entries(BODIES), entry_of(6, Outcome.STORED, b"{}", INTERNATIONAL)]) == manifest(
        entries(BODIES)
    )


@given(st.integers(0, 4), st.binary(max_size=40))
def test_a_lost_or_altered_row_shows(at: int, other: bytes) -> None:
    ours, held = manifest(entries(BODIES)), entries(BODIES)
    lost = differences(ours, manifest(held[:at] + held[at + 1 :]))
    assert {"stored", "sums", "root"} <= set(lost)
    altered = manifest(entries([*BODIES[:at], other, *BODIES[at + 1 :]]))
    assert "root" in differences(ours, altered)
    assert differences(ours, manifest(held)) == ()


@pytest.mark.parametrize(
    ("body", "sums"),
    [
        (b'{"sums":{"a":1,"b":-2}}', {"a": 1, "b": -2}),
        (b'{"sums":{"a":1.5,"b":true,"c":"1","d":2}}', {"d": 2}),
        (b'{"sums":[1]}', {}),
        (b"[1]", {}),
        (b"", {}),
        (b"\xff", {}),
        (b"[" * 100_000, {}),
    ],
)
def test_only_whole_numbers_named_as_sums_are_added(body: bytes, sums: dict[str, int]) -> None:
    assert message_sums(body) == sums


@given(size=st.integers(1, 300), data=st.data())
def test_every_difference_is_found_within_a_logarithm_of_exchanges(size: int, data: st.DataObject) -> None:
    ours = {n: leaf_hash(b"%d" % n) for n in range(1, size + 1)}
    harmed = data.draw(st.sets(st.integers(1, size), min_size=1, max_size=5))
    theirs = dict(ours)
    for n in harmed:
        if data.draw(st.booleans()):
            del theirs[n]
        else:
            theirs[n] = leaf_hash(b"altered")
    ranges, exchanges = [(1, size)], 0
    while any(first < last for first, last in ranges):
        asked = halves(ranges)
        mine = [fingerprint(ours, *each, INTERNATIONAL) for each in asked]
        ranges = differing(mine, [fingerprint(theirs, *each, INTERNATIONAL) for each in asked])
        exchanges += 1
    assert {first for first, _ in ranges} == harmed
    assert exchanges <= ceil(log2(size))


def test_a_range_beyond_all_numbers_is_answered_at_once() -> None:
    leaves = {n: bytes([n]) * 32 for n in (1, 2, 3)}
    vast, exact = (fingerprint(leaves, 2, last, INTERNATIONAL) for last in (10**18, 3))
    assert (vast.count, vast.root) == (exact.count, exact.root) == (2, exact.root)


def test_a_manifest_is_read_only_where_each_member_is_of_its_kind() -> None:
    good = replace(manifest(entries(BODIES)), sender="320000", receiver="000000")
    assert decode_manifest(good.encode()) == good
    odd: dict[str, list[object]] = {
        "sender": ["86.320000", ["320000"]],
        "stream": [None, {"a": 1}, "x" * 65, "a\0"],
        "root": [None, 5, "", "0" * 65, "\0" * 64],
        "digest_algorithm": [None, "x" * 300, "sha-256\0"],
        "last": [10**18, True, -1],
        "stored": [10**400],
    }
    for name, values in odd.items():
        for value in values:
            payload = json.dumps(
                json.loads(good.encode()) | {name: value}, sort_keys=True, separators=(",", ":")
            )
            with pytest.raises(EnvelopeMalformed):
                decode_manifest(payload.encode())


def test_fingerprints_are_read_only_where_each_is_whole() -> None:
    told = {"first": 1, "last": 2, "count": 2, "root": "ab" * 32}
    assert read_fingerprints(json.dumps({"fingerprints": [told]}).encode()) == [
        Fingerprint(1, 2, 2, b"\xab" * 32)
    ]
    wrong = [b"[]", b"{}", b"[" * 100_000, b'{"fingerprints": 1}', b'{"fingerprints": [1]}']
    odd = [told | each for each in ({"first": [1]}, {"count": None}, {"root": 5}, {"root": "x"})]
    for body in [*wrong, *(json.dumps({"fingerprints": [each]}).encode() for each in odd)]:
        with pytest.raises(ValueError):  # noqa: PT011 - whatever it is, it is no answer
            read_fingerprints(body)
