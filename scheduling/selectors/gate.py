"""The gate of lines: what keeps a line product from being sold, and the way out (SCHEME §4)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.db.models.functions import Now

from identifiers.selectors import identifiers
from kernel.clock import now, shanghai_date
from kernel.questions import question
from kernel.selectors.suspensions import open_causes
from kernel.text import Text
from participants.selectors.licences import Shortfall, sales_rights
from participants.selectors.sellers import sellers
from scheduling.models import LineProduct, Site, Span

FACTS = ("id", "technology", "provider__tenant_id", "at")
NOT_CERTIFIED = Text("线路商未通过认证", "the line provider is not certified")
SUSPENDED = Text("已被暂停（{causes}）", "suspended ({causes})")
NOT_LICENSED = Text(
    "线路商现不得在此销售该专线：{reasons_zh}",
    "the line provider may not sell this line there now: {reasons_en}",
)
NO_IDENTIFIER = Text(
    "尚无标识，请先以种类 line 申请", "it has no identifier: apply for one of kind line first"
)
NOT_ACTIVE = Text("标识状态为 {state}，须为有效", "its identifier is {state}, and must be active")
NOT_FILED = Text("标识尚未在国家节点备案", "its identifier is not filed at the national node")


@dataclass(frozen=True, slots=True)
class Block:
    """One reason why it cannot be sold; `code` is stable."""

    code: str
    text: Text


def blocks(products: Iterable[UUID], *, cities: Iterable[str] = ()) -> dict[UUID, list[Block]]:
    """Line product id → what blocks its sale; an empty list is sellable, an unknown product is absent.

    Certified provider ∧ licensed for the product in all of the cities (without cities: anywhere) ∧ active and filed
    identifier of kind line ∧ no open suspension of either. A fixed number of queries, however many products.
    """
    return _blocks_of(_products(ids=list(set(products))), cities)


def cities_of(sites: Iterable[UUID]) -> list[str]:
    """The cities of these sites."""
    return [city for (city,) in _cities(sites=list(sites))]


def blocks_of_line(*, provider: UUID, technology: str, cities: Iterable[str]) -> list[Block]:
    """What blocks the sale of a provider's product between these cities, in a fixed number of queries."""
    (found,) = _blocks_of(_product_of(provider=provider, technology=technology), cities).values()
    return found


@question
def _products(*, ids: Iterable[UUID]) -> QuerySet[Any, Any]:
    return LineProduct.objects.filter(id__among=ids).annotate(at=Now()).values_list(*FACTS)


@question
def _product_of(*, provider: UUID, technology: str) -> QuerySet[Any, Any]:
    rows = LineProduct.objects.filter(provider__tenant_id=provider, technology=technology)
    return rows.annotate(at=Now()).values_list(*FACTS)


@question
def _cities(*, sites: Iterable[UUID]) -> QuerySet[Any, Any]:
    return Site.objects.filter(id__among=sites).values_list("city")


def _blocks_of(
    rows: list[tuple[UUID, str, UUID, datetime]], cities: Iterable[str]
) -> dict[UUID, list[Block]]:
    """The same for products of which FACTS are known, all of them by one statement."""
    ids, tenants = [row[0] for row in rows], [row[2] for row in rows]
    codes = identifiers.standings(subjects=ids)
    parties = sellers(tenants, today=shanghai_date(rows[0][3] if rows else now()))
    causes, ends = open_causes([*ids, *tenants]), list(cities)
    found: dict[UUID, list[Block]] = {}
    for product, technology, tenant, _ in rows:
        party, code, wrong = parties.get(tenant), codes.get((tenant, product)), list[Block]()
        if party is None or not party.certified:
            wrong.append(Block("not_certified", NOT_CERTIFIED))
        if lacking := party.rights.why_not(technology, ends) if party else []:
            wrong.append(Block("not_licensed", _told(lacking)))
        if open_ := [*causes.get(tenant, []), *causes.get(product, [])]:
            wrong.append(Block("suspended", SUSPENDED.format(causes=", ".join(open_))))
        if code is None:
            wrong.append(Block("no_identifier", NO_IDENTIFIER))
        elif code.state != "active":
            wrong.append(Block("identifier_not_active", NOT_ACTIVE.format(state=code.state)))
        elif not code.filed:
            wrong.append(Block("identifier_not_filed", NOT_FILED))
        found[product] = wrong
    return found


def sellable_products(products: Iterable[UUID]) -> set[UUID]:
    """The line products with an open gate, licensed in at least one city where their provider's spans end.

    Which two cities a line connects is known only where one is chosen: there `blocks` asks for both.
    """
    open_ = [product for product, wrong in blocks(products).items() if not wrong]
    rows = list(LineProduct.objects.filter(id__in=open_).select_related("provider"))
    tenants = {row.provider.tenant_id for row in rows}
    rights = sales_rights(tenants)
    ends = Span.objects.listed().filter(tenant_id__in=tenants).values_list("tenant_id", "a__city", "b__city")
    cities: dict[UUID, set[str]] = {tenant: set() for tenant in tenants}
    for tenant, a, b in ends.distinct().order_by():
        cities[tenant] |= {a, b}
    return {
        row.id
        for row in rows
        for tenant in (row.provider.tenant_id,)
        if any(not rights[tenant].why_not(row.technology, [city]) for city in cities[tenant])
    }


def _told(lacking: list[Shortfall]) -> Text:
    return NOT_LICENSED.format(
        reasons_zh="、".join(each.text.zh for each in lacking),
        reasons_en=", ".join(each.text.en for each in lacking),
    )
