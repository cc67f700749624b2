"""Insisting that a schedule can be booked: in the future, with the notice that the sellers need, and as it was priced."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from django.conf import settings

from aggregation.selectors.offers import OfferLot
from kernel.clock import now
from kernel.domain.schedules import Schedule
from kernel.domain.windows import Window
from kernel.errors import InvalidField
from kernel.quantities import MONTH_HOURS
from scheduling.errors.selections import ScheduleUnpriced, TooSoon
from scheduling.selectors.installs import ordered_by, ready_at
from scheduling.selectors.profiles import hold_profile
from scheduling.selectors.selections import BundleFacts


def require_bookable(schedule: Schedule, offer: OfferLot, line: BundleFacts | None) -> None:
    """Raise where the schedule cannot be booked of the offer and, with one, the line, by the clock of the node.

    InvalidField for a start in the past or an end beyond the horizon, TooSoon for less than the notice that the offer
    or the line's lead days ask for, ScheduleUnpriced for other hours than the selection priced, fewer than the offer's
    least, or a span of time that the line's term does not cover.
    """
    instant = now()
    if schedule.first.start <= instant:
        raise InvalidField(
            pointer="/schedule/start",
            reason_zh="预约须自将来的时间开始；立即使用请不填 schedule。",
            reason_en="A booking begins in the future; leave schedule out to begin now.",
        )
    if schedule.last_end > instant + hold_profile().horizon:
        days = hold_profile().horizon.days
        raise InvalidField(
            pointer="/schedule/end",
            reason_zh=f"预约须在 {days} 天内结束。",
            reason_en=f"A booking ends within {days} days.",
        )
    earliest = earliest_start(offer, line, instant)
    if schedule.first.start < earliest:
        raise TooSoon(pointer="/schedule/start", earliest=earliest.isoformat())
    if schedule.hours < offer.min_hours:
        raise _unpriced(
            f"该产品至少租用 {offer.min_hours} 小时，时段合计 {_plain(schedule.hours)} 小时。",
            f"The offer is rented for {offer.min_hours} hours at least; the windows have {_plain(schedule.hours)}.",
        )
    if line is not None:
        _require_priced(schedule, line)


def require_rented(facts: BundleFacts, min_hours: int) -> None:
    """Raise ScheduleUnpriced where the bundle was priced for fewer hours than its offer is rented for."""
    if facts.duration_hours < min_hours:
        hours = _plain(Fraction(facts.duration_hours))
        raise ScheduleUnpriced(
            pointer="/bundle",
            reason_zh=f"该产品至少租用 {min_hours} 小时，所选按 {hours} 小时计价；请以不少于该小时数重新选择，或另选产品。",
            reason_en=f"The offer is rented for {min_hours} hours at least, and the selection priced {hours}: "
            "select for as many or more, or choose another.",
        )


def schedule_asked(facts: BundleFacts) -> Schedule | None:
    """The window that a selection was made for; None where it begins now."""
    if facts.starts_at is None:
        return None
    return Schedule(Window(facts.starts_at, facts.starts_at + _length(facts)))


def needed_until(facts: BundleFacts, instant: datetime) -> datetime:
    """Until when a bundle that is held at the instant, to begin once it is delivered, may need what it is made of.

    Its line is promised in so many days, what follows may be late by the profile's days, and then the term begins.
    """
    terms = facts.line_terms
    ready = ready_at(instant, terms["lead_days"] + terms["end_days"], terms["lead_in"])
    return ready + hold_profile().late + _length(facts)


def earliest_start(offer: OfferLot, line: BundleFacts | None, instant: datetime) -> datetime:
    """When a booking that is made at the instant may begin: after the offer's notice, and once its line may be in use."""
    notice = instant + timedelta(hours=offer.notice_hours)
    if line is None:
        return notice
    terms = line.line_terms
    days, counted = terms["lead_days"] + terms["end_days"], terms["lead_in"]
    return max(notice, ready_at(instant, days, counted, day_seconds=settings.DAY_SECONDS))


def latest_order(
    schedule: Schedule | None, terms: Mapping[str, Any], offer: OfferLot | None = None
) -> datetime | None:
    """The last instant at which a line of these terms is ordered in time for its first window, with the offer's notice too; None without windows."""
    if schedule is None:
        return None
    start, days = schedule.first.start, terms["lead_days"] + terms["end_days"]
    latest = ordered_by(start, days, terms["lead_in"], day_seconds=settings.DAY_SECONDS)
    return min(latest, start - timedelta(hours=offer.notice_hours)) if offer else latest


def _require_priced(schedule: Schedule, line: BundleFacts) -> None:
    if schedule.hours != Fraction(line.duration_hours):
        raise _unpriced(
            f"时段合计 {_plain(schedule.hours)} 小时，选择按 {line.duration_hours} 小时计价；请以相同小时数重新选择。",
            f"The windows have {_plain(schedule.hours)} hours, the selection priced {line.duration_hours}: select again for as many.",
        )
    if line.store is not None and len(schedule.windows) > 1:
        raise _unpriced(
            "存储须在一个连续的时段内租用；请改订一个时段，或重新选择而不含存储。",
            "Storage is rented for one window without a break: book one, or select again without storage.",
        )
    terms: Mapping[str, Any] = line.line_terms
    months = schedule.last_end - schedule.first.start
    if terms["billing"] != "elastic" and months > timedelta(hours=MONTH_HOURS) * terms["months"]:
        raise _unpriced(
            f"专线按 {terms['months']} 个月计价，时段跨越更久；请缩短跨度，或选择弹性计费的专线。",
            f"The line is priced for {terms['months']} months and the windows span more: span less, or choose an elastic line.",
        )


def _length(facts: BundleFacts) -> timedelta:
    return timedelta(microseconds=int(facts.duration_hours * 3600 * 10**6))


def _unpriced(zh: str, en: str) -> ScheduleUnpriced:
    return ScheduleUnpriced(pointer="/schedule", reason_zh=zh, reason_en=en)


def _plain(hours: Fraction) -> str:
    return f"{float(hours):g}"
