"""What can go wrong with a selection, and with what is sold of it."""

from datetime import datetime
from typing import Self

from kernel.errors import Problem
from kernel.text import Text


class PriceChanged(Problem):
    """What a bundle was priced by moved since the selection: its offer, its centre's storage, its line's tariff or A end."""

    status = 409
    code = "price_changed"
    title = Text("价格已变动", "The price has changed")
    detail = Text(
        "{what_zh}在选择之后有变动；请重新选择后再取报价。若您的预占已保留该组合，且变动的只是价格，取报价时填 hold 即按现价报价。",
        "{what_en} moved since the selection; select again, then ask for the quote. Where a hold of yours keeps the bundle and "
        "only prices moved, ask with that `hold`: it is quoted at those of now.",
    )


class BuyerSuspended(Problem):
    """An instruction of the regulator is in force against who buys."""

    status = 409
    code = "buyer_suspended"
    title = Text("买方已被监管暂停", "The buyer is suspended")
    detail = Text(
        "对买方的监管指令生效期间，不得向其报价、为其预占、下单或确认；买方可在 /api/v1/instructions 查看指令并报告整改，解除后再办理。",
        "While an instruction of the regulator to the buyer is in force, nothing is quoted to it, held or ordered for it, or "
        "confirmed: it finds the instruction at /api/v1/instructions, and goes on once that is lifted.",
    )


class DemandRefused(Problem):
    """A demand that cannot be answered as it is written."""

    status = 400
    code = "demand_refused"
    title = Text("需求有误", "The demand cannot be read")
    detail = Text("{field}：{reason_zh}。", "{field}: {reason_en}.")


class NoAccessPoint(Problem):
    """No integrated access point serves the place, or none is near enough."""

    status = 400
    code = "no_access_point"
    title = Text("没有接入点", "No access point")
    detail = Text(
        "{place} 附近没有已登记的综合接入点；请改用其一：{instead}。",
        "No access point is registered at or near {place}; use one of {instead}.",
    )


class SelectionOutdated(Problem):
    """An earlier release kept too little of where a selection starts for it to be asked again."""

    status = 409
    code = "selection_outdated"
    title = Text("该选择无法重放", "The selection cannot be replayed")
    detail = Text(
        "该选择作于 {created_at}，早期版本未保存重放所需的接入信息（access）。当时的答案仍可读取；请以相同需求 POST /api/v1/selections 重新选择。",
        "This selection was made at {created_at} by an earlier release, which did not keep what a replay needs of its access. "
        "Its answer can still be read; POST the same demand to /api/v1/selections to choose anew.",
    )


class RemoteBundle(Problem):
    """The bundle is another node's, which alone can grant it."""

    status = 409
    code = "remote_bundle"
    title = Text("该组合属于其他节点", "The bundle is another node's")
    detail = Text(
        "该组合由节点 {node}（{name}）提供，只能由它授予。请在该节点注册登录后，以本次选择 across.order_with 的内容"
        "请求 POST {order_at}，再在那里报价和下单。",
        "Node {node} ({name}) offers this bundle and alone can grant it. Register there, ask POST {order_at} with what "
        "this selection shows as across.order_with, then quote and order there.",
    )


class NoSuchBundle(Problem):
    """The selection has no bundle of that index."""

    status = 400
    code = "no_such_bundle"
    title = Text("没有该组合", "No such bundle")
    detail = Text(
        "该次选择共有 {count} 个组合，序号从 0 开始。", "The selection has {count} bundles, counted from 0."
    )


class TooSoon(Problem):
    """The window begins before the seller's minimum notice is over."""

    status = 409
    code = "too_soon"
    title = Text("未满足最短提前量", "Too short a notice")
    detail = Text(
        "提供商要求的提前量使最早开始时间为 {earliest}；请改为此后开始，或另选产品。",
        "With the notice that its providers need it can begin at {earliest}: begin then or later, or choose another.",
    )


class ScheduleUnpriced(Problem):
    """The schedule does not fit what the selection priced."""

    status = 409
    code = "schedule_unpriced"
    title = Text("时段与所选计价不符", "The schedule is not what was priced")
    detail = Text("{reason_zh}", "{reason_en}")


class HoldMismatch(Problem):
    """The hold is not of what the quote is for."""

    status = 409
    code = "hold_mismatch"
    title = Text("预占与报价不符", "The hold is of something else")
    detail = Text(
        "预占 {hold} 与报价的产品、线路或时段不同；请为该报价另行预占，或不带预占直接下单。",
        "Hold {hold} is not of the quote's bundle and schedule: hold what is quoted, or order without a hold.",
    )


class HoldNotExtended(Problem):
    """The hold would run no longer than it does: less was asked for than it has left, or it has all that one may have."""

    status = 409
    code = "hold_not_extended"
    title = Text("未能延长预占", "The hold is not extended")
    detail = Text("预占至 {until} 止。{reason_zh}", "The hold runs until {until}. {reason_en}")

    @classmethod
    def until(cls, until: datetime, *, at_most: bool, pointer: str | None) -> Self:
        """The problem of a hold that ends then, and may not live longer (`at_most`) or has longer than was asked for."""
        zh, en = (
            ("已达最长时限，不能再延长；请在此之前决定，或到期后重新预占。", "That is the longest it may: decide by then, or hold anew.")
            if at_most
            else ("剩余时间不短于所请求的时间；请填写更大的 minutes。", "It has no less left than was asked for: give more minutes.")
        )  # fmt: skip
        return cls(pointer=pointer, until=until.isoformat(), reason_zh=zh, reason_en=en)
