"""Verifying that a request is a registered key's: signature, window, key, and a nonce that was never seen."""

from collections.abc import Callable

from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from kernel.clock import now
from kernel.crypto.messages import Refusal, RegisteredKey, Request, Verified, refused, verify_request
from kernel.models.nonces import Nonce


def accept_request(request: Request, *, find_key: Callable[[str], RegisteredKey | None]) -> Verified:
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
        raise refused(Refusal.REPLAYED, "每次发送都须重新签名。", "Sign every sending anew.") from error
    return verified


def spend_nonce(verified: Verified) -> None:
    """Remember the nonce of a request that came to nothing: its transaction, and the nonce with it, was taken back."""
    Nonce.objects.bulk_create(
        [Nonce(key_id=verified.key.key_id, nonce=verified.nonce, remember_until=verified.remember_until)],
        ignore_conflicts=True,
    )


def forget_nonces() -> int:
    """Delete the nonces whose signatures have expired; returns how many."""
    return Nonce.objects.filter(remember_until__lt=Now()).delete()[0]
