"""Tariffs: what they say beside the rows of the supply."""

from collections.abc import Iterable

from scheduling.domain.line_services import ASPECTS
from scheduling.domain.rows import TABLES, Tariff, row_id
from scheduling.models import LineProduct, LineTariff


def promised(products: Iterable[tuple[str, str]]) -> dict[tuple[str, str], dict[str, str]]:
    """(line provider's key, technology) → the code of each aspect that it promises, and the version of the classes."""
    wanted = set(products)
    rows = LineProduct.objects.filter(provider__key__in={key for key, _ in wanted}).select_related("provider")
    return {
        product: {aspect: getattr(row, aspect) for aspect in ASPECTS} | {"profile": row.services_profile}
        for row in rows
        if (product := (row.provider.key, row.technology)) in wanted
    }


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
