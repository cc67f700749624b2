"""Whose rows there are: for every row of a tenant its owner and its parties, asked of the tables once."""

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from django.apps import apps

from kernel.models.base import Entity
from monitoring.domain.instructions import UNISSUED
from monitoring.models import Instruction


@dataclass(frozen=True)
class Thing:
    """A row: its id, whose it is (None: the node's own), and who else is a party to it."""

    id: UUID
    kind: str
    owner: UUID | None
    parties: frozenset[UUID]
    over: bool = False

    def relation(self, tenant: UUID | None) -> str:
        """How a tenant stands to it: `own`, `party` or `strange`."""
        if self.owner is None or self.owner == tenant:
            return "own"
        return "party" if tenant in self.parties else "strange"

    def within(self, reach: str, tenant: UUID | None) -> bool:
        """Whether a caller of that tenant, with that reach, may see it."""
        relation = self.relation(tenant)
        return (
            reach in ("masked", "all")
            or (reach == "own" and relation == "own")
            or (reach == "party" and relation != "strange")
        )


class Ledger:
    """Every row of the house by its id and by its kind."""

    @cached_property
    def by_id(self) -> dict[str, Thing]:
        """Every row by its id as text."""
        return {str(each.id): each for each in self._read()}

    def some(self, model: type[Entity], tenant: UUID | None) -> list[Thing]:
        """Rows of a table as a tenant stands to them: its own, one it is a party to, a stranger's; of each one that ended."""
        told: dict[tuple[str, bool], Thing] = {}
        for each in self._by_kind[model._meta.label]:
            told.setdefault((each.relation(tenant), each.over), each)
        return list(told.values())

    @cached_property
    def _by_kind(self) -> dict[str, list[Thing]]:
        found = defaultdict(list)
        for each in self.by_id.values():
            found[each.kind].append(each)
        return found

    def some_tenant(self, *, besides: object) -> UUID | None:
        """A tenant that has rows, and is another than this one."""
        owners = (each.owner for each in self.by_id.values())
        return next((owner for owner in owners if owner not in (None, besides)), None)

    def _read(self) -> list[Thing]:
        found = []
        for model in apps.get_models():
            if issubclass(model, Entity):
                found += list(_rows(model))
        return found


ENDS = ("ended_at", "revoked_at", "closed_at", "accepted_at")  # columns that say that a row is over
OVER = {"closed", "revoked", "refused", "withdrawn", "retired", "lifted", "cancelled", "detached", "expired"}


def _rows(model: type[Entity]) -> list[Thing]:
    rows: Any = model.objects.order_by("pk")  # in one order, so that "the first" is the same each time
    if model is Instruction:  # a draft is the supervision's alone, whomever it will be issued to
        rows = rows.exclude(state__in=UNISSUED)
    owned = [] if model.public else [model.tenant_field, *model.party_fields]
    columns = {each.name for each in model._meta.concrete_fields}
    signs = [each for each in (*ENDS, "state") if each in columns]
    found, shown = [], defaultdict[UUID, list[UUID]](list)
    for path in model.shown_with:  # to them the second wall opens, and the first does not
        for id_, tenant in model.objects.values_list("pk", path):
            shown[id_].append(tenant)
    for id_, *values in rows.values_list("pk", *owned, *signs):
        owner, *parties = values[: len(owned)] or [None]
        over = any(
            value in OVER if isinstance(value, str) else value is not None for value in values[len(owned) :]
        )
        found.append(Thing(id_, model._meta.label, owner, frozenset({*parties, *shown[id_]}), over))
    return found
