"""The licence rules as a versioned profile: which documents each kind needs, until when they count, who decides."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from kernel.errors import Forbidden
from kernel.text import Text, Vocabulary
from participants.errors import UnusableDocument


@dataclass(frozen=True, slots=True)
class DocumentRule:
    """A kind of document: its label, and whether it must state its last day of validity."""

    label: Text
    expires: bool


class Want(Vocabulary):
    """Why a document does not count."""

    MISSING = "missing", "未提交", "missing"
    EXPIRED = "expired", "已过期", "expired"


@dataclass(frozen=True, slots=True)
class Shortfall:
    """One document kind that is asked for and not held."""

    document: str
    want: Want
    label: Text

    @property
    def text(self) -> Text:
        """The shortfall as people read it."""
        return Text(f"{self.label.zh}（{self.want.label.zh}）", f"{self.label.en} ({self.want.label.en})")


@dataclass(frozen=True, slots=True)
class CertificationProfile:
    """The versioned rules; `certification` and `qualification` map organisation kind to document kinds."""

    version: str
    status: str
    source: str
    documents: Mapping[str, DocumentRule]
    certification: Mapping[str, Sequence[str]]
    qualification: Mapping[str, Sequence[str]]
    deciders: Mapping[str, frozenset[str]]

    def shortfalls(
        self, wanted: Iterable[str], held: Iterable[tuple[str, date | None]], today: date
    ) -> list[Shortfall]:
        """What is missing or expired of the `wanted` kinds; `held` are (kind, last day of validity or None)."""
        days: dict[str, list[date | None]] = {}
        for kind, until in held:
            days.setdefault(kind, []).append(until)
        return [
            Shortfall(kind, Want.EXPIRED if kind in days else Want.MISSING, self.documents[kind].label)
            for kind in wanted
            if not any(counts(until, today) for until in days.get(kind, []))
        ]

    def accept(self, kind: str, valid_until: date | None, today: date) -> None:
        """Raise UnusableDocument for an unknown kind, a missing last day, or one that has passed."""
        rule = self.documents.get(kind)
        if rule is None:
            raise UnusableDocument(
                pointer="/kind",
                reason_zh=f"没有材料类型 {kind}；可用：{'、'.join(self.documents)}。",
                reason_en=f"There is no kind of document {kind}; these are: {', '.join(self.documents)}.",
            )
        if rule.expires and valid_until is None:
            raise UnusableDocument(
                pointer="/valid_until",
                reason_zh=f"{rule.label.zh}须填写有效期截止日。",
                reason_en=f"{rule.label.en} must state its last day of validity.",
            )
        if not counts(valid_until, today):
            raise UnusableDocument(
                pointer="/valid_until",
                reason_zh="材料已过期；请提交有效的材料。",
                reason_en="The document has expired; submit a valid one.",
            )

    def require_decider(self, act: str, roles: Iterable[str]) -> None:
        """Raise Forbidden where the profile gives the act to none of the roles."""
        if not self.deciders[act].intersection(roles):
            raise Forbidden(operation=f"participants.{act}")


def counts(valid_until: date | None, today: date) -> bool:
    """Whether a document counts today; its last day still counts, None never ends."""
    return valid_until is None or today <= valid_until
