"""Writing sites and spans that were found good: new ones made, own ones brought up to date by key."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from django.db import models

from kernel.actor import Actor
from kernel.models.base import Entity
from kernel.services.capacity import set_totals
from scheduling.domain.elements import Element, Fault
from scheduling.models import Span

E = TypeVar("E", bound=Entity)
UNIT = "mbps"


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import read and did (or, dry, would do); with faults it did nothing."""

    dry_run: bool
    read: int
    created: int
    updated: int
    faults: tuple[Fault, ...]


def taken_faults(
    elements: Iterable[Element], column: str, known: Mapping[str, Any], tenant: UUID
) -> list[Fault]:
    """A fault for each element whose key is another organisation's row."""
    return [
        element.fault(
            column,
            "key_taken",
            f"编号 {element.values[column]} 已被其他主体使用，请换一个",
            f"the key {element.values[column]} is another organisation's: choose another",
        )
        for element in elements
        if (row := known.get(element.values[column])) is not None and row.tenant_id != tenant
    ]


def put_rows(
    rows: models.QuerySet[E], known: Mapping[Any, E], wanted: Mapping[Any, dict[str, Any]]
) -> tuple[int, int]:
    """Make the rows whose key is not known and bring the others up to date; returns (created, updated).

    A row that is already as wanted keeps its generation.
    """
    new = [rows.model(**values) for key, values in wanted.items() if key not in known]
    changed = []
    for key, values in wanted.items():
        row = known.get(key)
        if row is not None and any(getattr(row, name) != value for name, value in values.items()):
            for name, value in values.items():
                setattr(row, name, value)
            row.generation += 1
            changed.append(row)
    rows.bulk_create(new)
    if changed:
        fields = [*next(iter(wanted.values())), "generation"]
        rows.bulk_update(changed, sorted(set(fields)), batch_size=500)
    return len(new), len(changed)


def put_spans(
    known: Mapping[str, Span], wanted: Mapping[str, dict[str, Any]], actor: Actor
) -> tuple[int, int]:
    """Write spans of the actor's organisation by key and tell the ledger what each can carry; returns (created, updated)."""
    assert actor.tenant_id is not None  # noqa: S101 - a certified party is an organisation
    before = {key: row.capacity_mbps for key, row in known.items()}
    done = put_rows(Span.objects.all(), known, wanted)
    changed = [row for row in Span.objects.filter(key__in=wanted) if before.get(row.key) != row.capacity_mbps]
    totals = {row.id: row.capacity_mbps for row in changed}
    set_totals(totals=totals, tenant=actor.tenant_id, unit=UNIT, actor=actor)
    return done
