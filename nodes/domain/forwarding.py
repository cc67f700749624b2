"""What an industry node forwards to its region about identifiers, and what the region tells it back."""

import json
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from kernel.instants import read_instant
from kernel.objects import canonical_json
from kernel.text import Vocabulary

APPLICATIONS = "applications"  # the stream up
MIRRORS = "identifiers"  # the stream down
APPLICATION_SCHEMA = "cin-application/1"
MIRROR_SCHEMA = "cin-identifier/1"


class ForwardedAct(Vocabulary):
    """What the owner of the resource asked for."""

    APPLY = "apply", "申请", "Applied for"
    DESCRIBE = "describe", "变更描述", "Described anew"


@dataclass(frozen=True, slots=True)
class ForwardedApplication:
    """One request of a party of the industry node; `id` is the identifier's there, `owner` and `subject` are its ids too."""

    act: str
    id: str
    owner: str
    kind: str
    subject: str
    attributes: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Mirror:
    """Where an identifier stands at the node that issues it; `reason` says why it was refused or suspended."""

    id: str
    state: str
    code: str | None
    reason: str
    filing: str
    filed_at: str | None


def compose(document: ForwardedApplication | Mirror) -> bytes:
    """The message's bytes."""
    schema = MIRROR_SCHEMA if isinstance(document, Mirror) else APPLICATION_SCHEMA
    fields = {"schema": schema} | asdict(document)
    return canonical_json(fields).encode()


def read_application(body: bytes) -> ForwardedApplication | None:
    """The request that these bytes say; None where they say none."""
    fields = _fields(body, APPLICATION_SCHEMA)
    try:
        found = ForwardedApplication(**fields)
        ids = [str(UUID(each)) for each in (found.id, found.owner, found.subject)]
        ForwardedAct(found.act)
    except (TypeError, ValueError, AttributeError):
        return None
    canonical = ids == [found.id, found.owner, found.subject]
    return found if canonical and isinstance(found.attributes, dict) and type(found.kind) is str else None


def read_mirror(body: bytes) -> Mirror | None:
    """The standing that these bytes say; None where they say none."""
    try:
        found = Mirror(**_fields(body, MIRROR_SCHEMA))
        UUID(found.id)
        if found.filed_at is not None:
            read_instant(found.filed_at)
    except (TypeError, ValueError, AttributeError):
        return None
    texts = all(type(each) is str for each in (found.state, found.reason, found.filing))
    return (
        found
        if texts and all(each is None or type(each) is str for each in (found.code, found.filed_at))
        else None
    )


def _fields(body: bytes, schema: str) -> dict[str, Any]:
    """The document without its schema; empty where it is of another."""
    try:
        document = json.loads(body)
        return document if document.pop("schema") == schema else {}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}
