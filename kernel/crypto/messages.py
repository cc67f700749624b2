"""HTTP requests, signed and verified after RFC 9421 on plain data: those between nodes, and those of parties' machines.

Covered: @method, @authority, @path and @query always; content-type, content-digest, cin-stream and cin-sequence
whenever the request has them, so that none can be taken off unseen; created, expires, nonce, keyid and alg always.
The signature bases are the library's; the clock, the window, the keys and the digest are decided here.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import http_sf
from http_message_signatures import (
    ContentDigest,
    HTTPMessageSignaturesException,
    HTTPMessageSigner,
    HTTPMessageVerifier,
    HTTPSignatureAlgorithm,
    InvalidSignature,
    MappingKeyResolver,
)

from kernel.crypto.digests import DigestMalformedError, content_digest, matches
from kernel.crypto.suite import Suite
from kernel.errors import SignatureRefused
from kernel.text import Vocabulary

LABEL = "cin"
DERIVED = ("@method", "@authority", "@path", "@query")
FIELDS = ("content-type", "content-digest", "cin-stream", "cin-sequence")
WANTED = f'{LABEL}=({" ".join(f"{chr(34)}{name}{chr(34)}" for name in (*DERIVED, *FIELDS[:2]))});created;expires;alg="ed25519"'  # RFC 9421 §5.1
LIFETIME = timedelta(seconds=300)  # the replay window (INVARIANTS G5)
LEEWAY = timedelta(seconds=30)  # how far ahead of ours the signer's clock may be
NONCE_CHARACTERS = range(16, 65)


class Refusal(Vocabulary):
    """Why a signature was not accepted; the codes are stable."""

    MISSING = "signature_missing", "请求没有签名", "The request is not signed"
    MALFORMED = "signature_malformed", "签名字段无法解析", "The signature fields cannot be read"
    COVERAGE = "signature_coverage", "签名未覆盖必需的部分", "The signature does not cover what it must"
    UNKNOWN_KEY = "key_unknown", "公钥未登记", "The key is not registered"
    KEY_NOT_VALID = "key_not_valid", "公钥此时无效", "The key is not valid at this time"
    ALGORITHM = "signature_algorithm", "算法与公钥不符", "The algorithm is not the key's"
    CLOCK_AHEAD = "clock_ahead", "签名时间在未来", "Signed in the future"
    EXPIRED = "signature_expired", "签名已过期", "The signature has expired"
    LIFETIME = "signature_lifetime", "签名有效期过长", "The signature lives too long"
    DIGEST = "digest_mismatch", "请求体与摘要不符", "The body is not the digest's"
    INVALID = "signature_invalid", "签名验证失败", "The signature is not good"
    REPLAYED = "nonce_replayed", "随机数已用过", "The nonce was used before"


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request as plain data: `url` absolute and encoded, header names in any case, body as sent.

    A verifier builds `url` from its own configured address, never from what the client calls it.
    """

    method: str
    url: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class RegisteredKey:
    """A registered public key and whose it is; during a rotation two are valid at once. Times are UTC, the end open."""

    key_id: str
    holder: str
    suite: Suite
    public_key: bytes
    valid_from: datetime
    valid_until: datetime | None = None

    def valid_at(self, instant: datetime) -> bool:
        """Whether the key may sign at this time."""
        return self.valid_from <= instant and (self.valid_until is None or instant < self.valid_until)


@dataclass(frozen=True, slots=True)
class Verified:
    """Who signed, and what the caller must still remember: (key_id, nonce) is refused until `remember_until`."""

    key: RegisteredKey
    nonce: str
    created: datetime
    remember_until: datetime


def _algorithm(suite: Suite) -> type[HTTPSignatureAlgorithm]:
    """The suite in the library's terms."""

    class Algorithm(HTTPSignatureAlgorithm):
        algorithm_id = suite.signature_algorithm

        def __init__(self, public_key: bytes | None = None, private_key: bytes | None = None) -> None:
            self.public_key, self.private_key = public_key, private_key

        def sign(self, message: bytes) -> bytes:
            assert self.private_key is not None  # noqa: S101 - the resolver below gave it
            return suite.sign(self.private_key, message)

        def verify(self, signature: bytes, message: bytes) -> None:
            if self.public_key is None or not suite.verify(self.public_key, signature, message):
                raise InvalidSignature

    return Algorithm


