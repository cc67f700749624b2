"""A bundle of an answer as JSON: what the files say of it, and what the service adds."""

from typing import Any

from scheduling.domain.engine.answer import Bundle
from scheduling.domain.engine.promises import service_json
from scheduling.domain.engine.scores import SCORE_SCALE, Score
from scheduling.domain.numbers import cny, kilometres, plain
from scheduling.domain.supply.extras import TermTariff

Json = dict[str, Any]


def bundle_json(bundle: Bundle, *, wished: bool) -> Json:
    """A bundle as in the files, and the least term of a line at a price that they do not know; `wished` adds what else they do not."""
    written, tariff = _bundle_of_files(bundle), bundle.line.charge.tariff
    if isinstance(tariff, TermTariff):
        written["min_months"] = tariff.min_months
    if wished:
        written["cny"]["storage"] = cny(bundle.storage)
        written |= _wished(bundle)
    return written


def _bundle_of_files(bundle: Bundle) -> Json:
    line = bundle.line
    route, tariff = line.route, line.charge.tariff
    return {
        "offer": bundle.offer,
        "centre": bundle.centre,
        "quantity": bundle.quantity,
        "line_provider": bundle.line_provider,
        "technology": bundle.technology,
        "bandwidth_mbps": tariff.bandwidth_mbps,
        "billing": line.charge.billing,
        "spans": list(route.spans),
        "protection_spans": None if route.protection_spans is None else list(route.protection_spans),
        "latency_us": line.latency,
        "jitter_us": route.jitter,
        "loss": plain(route.loss),
        "km": kilometres(route.metres),
        "lead_days": tariff.lead_days,
        "cny": {"compute": cny(bundle.compute), "line": cny(line.cost), "total": cny(bundle.total)},
    }


def _wished(bundle: Bundle) -> Json:
    """What a bundle's answer says beyond the files: from where (both paths, where they begin apart), what is held, how long, and the score with its parts."""
    charge = bundle.line.charge
    found: Json = {"held_mbps": charge.held_mbps, "line_hours": plain(charge.hours)}
    ends = bundle.line.ends
    for name, end in zip(("from_site", "protection_from_site"), ends, strict=False):
        if end.site is not None:
            found[name] = end.site
    if bundle.grade is not None:
        found["service"] = service_json(bundle.grade)
    if bundle.score is not None:
        found["score"] = score_json(bundle.score, bundle.total)
    return found


def score_json(score: Score, total: int) -> Json:
    """What a bundle ranks by where weights were given, with its parts; `total` in 10⁻¹⁰ CNY."""
    known, unknown = cny(score.known, SCORE_SCALE), list(score.unknown)
    parts = {"total": {"value": None, "cny": cny(total)}}
    for each in score.measures:
        parts[each.name] = {
            "value": None if each.value is None else plain(each.value),
            "cny": None if each.score is None else cny(each.score, SCORE_SCALE),
        }
    return {"cny": None if unknown else known, "known_cny": known, "unknown": unknown, "parts": parts}
