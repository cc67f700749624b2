"""Sites as selection and imports need them."""

from collections.abc import Iterable

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet, Subquery

from scheduling.domain.one_hop import OneHopState
from scheduling.domain.sites import Point, SiteFacts, SiteRole
from scheduling.models import LineProvider, OneHopAccess, Site


def point_of(site: Site) -> Point:
    """The coordinates of a row."""
    return Point(site.lat, site.lon)


def described(rows: QuerySet[Site]) -> QuerySet[Site]:
    """Rows with `carrier`, the key of the line provider, and `one_hop_centres`, those verified, in their order."""
    carrier = LineProvider.objects.filter(tenant_id=OuterRef("tenant_id")).values("key")[:1]
    verified = OneHopAccess.objects.filter(site=OuterRef("pk"), state=OneHopState.VERIFIED)
    return rows.annotate(
        carrier=Subquery(carrier),
        one_hop_centres=ArraySubquery(verified.order_by("centre").values("centre").distinct()),
    )


def facts(sites: Iterable[Site]) -> list[SiteFacts]:
    """Rows as facts."""
    return [SiteFacts(site.id, site.key, site.place, site.city, site.role, point_of(site)) for site in sites]


def is_site(key: str) -> bool:
    """Whether a site on the market has the key."""
    return Site.objects.listed().filter(key=key).exists()


def access_points() -> list[SiteFacts]:
    """Every integrated access point on the market."""
    return facts(Site.objects.listed().filter(role=SiteRole.ACCESS_POINT))
