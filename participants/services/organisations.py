"""An organisation's own acts: registering, correcting, leaving."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.functions import Now

from kernel.actor import Actor
from kernel.services.outbox import publish
from participants import events
from participants.domain.cases import UNDECIDED
from participants.domain.credit_codes import legal_entity, read_code
from participants.domain.mail import WELCOME
from participants.domain.organisations import LIFE, ROLES_OF_KIND, OrganisationKind
from participants.errors import AlreadyRegistered
from participants.models import ApiKey, Membership, Organisation
from participants.services.cases import open_case, start_anew
from participants.services.certification import withdraw_case
from participants.services.credentials import issue_key
from participants.services.people import (
    add_member,
    add_person,
    mail_password_link,
    require_administrator,
)

FIRST_KEY_FOR = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Joined:
    """What somebody who came in without a key is told once: the seat, and the key to it."""

    organisation: Organisation
    member: Membership
    key: ApiKey
    api_key: str


@transaction.atomic
def register_organisation(
    *,
    kind: OrganisationKind,
    name: str,
    code: str,
    division: str,
    size: str,
    affiliate_codes: Sequence[str],
    person_name: str,
    email: str,
) -> Joined:
    """Apply to take part; the first person administers the organisation and gets a key.

    Raises MalformedCreditCode, AlreadyRegistered (the code in this kind), EmailKnown.
    """
    compact, check = read_code(code)
    declared = _read_affiliates(affiliate_codes)
    try:
        with transaction.atomic():
            row = Organisation.objects.create(
                kind=kind,
                name=name,
                code=compact,
                code_check=check,
                division=division,
                size=size,
                affiliate_codes=declared,
                affiliate_entities=[legal_entity(each) for each in declared],
            )
    except IntegrityError as error:
        raise AlreadyRegistered(pointer="/code", written=compact) from error
    person = add_person(email=email, name=person_name)
    member = add_member(
        user=person, organisation=row, roles=ROLES_OF_KIND[kind], administers=True, actor=None
    )
    actor = Actor(user_id=person.id, tenant_id=row.id, roles=frozenset(member.roles))
    publish(
        events.OrganisationRegistered(subject=row.id, tenant=row.id, kind=kind.value, code_check=check.value),
        actor=actor,
    )
    open_case(organisation=row, actor=actor)
    mail_password_link(user=person, letter=WELCOME, tenant=row.id, organisation=row.name)
    key, secret = issue_key(
        membership=member, name="first", scopes=["*"], valid_for=FIRST_KEY_FOR, actor=actor
    )
    return Joined(row, member, key, secret)


@transaction.atomic
def amend_organisation(
    *,
    organisation: Organisation,
    name: str,
    code: str,
    size: str,
    affiliate_codes: Sequence[str],
    actor: Actor,
) -> Organisation:
    """Correct what was applied with, also after a refusal: the application starts anew, a new code is read anew.

    Raises MalformedCreditCode, AlreadyRegistered.
    """
    require_administrator(actor)
    row = Organisation.objects.select_for_update().get(id=organisation.id)
    row.state = LIFE.after("amend", row.state)
    row.name, row.size = name, size
    row.affiliate_codes = _read_affiliates(affiliate_codes)
    row.affiliate_entities = [legal_entity(each) for each in row.affiliate_codes]
    compact, check = read_code(code)
    if compact != row.code:  # what a reviewer said of the old one is not said of this one
        row.code, row.code_check = compact, check
    try:
        with transaction.atomic():
            row.advance(
                "state",
                "name",
                "size",
                "code",
                "code_check",
                "affiliate_codes",
                "affiliate_entities",
            )
    except IntegrityError as error:  # refused before, and registered again by somebody else since
        raise AlreadyRegistered(pointer="/code", written=row.code) from error
    start_anew(organisation=row, actor=actor)
    publish(events.OrganisationAmended(subject=row.id, tenant=row.id), actor=actor)
    return row


@transaction.atomic
def close_organisation(*, organisation: Organisation, actor: Actor) -> Organisation:
    """Leave the node for ever: every membership ends, no key opens anything any more."""
    require_administrator(actor)
    row = Organisation.objects.select_for_update().get(id=organisation.id)
    for case in row.cases.filter(state__in=UNDECIDED):
        withdraw_case(case=case, actor=actor)
    row.state = LIFE.after("close", row.state)
    row.advance("state")
    row.memberships.filter(ended_at=None).update(ended_at=Now(), generation=F("generation") + 1)
    publish(events.OrganisationClosed(subject=row.id, tenant=row.id, kind=row.kind), actor=actor)
    return row


def _read_affiliates(codes: Sequence[str]) -> list[str]:
    return sorted({read_code(each, pointer=f"/affiliates/{at}")[0] for at, each in enumerate(codes)})
