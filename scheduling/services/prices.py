"""The prices of now: that a bundle still has those that it was selected at, or what it costs by them."""

from dataclasses import replace
from decimal import Decimal

from aggregation.selectors.offers import OfferFacts
from aggregation.selectors.stores import price_of_store
from kernel.money import to_fen
from scheduling.errors.selections import PriceChanged
from scheduling.selectors.selections import BundleFacts
from scheduling.services.gate import line_at_prices_of_now, require_tariff


def require_prices(facts: BundleFacts, offer: OfferFacts, *, line: bool) -> None:
    """Raise PriceChanged where a price of the bundle moved since it was selected: its offer's, its storage's or its line's.

    Without `line` that one is left to a carrier's word.
    """
    if line:
        require_tariff(facts)
    if _compute_fen(facts, offer) != facts.compute_fen - facts.storage_fen:
        raise _moved_offer()
    if _storage_fen(facts) != facts.storage_fen:
        raise PriceChanged(
            pointer="/selection",
            what_zh="中心存储的 price_cny_gib_month ",
            what_en="price_cny_gib_month of the centre's storage",
        )


def at_prices_of_now(facts: BundleFacts, offer: OfferFacts, *, line: bool) -> BundleFacts:
    """The bundle at the prices of now. Raises PriceChanged where one is asked no more, or more than a price moved.

    Without `line` that one is left to a carrier's word.
    """
    if line:
        facts = line_at_prices_of_now(facts)
    compute_fen, storage_fen = _compute_fen(facts, offer), _storage_fen(facts)
    if compute_fen is None:
        raise _moved_offer()
    compute_fen += storage_fen
    return replace(
        facts, compute_fen=compute_fen, storage_fen=storage_fen, total_fen=compute_fen + facts.line_fen
    )


def _moved_offer() -> PriceChanged:
    return PriceChanged(
        pointer="/selection", what_zh="产品的 price_cny_hour ", what_en="The offer's price_cny_hour"
    )


def _compute_fen(facts: BundleFacts, offer: OfferFacts) -> int | None:
    hours: Decimal = facts.quantity * facts.duration_hours
    return None if offer.price_cny_hour is None else to_fen(offer.price_cny_hour * hours)


def _storage_fen(facts: BundleFacts) -> int:
    """Fen that the bundle's storage costs by the price that its centre asks for now."""
    if facts.store is None:
        return 0
    return to_fen(price_of_store(facts.store) * facts.storage_gib * facts.storage_months)
