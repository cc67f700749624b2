"""Making selections: the newest snapshot, the pure engine, and a record that can be replayed."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from kernel.actor import Actor
from kernel.questions import insert
from kernel.services.outbox import publish
from scheduling.domain.demand import Demand
from scheduling.domain.ends import EndClass
from scheduling.domain.engine.answer import Answer, Bundle
from scheduling.domain.engine.files import answer_bytes, answer_json
from scheduling.domain.engine.lines import LineChoice, Lines
from scheduling.domain.engine.near_misses import NearMiss, near_misses
from scheduling.domain.engine.remote import local_rank
from scheduling.domain.engine.selection import lines_of, select
from scheduling.domain.engine.tariffs import started_months
from scheduling.domain.engine.wishes import Storage, Wishes
from scheduling.domain.light import Medium
from scheduling.domain.numbers import fen, kilometres, plain, scaled
from scheduling.domain.routing.network import fibre_latency
from scheduling.domain.supply.extras import place_of
from scheduling.domain.supply.supply import Supply
from scheduling.domain.uses import use_of
from scheduling.errors.selections import SelectionOutdated
from scheduling.events import SelectionMade
from scheduling.models import Selection
from scheduling.selectors.installs import install
from scheduling.selectors.supply import OWNER, RESOURCE, Version, supply_of
from scheduling.selectors.told import marking_of
from scheduling.services.access import Placed, access_of, points_of
from scheduling.services.questions import (
    Question,
    deadline,
    parsed_demand,
    read_bounds,
    read_question,
    refusing,
    written_bounds,
)
from scheduling.services.room import as_asked, looking_ahead, with_room
from scheduling.services.searches import ask_others, lay_beside, start_of
from scheduling.services.supply import fresh_supply


@dataclass(frozen=True, slots=True)
class Replay:
    """A selection asked again of the supply that it was answered on, and of the supply of now.

    `same_answer`: the answer of then, to the byte; None where that version is not kept any more (`version_kept`), or
    never was. `answer` is that of now; None where the site that it starts from is withdrawn.
    """

    snapshot_then: str
    snapshot_now: str
    same_snapshot: bool
    same_answer: bool | None
    version_kept: bool
    kept_days: int
    answer: dict[str, Any] | None


@refusing()
@transaction.atomic(savepoint=False)
def run_selection(*, demand: dict[str, Any], demand_ref: UUID | None, actor: Actor) -> Selection:
    """Answer a demand (docs/selection.md) on what may be sold now, and keep all of it.

    Instead of `from_site` it may say `from_centre`, whose site it is, `from_place` (GB/T 2260), `from_coordinates` {lat, lon}
    in WGS-84 or `from_address`: the engine chooses among each line provider's own access points. Beyond the files it may weigh, move data, start
    later, keep to divisions and a domain, rent storage, and have other nodes asked (`peers`), who answer while the
    engine works. Raises DemandRefused with the field, NoAccessPoint.
    """
    assert actor.tenant_id is not None  # noqa: S101 - buyers are organisations
    started = time.perf_counter()
    deadline_ms = deadline(demand.get("peers"))
    question = with_room(read_question({name: value for name, value in demand.items() if name != "peers"}))
    placed, version, supply = question.placed, question.version, question.supply
    lines = lines_of(supply, question.demand, question.wishes)
    if deadline_ms is None:
        answer, across = select(supply, question.demand, lines), None
    else:
        answer, across = _with_others(question, lines, deadline_ms)
    if answer.relax is not None and not answer.feasible and (ahead := looking_ahead(question)):
        placed, lines = ahead.placed, lines_of(supply, ahead.demand, ahead.wishes)
        answer = select(supply, ahead.demand, lines)  # a later start may help
    written = answer_json(answer)
    row = Selection(
        tenant_id=actor.tenant_id,
        demand_ref=demand_ref,
        demand=question.asked,
        access=placed.shown,
        asked_at=question.asked_at,
        snapshot=answer.snapshot,
        extras=answer.extras or "",
        answer=written,
        ranks=list(answer.ranks),
        tied_beyond=answer.tied_beyond,
        spans=_evidence_of(answer, version),
        near_misses=_near_misses(version, lines, answer),
        terms=_terms(answer, lines, version, placed, question.asked_at),
        bundles=len(answer.bundles),
        across=across,
        milliseconds=round((time.perf_counter() - started) * 1000),
    )
    insert(row)
    publish(
        SelectionMade(
            subject=row.id, tenant=row.tenant_id, snapshot=answer.snapshot, bundles=len(answer.bundles)
        ),
        actor=actor,
    )
    return row


def _with_others(question: Question, lines: Lines, deadline_ms: int) -> tuple[Answer, dict[str, Any]]:
    """Our answer, and beside it what other nodes say by the deadline."""
    start = start_of(question.placed, question.supply.sites[question.placed.site])
    bounds = {name: getattr(lines.demand, name) for name in question.wishes.sla_bounds}
    with ask_others(question.asked | written_bounds(bounds), start, deadline_ms) as others:
        answer = select(question.supply, question.demand, lines)
        across = lay_beside(
            others,
            local=[local_rank(bundle) for bundle in answer.bundles],
            best=min((bundle.total for bundle in answer.bundles), default=None),
            demand=lines.demand,
            wishes=question.wishes,
            start=start,
            site=question.placed.site if question.placed.point is None else None,
        )
    return answer, across


@refusing()
def replay_selection(*, selection: Selection) -> Replay:
    """Ask the stored demand of the version it was answered on, and of the supply as it is now. Nothing is written.

    There is no answer of now where the site that it starts from is withdrawn.
    It was asked when it was asked: days until a start are counted from then, on both. Raises SelectionOutdated where an
    earlier release kept too little of where it starts, DemandRefused where the engine gives up on it now.
    """
    demand, wishes = question_of(
        asked=selection.demand,
        access=selection.access,
        asked_at=selection.asked_at,
        created_at=selection.created_at,
    )
    supply = fresh_supply().supply
    answer = _answered(supply, demand, wishes) if demand.from_site in supply.sites else None
    then = supply_of(selection.snapshot, selection.extras)
    again = None if then is None else answer_bytes(answer_json(_answered(then.supply, demand, wishes)))
    return Replay(
        snapshot_then=selection.snapshot,
        snapshot_now=supply.snapshot,
        same_snapshot=answer is not None
        and answer.snapshot == selection.snapshot
        and (answer.extras or "") == selection.extras,
        same_answer=None if again is None else again == answer_bytes(selection.answer),
        version_kept=then is not None,
        kept_days=settings.SUPPLY_KEPT_DAYS,
        answer=None if answer is None else answer_json(answer),
    )


def question_of(
    *, asked: dict[str, Any], access: Mapping[str, Any], asked_at: datetime, created_at: datetime
) -> tuple[Demand, Wishes]:
    """What the engine was asked then, by what was kept of it. Raises SelectionOutdated as a replay does, DemandRefused."""
    if "carriers" not in access or "waits" in access:
        raise SelectionOutdated(created_at=created_at.isoformat())
    demand, wishes = parsed_demand(asked, asked_at, access_of(access))
    wishes = as_asked(wishes, asked_at, access)
    bounds = read_bounds(access.get("sla_bounds", {}))
    latest = access.get("latest_start")
    return demand, replace(
        wishes,
        waits=access.get("opens_in", {}),
        sla_bounds=bounds,
        latest_start=None if latest is None else datetime.fromisoformat(latest),
    )


def _answered(supply: Supply, demand: Demand, wishes: Wishes) -> Answer:
    return select(supply, demand, lines_of(supply, demand, wishes))


def _spans_of(bundle: Bundle) -> tuple[str, ...]:
    route = bundle.line.route
    return route.spans + (route.protection_spans or ())


def _evidence_of(answer: Answer, version: Version) -> dict[str, Any]:
    """Span key → what its latency rests on: a measurement, a commitment, or the estimate from its length."""
    found = {}
    for key in sorted({key for bundle in answer.bundles for key in _spans_of(bundle)}):
        span, told = version.supply.spans[key], version.told["spans"].get(key, {})
        estimate = fibre_latency(scaled(span.km, 3))
        found[key] = {
            "latency_us": estimate if span.measured_us is None else span.measured_us,
            "basis": _basis(key, version),
            "km": plain(span.km),
            "medium": told.get("medium", Medium.SILICA.value),
            "evidence": told.get("evidence"),
            "method": told.get("method"),
            "measured_at": told.get("measured_at"),
            "marking": told.get("marking", ""),
        }
    return found


def _basis(key: str, version: Version) -> str:
    """What the latency of a span rests on."""
    if version.supply.spans[key].kind == "commitment":
        return "committed"
    return "measured" if version.told["spans"].get(key, {}).get("evidence") else "estimated"


def _weakest(miss: NearMiss, version: Version) -> str:
    """What could be made surer of a latency: an estimate of any part by measuring, a commitment by its provider's word."""
    if miss.spans is None:
        return "estimated"
    found = {_basis(key, version) for key in miss.spans} | ({"estimated"} if miss.tail_us else set())
    return next((basis for basis in ("estimated", "committed") if basis in found), "measured")


