"""Passing the gate: what quote, hold and confirmation ask before they promise anything."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from aggregation.domain.gate import Block
from aggregation.errors import NotSellable
from aggregation.models import Offer
from aggregation.selectors.gate import blocks
from kernel.questions import question
from kernel.text import Text


def shut_gates(offers: Iterable[UUID]) -> dict[UUID, NotSellable]:
    """Of the offers, those that may not be sold now, each with every reason; all are locked as by `require_sellable`."""
    return {
        offer: _refusal([block.text for block in why]) for offer, why in _locked_blocks(offers).items() if why
    }


def require_sellable(offers: Iterable[UUID]) -> None:
    """Raise NotSellable with every reason unless each offer may be sold now.

    The offers are locked in id order until the caller's transaction ends, so that none is withdrawn or
    changed between this answer and the act that rests on it.
    """
    reasons = [block.text for why in _locked_blocks(offers).values() for block in why]
    if reasons:
        raise _refusal(reasons)


def _locked_blocks(offers: Iterable[UUID]) -> dict[UUID, list[Block]]:
    wanted = sorted(set(offers))
    _locked(ids=wanted)
    return blocks(wanted)


@question
def _locked(*, ids: Iterable[UUID]) -> QuerySet[Offer, Any]:
    return Offer.objects.filter(id__among=ids).order_by("id").select_for_update(no_key=True).values_list("id")


def _refusal(reasons: Iterable[Text]) -> NotSellable:
    told = list(reasons)
    return NotSellable(
        reasons_zh="".join(text.zh for text in told), reasons_en=" ".join(text.en for text in told)
    )
