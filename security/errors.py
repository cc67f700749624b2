"""What can go wrong in security."""

from kernel.errors import Problem
from kernel.text import Text


class AssetRefused(Problem):
    """The asset names what is not its owner's."""

    status = 400
    code = "asset_refused"
    title = Text("资产登记有误", "The asset cannot be registered so")
    detail = Text("{reason_zh}", "{reason_en}")


class AssetExists(Problem):
    """The organisation has an asset of this key."""

    status = 409
    code = "asset_exists"
    title = Text("资产已登记", "Registered already")
    detail = Text("本主体已有资产 {asset}；请换用其他键值。", "You have an asset {asset}; take another key.")


class AssetTied(Problem):
    """A critical finding keeps the asset's resources off the market, so they cannot be taken from it."""

    status = 409
    code = "asset_tied"
    title = Text("资产存在未处置的严重漏洞", "A critical finding stands")
    detail = Text(
        "请先关闭该资产的严重漏洞，再调整其关联资源。",
        "Close the asset's critical findings first, then change its resources.",
    )


class UnknownAsset(Problem):
    """No asset of this id that the caller may scan."""

    status = 400
    code = "unknown_asset"
    title = Text("没有该资产", "No such asset")
    detail = Text("请先登记资产，再导入其扫描报告。", "Register the asset, then import its reports.")


class ReportUnreadable(Problem):
    """The report is not what the tool writes, or too large."""

    status = 400
    code = "report_unreadable"
    title = Text("无法识别的扫描报告", "The report cannot be read")
    detail = Text("{reason_zh}", "{reason_en}")


class NoCheckpoint(Problem):
    """No checkpoint of this size, or none that holds this position yet."""

    status = 404
    code = "no_checkpoint"
    title = Text("没有相应的检查点", "No such checkpoint")
    detail = Text(
        "请从 /api/v1/audit/checkpoints 取 size；新事件最迟一分钟后进入检查点。",
        "Take a size from /api/v1/audit/checkpoints; a new event is in one after a minute at most.",
    )
