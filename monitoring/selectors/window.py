"""The regulator's window on one page: feeds, alarms, instructions, suspensions."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q

from kernel.models.suspensions import Suspension
from monitoring.domain.alarms import AlarmState
from monitoring.domain.feeds import FeedClass, FeedState
from monitoring.domain.indicators import shown_count
from monitoring.domain.instructions import EFFECTIVE
from monitoring.models import Alarm, Feed, Instruction
from monitoring.selectors.profiles import fields_profile
from participants.selectors.organisations import certified_by_kind


@dataclass(frozen=True, slots=True)
class Overview:
    """Counts as they stand; None is a cell hidden because it counts fewer than five parties."""

    feeds: list[dict[str, Any]]
    alarms: list[dict[str, Any]]
    instructions: list[dict[str, Any]]
    suspensions: list[dict[str, Any]]


def overview(*, to_regulator: bool) -> Overview:
    """The window, in five queries however much there is.

    Beside the parties of a class that have a feed stands how many may report it: of whoever never declared one, nothing is missing.
    """
    certified, sources = certified_by_kind(), fields_profile().sources
    by_class = {
        row["kind"]: row
        for row in Feed.objects.order_by()
        .values("kind")
        .annotate(
            parties=Count("tenant_id", distinct=True),
            feeds=Count("id"),
            **{state.value: Count("id", filter=Q(state=state)) for state in FeedState},
        )
    }
    nothing: dict[str, int] = dict.fromkeys(("parties", "feeds", *FeedState.codes()), 0)
    feeds = []
    for kind in FeedClass:
        row: dict[str, Any] = {**nothing, **by_class.get(kind.value, {})}
        parties = shown_count(row["parties"], to_regulator=to_regulator)
        cells = ("feeds", *FeedState.codes())
        feeds.append(
            {
                "kind": kind.value,
                "may_report": shown_count(
                    sum(certified.get(source, 0) for source in sources[kind]), to_regulator=to_regulator
                ),
                "parties": parties,
                **{cell: None if parties is None else row[cell] for cell in cells},
            }
        )
    alarms = Alarm.objects.exclude(state=AlarmState.CLOSED).order_by("kind", "state")
    in_force = Instruction.objects.filter(state__in=EFFECTIVE).order_by("scope")
    suspended = Suspension.objects.filter(closed_at=None).order_by("cause")
    return Overview(
        feeds=feeds,
        alarms=[dict(row) for row in alarms.values("kind", "state").annotate(alarms=Count("id"))],
        instructions=[dict(row) for row in in_force.values("scope").annotate(instructions=Count("id"))],
        suspensions=[dict(row) for row in suspended.values("cause").annotate(suspensions=Count("id"))],
    )
