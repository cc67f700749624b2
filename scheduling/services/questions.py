"""Reading a demand: what is refused when it is stated, and what it comes to on the supply of now."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from aggregation.selectors.accelerators import canonical_name
from identifiers.selectors.divisions import why_no_division
from kernel.clock import now
from kernel.text import token
from scheduling.domain.demand import MOST_BUNDLES, Demand, DemandError, require_short
from scheduling.domain.engine.files import parse_wished
from scheduling.domain.engine.promises import LISTED
from scheduling.domain.engine.wishes import NO_ACCESS, Access, Wishes
from scheduling.domain.numbers import plain, scaled
from scheduling.domain.supply.supply import Supply
from scheduling.errors.selections import DemandRefused
from scheduling.selectors.installs import waits
from scheduling.selectors.profiles import hold_profile, line_service_profile
from scheduling.selectors.sites import is_site
from scheduling.selectors.supply import Version
from scheduling.services.access import (
    PLACES,
    Placed,
    no_such_site,
    place_demand,
    place_of,
    site_of_centre,
)
from scheduling.services.searches import deadline_of
from scheduling.services.supply import supply_at

NAMED = "selection"
"""What a demand is called that has no name of its own."""
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Question:
    """A demand that was read and placed on a supply: what the engine needs."""

    version: Version
    asked_at: datetime
    asked: dict[str, Any]
    placed: Placed
    demand: Demand
    wishes: Wishes

    @property
    def supply(self) -> Supply:
        """The supply that it was placed on."""
        return self.version.supply


def read_question(demand: Mapping[str, Any]) -> Question:
    """A demand on what may be sold now. Raises DemandRefused with the field, NoAccessPoint."""
    version, asked_at = supply_at()
    supply = version.supply
    try:
        placed = place_demand(demand, supply)
    except DemandError as error:
        raise refused(error) from error
    asked = _asked(demand, placed.site)
    parsed, wishes = parsed_demand(asked, asked_at, placed.access)
    if bounds := _sla_bounds(wishes):
        wishes, placed.shown["sla_bounds"] = replace(wishes, sla_bounds=bounds), written_bounds(bounds)
    _require_divisions(wishes)
    _require_bookable(parsed, wishes, asked_at)
    if wishes.starts_at is not None:
        until = waits(version, asked_at=asked_at, access=wishes.access)
        latest = latest_start(parsed, asked_at)
        wishes = replace(wishes, waits=until, latest_start=latest)
        placed.shown.update(opens_in=until, latest_start=latest.isoformat())
    return Question(version, asked_at, asked, placed, parsed, wishes)


def check_demand(demand: Mapping[str, Any]) -> None:
    """Refuse a demand that no supply could answer: a member that cannot be read, a start that is past, a site or a centre that is none.

    The same reader as at the selection. Whether a place on earth has an access point is left to the supply of then: carriers
    come, while the key of a site or a centre is known only once it is there. Raises DemandRefused with the field.
    """
    try:
        kind, where = place_of(demand)
        if kind == "from_site" and not is_site(where):
            raise no_such_site()
        if kind == "from_centre":
            site_of_centre(where)
    except DemandError as error:
        raise refused(error) from error
    deadline(demand.get("peers"))
    asked, at = {name: value for name, value in demand.items() if name != "peers"}, now()
    parsed, wishes = parsed_demand(_asked(asked, "anywhere"), at, NO_ACCESS)
    _sla_bounds(wishes)
    _require_divisions(wishes)
    _require_bookable(parsed, wishes, at)


def parsed_demand(asked: dict[str, Any], asked_at: datetime, access: Access) -> tuple[Demand, Wishes]:
    """The demand and what it wishes beyond the files. Raises DemandRefused."""
    try:
        demand, wishes = parse_wished(asked, asked_at=asked_at, access=access)
        require_short(asked)
    except DemandError as error:
        raise refused(error) from error
    if demand.top > MOST_BUNDLES:
        raise refused(DemandError("bad_value", "top", f"至多 {MOST_BUNDLES}", f"at most {MOST_BUNDLES}"))
    return demand, wishes


def _require_divisions(wishes: Wishes) -> None:
    """Raises DemandRefused for a code in which nothing can lie; what was asked before a code was gone is not asked again."""
    for place, code in enumerate(wishes.residency):
        if why := why_no_division(code):
            raise refused(DemandError("unknown_division", f"residency.{place}", why.zh, why.en))


def _require_bookable(demand: Demand, wishes: Wishes, asked_at: datetime) -> None:
    """Raises DemandRefused for a term that nobody sells, or one from a start whose end no booking may lie at."""
    profile = hold_profile()
    longest = profile.longest_term // HOUR
    if demand.duration_hours > longest:
        zh, en = f"至多 {longest} 小时", f"at most {longest}"
        raise refused(DemandError("bad_value", "duration_hours", zh, en))
    if wishes.starts_at is not None and wishes.starts_at > latest_start(demand, asked_at):
        days = profile.horizon.days
        zh, en = f"所订时段须在 {days} 天内结束", f"what is booked has to end within {days} days"
        raise refused(DemandError("bad_value", "starts_at", zh, en))


def latest_start(demand: Demand, asked_at: datetime) -> datetime:
    """The last start that may be booked: what is booked ends within the horizon of the holds profile."""
    term = timedelta(microseconds=scaled(demand.duration_hours, 6) * 3600)
    return asked_at + hold_profile().horizon - term


def written_bounds(bounds: Mapping[str, int | Decimal]) -> dict[str, int | str]:
    """Bounds as a demand writes them."""
    return {name: value if isinstance(value, int) else plain(value) for name, value in bounds.items()}


def read_bounds(written: Mapping[str, int | str]) -> dict[str, int | Decimal]:
    """The bounds that `written_bounds` wrote down."""
    return {name: value if isinstance(value, int) else Decimal(value) for name, value in written.items()}


def _sla_bounds(wishes: Wishes) -> dict[str, int | Decimal]:
    """The bounds of the service levels that are required: lines are chosen, held and tested by them.

    They are kept beside the demand, which stays as it was asked, so that a replay knows them without the profile. Raises
    DemandRefused for classes that the profile lacks.
    """
    if (promises := wishes.promises) is None:
        return {}
    profile = line_service_profile()
    for aspect in LISTED:
        known = profile.codes(aspect)
        for at, code in enumerate(getattr(promises, aspect)):
            if code not in known:
                zh, en = (
                    f"没有等级 {code!r}，现有：{'、'.join(known)}",
                    f"no class {code!r}; there are {', '.join(known)}",
                )
                raise refused(DemandError("bad_value", f"line.{aspect}.{at}", zh, en))
    found = profile.sla_bounds(promises.sla)
    return {name: int(value) if name.endswith("_us") else value for name, value in found.items()}


def deadline(option: Any) -> int | None:
    """The milliseconds that other nodes have; None where nobody else is asked. Raises DemandRefused."""
    try:
        return deadline_of(option)
    except DemandError as error:
        raise refused(error) from error


def refused(error: DemandError) -> DemandRefused:
    """The problem that says so to a caller."""
    pointer = "/" + token(error.field).replace(".", "/")
    return DemandRefused(
        pointer=pointer,
        fault=error.code,
        field=error.field,
        reason_zh=error.text.zh,
        reason_en=error.text.en,
    )


@contextmanager
def refusing() -> Iterator[None]:
    """Where the engine works: what is too hard for it is told to the caller. Raises DemandRefused."""
    try:
        yield
    except DemandError as error:
        raise refused(error) from error


def _asked(demand: Mapping[str, Any], site: str) -> dict[str, Any]:
    """The demand as the engine is asked it, from a site, with accelerators by the dictionary's names where it has them.

    A centre that it starts from stays beside its site: what is offered there is not asked for.
    """
    asked = {name: value for name, value in demand.items() if name not in PLACES} | {"from_site": site}
    if (centre := demand.get("from_centre")) is not None:
        asked["from_centre"] = centre
    if asked.get("demand") is None:
        asked["demand"] = NAMED
    compute = asked.get("compute")
    if not isinstance(compute, dict) or not isinstance(compute.get("accelerators"), list):
        return asked
    names = [
        canonical_name(name) or name if isinstance(name, str) else name for name in compute["accelerators"]
    ]
    return asked | {"compute": compute | {"accelerators": names}}
