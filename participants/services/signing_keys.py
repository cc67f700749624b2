"""Keys with which an organisation's machines sign, and its rule that all of them must."""

from collections.abc import Mapping

from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.functions import Now

from kernel.actor import SYSTEM, Actor
from kernel.crypto.suite import INTERNATIONAL as SUITE
from kernel.errors import InvalidField
from kernel.services.outbox import publish
from participants import events
from participants.errors import NoSigningKey, SigningKeyKnown
from participants.models import Organisation, SigningKey
from participants.services.people import require_administrator


@transaction.atomic
def add_signing_key(
    *, organisation: Organisation, name: str, jwk: Mapping[str, object], actor: Actor
) -> SigningKey:
    """Register a public key as JWK. Raises NotAdministrator, PersonNeeded, SigningKeyKnown, InvalidField."""
    require_administrator(actor)
    try:
        public_key = SUITE.public_key_of(jwk)
    except ValueError as error:
        raise InvalidField(
            pointer="/key",
            reason_zh='公钥须为 Ed25519 的 JWK：{"kty": "OKP", "crv": "Ed25519", "x": …}，不得含私钥 d。',
            reason_en='Give an Ed25519 public key as JWK: {"kty": "OKP", "crv": "Ed25519", "x": …}, never with d.',
        ) from error
    try:
        with transaction.atomic():
            row = SigningKey.objects.create(
                organisation=organisation,
                name=name,
                key_id=SUITE.key_id(public_key),
                suite=SUITE.name,
                public_key=public_key,
            )
    except IntegrityError as error:
        raise SigningKeyKnown(pointer="/key") from error
    publish(events.SigningKeyAdded(subject=row.id, tenant=organisation.id, key_id=row.key_id), actor=actor)
    return row


@transaction.atomic
def end_signing_key(*, key: SigningKey, actor: Actor) -> SigningKey:
    """End a key at once; again changes nothing. Raises NotAdministrator, or NoSigningKey for the last where all must sign."""
    require_administrator(actor)
    organisation = Organisation.objects.select_for_update().get(id=key.organisation_id)
    others = organisation.signing_keys.filter(ended_at=None).exclude(id=key.id)
    if organisation.require_signatures and key.ended_at is None and not others.exists():
        raise NoSigningKey
    if SigningKey.objects.filter(id=key.id, ended_at=None).update(
        ended_at=Now(), generation=F("generation") + 1
    ):
        publish(
            events.SigningKeyEnded(subject=key.id, tenant=organisation.id, key_id=key.key_id), actor=actor
        )
    key.refresh_from_db()
    return key


@transaction.atomic
def require_signatures(*, organisation: Organisation, required: bool, actor: Actor) -> Organisation:
    """Say whether every call by key or token must be signed. A signed call may say it, or an administrator.

    Raises NotAdministrator, PersonNeeded, or NoSigningKey while no key could sign.
    """
    if actor != SYSTEM and not actor.signed:
        require_administrator(actor)
    row = Organisation.objects.select_for_update().get(id=organisation.id)
    if required and not row.signing_keys.filter(ended_at=None).exists():
        raise NoSigningKey
    if row.require_signatures != required:
        row.require_signatures = required
        row.advance("require_signatures")
        publish(events.SignaturesRequired(subject=row.id, tenant=row.id, required=required), actor=actor)
    return row
