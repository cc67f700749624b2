"""A line that was selected beside the newest facts: its spans, the sites that they join, and its tariff."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from kernel.questions import question
from kernel.text import Text
from scheduling.domain.rows import Span as SpanRow
from scheduling.domain.sold_lines import TERMS, Sold, Way, moved_terms, not_kept
from scheduling.models import LineTariff, Span
from scheduling.selectors.selections import BundleFacts

ENDS = ("a_id", "a__hop_us", "a__city", "b_id", "b__hop_us", "b__city")
SUMS = ("id", "kind", "km", "measured_us", "jitter_us", "loss", "srlg")


@dataclass(frozen=True, slots=True)
class SpansNow:
    """The spans of a bundle by our ids, and of each site that they join its hop in µs and its city."""

    rows: tuple[SpanRow, ...]
    hop_us: dict[str, int]
    cities: dict[UUID, str]


def spans_now(facts: BundleFacts) -> SpansNow:
    """The spans of both routes of a bundle as they are now, by one statement."""
    hops, cities, rows = dict[str, int](), dict[UUID, str](), []
    for a, a_hop, a_city, b, b_hop, b_city, id_, kind, km, measured, jitter, loss, srlg in _spans(
        ids=[*facts.spans, *facts.protection_spans]
    ):
        hops |= {str(a): a_hop, str(b): b_hop}
        cities |= {a: a_city, b: b_city}
        rows.append(
            SpanRow(
                span=str(id_),
                line_provider="",
                kind=kind,
                a=str(a),
                b=str(b),
                km=km,
                measured_us=measured,
                capacity_mbps=0,
                reserved_mbps=0,
                jitter_us=jitter,
                loss=loss,
                srlg=tuple(srlg),
            )
        )
    return SpansNow(tuple(rows), hops, cities)


def why_not_kept(facts: BundleFacts, spans: SpansNow) -> Text | None:
    """Why the bundle's line is not what it was selected as any more; None where it is.

    Latency counts the tails, and on the layer of the service the terminals of the tariff as it is now.
    """
    row = tariff_now(facts) if facts.latency_layer == "service" else None
    terminal_us = 0 if row is None else row.terminal_us
    begins = [(facts.a, facts.spans)]
    if facts.protection != "none":
        begins.append((facts.protection_a or facts.a, facts.protection_spans))
    tails = facts.tails_us or (0,)
    ways = [
        Way(str(begin), [str(span) for span in route], tail + terminal_us)
        for (begin, route), tail in zip(begins, (tails[0], tails[-1]), strict=False)
    ]
    sold = Sold(ways, str(facts.z), facts.below_us, facts.max_jitter_us, facts.max_loss)
    return not_kept(sold, spans.hop_us, spans.rows)


def moved_tariff(facts: BundleFacts) -> list[tuple[str, str, str]]:
    """What differs of the tariff's row that the bundle's line was priced by, as (name, then, now)."""
    row = tariff_now(facts)
    now: dict[str, Any] = {name: None if row is None else getattr(row, name) for name in TERMS}
    return moved_terms(facts.line_terms, now)


def tariff_now(facts: BundleFacts) -> LineTariff | None:
    """The tariff's row that the bundle's line was priced by, as it is now."""
    terms = facts.line_terms
    found = _tariffs(
        provider=facts.line_provider,
        technology=facts.technology,
        step=terms["step_mbps"],
        zone=terms["zone"],
    )
    return found[0] if found else None


@question
def _spans(*, ids: Iterable[UUID]) -> QuerySet[Any, Any]:
    return Span.objects.filter(id__among=ids).order_by("id").values_list(*ENDS, *SUMS)


@question
def _tariffs(*, provider: UUID, technology: str, step: int, zone: str) -> QuerySet[LineTariff]:
    return LineTariff.objects.filter(
        product__provider__tenant_id=provider,
        product__technology=technology,
        bandwidth_mbps=step,
        zone=zone,
    )
