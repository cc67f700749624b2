"""Where the circuits of a line begin: all at one access point of its provider's, or a pair's at two."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations

from scheduling.domain.engine.wishes import Access, End
from scheduling.domain.rows import Site


@dataclass(frozen=True, eq=False, slots=True)
class Start:
    """One A end for all circuits, or one for each path of a pair, by rising tails; `sites` are where they are."""

    ends: tuple[End, ...]
    sites: tuple[str, ...]

    @property
    def apart(self) -> bool:
        """Whether the two paths begin at two access points."""
        return len(self.ends) > 1

    @property
    def latency_us(self) -> int:
        """µs one way of the (shorter) tail."""
        return self.ends[0].latency_us

    @property
    def lag_us(self) -> int:
        """How many µs the other tail takes more."""
        return self.ends[-1].latency_us - self.ends[0].latency_us

    @property
    def days(self) -> int | None:
        """The days until all ends are built, beside the tariff's; None where one of them never is."""
        days = [end.days for end in self.ends if end.days is not None]
        return max(days) if len(days) == len(self.ends) else None

    def price(self, circuits: int) -> Decimal:
        """CNY, once, for the ends of so many circuits, which are shared out alike."""
        return sum((end.one_off_cny for end in self.ends), Decimal(0)) * circuits / len(self.ends)

    def zones(self, sites: Mapping[str, Site], target: str) -> frozenset[str] | None:
        """The zones of the ways to the target; None where an access point is gone."""
        there, found = sites[target], None
        for site in self.sites:
            here = sites.get(site)
            if here is None:
                return None
            zone = _ALONE[zone_of(here, there)]
            found = zone if found is None else found | zone
        return found


def zone_of(a: Site, b: Site) -> str:
    """The zone of a pair of sites by their GB/T 2260 city codes: 4 digits agree, 2 digits agree, or neither."""
    if a.city[:4] == b.city[:4]:
        return "same_city"
    return "in_province" if a.city[:2] == b.city[:2] else "inter_province"


_ALONE = {zone: frozenset({zone}) for zone in ("same_city", "in_province", "inter_province")}


def starts_of(access: Access, provider: str, from_site: str, *, pair: bool) -> Sequence[Start]:
    """Where a provider's lines may begin: at each of its access points and, a pair's paths, at any two of them.

    `from_site` is the site that the demand names.
    """
    return list(_starts(access, provider, from_site, pair=pair))


def _starts(access: Access, provider: str, from_site: str, *, pair: bool) -> Iterator[Start]:
    ends = sorted(access.ends_of(provider), key=lambda end: end.latency_us)
    placed = [(end, from_site if end.site is None else end.site) for end in ends]
    for end, site in placed:
        yield Start((end,), (site,))
    if pair:
        for (one, here), (two, there) in combinations(placed, 2):
            if here != there:
                yield Start((one, two), (here, there))
