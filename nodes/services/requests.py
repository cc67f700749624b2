"""Verifying that a request is a peer's: signature, window, key, and a nonce that was never seen."""

from collections.abc import Callable

from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from kernel.clock import now
from nodes.domain.signing import PeerKey, Refusal, Request, Verified, verify_request
from nodes.errors import SignatureRefused
from nodes.models import Nonce


def accept_request(request: Request, *, find_key: Callable[[str], PeerKey | None]) -> Verified:
    """Who signed the request; its nonce is remembered in the caller's transaction. Raises SignatureRefused.

    A rival with the same nonce waits at the unique index for our commit, so the two never both pass.
    """
    verified = verify_request(request, find_key=find_key, now=now())
    try:
        with transaction.atomic():
            Nonce.objects.create(
                key_id=verified.key.key_id, nonce=verified.nonce, remember_until=verified.remember_until
            )
    except IntegrityError as error:
        label = Refusal.REPLAYED.label
        raise SignatureRefused(
            refusal=Refusal.REPLAYED.value,
            label_zh=label.zh,
            label_en=label.en,
            reason_zh="每次发送都须重新签名。",
            reason_en="Sign every sending anew.",
        ) from error
    return verified


def forget_nonces() -> int:
    """Delete the nonces whose signatures have expired; returns how many."""
    return Nonce.objects.filter(remember_until__lt=Now()).delete()[0]
