"""Computing indicators over what came in, with how much of what was due that is."""

from datetime import datetime, timedelta

from django.db import transaction

from kernel.actor import Actor
from kernel.clock import now
from kernel.services.outbox import publish
from monitoring.domain.feeds import Method
from monitoring.domain.indicators import Completeness, Indicator, evaluate, filled_slots
from monitoring.errors import BadPeriod, UnknownIndicator
from monitoring.events import IndicatorComputed
from monitoring.models import IndicatorValue
from monitoring.selectors.feeds import due_of, feeds_of_class, readings
from monitoring.selectors.profiles import indicators

LONGEST = timedelta(days=31)


def indicator_of(code: str) -> Indicator:
    """The definition of an indicator. Raises UnknownIndicator, naming those there are."""
    known = indicators()
    if code not in known:
        raise UnknownIndicator(known=", ".join(sorted(known)))
    return known[code]


def require_period(start: datetime, end: datetime) -> None:
    """Raise BadPeriod for a period that ends before it starts, or is longer than 31 days."""
    if not timedelta(0) < end - start <= LONGEST:
        raise BadPeriod(pointer="/end", days=LONGEST.days)


@transaction.atomic
def compute_indicator(*, code: str, start: datetime, end: datetime, actor: Actor) -> IndicatorValue:
    """Compute an indicator over [start, end) and keep the value, or that there is none and why.

    A slot counts as received where every metric of the formula came in: what is missing lowers the coverage,
    never the value. Raises UnknownIndicator, BadPeriod.
    """
    indicator = indicator_of(code)
    require_period(start, end)
    at = now()
    feeds = feeds_of_class(indicator.kind)
    found = readings(feeds, indicator.metrics, start, end)
    expected = received = declared = 0
    due_readings, parties = {}, set()
    for feed in feeds:
        due = due_of(feed, start, end, at)
        series = [
            {slot: value for slot, value in found[feed.id].get(metric, {}).items() if slot in due}
            for metric in indicator.metrics
        ]
        filled = len(filled_slots(series))
        expected, received = expected + len(due), received + filled
        declared += filled if feed.method == Method.DECLARED else 0
        if filled:
            due_readings[feed.id] = series
            parties.add(feed.tenant_id)
    value, reason = evaluate(indicator, due_readings, Completeness(expected, received, declared))
    row = IndicatorValue.objects.create(
        code=code,
        profile=indicator.profile,
        start=start,
        end=end,
        value=value,
        reason=reason,
        expected=expected,
        received=received,
        declared=declared,
        parties=len(parties),
    )
    publish(
        IndicatorComputed(subject=row.id, tenant=None, code=code, expected=expected, received=received),
        actor=actor,
    )
    return row
