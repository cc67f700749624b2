"""Which products a party may sell in which cities, from the licences that it holds, and why not."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from kernel.text import Text, Vocabulary
from participants.domain.credit_codes import legal_entity
from participants.domain.particulars import NATION, covers

REPORTED_BY = (3, 31)  # month and day until which the report of the year before is filed


class Want(Vocabulary):
    """Why a document does not count."""

    MISSING = "missing", "未提交", "missing"
    IN_REVIEW = "in_review", "已提交，待审核决定", "handed in, not decided on yet"
    EXPIRED = "expired", "已过期", "expired"
    OTHER_HOLDER = "other_holder", "持证人不是本主体", "held by another entity"
    NOT_COVERED = "not_covered", "未覆盖 {city}", "does not cover {city}"
    REPORT_OVERDUE = "report_overdue", "{year} 年度年报未报送", "annual report of {year} not filed"
    TEST_OVERDUE = "test_overdue", "测评已逾期（{day}）", "test was due on {day}"
    NOT_SOLD = "not_sold", "该类型主体不销售", "not sold by parties of this kind"


@dataclass(frozen=True, slots=True)
class Shortfall:
    """One kind of document (or a product) that stands in the way, and why."""

    document: str
    want: Want
    label: Text
    said: Text | None = None  # the want with its parameters

    @property
    def text(self) -> Text:
        """The shortfall as people read it."""
        why = self.said or self.want.label
        return Text(f"{self.label.zh}（{why.zh}）", f"{self.label.en} ({why.en})")


@dataclass(frozen=True, slots=True)
class Held:
    """A document in force or once in force."""

    kind: str
    valid_until: date | None
    particulars: Mapping[str, Any]


Needs = Sequence[Sequence[str]]
"""What a product needs: one document of each group of kinds."""


@dataclass(frozen=True, slots=True)
class SalesRights:
    """What one party may sell today: ask `why_not` for a product and the cities that it touches."""

    entity: str
    products: Mapping[str, Needs]
    held: Sequence[Held]
    labels: Mapping[str, Text]
    today: date

    def why_not(self, product: str, cities: Iterable[str] = ()) -> list[Shortfall]:
        """Every reason against selling it in these cities (GB/T 2260); empty: it may. Without cities, anywhere."""
        if product not in self.products:
            return [Shortfall(product, Want.NOT_SOLD, self.labels.get(product, Text(product, product)))]
        found: list[Shortfall] = []
        for kinds in self.products[product]:
            asked: list[str | None] = [*sorted(set(cities))]
            for city in asked or [None]:
                found += [each for each in self._lacks(kinds, city) if each not in found]
        return found

    def cities(self, product: str) -> list[str]:
        """The divisions in which it may be sold, of the licences that count; the nation where none says."""
        if self.why_not(product):
            return []
        divisions: set[str] = set()
        for kinds in self.products[product]:
            for held in self._of(kinds):
                if not self._faults(held, None):
                    divisions.update(held.particulars.get("cities", ()))
        return sorted(divisions) or [NATION]

    def _of(self, kinds: Sequence[str]) -> list[Held]:
        return [held for held in self.held if held.kind in kinds]

    def _lacks(self, kinds: Sequence[str], city: str | None) -> list[Shortfall]:
        """Nothing where one document of the group is without fault; else the faults of the one with the fewest."""
        held = self._of(kinds)
        if not held:
            names = [self.labels[kind] for kind in kinds]
            either = Text("或".join(name.zh for name in names), " or ".join(name.en for name in names))
            return [Shortfall(kinds[0], Want.MISSING, either)]
        return min((self._faults(each, city) for each in held), key=len)

    def _faults(self, held: Held, city: str | None) -> list[Shortfall]:
        facts, found = held.particulars, []

        def fault(want: Want, **params: object) -> None:
            found.append(Shortfall(held.kind, want, self.labels[held.kind], want.label.format(**params)))

        expired, year, test = overdue(held, self.today)
        if expired:
            fault(Want.EXPIRED)
        if (holder := facts.get("holder_code")) and legal_entity(holder) != self.entity:
            fault(Want.OTHER_HOLDER)
        if city is not None and "cities" in facts and not any(covers(each, city) for each in facts["cities"]):
            fault(Want.NOT_COVERED, city=city)
        if year is not None:
            fault(Want.REPORT_OVERDUE, year=year)
        if test is not None:
            fault(Want.TEST_OVERDUE, day=test)
        return found


def overdue(held: Held, today: date) -> tuple[bool, int | None, str | None]:
    """What the day alone decides of a document: whether it has ended, the year of the overdue report, the overdue test's day."""
    test = held.particulars.get("next_test")
    return (
        held.valid_until is not None and held.valid_until < today,
        report_due(held.particulars, today),
        test if test and date.fromisoformat(test) < today else None,
    )


def report_due(facts: Mapping[str, Any], today: date) -> int | None:
    """The year whose annual report is overdue; None where none is, or none was due since the licence was issued."""
    if "issued_on" not in facts:
        return None
    due = today.year - (1 if (today.month, today.day) > REPORTED_BY else 2)
    issued = date.fromisoformat(facts["issued_on"]).year
    return due if issued <= due and facts.get("annual_report", 0) < due else None
