"""The first parties of a node and seats for their first people, all distinct."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from identifiers.services.prefixes import accept_prefix
from kernel.actor import SYSTEM, Role
from kernel.services.outbox import publish
from participants.domain.organisations import OrganisationKind, OrganisationState
from participants.events import OrganisationRegistered
from participants.models import Invitation, Membership, Organisation
from participants.services.invitations import invitation_link, offer_seat

NATIONAL_PREFIX = "86"  # the root of all delegated prefixes
# four eyes need two people of the regulator; the operator's three never meet in one person
SEATS: dict[OrganisationKind, Sequence[Role]] = {
    OrganisationKind.OPERATOR: (Role.OPERATOR_SYSTEM, Role.OPERATOR_SECURITY, Role.OPERATOR_AUDIT),
    OrganisationKind.REGULATOR: (Role.REGULATOR, Role.REGULATOR),
}


@dataclass(frozen=True, slots=True)
class Seat:
    """An open seat and the token that takes it once."""

    organisation: Organisation
    role: str
    token: str
    link: str
    expires_at: datetime


class FoundedOtherwiseError(ValueError):
    """A party of the node stands under another name; says which, in both languages."""


@transaction.atomic
def found_node(*, operator_name: str, regulator_name: str, division: str) -> list[Seat]:
    """Make the operator and the regulator where they are missing, and open the seats that nobody has taken.

    Running it again gives new tokens for seats still open (the old ones end) and changes nothing else. Raises
    FoundedOtherwiseError where a party stands under another name.
    The national node also takes the root prefix.
    """
    if settings.NODE_ROLE == "national":
        accept_prefix(prefix=NATIONAL_PREFIX, delegated_by=division, actor=SYSTEM)
    parties = [
        (OrganisationKind.OPERATOR, operator_name),
        (OrganisationKind.REGULATOR, regulator_name),
    ]
    return [seat for kind, name in parties for seat in _seats(_party(kind, name, division))]


def _party(kind: OrganisationKind, name: str, division: str) -> Organisation:
    """The node's own party of a kind: there is one, appointed and not certified by documents."""
    row = Organisation.objects.select_for_update().filter(kind=kind).first()
    if row is not None and row.name != name:
        raise FoundedOtherwiseError(
            f"{kind.label.zh}已以“{row.name}”之名建立，不能改为“{name}”；请用该名。 / "
            f"This {kind.label.en.lower()} stands as {row.name!r}, not {name!r}: give that name."
        )
    if row is None:
        row = Organisation.objects.create(
            kind=kind, name=name, division=division, state=OrganisationState.CERTIFIED
        )
        publish(
            OrganisationRegistered(subject=row.id, tenant=row.id, kind=kind.value, code_check=row.code_check),
            actor=SYSTEM,
        )
    return row


def _seats(organisation: Organisation) -> list[Seat]:
    wanted = list(SEATS[OrganisationKind(organisation.kind)])
    members = Membership.objects.filter(organisation=organisation, ended_at=None).order_by("id")
    for role in [role for member in members for role in member.roles]:
        if role in wanted:
            wanted.remove(Role(role))
    open_before = Invitation.objects.filter(organisation=organisation, email="", accepted_at=None)
    open_before.filter(expires_at__gt=Now()).update(expires_at=Now())
    administered = any(member.administers for member in members)
    seats = []
    for index, role in enumerate(wanted):
        row, token = offer_seat(
            organisation=organisation,
            email="",
            roles=[role],
            administers=not administered and index == 0,
            actor=SYSTEM,
        )
        seats.append(Seat(organisation, role.value, token, invitation_link(row), row.expires_at))
    return seats
