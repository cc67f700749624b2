"""What is announced of keys, clients and signatures: ids and times, never a secret."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class ApiKeyIssued(Event):
    """A member got a key; `subject` is the key's id."""

    name: ClassVar[str] = "participants.api_key_issued"

    member: UUID


@dataclass(frozen=True, kw_only=True)
class ApiKeyRevoked(Event):
    """A key ends at once."""

    name: ClassVar[str] = "participants.api_key_revoked"


@dataclass(frozen=True, kw_only=True)
class ApiKeyRotated(Event):
    """A key takes the place of another, which ends after an overlap; `subject` is the new key's id."""

    name: ClassVar[str] = "participants.api_key_rotated"

    replaces: UUID
    overlap_ends: datetime


@dataclass(frozen=True, kw_only=True)
class CredentialRestricted(Event):
    """The networks from which a key or a client may be used changed; `subject` is its id."""

    name: ClassVar[str] = "participants.credential_restricted"

    networks: int


@dataclass(frozen=True, kw_only=True)
class ClientRegistered(Event):
    """An organisation has a machine of its own; `subject` is the client, `member` who made it."""

    name: ClassVar[str] = "participants.client_registered"

    member: UUID


@dataclass(frozen=True, kw_only=True)
class ClientSecretRotated(Event):
    """A client got a new secret, and `member` keeps it; others end after the overlap."""

    name: ClassVar[str] = "participants.client_secret_rotated"

    member: UUID
    overlap_ends: datetime


@dataclass(frozen=True, kw_only=True)
class ClientEnded(Event):
    """A client ends at once, its secrets and tokens with it."""

    name: ClassVar[str] = "participants.client_ended"


@dataclass(frozen=True, kw_only=True)
class AccessGranted(Event):
    """A client showed its secret and may call for some minutes; `subject` is the id of what it was given."""

    name: ClassVar[str] = "participants.access_granted"

    client: UUID


@dataclass(frozen=True, kw_only=True)
class AccessRevoked(Event):
    """A client gave back what it was given."""

    name: ClassVar[str] = "participants.access_revoked"

    client: UUID


@dataclass(frozen=True, kw_only=True)
class SigningKeyAdded(Event):
    """An organisation's machines may sign with a further key; `subject` is its row, `key_id` its thumbprint."""

    name: ClassVar[str] = "participants.signing_key_added"

    key_id: str


@dataclass(frozen=True, kw_only=True)
class SigningKeyEnded(Event):
    """Nothing that the key signed is taken any more."""

    name: ClassVar[str] = "participants.signing_key_ended"

    key_id: str


@dataclass(frozen=True, kw_only=True)
class SignaturesRequired(Event):
    """An organisation's calls must be signed from now on, or need not be any more."""

    name: ClassVar[str] = "participants.signatures_required"

    required: bool


@dataclass(frozen=True, kw_only=True)
class CredentialExpiring(Event):
    """A key or a client's secret ends soon, and nothing has taken its place; `subject` is its id."""

    name: ClassVar[str] = "participants.credential_expiring"

    kind: str
    member: UUID
    expires_at: datetime
