"""What identifiers announce; `subject` is always the identifier's id."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class IdentifierApplied(Event):
    """A resource's owner asked for an identifier, and the automatic checks passed."""

    name: ClassVar[str] = "identifiers.identifier_applied"

    kind: str
    review: str = ""


@dataclass(frozen=True, kw_only=True)
class IdentifierRefused(Event):
    """The supervision refused the application."""

    name: ClassVar[str] = "identifiers.identifier_refused"


@dataclass(frozen=True, kw_only=True)
class IdentifierIssued(Event):
    """A code was issued and now waits for its filing; `rule` is the profile that issued it, empty for a person."""

    name: ClassVar[str] = "identifiers.identifier_issued"

    code: str
    kind: str
    rule: str = ""


@dataclass(frozen=True, kw_only=True)
class IdentifierActivated(Event):
    """The national filing was accepted: the resource is in the network and on the market."""

    name: ClassVar[str] = "identifiers.identifier_activated"

    code: str


@dataclass(frozen=True, kw_only=True)
class DescriptorChanged(Event):
    """The resource is described anew; the code stays."""

    name: ClassVar[str] = "identifiers.descriptor_changed"

    version: int


@dataclass(frozen=True, kw_only=True)
class ProofKeyRegistered(Event):
    """The resource's agent is known by another key from now on."""

    name: ClassVar[str] = "identifiers.proof_key_registered"

    key_id: str


@dataclass(frozen=True, kw_only=True)
class IdentityChallenged(Event):
    """The resource's agent was given a text to sign."""

    name: ClassVar[str] = "identifiers.identity_challenged"

    challenge: UUID


@dataclass(frozen=True, kw_only=True)
class IdentityAnswered(Event):
    """The agent answered a challenge; `result` is proven or failed."""

    name: ClassVar[str] = "identifiers.identity_answered"

    challenge: UUID
    result: str


@dataclass(frozen=True, kw_only=True)
class IdentifierSuspended(Event):
    """The identifier is suspended until it is reinstated."""

    name: ClassVar[str] = "identifiers.identifier_suspended"

    code: str


@dataclass(frozen=True, kw_only=True)
class IdentifierReinstated(Event):
    """The identifier is active again."""

    name: ClassVar[str] = "identifiers.identifier_reinstated"

    code: str


@dataclass(frozen=True, kw_only=True)
class IdentifierRetired(Event):
    """The identifier is a tombstone for ever, with its successors' codes; its code is never issued again."""

    name: ClassVar[str] = "identifiers.identifier_retired"

    code: str
    successors: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class IdentifierTakenBack(Event):
    """A restored database learned from the upstream that it had issued this code."""

    name: ClassVar[str] = "identifiers.identifier_taken_back"

    code: str
    state: str


@dataclass(frozen=True, kw_only=True)
class TransferOffered(Event):
    """Its holder offers an identifier to another; `subject` is the transfer."""

    name: ClassVar[str] = "identifiers.transfer_offered"

    identifier: UUID
    code: str


@dataclass(frozen=True, kw_only=True)
class TransferEnded(Event):
    """A transfer was accepted, declined or withdrawn; `subject` is the transfer."""

    name: ClassVar[str] = "identifiers.transfer_ended"

    identifier: UUID
    state: str


@dataclass(frozen=True, kw_only=True)
class IdentifierTransferred(Event):
    """Another organisation holds the identifier now; the code stays. `tenant` is the new holder."""

    name: ClassVar[str] = "identifiers.identifier_transferred"

    code: str
    transfer: UUID


@dataclass(frozen=True, kw_only=True)
class PrefixAccepted(Event):
    """The national node delegated a code prefix to this node; `subject` is the prefix row."""

    name: ClassVar[str] = "identifiers.prefix_accepted"

    prefix: str


@dataclass(frozen=True, kw_only=True)
class BlockNeeded(Event):
    """The database has no block of its own to draw codes from; `subject` is the block that it asks for."""

    name: ClassVar[str] = "identifiers.block_needed"

    prefix: str
    number: int
    incarnation: str


@dataclass(frozen=True, kw_only=True)
class BlockOpened(Event):
    """A block was granted, and codes are drawn from it; `subject` is the block."""

    name: ClassVar[str] = "identifiers.block_opened"

    prefix: str
    number: int
