"""Messages and receipts: what travels is read back exactly, and nothing else is."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.crypto.digests import content_digest
from kernel.crypto.suite import INTERNATIONAL
from nodes.domain.envelopes import (
    RECEIPT_CONTEXT,
    Outcome,
    Receipt,
    compose_message,
    decode_receipt,
    open_receipt,
    read_message,
    sign_receipt,
)
from nodes.domain.statements import Statement
from nodes.errors import EnvelopeMalformed

PRIVATE = bytes(range(32))
PUBLIC = INTERNATIONAL.public_key(PRIVATE)
RECEIPT = Receipt(
    node="86",
    sender="86.320000",
    stream="reports",
    sequence=7,
    digest=content_digest("sha-256", b"body"),
    outcome=Outcome.STORED,
    code="",
    received_at=datetime(2026, 6, 1, 12, tzinfo=UTC),
    expected=8,
)

visible = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=200)
sequences = st.integers(2, 10**18 - 1)


@given(aggregate=visible, sequence=sequences, body=st.binary(max_size=64), correction=st.booleans())
def test_a_message_is_read_as_it_was_composed(
    aggregate: str,
    sequence: int,
    body: bytes,
    correction: bool,  # noqa: FBT001
) -> None:
    message = compose_message(
        suite=INTERNATIONAL,
        stream="reports",
        sequence=sequence,
        aggregate=aggregate,
        body=body,
        supersedes=sequence - 1 if correction else None,
    )
    read = read_message(
        stream="reports", sequence=str(sequence), query=message.query, digest=message.digest, body=body
    )
    assert read == message


GOOD = {
    "stream": "reports",
    "sequence": "7",
    "query": "aggregate=a",
    "digest": content_digest("sha-256", b"b"),
}


@pytest.mark.parametrize(
    ("part", "value", "field"),
    [
        ("stream", "", "cin-stream"),
        ("stream", "Reports", "cin-stream"),
        ("stream", "a" * 65, "cin-stream"),
        ("sequence", "0", "cin-sequence"),
        ("sequence", "07", "cin-sequence"),
        ("sequence", "-1", "cin-sequence"),
        ("sequence", "7, 8", "cin-sequence"),
        ("sequence", "٧", "cin-sequence"),
        ("sequence", "9" * 19, "cin-sequence"),
        ("query", "", "aggregate"),
        ("query", "aggregate=", "aggregate"),
        ("query", "aggregate=" + "a" * 201, "aggregate"),
        ("query", "aggregate=%E7%AE%97", "aggregate"),
        ("query", "aggregate=a&aggregate=b", "query"),
        ("query", "aggregate=a&more=1", "query"),
        ("query", "supersedes=3&aggregate=a", "query"),
        ("query", "aggregate=a&supersedes=7", "supersedes"),
        ("query", "aggregate=a&supersedes=x", "supersedes"),
        ("digest", content_digest("sha-256", b"other"), "content-digest"),
        ("digest", "md5=:AAAA:", "content-digest"),
    ],
)
def test_a_message_that_is_malformed_names_the_part(part: str, value: str, field: str) -> None:
    with pytest.raises(EnvelopeMalformed) as caught:
        read_message(**{**GOOD, part: value}, body=b"b")
    assert caught.value.params["field"] == field
    assert caught.value.text.zh


def test_a_receipt_is_verified_without_the_request_it_answered() -> None:
    signed = sign_receipt(RECEIPT, suite=INTERNATIONAL, private_key=PRIVATE)
    assert open_receipt(signed, suite=INTERNATIONAL, public_key=PUBLIC) == RECEIPT
    assert sign_receipt(RECEIPT, suite=INTERNATIONAL, private_key=PRIVATE) == signed


@pytest.mark.parametrize(
    "forge",
    [
        lambda s: Statement(s.payload.replace(b'"stored"', b'"refused"'), s.key_id, s.algorithm, s.signature),
        lambda s: Statement(s.payload, "another", s.algorithm, s.signature),
        lambda s: Statement(s.payload, s.key_id, "none", s.signature),
        lambda s: Statement(s.payload, s.key_id, s.algorithm, b""),
        # A signature over the same bytes for another purpose.
        lambda s: Statement(s.payload, s.key_id, s.algorithm, INTERNATIONAL.sign(PRIVATE, s.payload)),
    ],
)  # fmt: skip
def test_a_forged_receipt_is_refused(forge: Callable[[Statement], Statement]) -> None:
    signed = sign_receipt(RECEIPT, suite=INTERNATIONAL, private_key=PRIVATE)
    with pytest.raises(EnvelopeMalformed):
        open_receipt(forge(signed), suite=INTERNATIONAL, public_key=PUBLIC)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"{", b"{ "),
        (b'"sequence":7', b'"sequence":"7"'),
        (b'"sequence":7', b'"sequence":7.0'),
        (b'"expected":8', b'"expected":true'),
        (b'"node":"86"', b'"node":86'),
        (b'"stored"', b'"lost"'),
        (b'"stored"', b"[]"),
        (b"+00:00", b""),
        (b'"code":"",', b""),
        (b'"code":""', b'"code":"","code":""'),
        (b'"code":""', b'"code":"\\u0000"'),
        (b'"code":""', b'"code":"%s"' % (b"x" * 65)),
        (b'"expected":8', b'"expected":1' + b"0" * 18),
        (b"2026-06-01T12:00:00.000000+00:00", b"0001-01-01T00:00:00.000000+14:00"),
        (RECEIPT.encode(), b"[]"),
        (RECEIPT.encode(), b"\xff"),
    ],
)
def test_only_the_canonical_bytes_are_a_receipt(old: bytes, new: bytes) -> None:
    payload = RECEIPT.encode().replace(old, new, 1)
    assert payload != RECEIPT.encode()
    with pytest.raises(EnvelopeMalformed):
        decode_receipt(payload)


def test_a_receipt_says_its_time_in_utc() -> None:
    shanghai = timezone(timedelta(hours=8))
    local = Receipt(**{**_fields(RECEIPT), "received_at": RECEIPT.received_at.astimezone(shanghai)})  # type: ignore[arg-type]
    assert local.encode() == RECEIPT.encode()
    assert RECEIPT_CONTEXT.endswith(b"\x00")


def _fields(receipt: Receipt) -> dict[str, object]:
    return {name: getattr(receipt, name) for name in Receipt.__slots__}
