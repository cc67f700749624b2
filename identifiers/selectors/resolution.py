"""What codes resolve to, and which prefixes this node answers for."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import JSONObject, Now

from identifiers.domain.codes import Code
from identifiers.domain.evidence import IdentityResult, Liveness, liveness
from identifiers.domain.lifecycle import IdentifierKind, IdentifierState
from identifiers.errors import UnknownCode
from identifiers.models import Challenge, Descriptor, Identifier, Prefix, Sighting
from identifiers.selectors.profiles import descriptor_profile


@dataclass(frozen=True, slots=True)
class Resolution:
    """What a code resolves to, for ever: a live, filing or suspended resource, or a tombstone.

    The attributes count as fresh until `attributes_until`, the last heartbeat (`seen_at`) until `live_until`.
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
    seen_at: datetime | None
    live_until: datetime | None
    identity: IdentityResult
    identity_at: datetime | None
    identity_keyid: str | None
    read_at: datetime

    @property
    def liveness(self) -> Liveness:
        """Whether the resource lives, as far as heartbeats tell; a tombstone does not."""
        gone = self.state == IdentifierState.RETIRED
        return Liveness.UNOBSERVED if gone else liveness(self.live_until, self.read_at)

    @property
    def attributes_fresh(self) -> bool:
        """Whether the attributes were described recently enough to be relied upon."""
        return self.read_at < self.attributes_until

    @property
    def holds_until(self) -> datetime | None:
        """The first instant at which something that is said here ceases to be so by itself; None where nothing does."""
        ends = (self.attributes_until, self.live_until)
        return min((end for end in ends if end is not None and end > self.read_at), default=None)


def resolve_many(codes: Iterable[Code]) -> dict[str, Resolution]:
    """The public facts behind codes, by their canonical text, in one statement; what was never issued here is left out."""
    rows = Identifier.objects.filter(code__in=[str(code) for code in codes])
    return {found.code: found for found in map(_resolution, _with_facts(rows))}


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
    return Prefix.objects.filter(prefix=prefix).exists()


def our_prefixes() -> set[str]:
    """Every prefix that this node answers for."""
    return set(Prefix.objects.values_list("prefix", flat=True))


def _with_facts(rows: QuerySet[Identifier]) -> Any:
    described = Descriptor.objects.filter(identifier=OuterRef("pk")).order_by("-version")
    seen = Sighting.objects.filter(tenant_id=OuterRef("tenant_id"), subject=OuterRef("subject"))
    answered = Challenge.objects.filter(identifier=OuterRef("pk")).exclude(result="").order_by("-answered_at")
    return rows.annotate(
        read_at=Now(),
        described=Subquery(
            described.values(facts=JSONObject(version="version", attributes="attributes", at="created_at"))[
                :1
            ]
        ),
        seen=Subquery(seen.values(facts=JSONObject(at="seen_at", until="good_until"))[:1]),
        answered=Subquery(
            answered.values(facts=JSONObject(result="result", at="answered_at", key="key__key_id"))[:1]
        ),
    )


def _resolution(row: Any) -> Resolution:
    described_at = datetime.fromisoformat(row.described["at"])
    seen, answered = row.seen or {}, row.answered or {}
    return Resolution(
        code=row.code,
        kind=IdentifierKind(row.kind),
        state=IdentifierState(row.state),
        descriptor_version=row.described["version"],
        attributes={} if row.state == IdentifierState.RETIRED else row.described["attributes"],
        described_at=described_at,
        attributes_until=described_at + timedelta(days=descriptor_profile().fresh_days),
        filing=row.filing,
        filed_at=row.filed_at,
        seen_at=_instant(seen.get("at")),
        live_until=_instant(seen.get("until")),
        identity=IdentityResult(answered.get("result") or IdentityResult.UNPROVEN),
        identity_at=_instant(answered.get("at")),
        identity_keyid=answered.get("key"),
        read_at=row.read_at,
    )


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
