"""Signed requests: what verifies, and the one reason for which each forgery does not."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.crypto.digests import content_digest
from kernel.crypto.messages import (
    LEEWAY,
    LIFETIME,
    Refusal,
    RegisteredKey,
    Request,
    sign_request,
    verify_request,
)
from kernel.crypto.suite import INTERNATIONAL
from kernel.errors import SignatureRefused

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
PRIVATE = bytes(range(32))
PUBLIC = INTERNATIONAL.public_key(PRIVATE)
KEY = RegisteredKey(INTERNATIONAL.key_id(PUBLIC), "86.320000", INTERNATIONAL, PUBLIC, NOW - timedelta(days=1))
NONCE = "0123456789abcdef"
REPORT = Request(
    "POST",
    "https://national.example/api/v1/federation/messages?aggregate=offer-1",
    {"Content-Type": "application/json", "Cin-Stream": "reports", "Cin-Sequence": "7", "Accept": "*/*"},
    b'{"sums":{"orders":3}}',
)


def signed(request: Request = REPORT, *, at: datetime = NOW, private: bytes = PRIVATE) -> Request:
    headers = sign_request(request, suite=INTERNATIONAL, private_key=private, now=at, nonce=NONCE)
    return replace(request, headers=headers)


def verify(request: Request, *, now: datetime = NOW, key: RegisteredKey = KEY) -> None:
    verified = verify_request(request, find_key={key.key_id: key}.get, now=now)
    assert (verified.key, verified.nonce) == (key, NONCE)


def refusal(request: Request, *, now: datetime = NOW, key: RegisteredKey = KEY) -> SignatureRefused:
    with pytest.raises(SignatureRefused) as caught:
        verify(request, now=now, key=key)
    assert caught.value.text.zh
    assert caught.value.text.en
    return caught.value


def with_headers(**changes: str | None) -> Callable[[Request], Request]:
    """Headers changed after signing; None takes one off."""

    def change(request: Request) -> Request:
        named = {name.replace("_", "-"): value for name, value in changes.items()}
        kept = {name: value for name, value in request.headers.items() if name not in named}
        return replace(
            request, headers=kept | {name: value for name, value in named.items() if value is not None}
        )

    return change


def with_input(old: str, new: str) -> Callable[[Request], Request]:
    """Signature-Input edited after signing."""

    def change(request: Request) -> Request:
        edited = request.headers["Signature-Input"].replace(old, new)
        assert edited != request.headers["Signature-Input"]
        return with_headers(Signature_Input=edited)(request)

    return change


def test_a_signed_request_verifies_and_names_its_peer() -> None:
    verified = verify_request(signed(), find_key={KEY.key_id: KEY}.get, now=NOW + timedelta(seconds=299))
    assert verified.key.holder == "86.320000"
    assert verified.created == NOW
    assert verified.remember_until == NOW + LIFETIME


def test_a_request_without_a_body_is_signed_too() -> None:
    verify(signed(Request("GET", "https://national.example/api/v1/federation/streams")))


def test_headers_may_arrive_in_any_order_and_case() -> None:
    request = signed()
    verify(replace(request, headers={k.upper(): v for k, v in reversed(request.headers.items())}))


FORGERIES: list[tuple[str, Callable[[Request], Request], Refusal]] = [
    ("another method", lambda r: replace(r, method="PUT"), Refusal.INVALID),
    ("another host", lambda r: replace(r, url=r.url.replace("national", "other")), Refusal.INVALID),
    ("another path", lambda r: replace(r, url=r.url.replace("messages", "manifests")), Refusal.INVALID),
    ("another query", lambda r: replace(r, url=r.url.replace("offer-1", "offer-2")), Refusal.INVALID),
    ("another body", lambda r: replace(r, body=r.body.replace(b"3", b"4")), Refusal.DIGEST),
    ("another type", with_headers(Content_Type="text/plain"), Refusal.INVALID),
    ("another stream", with_headers(Cin_Stream="filings"), Refusal.INVALID),
    ("another sequence", with_headers(Cin_Sequence="8"), Refusal.INVALID),
    ("another digest", with_headers(Content_Digest=content_digest("sha-256", b"")), Refusal.INVALID),
    ("the digest taken off", with_headers(Content_Digest=None), Refusal.INVALID),
    ("the sequence taken off", with_headers(Cin_Sequence=None), Refusal.INVALID),
    ("no signature", with_headers(Signature=None), Refusal.MISSING),
    ("no signature input", with_headers(Signature_Input=None), Refusal.MISSING),
    ("another signature", with_headers(Signature="cin=:AAAA:"), Refusal.INVALID),
    ("an unreadable signature", with_headers(Signature="cin"), Refusal.INVALID),
    ("an unreadable input", with_headers(Signature_Input="((("), Refusal.MALFORMED),
    ("another label", with_input("cin=", "sig1="), Refusal.MALFORMED),
    ("no nonce", with_input(f';nonce="{NONCE}"', ""), Refusal.MALFORMED),
    ("a short nonce", with_input(NONCE, "abc"), Refusal.MALFORMED),
    ("a number for a key", with_input(f'"{KEY.key_id}"', "7"), Refusal.MALFORMED),
    ("no algorithm", with_input(';alg="ed25519"', ""), Refusal.MALFORMED),
    ("another algorithm", with_input("ed25519", "hmac-sha256"), Refusal.ALGORITHM),
    ("another key", with_input(KEY.key_id, "someone"), Refusal.UNKNOWN_KEY),
    ("a longer life", with_input(f"expires={int(NOW.timestamp()) + 300}", "expires=9999999999"), Refusal.LIFETIME),
    ("a life before birth", with_input(f"created={int(NOW.timestamp())}", "created=99999999999999"), Refusal.MALFORMED),
    ("less covered", with_input('"cin-sequence"', '"accept"'), Refusal.INVALID),
]  # fmt: skip


@pytest.mark.parametrize(("name", "forge", "reason"), FORGERIES, ids=[name for name, _, _ in FORGERIES])
def test_a_forged_request_is_refused_for_its_reason(
    name: str, forge: Callable[[Request], Request], reason: Refusal
) -> None:
    assert refusal(forge(signed())).params["refusal"] == reason


def test_a_second_signature_beside_the_first_is_refused() -> None:
    request = signed()
    twice = {
        name: f"{request.headers[name]}, b{request.headers[name]}"
        for name in ("Signature", "Signature-Input")
    }
    assert refusal(replace(request, headers=request.headers | twice)).params["refusal"] == Refusal.MALFORMED


def test_what_a_peer_leaves_unsigned_is_refused_even_with_a_good_signature() -> None:
    """The sequence is added after signing: the signature is good and says nothing about it."""
    bare = Request("POST", REPORT.url, {"Content-Type": "application/json"}, REPORT.body)
    request = signed(bare)
    error = refusal(replace(request, headers=request.headers | {"Cin-Sequence": "7"}))
    assert error.params["refusal"] == Refusal.COVERAGE
    assert "cin-sequence" in error.text.en


def test_a_signature_by_another_key_under_a_registered_name_is_refused() -> None:
    other = bytes(32)
    own_name = INTERNATIONAL.key_id(INTERNATIONAL.public_key(other))
    request = with_input(own_name, KEY.key_id)(signed(private=other))
    assert refusal(request).params["refusal"] == Refusal.INVALID


@pytest.mark.parametrize(
    ("now", "reason"),
    [
        (NOW - LEEWAY, None),
        (NOW - LEEWAY - timedelta(seconds=1), Refusal.CLOCK_AHEAD),
        (NOW - timedelta(minutes=10), Refusal.CLOCK_AHEAD),
        (NOW + LIFETIME - timedelta(seconds=1), None),
        (NOW + LIFETIME, Refusal.EXPIRED),
        (NOW + timedelta(minutes=10), Refusal.EXPIRED),
    ],
)
def test_a_clock_that_is_off_is_told_so(now: datetime, reason: Refusal | None) -> None:
    if reason is None:
        verify(signed(), now=now)
    else:
        error = refusal(signed(), now=now)
        assert error.params["refusal"] == reason
        assert "clock" in error.text.en
        assert now.isoformat(timespec="seconds") in error.text.en


@pytest.mark.parametrize(
    ("valid_from", "valid_until", "good"),
    [
        (NOW, None, True),
        (NOW + timedelta(seconds=1), None, False),
        (NOW - timedelta(days=9), NOW + timedelta(seconds=1), True),
        (NOW - timedelta(days=9), NOW, False),
    ],
)
def test_a_key_signs_only_in_its_time(valid_from: datetime, valid_until: datetime | None, good: bool) -> None:  # noqa: FBT001
    key = replace(KEY, valid_from=valid_from, valid_until=valid_until)
    if good:
        verify(signed(), key=key)
    else:
        assert refusal(signed(), key=key).params["refusal"] == Refusal.KEY_NOT_VALID


@given(st.sampled_from(["url", "body", "Signature", "Signature-Input", "Cin-Stream"]), st.data())
def test_no_single_changed_character_survives(part: str, data: st.DataObject) -> None:
    request = signed()

    def changed(text: str) -> str:
        at = data.draw(st.integers(0, len(text) - 1))
        other = data.draw(st.characters(min_codepoint=33, max_codepoint=126))
        return text[:at] + other + text[at + 1 :]

    if part == "url":
        forged = replace(request, url=changed(request.url))
    elif part == "body":
        forged = replace(request, body=changed(request.body.decode()).encode())
    else:
        forged = replace(request, headers=request.headers | {part: changed(request.headers[part])})
    same_meaning = (
        # The scheme is not signed, and hosts have no case (RFC 9421 §2.2.3).
        part == "url" and forged.url.partition("://")[2].lower() == request.url.partition("://")[2].lower()
        and forged.url.partition("://")[2].partition("/")[2] == request.url.partition("://")[2].partition("/")[2]
    )  # fmt: skip
    if forged == request or same_meaning:
        return
    try:
        verify(forged)
    except SignatureRefused:
        return
    # Only the unused bits of a base64 ending may differ: the decoded signature is the same.
    assert part == "Signature"
