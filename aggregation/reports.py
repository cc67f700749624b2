"""What aggregation reports upwards: installed, in use and free compute by kind, what is missing, what is on sale."""

from datetime import datetime
from typing import Any

from aggregation.selectors.reports import missing_pools, offers_by_place, pools_by_kind
from kernel.reports import ReportClass, Section, Tells, register_section
from kernel.text import Text


def collect_pools(start: datetime, end: datetime) -> list[dict[str, Any]]:  # noqa: ARG001 - a state, not a flow
    """One record for each kind of compute that any pool reported by the period's end."""
    return pools_by_kind(end)


def collect_missing(start: datetime, end: datetime) -> list[dict[str, Any]]:  # noqa: ARG001 - as above
    """One record for each pool that had no fresh reading at the period's end."""
    return missing_pools(end)


def collect_offers(start: datetime, end: datetime) -> list[dict[str, Any]]:  # noqa: ARG001 - as above
    """One record for each division and kind of compute with something on sale."""
    return offers_by_place()


register_section(
    Section(
        name="resource.pools",
        kind=ReportClass.RESOURCE,
        title=Text("算力资源池", "Compute pools"),
        sums=(
            "pools",
            "machines_installed",
            "machines_in_use",
            "machines_free",
            "machines_faulty",
            "cards_installed",
            "cards_in_use",
            "cards_free",
        ),
        collect=collect_pools,
        tells=Tells.STOOD,
    )
)
register_section(
    Section(
        name="resource.pools_missing",
        kind=ReportClass.RESOURCE,
        title=Text("未按时上报的算力资源池", "Compute pools that did not report"),
        sums=(),
        collect=collect_missing,
        tells=Tells.STOOD,
    )
)
register_section(
    Section(
        name="catalogue.offers",
        kind=ReportClass.CATALOGUE,
        title=Text("在售目录", "What is on sale"),
        sums=("offers",),
        collect=collect_offers,
        tells=Tells.STOOD,
    )
)
