"""What participants announce: ids, kinds and codes, never a person's name or address."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from kernel.events import Event
from participants.events.cases import (
    CaseAssigned,
    CaseChecked,
    CaseOpened,
    CaseWithdrawn,
    CodeReviewed,
    DocumentAccepted,
    DocumentExpiring,
    DocumentRead,
    DocumentRefused,
    DocumentSubmitted,
    QuestionAnswered,
    QuestionAsked,
)
from participants.events.credentials import (
    AccessGranted,
    AccessRevoked,
    ApiKeyIssued,
    ApiKeyRevoked,
    ApiKeyRotated,
    ClientEnded,
    ClientRegistered,
    ClientSecretRotated,
    CredentialExpiring,
    CredentialRestricted,
    SignaturesRequired,
    SigningKeyAdded,
    SigningKeyEnded,
)

__all__ = [
    "AccessGranted",
    "AccessRevoked",
    "ApiKeyIssued",
    "ApiKeyRevoked",
    "ApiKeyRotated",
    "CaseAssigned",
    "CaseChecked",
    "CaseOpened",
    "CaseWithdrawn",
    "ClientEnded",
    "ClientRegistered",
    "ClientSecretRotated",
    "CodeReviewed",
    "CredentialExpiring",
    "CredentialRestricted",
    "DeliveriesRecovered",
    "DeliveryAbandoned",
    "DeliveryRedelivered",
    "DocumentAccepted",
    "DocumentExpiring",
    "DocumentRead",
    "DocumentRefused",
    "DocumentSubmitted",
    "MailDropped",
    "MailSent",
    "MandateEnded",
    "MandateGranted",
    "MemberJoined",
    "MemberLeft",
    "OrganisationAmended",
    "OrganisationCertified",
    "OrganisationChecked",
    "OrganisationClosed",
    "OrganisationRefused",
    "OrganisationRegistered",
    "PasswordChanged",
    "PersonInvited",
    "QualificationExpired",
    "QualificationGranted",
    "QualificationRestored",
    "QualificationRevoked",
    "QualificationSuspended",
    "QuestionAnswered",
    "QuestionAsked",
    "SecondFactorChanged",
    "SessionsEnded",
    "SignInsFailing",
    "SignaturesRequired",
    "SignedIn",
    "SigningKeyAdded",
    "SigningKeyEnded",
    "WebhookChanged",
    "WebhookDisabled",
    "WebhookEnabled",
    "WebhookPaused",
    "WebhookRemoved",
    "WebhookSecretRotated",
    "WebhookTested",
]


@dataclass(frozen=True, kw_only=True)
class OrganisationRegistered(Event):
    """A legal entity applied to take part; `subject` is the organisation."""

    name: ClassVar[str] = "participants.organisation_registered"

    kind: str
    code_check: str


@dataclass(frozen=True, kw_only=True)
class OrganisationAmended(Event):
    """Its particulars changed; the application starts anew."""

    name: ClassVar[str] = "participants.organisation_amended"


@dataclass(frozen=True, kw_only=True)
class OrganisationCertified(Event):
    """The second person certified it, for the first time or anew."""

    name: ClassVar[str] = "participants.organisation_certified"

    kind: str
    case: UUID
    profile: str


@dataclass(frozen=True, kw_only=True)
class OrganisationRefused(Event):
    """Its case was refused, for a reason that it reads; a certification that stands, stands."""

    name: ClassVar[str] = "participants.organisation_refused"

    case: UUID


@dataclass(frozen=True, kw_only=True)
class OrganisationClosed(Event):
    """It left the node: its members and keys have ended."""

    name: ClassVar[str] = "participants.organisation_closed"

    kind: str


@dataclass(frozen=True, kw_only=True)
class SignedIn(Event):
    """A person signed in with a browser; `subject` is the person."""

    name: ClassVar[str] = "participants.signed_in"

    method: str


@dataclass(frozen=True, kw_only=True)
class SignInsFailing(Event):
    """Strangers have tried many passwords on a person's account within an hour; `subject` is the person."""

    name: ClassVar[str] = "participants.sign_ins_failing"

    failures: int


@dataclass(frozen=True, kw_only=True)
class SessionsEnded(Event):
    """One or all other sessions of a person were ended; `subject` is the person."""

    name: ClassVar[str] = "participants.sessions_ended"


@dataclass(frozen=True, kw_only=True)
class PasswordChanged(Event):
    """A person has a new password; her other sessions have ended. `subject` is the person."""

    name: ClassVar[str] = "participants.password_changed"


@dataclass(frozen=True, kw_only=True)
class SecondFactorChanged(Event):
    """A person's second factor was enrolled or ended, or got new recovery codes; `subject` is the person."""

    name: ClassVar[str] = "participants.second_factor_changed"

    change: str


@dataclass(frozen=True, kw_only=True)
class QualificationGranted(Event):
    """The organisation `tenant` may resell and dispatch; `subject` is the qualification."""

    name: ClassVar[str] = "participants.qualification_granted"

    valid_until: date


@dataclass(frozen=True, kw_only=True)
class QualificationSuspended(Event):
    """It may not, until the qualification is restored."""

    name: ClassVar[str] = "participants.qualification_suspended"


