"""What is announced of cases and their evidence: ids, kinds and days."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from uuid import UUID

from kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class CodeReviewed(Event):
    """A person looked at a code that failed its check character: confirmed or refused."""

    name: ClassVar[str] = "participants.code_reviewed"

    outcome: str


@dataclass(frozen=True, kw_only=True)
class CaseOpened(Event):
    """The organisation `tenant` asks to be certified, or to renew; `subject` is the case."""

    name: ClassVar[str] = "participants.case_opened"


@dataclass(frozen=True, kw_only=True)
class CaseAssigned(Event):
    """A reviewer has the case."""

    name: ClassVar[str] = "participants.case_assigned"

    reviewer: UUID


@dataclass(frozen=True, kw_only=True)
class QuestionAsked(Event):
    """The case waits for the applicant's answer; `subject` is the case."""

    name: ClassVar[str] = "participants.question_asked"

    question: UUID


@dataclass(frozen=True, kw_only=True)
class QuestionAnswered(Event):
    """The applicant answered; `subject` is the case."""

    name: ClassVar[str] = "participants.question_answered"

    question: UUID


@dataclass(frozen=True, kw_only=True)
class CaseChecked(Event):
    """The first person found the evidence complete."""

    name: ClassVar[str] = "participants.case_checked"

    profile: str


@dataclass(frozen=True, kw_only=True)
class CaseWithdrawn(Event):
    """The applicant took its case back."""

    name: ClassVar[str] = "participants.case_withdrawn"


@dataclass(frozen=True, kw_only=True)
class DocumentSubmitted(Event):
    """A piece of evidence came in; `subject` is the document."""

    name: ClassVar[str] = "participants.document_submitted"

    kind: str
    sha256: str


@dataclass(frozen=True, kw_only=True)
class DocumentAccepted(Event):
    """A reviewer accepted a piece of evidence; `subject` is the document."""

    name: ClassVar[str] = "participants.document_accepted"

    kind: str


@dataclass(frozen=True, kw_only=True)
class DocumentRefused(Event):
    """A reviewer refused a piece of evidence; `subject` is the document."""

    name: ClassVar[str] = "participants.document_refused"

    kind: str


@dataclass(frozen=True, kw_only=True)
class DocumentExpiring(Event):
    """A document in force comes to its end, and none follows it yet: a reminder; `subject` is the document."""

    name: ClassVar[str] = "participants.document_expiring"

    kind: str
    valid_until: date
    days_left: int


@dataclass(frozen=True, kw_only=True)
class DocumentRead(Event):
    """Somebody opened a piece of evidence; `subject` is the document."""

    name: ClassVar[str] = "participants.document_read"
