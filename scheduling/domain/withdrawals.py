"""What carriers take off the market: it is sold no more, and stays for all that cites it."""

from collections.abc import Sequence
from datetime import datetime

from kernel.text import Text, Vocabulary

SPAN = Text("光缆段或承诺线路 {key} 已于 {at} 下架", "its span {key} was withdrawn at {at}")
SITE = Text("站点 {key} 已于 {at} 下架", "its site {key} was withdrawn at {at}")
TARIFF = Text(
    "专线资费（{step} Mbps，{zone}，{months} 个月起）的 state（listed → withdrawn，{at}）",
    "The state of the line tariff of {step} Mbps, {zone}, from {months} months on (listed → withdrawn, {at})",
)
NAMED = 5
"""So many of a kind are named where something stands in the way, and the others counted."""


class SaleState(Vocabulary):
    """Whether a site, a span or a tariff is put on the market by its carrier; the gates say whether it can be sold."""

    LISTED = "listed", "已上架", "Listed"
    WITHDRAWN = "withdrawn", "已下架", "Withdrawn"


def withdrawn(what: Text, at: datetime, **names: object) -> Text:
    """One of the sentences above, of what was withdrawn then."""
    return what.format(at=at.isoformat(timespec="seconds"), **names)


def told(keys: Sequence[str], others: int = 0) -> Text:
    """The first of the keys, in their order, and how many more there are; `others` are counted only."""
    named, more = sorted(keys)[:NAMED], max(0, len(keys) - NAMED) + others
    zh, en = "、".join(named), ", ".join(named)
    if not more:
        return Text(zh, en)
    return Text(
        f"{zh} 等另 {more} 项" if named else f"{more} 项", f"{en} and {more} more" if named else f"{more}"
    )
