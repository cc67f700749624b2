"""What can go wrong in monitoring."""

from kernel.errors import Problem
from kernel.text import Text


class FeedRefused(Problem):
    """The declaration contradicts the profile of its class."""

    status = 400
    code = "feed_refused"
    title = Text("监测数据源声明有误", "The feed cannot be declared so")
    detail = Text("{reason_zh}", "{reason_en}")


class FeedExists(Problem):
    """The organisation has declared a feed of this class for this resource."""

    status = 409
    code = "feed_exists"
    title = Text("该数据源已声明", "Declared already")
    detail = Text("请使用已有数据源 {feed} 上报。", "Report through the feed {feed}.")


class TelemetryRefused(Problem):
    """No point of the batch could be kept, so nothing was stored."""

    status = 400
    code = "telemetry_refused"
    title = Text("监测数据均未通过", "No point could be kept")
    detail = Text(
        "整批未入库；第 {index} 项：{reason_zh}。", "Nothing was stored; item {index}: {reason_en}."
    )


class ExpositionUnreadable(Problem):
    """The body is not Prometheus text, or too much of it."""

    status = 400
    code = "exposition_unreadable"
    title = Text("无法解析的监测文本", "The exposition cannot be read")
    detail = Text("{reason_zh}", "{reason_en}")


class UnknownIndicator(Problem):
    """No indicator of this code in the profile."""

    status = 404
    code = "unknown_indicator"
    title = Text("没有该指标", "No such indicator")
    detail = Text("可用指标：{known}。", "These are: {known}.")


class BadPeriod(Problem):
    """A period that ends before it starts, or is too long."""

    status = 400
    code = "bad_period"
    title = Text("时段有误", "The period is wrong")
    detail = Text(
        "结束时间须晚于开始时间，且不超过 {days} 天。",
        "It must end after it starts, and last at most {days} days.",
    )


class TooManyStreams(Problem):
    """Every place for a live stream on this worker is taken."""

    status = 503
    code = "too_many_streams"
    title = Text("实时连接已满", "All live places are taken")
    detail = Text(
        "请在 {seconds} 秒后重连，或改用 /api/v1/monitoring/events。",
        "Reconnect in {seconds} seconds, or read /api/v1/monitoring/events.",
    )


class UnknownSubject(Problem):
    """The instruction names nobody and nothing that is known here."""

    status = 400
    code = "unknown_subject"
    title = Text("指令对象不存在", "Nobody and nothing of this id")
    detail = Text(
        "请填写 organisation 或 resource 之一，且为本节点登记的主体、算力中心、资源池或报价。",
        "Give organisation or resource, one of them: a party, centre, pool or offer that is registered here.",
    )


class InstructionExists(Problem):
    """The same number on the same subject is open."""

    status = 409
    code = "instruction_exists"
    title = Text("该文号的指令已存在", "This number is in use")
    detail = Text("同一对象上文号 {number} 的指令尚未办结。", "{number} on this subject is not closed yet.")


class InstructionOfUpstream(Problem):
    """Only who gave it lifts it."""

    status = 409
    code = "instruction_of_upstream"
    title = Text("该指令由上级节点下达", "The upstream gave this instruction")
    detail = Text("只有节点 {node} 可以解除；请向其申请。", "Only node {node} lifts it; ask there.")


class SampleNeeded(Problem):
    """The period has more selections than one audit examines."""

    status = 400
    code = "sample_needed"
    title = Text("请给出抽样数", "A sample is needed")
    detail = Text(
        "该时段有 {count} 次选择，一次审计至多 {most} 次；请填写 sample，或缩短时段。",
        "The period has {count} selections, and one audit examines at most {most}: give sample, or a shorter period.",
    )
