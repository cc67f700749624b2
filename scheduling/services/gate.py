"""Insisting on the gate of lines, and on what a bundle's line was selected as."""

from collections.abc import Iterable
from dataclasses import replace
from uuid import UUID

from kernel.money import to_fen
from participants.errors import NotCertified
from participants.selectors.organisations import buyer_standing
from scheduling.domain.ends import END_PRICE, UNDECLARED
from scheduling.domain.sold_lines import PRICES, at_prices, cost_of
from scheduling.errors.lines import LineChanged, LineNotSellable
from scheduling.errors.selections import BuyerSuspended, PriceChanged
from scheduling.models import LineTariff
from scheduling.selectors.ends import end_prices, moved_ends
from scheduling.selectors.gate import blocks_of_line, cities_of
from scheduling.selectors.selections import BundleFacts
from scheduling.selectors.sold_lines import (
    first_withdrawn,
    moved_tariff,
    spans_now,
    tariff_now,
    why_not_kept,
    why_not_promised,
    withdrawn_tariff,
)

TARIFF = "专线资费的", "The line tariff's"
A_END = "专线 A 端接入的", "What the line's A end takes:"


def require_line_sellable(*, provider: UUID, technology: str, ends: Iterable[UUID]) -> None:
    """Raise LineNotSellable with the reasons where the product's gate is shut between these sites, now, by the rows."""
    _require_open(provider, technology, cities_of(ends))


def require_buyer(buyer: UUID) -> None:
    """Raise NotCertified until two people have certified who buys, BuyerSuspended while an instruction of the regulator to it is in force.

    Other causes (a licence, a document that ran out, a finding) stop what a party sells, not what it buys.
    """
    standing = buyer_standing(buyer)
    if not standing.certified:
        raise NotCertified(organisation=buyer)
    if standing.instructed:
        raise BuyerSuspended


def require_line(facts: BundleFacts) -> None:
    """Raise LineNotSellable where the gate is shut for a bundle's line, LineChanged where that is not what was selected.

    NotCertified and BuyerSuspended where nothing may be sold to who selected it. By the rows of now: latency, jitter and loss of its spans, whether they still join and two routes are still apart, and
    whether its product still promises what the demand required.
    """
    require_buyer(facts.tenant)
    spans = spans_now(facts)
    known = [spans.cities[site] for site in facts.ends if site in spans.cities]
    cities = known if len(known) == len(facts.ends) else cities_of(facts.ends)
    _require_open(facts.line_provider, facts.technology, cities)
    if reason := why_not_kept(facts, spans) or why_not_promised(facts):
        raise LineChanged(reason_zh=reason.zh, reason_en=reason.en)


def require_tariff(facts: BundleFacts) -> None:
    """Raise PriceChanged with the fields where what priced a bundle's line is another by now, or its tariff withdrawn.

    That is the row of the tariff, and the carrier's classes of what is built at the A end.
    """
    row = tariff_now(facts)
    _require_listed(row)
    _require_unmoved(moved_tariff(facts, row), *TARIFF)
    _require_unmoved(moved_ends(facts.line_provider, facts.line_terms), *A_END)


def line_at_prices_of_now(facts: BundleFacts) -> BundleFacts:
    """The bundle with its line at the prices of now: of the same step, zone and way of billing, to the same ends.

    Raises PriceChanged as `require_tariff` does where more than a price moved: it is another promise then.
    """
    row = tariff_now(facts)
    _require_listed(row)
    lost = facts.line_terms["billing"] == "elastic" and (row is None or row.elastic_cny_hour is None)
    moved = moved_tariff(facts, row)
    _require_unmoved((each for each in moved if lost or each[0] not in PRICES), *TARIFF)
    ends = list(moved_ends(facts.line_provider, facts.line_terms))
    _require_unmoved((each for each in ends if each[0] != END_PRICE or each[2] == UNDECLARED), *A_END)
    assert row is not None  # noqa: S101 - else every member of it has moved
    if not moved and not ends:
        return facts
    prices = {name: getattr(row, name) for name in PRICES}
    building = end_prices(facts.line_provider, facts.line_terms)
    terms = at_prices(facts.line_terms, prices, building, apart=facts.protection_a is not None)
    line_fen = to_fen(cost_of(terms))
    return replace(facts, line_terms=terms, line_fen=line_fen, total_fen=facts.compute_fen + line_fen)


def require_tariff_listed(facts: BundleFacts) -> None:
    """Raise PriceChanged where the tariff that priced a bundle's line is withdrawn; one that is dearer by now may stand."""
    _require_listed(tariff_now(facts))


def require_spans_listed(spans: Iterable[UUID]) -> None:
    """Raise LineNotSellable where more is wanted of a span that is withdrawn: it carries what it carries, and no more."""
    if reason := first_withdrawn(spans):
        raise LineNotSellable(reasons_zh=reason.zh, reasons_en=reason.en)


def _require_unmoved(moved: Iterable[tuple[str, str, str]], whose_zh: str, whose_en: str) -> None:
    if found := list(moved):
        zh = "、".join(f"{name}（{then} → {now}）" for name, then, now in found)
        en = ", ".join(f"{name} ({then} → {now})" for name, then, now in found)
        raise PriceChanged(pointer="/selection", what_zh=f"{whose_zh} {zh}", what_en=f"{whose_en} {en}")


def _require_listed(row: LineTariff | None) -> None:
    if what := withdrawn_tariff(row):
        raise PriceChanged(pointer="/selection", what_zh=what.zh, what_en=what.en)


def _require_open(provider: UUID, technology: str, cities: Iterable[str]) -> None:
    if reasons := blocks_of_line(provider=provider, technology=technology, cities=cities):
        raise LineNotSellable(
            reasons_zh="；".join(block.text.zh for block in reasons),
            reasons_en="; ".join(block.text.en for block in reasons),
        )
