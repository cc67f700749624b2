"""Exactly one effect for a key: claim it in the act's transaction, replay what was committed."""

import hashlib
from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.errors import IdempotencyKeyMissing, IdempotencyKeyReused, RequestInFlight
from kernel.locks import Lock, try_lock
from kernel.models.idempotency import StoredReply

NOBODY = UUID(int=0)
LONGEST_KEY = 200
KEPT_HEADERS = ("Content-Type", "Content-Language", "Location", "ETag", "Retry-After", "Preference-Applied")


class Replay(Exception):  # noqa: N818 - not an error: the answer is known
    """The request was answered before; carries the stored answer."""

    def __init__(self, reply: StoredReply) -> None:
        """Keep the stored reply for the view to send."""
        super().__init__(reply.key)
        self.reply = reply


def fingerprint(request: Request) -> bytes:
    """SHA-256 over method, path with query, and the very bytes of the body."""
    digest = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode())
    digest.update(request._request.body)  # noqa: SLF001 - the raw bytes, before any parser
    return digest.digest()


def claim_key(request: Request, tenant: UUID | None) -> tuple[UUID, str, bytes]:
    """Take the request's key for this transaction.

    Raises IdempotencyKeyMissing, RequestInFlight, IdempotencyKeyReused, or Replay with the stored answer.
    """
    key = request.headers.get("Idempotency-Key", "")
    if not key or len(key) > LONGEST_KEY or not key.isprintable() or not key.isascii():
        raise IdempotencyKeyMissing
    owner, print_ = tenant or NOBODY, fingerprint(request)
    if not try_lock(Lock.IDEMPOTENCY, f"{owner}:{key}"):
        raise RequestInFlight(retry_after=1)
    stored = StoredReply.objects.filter(tenant_id=owner, key=key).first()
    if stored is None:
        return owner, key, print_
    if bytes(stored.fingerprint) != print_:
        raise IdempotencyKeyReused
    raise Replay(stored)


def replayed(reply: StoredReply) -> HttpResponse:
    """The stored answer, byte for byte, marked as a replay."""
    response = HttpResponse(bytes(reply.body), status=reply.status)
    for name, value in reply.headers.items():
        response[name] = value
    response["Idempotent-Replayed"] = "true"
    return response


def store_reply(claim: tuple[UUID, str, bytes], response: Response, body: bytes) -> None:
    """Keep a 2xx answer with the act's own transaction; `body` is what a replay sends."""
    owner, key, print_ = claim
    headers = {name: response[name] for name in KEPT_HEADERS if name in response}
    StoredReply.objects.create(
        tenant_id=owner, key=key, fingerprint=print_, status=response.status_code, headers=headers, body=body
    )
