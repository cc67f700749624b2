"""When a demand without a start may need what it is answered with, where bookings ahead leave room in between."""

from dataclasses import replace
from datetime import datetime, timedelta

from scheduling.domain.screening import makes_room
from scheduling.domain.tariffs import slowest
from scheduling.domain.wishes import Wishes
from scheduling.selectors.installs import waits
from scheduling.selectors.profiles import hold_profile
from scheduling.services.questions import Question, latest_start


def with_room(question: Question) -> Question:
    """The question as what is booked ahead answers it, where that has room for it and all time to come has not.

    Anywhere else it rests on what is free at every instant, and so on the files alone.
    """
    if question.wishes.starts_at is not None or not question.supply.extras.booked:
        return question
    soonest = replace(question.wishes, asked_at=question.asked_at, needed_until=_over(question, 0))
    if not makes_room(question.supply, question.demand, soonest):
        return question
    ahead = looking_ahead(question)
    assert ahead is not None  # noqa: S101 - something is booked
    return ahead if makes_room(question.supply, question.demand, ahead.wishes) else question


def looking_ahead(question: Question) -> Question | None:
    """The question within the window that it needs, whatever room that has; None where nothing is booked or it has a window.

    It begins now, and ends with the term of a service that begins as late as the slowest line that serves, and may be late.
    """
    wishes, asked_at = question.wishes, question.asked_at
    if wishes.asked_at is not None or not question.supply.extras.booked:
        return None
    found = waits(question.version, asked_at=asked_at, access=wishes.access)
    days = slowest(question.demand, replace(wishes, waits=found), question.supply.prices())
    until = _over(question, days)
    latest = latest_start(question.demand, asked_at)
    shown = question.placed.shown | {
        "opens_in": found,
        "needed_until": until.isoformat(),
        "latest_start": latest.isoformat(),
    }
    return replace(
        question,
        placed=replace(question.placed, shown=shown),
        wishes=replace(wishes, asked_at=asked_at, needed_until=until, latest_start=latest, waits=found),
    )


def as_asked(wishes: Wishes, asked_at: datetime, needed_until: str | None) -> Wishes:
    """The wishes of a stored selection with the window that it was answered within, if it was in one."""
    if needed_until is None:
        return wishes
    return replace(wishes, asked_at=asked_at, needed_until=datetime.fromisoformat(needed_until))


def _over(question: Question, days: int) -> datetime:
    term = timedelta(microseconds=int(question.demand.duration_hours * 3600 * 10**6))
    return question.asked_at + timedelta(days=days) + hold_profile().late + term
