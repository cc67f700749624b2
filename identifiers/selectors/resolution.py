"""What codes resolve to, and which prefixes this node answers for."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from identifiers.domain.codes import Code
from identifiers.domain.evidence import IdentityResult, Liveness, Sign, Unobserved, liveness, why_unobserved
from identifiers.domain.lifecycle import IdentifierKind, IdentifierState
from identifiers.errors import UnknownCode
from identifiers.models import Prefix
from identifiers.selectors.profiles import descriptor_profile
from kernel.questions import ask


@dataclass(frozen=True, slots=True)
class Resolution:
    """What a code resolves to, for ever: a live, filing or suspended resource, or a tombstone.

    The attributes count as fresh until `attributes_until`, the last `sign` of life (`seen_at`) until `live_until`.
    `successors` are the codes that go on in the place of a tombstone, after a merger or a split.
    `read_at` is the database's time of the reading.
    """

    code: str
    kind: IdentifierKind
    state: IdentifierState
    descriptor_version: int
    attributes: dict[str, Any]
    described_at: datetime
    attributes_until: datetime
    filing: str
    filed_at: datetime | None
    sign: Sign | None
    seen_at: datetime | None
    live_until: datetime | None
    identity: IdentityResult
    identity_at: datetime | None
    identity_keyid: str | None
    successors: tuple[str, ...]
    read_at: datetime

    @property
    def liveness(self) -> Liveness:
        """Whether the resource lives, as far as signs tell; nothing is said of a tombstone."""
        return Liveness.UNOBSERVED if self.unobserved else liveness(self.live_until, self.read_at)

    @property
    def unobserved(self) -> Unobserved | None:
        """Why nothing can be said of its life; None where something can."""
        return why_unobserved(self.kind, self.state, self.live_until)

    @property
    def attributes_fresh(self) -> bool:
        """Whether the attributes were described recently enough to be relied upon."""
        return self.read_at < self.attributes_until

    @property
    def holds_until(self) -> datetime | None:
        """The first instant at which something that is said here ceases to be so by itself; None where nothing does."""
        ends = (self.attributes_until, self.live_until)
        return min((end for end in ends if end is not None and end > self.read_at), default=None)


RESOLVE = """
    SELECT i.code, i.kind, i.state, i.filing, i.filed_at, described.version, described.attributes, described.created_at,
           s.sign, s.seen_at, s.good_until, answered.result, answered.answered_at, answered.key_id,
           ARRAY(
               SELECT n.code FROM identifier_succession f JOIN identifier n ON n.id = f.successor_id
               WHERE f.predecessor_id = i.id ORDER BY n.code
           ),
           statement_timestamp()
    FROM identifier i
    CROSS JOIN LATERAL (
        SELECT version, attributes, created_at FROM descriptor WHERE identifier_id = i.id ORDER BY version DESC LIMIT 1
    ) described
    LEFT JOIN sighting s ON s.tenant_id = i.tenant_id AND s.subject = i.subject
    LEFT JOIN LATERAL (
        SELECT c.result, c.answered_at, k.key_id FROM identity_challenge c JOIN proof_key k ON k.id = c.key_id
        WHERE c.identifier_id = i.id AND c.result <> '' ORDER BY c.answered_at DESC LIMIT 1
    ) answered ON true
    WHERE i.code = ANY(%s)
"""


def resolve_many(codes: Iterable[Code | str]) -> dict[str, Resolution]:
    """The public facts behind codes, by their canonical text, in one statement; what was never issued here is left out."""
    rows = ask(RESOLVE, [[str(code) for code in codes]])
    return {found.code: found for found in map(_resolution, rows)}


def resolve(code: Code) -> Resolution:
    """The public facts behind a code. Raises UnknownCode for one that was never issued here."""
    found = resolve_many([code]).get(str(code))
    if found is None:
        raise UnknownCode(written=code)
    return found


def resolve_text(text: str) -> Resolution:
    """The same for a code in any spelling. Raises MalformedCode too, saying what is wrong with the text."""
    return resolve(Code.parse(text))


def is_ours(prefix: str) -> bool:
    """Whether this node issues, or once issued, under the prefix: only then may it deny a code."""
    return bool(ask("SELECT 1 FROM prefix WHERE prefix = %s", [prefix]))


def our_prefixes() -> set[str]:
    """Every prefix that this node answers for."""
    return set(Prefix.objects.values_list("prefix", flat=True))


def _resolution(row: tuple[Any, ...]) -> Resolution:
    code, kind, state, filing, filed_at, version, attributes, described_at, *evidence, successors, read_at = (
        row
    )
    sign, seen_at, live_until, result, identity_at, keyid = evidence
    return Resolution(
        code=code,
        kind=IdentifierKind(kind),
        state=IdentifierState(state),
        descriptor_version=version,
        attributes={} if state == IdentifierState.RETIRED else json.loads(attributes),
        described_at=described_at,
        attributes_until=described_at + timedelta(days=descriptor_profile().fresh_days),
        filing=filing,
        filed_at=filed_at,
        sign=Sign(sign) if sign else None,
        seen_at=seen_at,
        live_until=live_until,
        identity=IdentityResult(result or IdentityResult.UNPROVEN),
        identity_at=identity_at,
        identity_keyid=keyid,
        successors=tuple(successors),
        read_at=read_at,
    )
