"""Passing the gate: what quote, hold and confirmation ask before they promise anything."""

from collections.abc import Iterable
from uuid import UUID

from django.db import transaction

from aggregation.errors import NotSellable
from aggregation.models import Offer
from aggregation.selectors.gate import blocks


@transaction.atomic
def require_sellable(offers: Iterable[UUID]) -> None:
    """Raise NotSellable with every reason unless each offer may be sold now.

    The offers are locked in id order until the caller's transaction ends, so that none is withdrawn or
    changed between this answer and the act that rests on it.
    """
    wanted = sorted(set(offers))
    list(Offer.objects.select_for_update(no_key=True).filter(id__in=wanted).order_by("id"))
    reasons = [block.text for why in blocks(wanted).values() for block in why]
    if reasons:
        raise NotSellable(
            reasons_zh="".join(text.zh for text in reasons), reasons_en=" ".join(text.en for text in reasons)
        )
