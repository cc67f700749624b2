"""What a demand may require that a line is sold with: availability, service level, isolation, encryption."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any

from scheduling.domain.numbers import plain
from scheduling.domain.supply.extras import LineGrade

Product = tuple[str, str]

LISTED = ("sla", "isolation", "encryption")
"""The aspects of which a demand lists the classes that will do."""
PROMISE_REASONS = ("availability", *LISTED)
"""Why a line product is out before a path is looked for, in the order of the tests."""


@dataclass(frozen=True, slots=True)
class Promises:
    """Hard bounds on what the carrier promises of each circuit; None or empty asks nothing, what is not declared fails.

    Availability is a percentage of a year, and includes its value; the others are codes of `line-service-profile`, any of which
    will do. Both circuits of a pair are of one product, so that both keep them.
    """

    min_availability_percent: Decimal | None = None
    sla: tuple[str, ...] = ()
    isolation: tuple[str, ...] = ()
    encryption: tuple[str, ...] = ()

    def broken(self, grade: LineGrade | None) -> str | None:
        """The first of PROMISE_REASONS that a product fails that is sold with this; None where it keeps all."""
        return next((reason for reason, kept in self._tests(grade) if not kept), None)

    def stated(self) -> dict[str, str | list[str]]:
        """What is asked, as a demand writes it."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {
            name: list(value) if isinstance(value, tuple) else f"{value:f}"
            for name, value in values.items()
            if value not in (None, ())
        }

    @classmethod
    def of(cls, stated: Mapping[str, Any]) -> "Promises":
        """The bounds that `stated` wrote down."""
        values = {name: tuple(value) for name, value in stated.items() if name in LISTED}
        least = stated.get("min_availability_percent")
        return cls(None if least is None else Decimal(least), **values)

    def _tests(self, grade: LineGrade | None) -> Iterator[tuple[str, bool]]:
        least, promised = self.min_availability_percent, None if grade is None else grade.availability_percent
        yield "availability", least is None or (promised is not None and promised >= least)
        for name in LISTED:
            listed: tuple[str, ...] = getattr(self, name)
            yield name, not listed or (grade is not None and getattr(grade, name) in listed)


def service_json(grade: LineGrade) -> dict[str, str | None]:
    """What a line is sold with, as an answer says it; null is not declared."""
    percent = grade.availability_percent
    codes = {name: getattr(grade, name) for name in LISTED}
    return {"availability_percent": None if percent is None else plain(percent), **codes}


def unpromised(
    promises: Promises | None, grades: Mapping[str, LineGrade], products: Iterable[Product]
) -> dict[Product, str]:
    """The line products that are not sold with what is required, each with the first reason."""
    if promises is None:
        return {}
    tested = ((product, promises.broken(grades.get("|".join(product)))) for product in products)
    return {product: reason for product, reason in tested if reason is not None}
