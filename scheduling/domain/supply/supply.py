"""The whole supply that a selection chooses from: rows by id, networks of line providers, columns of offers."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import TypeVar

import numpy as np

from scheduling.domain.routing.network import Network
from scheduling.domain.rows import TABLES, Centre, Offer, Row, Site, Span, Table, Tariff, canonical, row_id
from scheduling.domain.supply.calendars import Calendars, calendars_of
from scheduling.domain.supply.extras import NO_EXTRAS, Extras
from scheduling.domain.supply.offers import Ints, OfferColumns
from scheduling.domain.supply.snapshot import snapshot_hash

__all__ = ["Centre", "Offer", "Site", "Span", "Supply", "SupplyError", "Tariff"]

R = TypeVar("R", Site, Span, Tariff, Centre, Offer)


class SupplyError(ValueError):
    """A row that cannot be part of a supply: table, position of the row, column, reason in two languages."""

    def __init__(self, table: str, position: int, column: str, reason: str) -> None:
        self.table, self.position, self.column, self.reason = table, position, column, reason
        super().__init__(f"{table}[{position}].{column}: {reason}")


@dataclass(frozen=True, eq=False)
class Supply:
    """All that can be chosen from, by id, with a network for each line provider and the columns of offers.

    `extras` is what only the service knows; the content hash of the files does not cover it, its own does. `known_booked` is
    `booked` where it is known already.
    """

    sites: Mapping[str, Site]
    spans: Mapping[str, Span]
    tariffs: Mapping[str, Tariff]
    centres: Mapping[str, Centre]
    offers: Mapping[str, Offer]
    networks: Mapping[str, Network]
    columns: OfferColumns
    known_snapshot: str | None = None
    extras: Extras = NO_EXTRAS
    known_booked: Mapping[str, Calendars] | None = None

    @classmethod
    def build(
        cls,
        sites: Iterable[Site],
        spans: Iterable[Span],
        tariffs: Iterable[Tariff],
        centres: Iterable[Centre],
        offers: Iterable[Offer],
        *,
        snapshot: str | None = None,
        extras: Extras = NO_EXTRAS,
    ) -> "Supply":
        """Join the rows, whose content hash may be known; raises SupplyError for a duplicate id, a dangling reference or a self-loop.

        NumberError where a decimal has more places than its column (km 3, CNY 4, loss 9, others 6).
        """
        by_site = _keyed(TABLES[0], sites)
        by_span = _keyed(TABLES[1], spans)
        by_tariff = _keyed(TABLES[2], tariffs)
        by_centre = _keyed(TABLES[3], centres)
        by_offer = _keyed(TABLES[4], offers)
        for position, span in enumerate(by_span.values()):
            _refer("spans", position, span, "a", by_site)
            _refer("spans", position, span, "b", by_site)
            if span.a == span.b:
                raise SupplyError(
                    "spans", position, "b", f"a span must join two sites 两端不能是同一站点: {span.a!r}"
                )
        for position, centre in enumerate(by_centre.values()):
            _refer("centres", position, centre, "site", by_site)
        for position, offer in enumerate(by_offer.values()):
            _refer("offers", position, offer, "centre", by_centre)
        networks = networks_of(by_site, by_span.values())
        columns = OfferColumns.build(by_offer.values(), by_centre)
        return cls(by_site, by_span, by_tariff, by_centre, by_offer, networks, columns, snapshot, extras)

    def tables(self) -> Iterator[Iterator[tuple[str, dict[str, str | int | None]]]]:
        """The five tables in the order they are hashed, each row as (id, canonical cells)."""
        all_rows: tuple[Mapping[str, Row], ...] = (
            self.sites,
            self.spans,
            self.tariffs,
            self.centres,
            self.offers,
        )
        for table, rows in zip(TABLES, all_rows, strict=True):
            yield ((key, canonical(table, row)) for key, row in rows.items())

    def prices(self) -> Iterator[Tariff]:
        """All rows of prices of lines: those of the files, and those for longer terms."""
        return chain(self.tariffs.values(), self.extras.term_tariffs.values())

    @cached_property
    def booked(self) -> Mapping[str, Calendars]:
        """What is booked ahead of offers, of spans and of storage, of some that are not on the market among them."""
        return self.known_booked or calendars_of(self.extras.booked.values())

    @cached_property
    def booked_positions(self) -> Ints:
        """Where the offers of which something is booked stand in the columns; −1 for one that is not offered."""
        offers = (self.offers.get(key) for key in self.booked["offer"].keys)
        return np.array([-1 if row is None else self.columns.position(row) for row in offers], dtype=np.int64)

    @cached_property
    def rented(self) -> tuple[Ints, Ints]:
        """For each offer the hours that it is rented for at least, and how many hours before its start it has to be booked."""
        hours = np.ones(len(self.columns.price), dtype=np.int64)
        notice = np.zeros_like(hours)
        for row in self.extras.unit_powers.values():
            if (row.min_hours > 1 or row.notice_hours) and row.offer in self.offers:
                at = self.columns.position(self.offers[row.offer])
                hours[at], notice[at] = row.min_hours, row.notice_hours
        return hours, notice

    @cached_property
    def booked_mbps(self) -> Ints:
        """What is free at every instant of the spans of which something is booked, Mbps; −1 of one that is not there."""
        spans = (self.spans.get(key) for key in self.booked["span"].keys)
        free = (-1 if row is None else max(0, row.capacity_mbps - row.reserved_mbps) for row in spans)
        return np.fromiter(free, np.int64)

    @cached_property
    def snapshot(self) -> str:
        """The content hash `sha256:…`, computed once where it is not known already."""
        return self.known_snapshot or snapshot_hash(self)


def networks_of(sites: Mapping[str, Site], spans: Iterable[Span]) -> dict[str, Network]:
    """The network of each line provider that has any of the spans."""
    spans_of: dict[str, list[Span]] = {}
    for span in spans:
        spans_of.setdefault(span.line_provider, []).append(span)
    hops = {site.site: site.hop_us for site in sites.values()}
    return {provider: Network.build(hops, group) for provider, group in spans_of.items()}


def _keyed(table: Table, rows: Iterable[R]) -> dict[str, R]:
    keyed: dict[str, R] = {}
    for position, row in enumerate(rows):
        key = row_id(table, row)
        if key in keyed:
            raise SupplyError(table.name, position, table.key[0], f"duplicate id {key!r} 编号重复")
        keyed[key] = row
    return keyed


def _refer(table: str, position: int, row: Row, column: str, known: Mapping[str, Row]) -> None:
    reference = getattr(row, column)
    if reference not in known:
        raise SupplyError(table, position, column, f"no such row {reference!r} 引用的记录不存在")
