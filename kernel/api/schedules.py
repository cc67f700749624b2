"""When something is wanted, as bodies say it: one window, or one that recurs on days of the week."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from kernel.api.instants import InstantField
from kernel.api.integers import PlainIntegerField
from kernel.domain.schedules import Schedule, ScheduleError, parse_schedule
from kernel.errors import InvalidField


class ScheduleIn(serializers.Serializer[Any]):
    """A window [start, end); with `weekdays` and `weeks` it recurs at the same time of day, all windows or none.

    Days and weeks are those of Asia/Shanghai; the weeks are counted from the one that `start` lies in. 20:00 to 08:00
    on working days for four weeks: start Monday 20:00, end Tuesday 08:00, weekdays 1 to 5, weeks 4: twenty windows.
    """

    start = InstantField()
    end = InstantField(help_text="of the first window")
    weekdays = serializers.ListField(
        child=PlainIntegerField(min_value=1, max_value=7),
        min_length=1,
        max_length=7,
        required=False,
        help_text="1 Monday … 7 Sunday",
    )
    weeks = PlainIntegerField(min_value=1, max_value=104, required=False)


def schedule_in(data: Mapping[str, Any]) -> Schedule | None:
    """The schedule of a validated body, None where it has none. Raises InvalidField naming the member."""
    given = data.get("schedule")
    if given is None:
        return None
    try:
        return parse_schedule(
            start=given["start"],
            end=given["end"],
            weekdays=tuple(given.get("weekdays", ())),
            weeks=given.get("weeks"),
        )
    except ScheduleError as error:
        raise InvalidField(
            pointer=f"/schedule/{error.field}", reason_zh=error.text.zh, reason_en=error.text.en
        ) from error