class _OwnDigest(ContentDigest):
    """The digest field is this module's: the library's knows SHA-2 only, and a suite may bring SM3."""

    @classmethod
    def prepare(cls, headers: Any, body: bytes | None, *, use_existing_digest: bool) -> None:
        """Nothing: `sign_request` has set the field."""


class _Signer(HTTPMessageSigner):
    """The library's signer with our digest field."""

    content_digest_class = _OwnDigest


class _Verifier(HTTPMessageVerifier):
    """The library's verifier without its own look at the clock: times are judged above, against the given one."""

    def validate_created_and_expires(self, sig_input: Any, max_age: Any = None) -> None:
        """Nothing: `_check_window` has done it."""


def _covered(request: Request) -> tuple[str, ...]:
    present = {name.lower() for name in request.headers}
    return (*DERIVED, *(name for name in FIELDS if name in present))


def sign_request(
    request: Request, *, suite: Suite, private_key: bytes, now: datetime, nonce: str
) -> dict[str, str]:
    """All headers to send with the request: its own, Content-Digest over the body, Signature-Input and Signature.

    `nonce` is 16 to 64 random characters, fresh for every sending, also of the same message.
    """
    headers = {**request.headers, "Content-Digest": content_digest(suite.digest_algorithm, request.body)}
    message = SimpleNamespace(method=request.method, url=request.url, headers=headers)
    key_id = suite.key_id(suite.public_key(private_key))
    signer = _Signer(
        signature_algorithm=_algorithm(suite),
        key_resolver=MappingKeyResolver(public_keys={}, private_keys={key_id: private_key}),
    )
    signer.sign(
        message,
        key_id=key_id,
        created=now,
        expires=now + LIFETIME,
        nonce=nonce,
        label=LABEL,
        covered_component_ids=_covered(Request(request.method, request.url, headers)),
    )
    return headers


def verify_request(
    request: Request, *, find_key: Callable[[str], RegisteredKey | None], now: datetime
) -> Verified:
    """Who signed this request, seen at `now` (UTC). Raises SignatureRefused.

    The caller then refuses a nonce it has seen: that is a row under a unique constraint, not a rule.
    """
    headers = {name.lower(): value for name, value in request.headers.items()}
    parameters = _parameters(headers)
    key = find_key(str(parameters["keyid"]))
    if key is None:
        raise refused(
            Refusal.UNKNOWN_KEY,
            f"keyid {parameters['keyid']} 未登记；请先登记公钥。",
            f"keyid {parameters['keyid']} is not registered; register the public key first.",
        )
    if parameters["alg"] != key.suite.signature_algorithm:
        raise refused(
            Refusal.ALGORITHM,
            f"alg 应为 {key.suite.signature_algorithm}。",
            f"alg must be {key.suite.signature_algorithm}.",
        )
    created = _check_window(parameters, now)
    if not key.valid_at(created):
        raise refused(
            Refusal.KEY_NOT_VALID,
            f"keyid {key.key_id} 在 {created.isoformat()} 无效；请使用当前密钥。",
            f"keyid {key.key_id} is not valid at {created.isoformat()}; sign with the current key.",
        )
    _check_signature(request, headers, key)
    try:
        intact = matches(headers["content-digest"], request.body)
    except DigestMalformedError:
        intact = False
    if not intact:
        raise refused(
            Refusal.DIGEST,
            "Content-Digest 与请求体不符；请按所发字节重新计算并签名。",
            "Content-Digest is not the body's; compute it over the bytes sent and sign again.",
        )
    expires = datetime.fromtimestamp(int(parameters["expires"]), UTC)
    return Verified(key=key, nonce=str(parameters["nonce"]), created=created, remember_until=expires)


