"""Exactly one effect for a key: claim it in the act's transaction, replay what was committed."""

import hashlib
import json
from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.errors import IdempotencyKeyMissing, IdempotencyKeyReused, RequestInFlight
from kernel.locks import Lock
from kernel.questions import run

NOBODY = UUID(int=0)
HEADER = "Idempotency-Key"
LONGEST_KEY = 200
KEPT_HEADERS = ("Content-Type", "Content-Language", "Location", "ETag", "Retry-After", "Preference-Applied")


# The second is asked once the first has the lock, so that it sees what the holder before committed.
CLAIM = """
    SELECT pg_try_advisory_xact_lock(%s, hashtext(%s));
    SELECT fingerprint, status, headers, body FROM stored_reply WHERE tenant_id = %s AND key = %s
"""
STORE = """
    INSERT INTO stored_reply (tenant_id, key, fingerprint, status, headers, body) VALUES (%s, %s, %s, %s, %s, %s)
"""


@dataclass(frozen=True, slots=True)
class Reply:
    """A stored answer: of which request, and the bytes and headers that were sent."""

    fingerprint: bytes
    status: int
    headers: dict[str, str]
    body: bytes


class Replay(Exception):  # noqa: N818 - not an error: the answer is known
    """The request was answered before; carries the stored answer."""

    def __init__(self, reply: Reply) -> None:
        """Keep the stored reply for the view to send."""
        super().__init__(reply.status)
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
    key = request.headers.get(HEADER, "")
    if not key or len(key) > LONGEST_KEY or not key.isprintable() or not key.isascii():
        raise IdempotencyKeyMissing(header=HEADER)
    owner, print_ = tenant or NOBODY, fingerprint(request)
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, [Lock.IDEMPOTENCY.value, f"{owner}:{key}", owner, key])
        if not cursor.fetchone()[0]:
            raise RequestInFlight(retry_after=1)
        cursor.nextset()
        known = cursor.fetchone()
    if known is None:
        return owner, key, print_
    stored = Reply(bytes(known[0]), known[1], json.loads(known[2]), bytes(known[3]))
    if stored.fingerprint != print_:
        raise IdempotencyKeyReused(header=HEADER)
    raise Replay(stored)


def replayed(reply: Reply) -> HttpResponse:
    """The stored answer, byte for byte, marked as a replay."""
    response = HttpResponse(reply.body, status=reply.status)
    for name, value in reply.headers.items():
        response[name] = value
    response["Idempotent-Replayed"] = "true"
    return response


def store_reply(claim: tuple[UUID, str, bytes], response: Response, body: bytes) -> None:
    """Keep a 2xx answer with the act's own transaction; `body` is what a replay sends."""
    owner, key, print_ = claim
    headers = {name: response[name] for name in KEPT_HEADERS if name in response}
    run(STORE, [owner, key, print_, response.status_code, json.dumps(headers), body])
