"""The licence rules as a versioned profile: which documents each kind needs, until when they count, who decides."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from kernel.errors import Forbidden
from kernel.text import Text
from participants.domain.licences import Needs, Shortfall, Want
from participants.domain.particulars import Particular, read_particulars
from participants.errors import UnusableDocument


@dataclass(frozen=True, slots=True)
class DocumentRule:
    """A kind of document: its label, whether it must state its last day of validity, and its particulars."""

    label: Text
    expires: bool
    particulars: Mapping[str, Particular]


@dataclass(frozen=True, slots=True)
class CertificationProfile:
    """The versioned rules; `certification` and `qualification` map organisation kind to document kinds.

    `products` maps organisation kind and product to what the product needs; `labels` names documents and products.
    """

    version: str
    status: str
    source: str
    documents: Mapping[str, DocumentRule]
    certification: Mapping[str, Sequence[str]]
    products: Mapping[str, Mapping[str, Needs]]
    labels: Mapping[str, Text]
    qualification: Mapping[str, Sequence[str]]
    deciders: Mapping[str, frozenset[str]]
    reminders: tuple[int, ...]

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

    def read_document(
        self, kind: str, valid_until: date | None, particulars: Any, today: date
    ) -> dict[str, Any]:
        """The particulars of a document that can be taken.

        Raises UnusableDocument for an unknown kind, a last day that is missing or has passed, a wrong particular.
        """
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
        return read_particulars(rule.particulars, particulars)

    def require_decider(self, act: str, roles: Iterable[str]) -> None:
        """Raise Forbidden where the profile gives the act to none of the roles."""
        if not self.deciders[act].intersection(roles):
            raise Forbidden(operation=f"participants.{act}")


def counts(valid_until: date | None, today: date) -> bool:
    """Whether a document counts today; its last day still counts, None never ends."""
    return valid_until is None or today <= valid_until
