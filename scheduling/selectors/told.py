"""What an answer tells of a row of the snapshot that the engine does not count: no part of its hash, but of its version."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from scheduling.domain.engine.answer import Bundle
from scheduling.domain.evidence import EvidenceState
from scheduling.domain.light import Medium
from scheduling.domain.line_services import ASPECTS
from scheduling.domain.supply.extras import place_of
from scheduling.models import LatencyEvidence, LineTariff, Span

Told = dict[str, Any]


def marked(marking: str) -> Told:
    """What is told of a row that nothing else is told of: 演示数据 where it is invented."""
    return {"marking": marking} if marking else {}


def told_of_spans(spans: Sequence[Span], *, all_: bool) -> dict[UUID, Told]:
    """Of each span what is out of the ordinary, by its id; `all_` says that these are all spans.

    `medium` where it is not silica, or was found hollow on the review that its latency rests on; `beyond_silica` where
    that or evidence of another medium makes light faster than 4.9 µs/km possible; `marking`; and the `evidence`, its
    `method` and `measured_at` that its latency rests on.
    """
    within = Q() if all_ else Q(span__in=[span.id for span in spans])
    stands = Q(state=EvidenceState.ACCEPTED) | Q(review__decision=EvidenceState.ACCEPTED)
    records = LatencyEvidence.objects.filter(within)
    proofs: dict[tuple[UUID, datetime | None], Told] = {
        (span, at): {"evidence": str(id_), "method": method, "measured_at": at.isoformat()}
        | ({"medium": Medium.HOLLOW_CORE.value} if reviewed else {})
        for span, id_, method, at, reviewed in records.filter(stands, layer="optical")
        .order_by("measured_at", "id")
        .values_list("span_id", "id", "method", "measured_at", "review__decision")
    }
    faster = Q(medium=Medium.HOLLOW_CORE) | Q(review__decision=EvidenceState.ACCEPTED)
    beyond = set(records.filter(faster).values_list("span_id", flat=True))
    found: dict[UUID, Told] = {}
    for span in spans:
        told: Told = {**proofs.get((span.id, span.measured_at), {})}
        if span.medium != Medium.SILICA:
            told.setdefault("medium", span.medium)
        if span.medium != Medium.SILICA or span.id in beyond:
            told["beyond_silica"] = True
        found[span.id] = told | marked(span.marking)
    return found


def told_of_tariff(row: LineTariff) -> Told:
    """Whether its days are calendar or working days (`DayCount`), the classes that its product promises, its marking."""
    product = row.product
    classes = {aspect: getattr(product, aspect) for aspect in ASPECTS}
    service = classes | {"profile": product.services_profile}
    return {"lead_in": row.lead_in, "service": service} | marked(row.marking)


def marking_of(bundle: Bundle, told: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> str:
    """演示数据 where the offer, the tariff or a span of a bundle is invented; `told` by table and row id."""
    route = bundle.line.route
    made_of = [
        ("offers", bundle.offer),
        place_of(bundle.line.charge.tariff),
        *(("spans", key) for key in (*route.spans, *(route.protection_spans or ()))),
    ]
    found = (told[table].get(key, {}).get("marking", "") for table, key in made_of)
    return next(filter(None, found), "")
