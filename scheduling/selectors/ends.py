"""Where carriers are, as questions about a line need it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import islice
from typing import Any
from uuid import UUID

from scheduling.domain.circles.areas import covers
from scheduling.domain.ends import EndRule, Tail, end_now, moved_end
from scheduling.domain.routing.network import Network
from scheduling.domain.serviceability import Near, own_points
from scheduling.domain.sites import Point, SiteFacts
from scheduling.domain.withdrawals import SaleState
from scheduling.models import CentreEntry, CoveredAddress, EndProfile, LineProvider, Site
from scheduling.selectors.profiles import ends_profile
from scheduling.selectors.sites import access_points

Networks = Mapping[str, Network]
"""The networks of a supply by line provider: they say whose spans end at an access point."""
LOOKED_AT = 16


def end_rules(tenants: Iterable[UUID]) -> dict[UUID, tuple[EndRule, ...]]:
    """Line provider → its classes of ends, its own or the profile's."""
    wanted = set(tenants)
    rows = EndProfile.objects.filter(tenant_id__in=wanted).order_by("tenant_id", "-id").distinct("tenant_id")
    own = {row.tenant_id: tuple(EndRule.of(each) for each in row.classes) for row in rows}
    return {tenant: own.get(tenant, ends_profile().rules) for tenant in wanted}


def area_reach(tenant: UUID) -> tuple[int, Decimal]:
    """The most cable in metres from a line provider's site to the end of its service area, and the route factor.

    It is the farthest class of ends, its own or the profile's, whichever is nearer: who declares areas does not choose it alone.
    """
    profile = ends_profile()
    return min(end_rules([tenant])[tenant][-1].up_to_m, profile.rules[-1].up_to_m), profile.tail_route_factor


def farthest_m() -> int:
    """Metres of great circle to the end of the profile's farthest class: nothing is reached from a site that is farther."""
    profile = ends_profile()
    return int(profile.rules[-1].up_to_m / profile.tail_route_factor)


def moved_ends(tenant: UUID, terms: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """What differs of the classes that a bundle's A ends were priced by, as (name, then, now); `terms` are its `line_terms`."""
    ends = terms.get("ends", ())
    if ends:
        rules = end_rules([tenant])[tenant]
        for end in ends:
            yield from moved_end(end, rules)


def end_prices(tenant: UUID, terms: Mapping[str, Any]) -> list[Decimal | None]:
    """What building each of a bundle's A ends costs now, CNY for a circuit; None where that is not declared."""
    ends = terms.get("ends", ())
    rules = end_rules([tenant])[tenant] if ends else ()
    found = (end_now(end, rules) for end in ends)
    return [None if rule is None else rule.one_off_cny for rule in found]


def entered(centre: str) -> frozenset[str]:
    """The keys of the line providers that declare that they enter a centre."""
    tenants = CentreEntry.objects.filter(centre=centre, withdrawn_at=None).values("tenant_id")
    return frozenset(LineProvider.objects.filter(tenant_id__in=tenants).values_list("key", flat=True))


def enters(tenant: UUID, centre: str) -> bool:
    """Whether a line provider declares that it enters a centre."""
    return CentreEntry.objects.filter(tenant_id=tenant, centre=centre, withdrawn_at=None).exists()


def near_point(point: Point, networks: Networks) -> list[Near]:
    """The access points nearest to a place with their tails, and as many of each line provider's; those that serve it first.

    Whether one serves it is asked of the nearest `LOOKED_AT` of each line provider.
    """
    tails = sorted((point.metres_to(site.point), site.key) for site in access_points())
    many = ends_profile().access_points
    close = {key for _, key in tails[:many]}
    for network in networks.values():
        close |= set(islice((key for _, key in tails if key in network.site_index), LOOKED_AT))
    areas = Site.objects.filter(key__in=close, service_area__isnull=False).values_list("key", "service_area")
    serving = {key for key, area in areas if area is not None and covers(area, point)}
    found = [
        Near(key, tail_over(metres), carriers=_carriers(key, networks), serves=key in serving)
        for metres, key in tails
        if key in close
    ]
    return _first(sorted(found, key=lambda near: not near.serves), networks)


def near_place(place: str, networks: Networks) -> list[Near]:
    """The access points of a division, those that stand for it by their place code first; their tails are not known."""

    def rank(site: SiteFacts) -> tuple[bool, str]:
        return site.place != place, site.key

    found = sorted((site for site in access_points() if place in (site.place, site.city)), key=rank)
    nears = [Near(site.key, None, carriers=_carriers(site.key, networks)) for site in found]
    return _first(nears, networks)


def _carriers(site: str, networks: Networks) -> frozenset[str]:
    return frozenset(provider for provider, network in networks.items() if site in network.site_index)


def _first(nears: Sequence[Near], networks: Networks) -> list[Near]:
    """The first ones, and as many of each line provider's own, in their order."""
    most = ends_profile().access_points
    first = {near.site for near in nears[:most]}
    first |= {near.site for key in networks for near in own_points(nears, key)[:most]}
    return [near for near in nears if near.site in first]


def near_address(plain: str, networks: Networks) -> tuple[Point, list[Near]] | None:
    """Where an address is, as it is compared, and the access points near it, those from which line providers cover it first.

    None where nobody covers it.
    """
    covering = CoveredAddress.objects.filter(plain=plain, site__state=SaleState.LISTED)
    rows = list(covering.select_related("site").order_by("id"))
    if not rows:
        return None
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
            _carriers(row.site.key, networks),
        )
        for row in {row.site.key: row for row in rows}.values()
    ]
    return first, [*exact, *(near for near in near_point(first, networks) if near.site not in covered)]


def tail_over(metres: Decimal) -> Tail:
    """The tail over a great circle, by the profile's route factor."""
    return Tail.over(metres, ends_profile().tail_route_factor)
