"""The catalogue: the offers that can be bought now, as the API gives them to anybody."""

from decimal import Decimal
from urllib.parse import urlencode

from django.http import HttpRequest

from aggregation.selectors.catalogue import kinds, offers_on_sale
from console.pages.frame import Page, page
from kernel.api.pagination import Cursor
from kernel.errors import InvalidField
from kernel.systems import System
from kernel.text import Text

ROWS_A_PAGE = 20
WORDS = {
    "intro": Text(
        "只列出此刻可售的算力：服务商已认证，资源标识有效并已备案，库存数据新鲜，且没有未解除的暂停。",
        "Only what can be sold at this moment: a certified provider, an active and filed identifier, fresh "
        "inventory, and no open suspension.",
    ),
    "kinds": Text("算力类型", "Kind of compute"),
    "every": Text("全部", "All"),
    "offer": Text("产品", "Offer"),
    "kind": Text("类型", "Kind"),
    "provider": Text("服务商", "Provider"),
    "machine": Text("单台配置", "One machine"),
    "place": Text("行政区划", "Division"),
    "term": Text("计费与起租", "Term"),
    "price": Text("单价", "Price"),
    "domestic": Text("国产", "domestic"),
    "least": Text("起租 {hours} 小时", "from {hours} h"),
    "per": Text("元/{unit_zh}·小时", "CNY per {unit_en}-hour"),
    "nothing": Text("此刻没有可售的算力。", "Nothing can be bought at this moment."),
    "next": Text("下一页", "Next page"),
    "first": Text("回到第一页", "First page"),
    "pages": Text("分页", "Pages"),
}


@page(system=System.AGGREGATION)
def catalogue(request: HttpRequest) -> Page:
    """Show one page of what can be bought now, newest first; of one kind where `?kind=` names it."""
    known = kinds()
    asked, cursor = request.GET.get("kind", ""), request.GET.get("cursor", "")
    kind = next((each for each in known if each.value == asked), None)
    if asked and kind is None:
        raise InvalidField(
            parameter="kind",
            reason_zh=f"没有这种算力类型；可选：{'、'.join(each.label.zh for each in known)}。",
            reason_en=f"There is no such kind of compute; choose {', '.join(known)}.",
        )
    after = Cursor.decode(cursor).key if cursor else None
    rows = offers_on_sale(kind=kind, after=after, limit=ROWS_A_PAGE + 1)
    shown, more = rows[:ROWS_A_PAGE], len(rows) > ROWS_A_PAGE
    narrowed = {"kind": asked} if asked else {}
    facts = {
        "kinds": [("", WORDS["every"]), *((each.value, each.label) for each in known)],
        "asked": asked,
        "rows": [
            {
                "offer": row,
                "price": price(row.price_cny_hour),
                "memory": f"{row.memory_gib:.6f}".rstrip("0").rstrip("."),
                "per": WORDS["per"].format(unit_zh=row.unit.label.zh, unit_en=row.unit.label.en.lower()),
                "least": WORDS["least"].format(hours=f"{row.min_hours:,}"),
            }
            for row in shown
        ],
        "next": urlencode({**narrowed, "cursor": Cursor(shown[-1].id).encode()}) if more else "",
        "first": bool(cursor),
    }
    return Page("catalogue", title=Text("算力目录", "Catalogue"), words=WORDS, facts=facts)


def price(rate: Decimal) -> str:
    """A rate in CNY as people read it: at least two places and no more than it has, "1,234.50" and "0.123456"."""
    whole, places = f"{rate:,.6f}".split(".")
    return f"{whole}.{places.rstrip('0'):0<2}"
