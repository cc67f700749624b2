"""When a demand without a start may need what it is answered with, where bookings ahead leave room in between."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from scheduling.domain.engine.screening import asks_for_more, makes_room
from scheduling.domain.engine.tariffs import slowest
from scheduling.domain.engine.wishes import Wishes
from scheduling.selectors.installs import waits
from scheduling.selectors.profiles import hold_profile
from scheduling.services.questions import Question, latest_start


def with_room(question: Question) -> Question:
    """The question as what is booked ahead answers it, where that has room for it and all time to come has not.

    Anywhere else it rests on what is free at every instant, and so on the files alone.
    """
    question = _as_rented(question)
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
    ahead = replace(wishes, asked_at=asked_at, needed_until=until, latest_start=latest, waits=found)
    return _as_rented(replace(question, placed=replace(question.placed, shown=shown), wishes=ahead))


def _as_rented(question: Question) -> Question:
    """The question with the terms of offers, where any asks for more than it has; anywhere else the files alone say as much."""
    if question.wishes.offer_terms or not asks_for_more(question.supply, question.demand, question.wishes):
        return question
    return replace(
        question,
        placed=replace(question.placed, shown=question.placed.shown | {"offer_terms": True}),
        wishes=replace(question.wishes, offer_terms=True),
    )


def as_asked(wishes: Wishes, asked_at: datetime, access: Mapping[str, Any]) -> Wishes:
    """The wishes of a stored selection with the terms of offers, where these counted, and the window that it was answered within, if it was in one."""
    wishes = replace(wishes, offer_terms=access.get("offer_terms", False))
    needed_until = access.get("needed_until")
    if needed_until is None:
        return wishes
    return replace(wishes, asked_at=asked_at, needed_until=datetime.fromisoformat(needed_until))


def _over(question: Question, days: int) -> datetime:
    term = timedelta(microseconds=int(question.demand.duration_hours * 3600 * 10**6))
    return question.asked_at + timedelta(days=days) + hold_profile().late + term
