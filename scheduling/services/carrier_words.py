"""Whether what a carrier says of a line can be believed."""

from django.db.models import Q

from scheduling.domain.carriers import LineWord
from scheduling.domain.light import Medium, faster_than
from scheduling.domain.topologies.disclosures import Stretch, why_impossible
from scheduling.models import CarrierLine, Site, Span
from scheduling.selectors.sites import point_of

UNSHOWN = (
    "{us} µs is faster than silica fibre: it takes a span or committed line between these sites whose latency-evidence was "
    "accepted 快于石英光纤：须先有同两站点间经采信的时延证据"
)


def why_unbelievable(row: CarrierLine, word: LineWord) -> str | None:
    """Why a word is not kept: faster than light, or than silica fibre where no evidence shows such a line; else None."""
    if word.latency_us is None:
        return None
    stretch = Stretch(None, word.latency_us, Medium.UNDISCLOSED)
    begins = [row.a, *([row.protection_a] if row.protection_a else [])]
    for begin in begins:
        if why := why_impossible(stretch, point_of(begin), point_of(row.z)):
            return " ".join(why[1:])
    if not all(_shown(row, begin, word.latency_us) for begin in begins):
        return UNSHOWN.format(us=word.latency_us)
    return None


def _shown(row: CarrierLine, begin: Site, latency_us: int) -> bool:
    """Whether silica fibre could be so fast, or accepted evidence shows a line of the carrier's that is."""
    if not faster_than(latency_us, point_of(begin).metres_to(point_of(row.z)), Medium.SILICA):
        return True
    ends = Q(a=begin, b=row.z) | Q(a=row.z, b=begin)
    measured = Q(tenant_id=row.provider_id, measured_at__isnull=False, measured_us__lte=latency_us)
    return Span.objects.filter(ends, measured).exists()
