"""Merging identifiers into one and splitting one into several: the old become tombstones that point to the new."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import transaction

from identifiers import events
from identifiers.domain.lifecycle import LIFE
from identifiers.domain.successions import Heir, SuccessionAct, require_known, require_succession
from identifiers.models import Identifier, Succession
from kernel.actor import Actor
from kernel.models.proposals import Proposal
from kernel.proposals import four_eyes
from kernel.services.outbox import publish_each
from kernel.services.proposals import propose_act


@transaction.atomic
def propose_merger(
    *, successor: Identifier, predecessors: Sequence[UUID], reason: str, actor: Actor
) -> Proposal:
    """Ask that `predecessors` end and `successor` goes on for all of them. Raises SuccessionRefused, StateConflict."""
    _locked(predecessors, [successor.id], SuccessionAct.MERGE)
    terms = {"predecessors": [str(each) for each in predecessors], "reason": reason}
    return propose_act(kind="identifiers.merge", subject=successor.id, terms=terms, actor=actor)


@transaction.atomic
def propose_split(
    *, predecessor: Identifier, successors: Sequence[UUID], reason: str, actor: Actor
) -> Proposal:
    """Ask that `predecessor` ends and each of `successors` goes on. Raises SuccessionRefused, StateConflict."""
    _locked([predecessor.id], successors, SuccessionAct.SPLIT)
    terms = {"successors": [str(each) for each in successors], "reason": reason}
    return propose_act(kind="identifiers.split", subject=predecessor.id, terms=terms, actor=actor)


@four_eyes("identifiers.merge", operation="identifiers.propose_merger")
@transaction.atomic
def merge_identifiers(subject: UUID, terms: dict[str, Any], actor: Actor) -> None:
    """Let one identifier go on for several, once a second person has approved; asked again, since days may lie between."""
    before = [UUID(each) for each in terms["predecessors"]]
    _succeed(SuccessionAct.MERGE, before, [subject], terms["reason"], actor)


@four_eyes("identifiers.split", operation="identifiers.propose_split")
@transaction.atomic
def split_identifier(subject: UUID, terms: dict[str, Any], actor: Actor) -> None:
    """Let several identifiers go on for one, once a second person has approved."""
    after = [UUID(each) for each in terms["successors"]]
    _succeed(SuccessionAct.SPLIT, [subject], after, terms["reason"], actor)


def _succeed(
    act: SuccessionAct, before: Sequence[UUID], after: Sequence[UUID], reason: str, actor: Actor
) -> None:
    rows = _locked(before, after, act)
    codes = tuple(sorted(rows[each].code or "" for each in after))
    for each in before:
        row = rows[each]
        row.state, row.reason = LIFE.after("retire", row.state), reason
        row.advance("state", "reason")
    Succession.objects.bulk_create(
        Succession(predecessor_id=old, successor_id=new, act=act.value) for old in before for new in after
    )
    happened = [
        events.IdentifierRetired(
            subject=rows[each].id, tenant=rows[each].tenant_id, code=rows[each].code or "", successors=codes
        )
        for each in before
    ]
    publish_each(happened, actor=actor)


def _locked(before: Sequence[UUID], after: Sequence[UUID], act: SuccessionAct) -> dict[UUID, Identifier]:
    """All the rows, locked in one order, if they may follow one another."""
    found = Identifier.objects.filter(id__in={*before, *after}).order_by("id").select_for_update()
    rows = {row.id: row for row in found}
    if act is SuccessionAct.MERGE:
        require_known(before, rows, "predecessors")
    else:
        require_known(after, rows, "successors")
    require_succession(*([_heir(rows[each]) for each in side] for side in (before, after)))
    return rows


def _heir(row: Identifier) -> Heir:
    return Heir(row.id, row.tenant_id, row.kind, row.state)
