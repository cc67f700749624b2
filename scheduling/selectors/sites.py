"""Sites as selection and imports need them."""

from collections.abc import Iterable

from scheduling.domain.sites import Point, SiteFacts
from scheduling.models import Site


def point_of(site: Site) -> Point:
    """The coordinates of a row."""
    return Point(site.lat, site.lon)


def facts(sites: Iterable[Site]) -> list[SiteFacts]:
    """Rows as facts."""
    return [SiteFacts(site.id, site.key, site.place, site.city, site.role, point_of(site)) for site in sites]
