"""Sites as selection and imports need them."""

from collections.abc import Iterable
from uuid import UUID

from scheduling.domain.sites import Point, SiteFacts, SiteRole
from scheduling.models import Site


def point_of(site: Site) -> Point:
    """The coordinates of a row."""
    return Point(site.lat, site.lon)


def facts(sites: Iterable[Site]) -> list[SiteFacts]:
    """Rows as facts."""
    return [SiteFacts(site.id, site.key, site.place, site.city, site.role, point_of(site)) for site in sites]


def access_points() -> list[SiteFacts]:
    """Every integrated access point."""
    return facts(Site.objects.filter(role=SiteRole.ACCESS_POINT))


def site_ids(keys: Iterable[str]) -> dict[str, UUID]:
    """Key → id; unknown keys are absent."""
    return dict(Site.objects.filter(key__in=set(keys)).values_list("key", "id"))
