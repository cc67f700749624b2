"""The gate of lines: what keeps a line product from being sold, and the way out (SCHEME §4)."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from identifiers.selectors import identifiers
from kernel.selectors.suspensions import open_causes
from kernel.text import Text
from participants.selectors import organisations
from participants.selectors.licences import Shortfall, sales_rights
from scheduling.models import LineProduct, Span

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
    rows = list(LineProduct.objects.filter(id__in=set(products)).select_related("provider"))
    ids, tenants = [row.id for row in rows], [row.provider.tenant_id for row in rows]
    codes = identifiers.standings(subjects=ids)
    parties = organisations.standings(tenants)
    rights, ends = sales_rights(tenants), list(cities)
    causes = open_causes([*ids, *tenants])
    found: dict[UUID, list[Block]] = {}
    for row in rows:
        tenant, wrong = row.provider.tenant_id, []
        party, code = parties.get(tenant), codes.get((tenant, row.id))
        if party is None or not party.certified:
            wrong.append(Block("not_certified", NOT_CERTIFIED))
        if lacking := rights[tenant].why_not(row.technology, ends) if tenant in rights else []:
            wrong.append(Block("not_licensed", _told(lacking)))
        if open_ := [*causes.get(tenant, []), *causes.get(row.id, [])]:
            wrong.append(Block("suspended", SUSPENDED.format(causes=", ".join(open_))))
        if code is None:
            wrong.append(Block("no_identifier", NO_IDENTIFIER))
        elif code.state != "active":
            wrong.append(Block("identifier_not_active", NOT_ACTIVE.format(state=code.state)))
        elif not code.filed:
            wrong.append(Block("identifier_not_filed", NOT_FILED))
        found[row.id] = wrong
    return found


def sellable_products(products: Iterable[UUID]) -> set[UUID]:
    """The line products with an open gate, licensed in at least one city where their provider's spans end.

    Which two cities a line connects is known only where one is chosen: there `blocks` asks for both.
    """
    open_ = [product for product, wrong in blocks(products).items() if not wrong]
    rows = list(LineProduct.objects.filter(id__in=open_).select_related("provider"))
    tenants = {row.provider.tenant_id for row in rows}
    rights = sales_rights(tenants)
    ends = Span.objects.filter(tenant_id__in=tenants).values_list("tenant_id", "a__city", "b__city")
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
