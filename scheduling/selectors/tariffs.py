"""Tariffs: what they say beside the rows of the supply."""

from collections.abc import Iterable

from scheduling.domain.rows import TABLES, Tariff, row_id
from scheduling.models import LineTariff


def days_counted(tariffs: Iterable[Tariff]) -> dict[str, str]:
    """Id of the supply's row → whether its lead days are calendar or working days (`DayCount`); unknown rows are absent."""
    wanted = {row_id(TABLES[2], tariff): tariff for tariff in tariffs}
    rows = LineTariff.objects.filter(
        product__provider__key__in={tariff.line_provider for tariff in wanted.values()},
        bandwidth_mbps__in={tariff.bandwidth_mbps for tariff in wanted.values()},
    ).select_related("product__provider")
    named = {
        f"{row.product.provider.key}|{row.product.technology}|{row.bandwidth_mbps}|{row.zone}": row.lead_in
        for row in rows
    }
    return {key: lead_in for key, lead_in in named.items() if key in wanted}