def _near_misses(version: Version, lines: Lines, answer: Answer) -> list[dict[str, Any]]:
    """Told where reasons are wanted or nothing was found: then all offers have been looked at."""
    if answer.fitting is None or (answer.bundles and not answer.rejected):
        return []
    return [
        {
            "centre": miss.centre,
            "line_provider": miss.line_provider,
            "technology": miss.technology,
            "upper_us": miss.upper_us,
            "basis": _weakest(miss, version),
            "lower_us": miss.lower_us,
            "below_us": miss.below_us,
            "medium": miss.medium,
            "great_circle_km": kilometres(miss.great_circle_m),
            "verdict": {"fail": "impossible"}.get(miss.verdict, miss.verdict.value),
        }
        for miss in near_misses(version.supply, lines, answer.fitting, version.beyond_silica, version.known)
    ]


def _terms(
    answer: Answer, lines: Lines, version: Version, placed: Placed, at: datetime
) -> list[dict[str, Any]]:
    bundles, wishes = answer.bundles, lines.wishes
    points = {
        (key, point["site"]): point
        for key, each in placed.shown["carriers"].items()
        for point in points_of(each)
        if point["end_class"] is not None
    }
    charges = {
        id(line.charge): _terms_of_charge(line, lines, version, _ends_built(line, points), at)
        for line in {id(each.line.charge): each.line for each in bundles}.values()
    }
    start, months = wishes.starts_at, started_months(lines.demand.duration_hours)
    shared = {
        "duration_hours": plain(lines.demand.duration_hours),
        "starts_at": None if start is None else start.isoformat(),
    }
    return [
        shared
        | _terms_of(bundle, lines.demand, version, charges[id(bundle.line.charge)])
        | {"storage": None if wishes.storage is None else _store(bundle, wishes.storage, months, version)}
        for bundle in bundles
    ]


