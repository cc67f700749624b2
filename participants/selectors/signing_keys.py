"""The key by which an organisation's signature is checked."""

from uuid import UUID

from kernel.crypto.messages import LIFETIME, Refusal, RegisteredKey, refused
from kernel.crypto.suite import SUITES
from participants.models import SigningKey


def key_of(organisation: UUID, key_id: str) -> RegisteredKey | None:
    """The organisation's own live key; None for any other, another organisation's too.

    Raises SignatureRefused for one that has ended, whatever time the signature says that it was made: who found a
    key that was given up can write any time he likes.
    """
    row = SigningKey.objects.filter(organisation_id=organisation, key_id=key_id).first()
    if row is None:
        return None
    if row.ended_at is not None:
        ended = row.ended_at.isoformat(timespec="seconds")
        raise refused(
            Refusal.KEY_NOT_VALID,
            f"keyid {key_id} 已于 {ended} 停用；请使用当前密钥。",
            f"keyid {key_id} ended at {ended}; sign with a current key.",
        )
    return RegisteredKey(
        key_id=row.key_id,
        holder=str(organisation),
        suite=SUITES[row.suite],
        public_key=bytes(row.public_key),
        valid_from=row.created_at - LIFETIME,  # a signature's time is in whole seconds of another clock
    )
