"""Proving who a resource's agent is: its key, a challenge, and the one answer to it."""

import secrets
from uuid import UUID

from django.db import transaction

from identifiers import events
from identifiers.domain.evidence import CHALLENGE_LIFE, IdentityResult, Sign, challenge_text, judge
from identifiers.domain.lifecycle import require_living
from identifiers.errors import ChallengeOver, NoProofKey
from identifiers.models import Challenge, Identifier, ProofKey
from identifiers.services.sightings import note_sightings
from kernel.actor import Actor
from kernel.clock import now
from kernel.crypto.suite import INTERNATIONAL as SUITE
from kernel.services.outbox import publish

NONCE_BYTES = 24


@transaction.atomic
def register_key(*, identifier: Identifier, public_key: bytes, actor: Actor) -> Identifier:
    """Let the resource's agent be known by this key from now on; open challenges to the former one are over."""
    row = Identifier.objects.select_for_update().get(id=identifier.id)
    require_living(row.state)
    ProofKey.objects.filter(identifier=row, ended_at=None).update(ended_at=now())
    key_id = SUITE.key_id(public_key)
    ProofKey.objects.create(identifier=row, key_id=key_id, suite=SUITE.name, public_key=public_key)
    row.advance()
    publish(events.ProofKeyRegistered(subject=row.id, tenant=row.tenant_id, key_id=key_id), actor=actor)
    return row


@transaction.atomic
def challenge_identity(*, identifier: Identifier, actor: Actor) -> Challenge:
    """A fresh text for the agent to sign. Raises NoProofKey, StateConflict for what is over."""
    require_living(identifier.state)
    key = ProofKey.objects.filter(identifier=identifier, ended_at=None).first()
    if key is None or identifier.code is None:
        raise NoProofKey
    expires_at = now() + CHALLENGE_LIFE
    text = challenge_text(identifier.code, secrets.token_urlsafe(NONCE_BYTES), expires_at)
    row = Challenge.objects.create(identifier=identifier, key=key, text=text, expires_at=expires_at)
    publish(
        events.IdentityChallenged(subject=identifier.id, tenant=identifier.tenant_id, challenge=row.id),
        actor=actor,
    )
    return row


@transaction.atomic
def prove_identity(*, identifier: Identifier, challenge: UUID, signature: bytes, actor: Actor) -> Challenge:
    """Judge the answer to a challenge; right or wrong, it is spent and part of what the code resolves to.

    A right one is a sign of life for as long as a challenge stands.

    Raises ChallengeOver where there is none such, it was answered, it expired, or the key was replaced.
    """
    owner = Identifier.objects.select_for_update().get(id=identifier.id)
    row = Challenge.objects.select_for_update(of=("self",)).filter(id=challenge, identifier=owner).first()
    moment = now()
    if row is None or row.result or row.expires_at <= moment or row.key.ended_at is not None:
        raise ChallengeOver(pointer="/challenge")
    row.result, row.answered_at = judge(row.key.as_key(), row.text, signature).value, moment
    row.advance("result", "answered_at")
    if row.result == IdentityResult.PROVEN:
        note_sightings(
            tenant=owner.tenant_id,
            seen={owner.subject: Sign.PROOF},
            seen_at=moment,
            good_until=moment + CHALLENGE_LIFE,
        )
    owner.advance()
    publish(
        events.IdentityAnswered(
            subject=owner.id, tenant=owner.tenant_id, challenge=row.id, result=row.result
        ),
        actor=actor,
    )
    return row
