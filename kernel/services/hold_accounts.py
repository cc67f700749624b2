"""Counting each tenant's holds, so that nobody hoards: how many it has, and how many lapse (docs/scarcity.md)."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F

from kernel.domain.quotas import HoldQuota
from kernel.errors import HoldQuotaReached, HoldsLapse, Problem
from kernel.models.capacity import HoldAccount
from kernel.questions import run

HOUR = 3600
MORE = """
    INSERT INTO hold_account AS a (tenant_id, live, lapsed) VALUES (%(tenant)s, 1, 0)
    ON CONFLICT (tenant_id) DO UPDATE SET live = a.live + 1
    WHERE a.live < coalesce(a.most, %(most)s)
      AND (a.lapsed < coalesce(a.most_lapsed, %(most_lapsed)s)
           OR a.lapsed_since <= statement_timestamp() - interval '1 hour')
    RETURNING live
"""
LESS = """
    UPDATE hold_account SET live = live - 1,
        lapsed = CASE WHEN NOT %(lapsed)s THEN lapsed
                      WHEN lapsed_since > statement_timestamp() - interval '1 hour' THEN lapsed + 1 ELSE 1 END,
        lapsed_since = CASE WHEN %(lapsed)s AND lapsed_since <= statement_timestamp() - interval '1 hour'
                            THEN statement_timestamp() ELSE lapsed_since END
    WHERE tenant_id = %(tenant)s
"""
FORGIVE = """
    UPDATE hold_account SET lapsed = lapsed - 1
    WHERE tenant_id = %(tenant)s AND lapsed > 0 AND lapsed_since > statement_timestamp() - interval '1 hour'
"""
WHY = """
    SELECT live, lapsed, coalesce(most, %(most)s), coalesce(most_lapsed, %(most_lapsed)s),
           ceil(extract(epoch FROM lapsed_since + interval '1 hour' - statement_timestamp()))::int
    FROM hold_account WHERE tenant_id = %(tenant)s
"""


def count_hold(*, tenant: UUID, quota: HoldQuota) -> None:
    """Count one more hold of the tenant's, by one statement. Raises HoldQuotaReached, HoldsLapse."""
    asked: dict[str, Any] = {"tenant": tenant, "most": quota.most, "most_lapsed": quota.most_lapsed}
    if run(MORE, asked):
        return
    live, lapsed, most, most_lapsed, seconds = _standing_of(asked)
    if live >= most:
        raise HoldQuotaReached(live=live, most=most)
    raise _lapse(lapsed, most_lapsed, seconds)


def room_for_holds(*, tenant: UUID, wanted: int, quota: HoldQuota) -> tuple[int, Problem | None]:
    """Lock the tenant's account: how many of the wanted holds it may still have, and why no more once it has these."""
    _locked_account(tenant)
    asked: dict[str, Any] = {"tenant": tenant, "most": quota.most, "most_lapsed": quota.most_lapsed}
    live, lapsed, most, most_lapsed, seconds = _standing_of(asked)
    if lapsed >= most_lapsed and seconds > 0:
        return 0, _lapse(lapsed, most_lapsed, seconds)
    room = max(0, most - live)
    return min(room, wanted), HoldQuotaReached(live=live + room, most=most) if room < wanted else None


def add_holds(*, tenant: UUID, count: int) -> None:
    """Count more holds of a tenant whose account is locked."""
    HoldAccount.objects.filter(tenant_id=tenant).update(live=F("live") + count)


def discount_hold(*, tenant: UUID, lapsed: bool) -> None:
    """One hold of the tenant's is over: bought, or lapsed."""
    run(LESS, {"tenant": tenant, "lapsed": lapsed})


def forgive_lapse(*, tenant: UUID) -> None:
    """A hold of the tenant's ran out, and was counted as lapsed, while somebody else was silent."""
    run(FORGIVE, {"tenant": tenant})


@transaction.atomic
def limit_holds(*, tenant: UUID, most: int | None, most_lapsed: int | None) -> HoldAccount:
    """Give a tenant limits of its own; None: the house's."""
    row = _locked_account(tenant)
    row.most, row.most_lapsed = most, most_lapsed
    row.save(update_fields=["most", "most_lapsed"])
    return row


def _locked_account(tenant: UUID) -> HoldAccount:
    """The tenant's account, made where it has none yet."""
    HoldAccount.objects.bulk_create([HoldAccount(tenant_id=tenant)], ignore_conflicts=True)
    return HoldAccount.objects.select_for_update().get(tenant_id=tenant)


def _standing_of(asked: dict[str, Any]) -> tuple[int, int, int, int, int]:
    """Live holds, lapsed ones, the limits of both, and the seconds until the lapsed ones are forgotten."""
    ((live, lapsed, most, most_lapsed, seconds),) = run(WHY, asked)
    return live, lapsed, most, most_lapsed, seconds


def _lapse(lapsed: int, most: int, seconds: int) -> HoldsLapse:
    wait = min(max(seconds, 1), HOUR)
    return HoldsLapse(lapsed=lapsed, most=most, seconds=wait, retry_after=wait)
