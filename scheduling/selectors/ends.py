"""Where carriers are, as questions about a line need it."""

from collections.abc import Iterable
from decimal import Decimal
from uuid import UUID

from scheduling.domain.ends import EndRule, Tail
from scheduling.domain.serviceability import Near
from scheduling.domain.sites import Point, SiteFacts
from scheduling.models import CentreEntry, CoveredAddress, EndProfile, LineProvider
from scheduling.selectors.profiles import ends_profile
from scheduling.selectors.sites import access_points


def end_rules(tenants: Iterable[UUID]) -> dict[UUID, tuple[EndRule, ...]]:
    """Line provider → its classes of ends, its own or the profile's."""
    wanted = set(tenants)
    rows = EndProfile.objects.filter(tenant_id__in=wanted).order_by("tenant_id", "-id").distinct("tenant_id")
    own = {row.tenant_id: tuple(EndRule.of(each) for each in row.classes) for row in rows}
    return {tenant: own.get(tenant, ends_profile().rules) for tenant in wanted}


def entered(centre: str) -> frozenset[str]:
    """The keys of the line providers that declare that they enter a centre."""
    tenants = CentreEntry.objects.filter(centre=centre, withdrawn_at=None).values("tenant_id")
    return frozenset(LineProvider.objects.filter(tenant_id__in=tenants).values_list("key", flat=True))


def near_point(point: Point) -> list[Near]:
    """The nearest access points to a place, with their tails."""
    tails = sorted((point.metres_to(site.point), site.key) for site in access_points())
    return [Near(key, tail_over(metres)) for metres, key in tails[: ends_profile().access_points]]


def near_place(place: str) -> list[Near]:
    """The access points of a division, those that stand for it by their place code first; their tails are not known."""

    def rank(site: SiteFacts) -> tuple[bool, str]:
        return site.place != place, site.key

    found = sorted((site for site in access_points() if place in (site.place, site.city)), key=rank)
    return [Near(site.key, None) for site in found[: ends_profile().access_points]]


def near_address(plain: str) -> list[Near]:
    """The access points from which line providers cover an address, as it is compared; empty where nobody does."""
    rows = list(CoveredAddress.objects.filter(plain=plain).select_related("site").order_by("id"))
    if not rows:
        return []
    keys = dict(
        LineProvider.objects.filter(tenant_id__in=[row.tenant_id for row in rows]).values_list(
            "tenant_id", "key"
        )
    )
    covered: dict[str, set[str]] = {}
    for row in rows:
        covered.setdefault(row.site.key, set()).add(keys.get(row.tenant_id, ""))
    first = Point(rows[0].lat, rows[0].lon)
    exact = [
        Near(
            row.site.key,
            tail_over(first.metres_to(Point(row.site.lat, row.site.lon))),
            frozenset(covered[row.site.key]),
        )
        for row in {row.site.key: row for row in rows}.values()
    ]
    return [*exact, *(near for near in near_point(first) if near.site not in covered)]


def tail_over(metres: Decimal) -> Tail:
    """The tail over a great circle, by the profile's route factor."""
    return Tail.over(metres, ends_profile().tail_route_factor)