@dataclass(frozen=True, kw_only=True)
class QualificationRestored(Event):
    """It may again."""

    name: ClassVar[str] = "participants.qualification_restored"


@dataclass(frozen=True, kw_only=True)
class QualificationRevoked(Event):
    """It may not any more."""

    name: ClassVar[str] = "participants.qualification_revoked"


@dataclass(frozen=True, kw_only=True)
class QualificationExpiring(Event):
    """A granted qualification comes to its end: a reminder."""

    name: ClassVar[str] = "participants.qualification_expiring"

    valid_until: date
    days_left: int


@dataclass(frozen=True, kw_only=True)
class QualificationExpired(Event):
    """Its last day has passed."""

    name: ClassVar[str] = "participants.qualification_expired"


@dataclass(frozen=True, kw_only=True)
class PersonInvited(Event):
    """Somebody is invited into the organisation `tenant`; `subject` is the invitation."""

    name: ClassVar[str] = "participants.person_invited"

    roles: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class InvitationWithdrawn(Event):
    """The seat is not offered any more; `subject` is the invitation."""

    name: ClassVar[str] = "participants.invitation_withdrawn"


@dataclass(frozen=True, kw_only=True)
class MemberJoined(Event):
    """A person is a member of `tenant`, in these roles; `subject` is the membership."""

    name: ClassVar[str] = "participants.member_joined"

    user: UUID
    roles: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class MemberChanged(Event):
    """A member of `tenant` holds these roles from now on, and administers it or not; `subject` is the membership."""

    name: ClassVar[str] = "participants.member_changed"

    roles: tuple[str, ...]
    administers: bool


@dataclass(frozen=True, kw_only=True)
class MemberLeft(Event):
    """A membership ended, and its keys with it."""

    name: ClassVar[str] = "participants.member_left"


@dataclass(frozen=True, kw_only=True)
class MandateGranted(Event):
    """Two regulators let the organisation `tenant` do and see this, until its last day; `subject` is the mandate."""

    name: ClassVar[str] = "participants.mandate_granted"

    operations: tuple[str, ...]
    last_day: date


@dataclass(frozen=True, kw_only=True)
class MandateEnded(Event):
    """A regulator ended a mandate before its last day."""

    name: ClassVar[str] = "participants.mandate_ended"


@dataclass(frozen=True, kw_only=True)
class MailSent(Event):
    """The mail server took a mail; `subject` is the mail, which says nothing any more."""

    name: ClassVar[str] = "participants.mail_sent"

    letter: str


@dataclass(frozen=True, kw_only=True)
class MailDropped(Event):
    """A mail could not be sent for days and was given up."""

    name: ClassVar[str] = "participants.mail_dropped"

    letter: str


class WebhookCreated(Event):
    """An organisation wants to be told; `subject` is the subscription."""

    name: ClassVar[str] = "participants.webhook_created"


@dataclass(frozen=True, kw_only=True)
class WebhookChanged(Event):
    """Where it is told, or of what, has changed."""

    name: ClassVar[str] = "participants.webhook_changed"


@dataclass(frozen=True, kw_only=True)
class WebhookRemoved(Event):
    """The subscription and its log are gone."""

    name: ClassVar[str] = "participants.webhook_removed"


@dataclass(frozen=True, kw_only=True)
class WebhookEnabled(Event):
    """It is served from now on, and what waited is sent."""

    name: ClassVar[str] = "participants.webhook_enabled"


@dataclass(frozen=True, kw_only=True)
class WebhookDisabled(Event):
    """Its owner wants to be told nothing."""

    name: ClassVar[str] = "participants.webhook_disabled"


@dataclass(frozen=True, kw_only=True)
class WebhookPaused(Event):
    """The node stopped calling its receiver, for this reason, after so many failures in a row."""

    name: ClassVar[str] = "participants.webhook_paused"

    reason: str
    failures: int


@dataclass(frozen=True, kw_only=True)
class WebhookSecretRotated(Event):
    """It has a new secret; the old one signs too until then."""

    name: ClassVar[str] = "participants.webhook_secret_rotated"

    until: datetime


@dataclass(frozen=True, kw_only=True)
class WebhookTested(Event):
    """Its owner asked for a ping; `subject` is the subscription."""

    name: ClassVar[str] = "participants.webhook_tested"


@dataclass(frozen=True, kw_only=True)
class DeliveryAbandoned(Event):
    """The node gave up bringing an event to a subscription; `subject` is the delivery."""

    name: ClassVar[str] = "participants.delivery_abandoned"

    webhook: UUID
    tries: int


@dataclass(frozen=True, kw_only=True)
class DeliveryRedelivered(Event):
    """Its owner asked for a delivery once more; `subject` is the delivery."""

    name: ClassVar[str] = "participants.delivery_redelivered"


@dataclass(frozen=True, kw_only=True)
class DeliveriesRecovered(Event):
    """Its owner asked for everything since a time; `subject` is the subscription."""

    name: ClassVar[str] = "participants.deliveries_recovered"

    since: datetime
    deliveries: int