def _store(bundle: Bundle, storage: Storage, months: int, version: Version) -> dict[str, Any]:
    return {
        "store": version.text("stores", f"{bundle.centre}|{storage.storage_class}"),
        "storage_class": storage.storage_class,
        "gib": storage.gib,
        "months": months,
        "fen": fen(bundle.storage),
    }


def _ends_built(line: LineChoice, points: Mapping[tuple[str, str], Any]) -> list[dict[str, Any]]:
    """What has to be built at the line's A ends, as far as it is known: the class of each with its days and price."""
    found = (points.get((end.line_provider, end.site or "")) for end in line.start.ends)
    return [
        {name: point[name] for name in ("end_class", "days", "one_off_cny")}
        | {"cable_m": point["tail"]["cable_m"]}
        for point in found
        if point is not None
    ]


def _terms_of_charge(
    line: LineChoice, lines: Lines, version: Version, ends: list[dict[str, Any]], at: datetime
) -> dict[str, Any]:
    """What is the same of every line with this charge: whose it is, the tariff row and the ends that were applied, and its days.

    What ends cost is said for each circuit: of a pair that begins apart, half of both. Of two A ends the class that takes
    more counts.
    """
    soonest = install(
        version,
        line.charge.tariff,
        at=at,
        end_days=line.start.days or 0,
        end_class=max((end["end_class"] for end in ends), key=EndClass.codes().index, default=None),
    )
    promises = lines.wishes.promises
    charge, tariff, end_cny = line.charge, line.charge.tariff, line.start.price(1)
    place = place_of(tariff)
    return {
        "line_provider": version.text(*place, OWNER),
        "bandwidth_mbps": charge.held_mbps,
        "line_terms": {
            "billing": charge.billing,
            "step_mbps": tariff.bandwidth_mbps,
            "zone": tariff.zone,
            "circuits": 2 if lines.pair else 1,
            "one_off_cny": plain(tariff.one_off_cny + end_cny),
            "end_one_off_cny": plain(end_cny),
            "monthly_cny": plain(tariff.monthly_cny),
            "monthly_cny_per_km": plain(tariff.monthly_cny_per_km),
            "months": max(tariff.min_months, started_months(charge.hours)),
            "min_months": tariff.min_months,
            "hours": plain(charge.hours),
            "elastic_cny_hour": None if tariff.elastic_cny_hour is None else plain(tariff.elastic_cny_hour),
            "lead_days": tariff.lead_days,
            "lead_in": soonest.counted,
            "end_class": soonest.end_class,
            "end_days": soonest.end_days,
            "ends": ends,
            "service": version.told_of(tariff)["service"],
            "required": None if promises is None else promises.stated(),
            "use": _use_of(lines, version),
        },
        "usable_from": soonest.usable_from.isoformat(),
    }