def refused(refusal: Refusal, zh: str, en: str) -> SignatureRefused:
    """The problem that names this reason, with what to do about it in both languages."""
    label = refusal.label
    return SignatureRefused(
        refusal=refusal.value, label_zh=label.zh, label_en=label.en, reason_zh=zh, reason_en=en
    )


def _parameters(headers: dict[str, str]) -> dict[str, str | int]:
    """The signature's parameters, unverified: complete and of the right types. Raises SignatureRefused."""
    if "signature-input" not in headers or "signature" not in headers:
        raise refused(
            Refusal.MISSING,
            "请按 RFC 9421 签名并发送 Signature-Input 与 Signature。",
            "Sign after RFC 9421 and send Signature-Input and Signature.",
        )
    try:
        members: Any = http_sf.parse(headers["signature-input"].encode("ascii"), tltype="dictionary")
        _, parameters = members[LABEL]
        created, expires = parameters["created"], parameters["expires"]
        texts = [parameters[name] for name in ("nonce", "keyid", "alg")]
    except (ValueError, TypeError, KeyError) as error:
        raise _malformed() from error
    typed = type(created) is int and type(expires) is int and all(type(text) is str for text in texts)
    if not typed or len(members) != 1 or len(texts[0]) not in NONCE_CHARACTERS:
        raise _malformed()
    return dict(parameters)


def _malformed() -> SignatureRefused:
    return refused(
        Refusal.MALFORMED,
        f"须恰有一个标签为 {LABEL} 的签名，带 created、expires、nonce（16 至 64 字符）、keyid、alg。",
        f"Exactly one signature labelled {LABEL}, with created, expires, nonce (16 to 64 characters), keyid and alg.",
    )


def _check_window(parameters: dict[str, str | int], now: datetime) -> datetime:
    """When it was signed, if `now` is inside its window. Raises SignatureRefused, saying whose clock is off."""
    try:
        created = datetime.fromtimestamp(int(parameters["created"]), UTC)
        expires = datetime.fromtimestamp(int(parameters["expires"]), UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise _malformed() from error
    here = now.astimezone(UTC).isoformat(timespec="seconds")
    if created > now + LEEWAY:
        ahead = int((created - now).total_seconds())
        raise refused(
            Refusal.CLOCK_AHEAD,
            f"created 比本节点时钟（{here}）快 {ahead} 秒；请校准时钟。",
            f"created is {ahead} s ahead of this node's clock ({here}); set your clock.",
        )
    if now >= expires:
        late = int((now - expires).total_seconds())
        raise refused(
            Refusal.EXPIRED,
            f"已过期 {late} 秒（本节点时钟 {here}）；请重新签名，若仍出现请校准时钟。",
            f"Expired {late} s ago (this node's clock: {here}); sign again, and set your clock if it persists.",
        )
    if not timedelta(0) < expires - created <= LIFETIME:
        seconds = int(LIFETIME.total_seconds())
        raise refused(
            Refusal.LIFETIME,
            f"expires 须晚于 created，且不超过 {seconds} 秒。",
            f"expires must be after created, by {seconds} s at most.",
        )
    return created


def _check_signature(request: Request, headers: dict[str, str], key: RegisteredKey) -> None:
    """The coverage and the cryptography. Raises SignatureRefused."""
    verifier = _Verifier(
        signature_algorithm=_algorithm(key.suite),
        key_resolver=MappingKeyResolver(public_keys={key.key_id: key.public_key}, private_keys={}),
    )
    message = SimpleNamespace(method=request.method, url=request.url, headers=headers)
    try:
        (result,) = verifier.verify(message, max_age=None)
    except HTTPMessageSignaturesException as error:
        raise refused(
            Refusal.INVALID,
            "请核对私钥、方法、主机、路径、查询与各头部是否在签名后被改动。",
            "Check the private key, and whether method, host, path, query or headers changed after signing.",
        ) from error
    wanted = {*_covered(request), "content-digest"}
    missing = sorted(wanted - {name.strip('"') for name in result.covered_components})
    if missing:
        raise refused(
            Refusal.COVERAGE,
            f"签名须覆盖：{'、'.join(missing)}。",
            f"The signature must also cover: {', '.join(missing)}.",
        )
