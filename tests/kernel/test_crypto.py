"""The suites against published vectors, and the Content-Digest field."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.crypto import sm2
from kernel.crypto.digests import (
    DIGESTS,
    DigestMalformedError,
    content_digest,
    matches,
    parse_content_digest,
    sm3,
)
from kernel.crypto.keys import read_keys, write_key
from kernel.crypto.suite import GM, INTERNATIONAL, SUITES, Suite

VECTORS = Path(__file__).parent.parent / "vectors"

# RFC 8032 §7.1: secret key, public key, message, signature.
RFC_8032 = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
]


def sm3_vectors() -> list[tuple[str, str]]:
    lines = (VECTORS / "sm3.txt").read_text().splitlines()
    return [(m.replace("-", ""), d) for m, d in (line.split() for line in lines if not line.startswith("#"))]


@pytest.mark.parametrize(("message", "digest"), sm3_vectors())
def test_sm3_gives_the_digests_of_the_standard(message: str, digest: str) -> None:
    assert sm3(bytes.fromhex(message)).hex() == digest


@pytest.mark.parametrize(("secret", "public", "message", "signature"), RFC_8032)
def test_ed25519_gives_the_signatures_of_rfc_8032(
    secret: str, public: str, message: str, signature: str
) -> None:
    private = bytes.fromhex(secret)
    assert INTERNATIONAL.public_key(private).hex() == public
    assert INTERNATIONAL.sign(private, bytes.fromhex(message)).hex() == signature
    assert INTERNATIONAL.verify(bytes.fromhex(public), bytes.fromhex(signature), bytes.fromhex(message))


def sm2_vectors() -> list[list[str]]:
    lines = (VECTORS / "sm2.txt").read_text().splitlines()
    return [line.split() for line in lines if not line.startswith("#")]


@pytest.mark.parametrize("vector", sm2_vectors())
def test_sm2_gives_and_takes_the_signatures_of_the_standard(vector: list[str]) -> None:
    private, x, y, message, r, s = (bytes.fromhex(vector[n]) for n in (0, 1, 2, 3, 5, 6))
    assert sm2.public_key(private) == x + y
    assert sm2.verify(x + y, r + s, message)
    assert not sm2.verify(x + y, r + s, message, signer=b"another")
    assert not sm2.verify(x + y, s + r, message)
    assert not sm2.verify(y + x, r + s, message), "not a point of the curve"
    if vector[4] != "-":
        assert sm2.sign(private, message, random=int(vector[4], 16)) == r + s


@pytest.mark.parametrize("key", [bytes(32), (sm2.N - 1).to_bytes(32), b"\xff" * 32, bytes(31)])
def test_what_is_no_private_sm2_key_is_refused(key: bytes) -> None:
    with pytest.raises(ValueError, match="SM2"):
        sm2.public_key(key)


def test_a_file_holds_keys_of_both_suites_in_their_order() -> None:
    keys = [(suite, suite.new_private_key()) for suite in (GM, INTERNATIONAL, GM)]
    assert read_keys("".join(write_key(*key) for key in keys)) == keys


def test_an_sm2_key_is_read_as_openssl_writes_it() -> None:
    # openssl genpkey -algorithm SM2: the public half stands beside the private one
    pem = """-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqBHM9VAYItBG0wawIBAQQgWS3R8RwLcHrpnsbL
SxuHGGKC6pAZvRmn53ZfRVETityhRANCAAQtiol7i9MvFff2CUOCkvNBkh78kvPP
MttW6g5bqIrT5DiRSkTM0pjpPI9TCgdFlS9k0AApYwIgF13DcZU2v8Wy
-----END PRIVATE KEY-----
"""
    ((suite, private),) = read_keys(pem)
    assert (suite, suite.public_key(private).hex()) == (
        GM,
        "2d8a897b8bd32f15f7f609438292f341921efc92f3cf32db56ea0e5ba88ad3e438914a44ccd298e93c8f530a0745952f64d00029630220175dc3719536bfc5b2",
    )


def test_the_key_id_is_the_thumbprint_of_rfc_8037() -> None:
    public = bytes.fromhex(RFC_8032[0][1])
    assert INTERNATIONAL.jwk(public)["x"] == "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
    assert INTERNATIONAL.key_id(public) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


@pytest.mark.parametrize("suite", SUITES.values(), ids=lambda suite: suite.name)
def test_every_suite_keeps_the_interface_whole(suite: Suite) -> None:
    private = suite.new_private_key()
    public = suite.public_key(private)
    signature = suite.sign(private, b"report")
    assert DIGESTS[suite.digest_algorithm](b"report") == suite.digest(b"report")
    assert suite.public_key_of(suite.jwk(public)) == public
    assert suite.verify(public, signature, b"report")
    assert not suite.verify(public, signature, b"Report")
    assert not suite.verify(public, signature[:-1], b"report")
    assert not suite.verify(b"short", signature, b"report")
    assert suite.status in {"official", "provisional"}


@pytest.mark.parametrize(
    "jwk",
    [
        {},
        {"kty": "EC", "crv": "P-256", "x": "AA"},
        {"kty": "OKP", "crv": "X25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
        {"kty": "OKP", "crv": "Ed25519", "x": "AA"},
        {"kty": "OKP", "crv": "Ed25519", "x": "!!!!"},
        {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURp"},
        {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", "d": "AA"},
    ],
)
def test_what_is_no_public_key_of_the_suite_is_refused(jwk: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        INTERNATIONAL.public_key_of(jwk)


@given(algorithm=st.sampled_from(sorted(DIGESTS)), body=st.binary(max_size=64), other=st.binary(max_size=64))
def test_a_content_digest_matches_its_bytes_and_no_others(algorithm: str, body: bytes, other: bytes) -> None:
    value = content_digest(algorithm, body)
    assert parse_content_digest(value) == (algorithm, DIGESTS[algorithm](body))
    assert matches(value, body)
    assert matches(value, other) is (body == other)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "sha-256",
        "sha-256=1",
        "md5=:1B2M2Y8AsgTpgAmY7PhCfg==:",
        f"{content_digest('sha-256', b'')}, {content_digest('sm3', b'')}",
        f"{content_digest('sha-256', b'')};a=1",
        f" {content_digest('sha-256', b'')}",
        "sha-256=:é:",
    ],
)
def test_a_content_digest_that_is_not_exactly_one_known_digest_is_malformed(value: str) -> None:
    with pytest.raises(DigestMalformedError):
        matches(value, b"")