def _use_of(lines: Lines, version: Version) -> str:
    """What all lines of a demand are for: they lead to centres, and begin at the one place that it names."""
    begin = version.supply.sites[lines.demand.from_site]
    return use_of(from_centre=lines.wishes.from_centre, role=begin.kind).value


def _line_fen(bundle: Bundle, compute_fen: int, most_cny: Decimal | None) -> int:
    """The line's part: rounded by itself as the others, and less by what the parts would then exceed the demand's money by."""
    line_fen = fen(bundle.line.cost)
    return line_fen if most_cny is None else max(0, min(line_fen, int(most_cny * 100) - compute_fen))


def _ends_of(bundle: Bundle, demand: Demand, version: Version) -> dict[str, Any]:
    """Where the line begins, and where its second path does where that is elsewhere."""
    first, *other = (version.text("sites", end.site or demand.from_site) for end in bundle.line.ends)
    return {"a": first, "protection_a": other[0] if other else None}


def _terms_of(bundle: Bundle, demand: Demand, version: Version, charged: dict[str, Any]) -> dict[str, Any]:
    """What a quote and a hold need of one bundle: our ids, fen, and what its charge says."""
    route, bound = bundle.line.route, demand.max_latency_us
    compute_fen = fen(bundle.compute - bundle.storage) + fen(bundle.storage)
    return charged | {
        "offer": version.text("offers", bundle.offer),
        "provider": version.text("offers", bundle.offer, OWNER),
        "pool": version.text("offers", bundle.offer, RESOURCE),
        "quantity": bundle.quantity,
        "technology": bundle.technology,
        "spans": [version.text("spans", each) for each in route.spans],
        "protection_spans": [version.text("spans", each) for each in route.protection_spans or ()],
        **_ends_of(bundle, demand, version),
        "z": version.text("sites", version.supply.centres[bundle.centre].site),
        "compute_fen": compute_fen,
        "line_fen": _line_fen(bundle, compute_fen, demand.max_total_cny),
        "line_terms": charged["line_terms"] | {"km": kilometres(route.metres)},
        "latency_us": bundle.line.latency,
        "below_us": bundle.line.latency + 1 if bound is None else bound,
        "latency_layer": demand.latency_layer,
        "tails_us": [end.latency_us for end in bundle.line.ends],
        "max_jitter_us": demand.max_jitter_us,
        "max_loss": plain(route.loss if demand.max_loss is None else demand.max_loss),
        "marking": marking_of(bundle, version.told),
    }
