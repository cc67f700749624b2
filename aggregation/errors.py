"""What can go wrong with centres, pools, allotments, offers, their import, and the agents that report inventory."""

from kernel.errors import Problem
from kernel.text import Text


class KeyTaken(Problem):
    """The human key stands for something else in this node."""

    status = 409
    code = "key_taken"
    title = Text("编号已被使用", "The key is taken")
    detail = Text(
        "编号 {key} 已在本节点登记；编号在节点内唯一，请换一个。",
        "{key} is registered at this node already; keys are unique in a node, choose another.",
    )


class NotSellable(Problem):
    """The gate is shut for at least one of the offers."""

    status = 409
    code = "not_sellable"
    title = Text("该报价当前不可销售", "Not for sale now")
    detail = Text("不可销售：{reasons_zh}", "Not for sale: {reasons_en}")


class WrongInput(Problem):
    """A field contradicts the dictionary, the pool, or another field."""

    status = 400
    code = "contradiction"
    title = Text("字段与登记信息不一致", "A field contradicts what is registered")
    detail = Text("{reason_zh}", "{reason_en}")


class ImportTooLarge(Problem):
    """The file is bigger than one import takes."""

    status = 413
    code = "import_too_large"
    title = Text("导入文件过大", "The file is too large")
    detail = Text(
        "一次导入不超过 {bytes} 字节、{rows} 行；请拆分后分别导入。",
        "One import takes at most {bytes} bytes and {rows} rows; split the file.",
    )


class UnknownAgent(Problem):
    """A heartbeat names an agent that its provider has not registered."""

    status = 400
    code = "unknown_agent"
    title = Text("代理未登记", "The agent is not registered")
    detail = Text(
        "本主体没有名为 {agent} 的代理；请先 POST /api/v1/agents 登记。",
        "You have no agent {agent}; register it first with POST /api/v1/agents.",
    )


class SequenceReused(Problem):
    """The sequence number came before with other content."""

    status = 409
    code = "sequence_reused"
    title = Text("序号已用于其他内容", "The sequence number was used before")
    detail = Text(
        "代理 {agent} 的序号 {sequence} 已用于内容不同的心跳；请使用新的序号。",
        "Agent {agent} sent sequence {sequence} with other content before; use a new number.",
    )


class HeartbeatRefused(Problem):
    """No reading of the heartbeat could be kept, so nothing was stored."""

    status = 400
    code = "heartbeat_refused"
    title = Text("心跳未被接受", "The heartbeat was not taken")
    detail = Text(
        "没有一条读数可以保存（第一条 {pool}：{reason_zh}）；未存储任何内容，可更正后用同一序号重发。",
        "Not one reading could be kept (the first, {pool}: {reason_en}); nothing was stored: correct it and send the same sequence again.",
    )


class ItemChanged(Problem):
    """An item of a batch names a version that is not the newest."""

    status = 409
    code = "item_changed"
    title = Text("该项已被修改", "The item was changed")
    detail = Text(
        "当前版本为 {current}；请重新读取后再提交该项。", "Its generation is now {current}; read it again."
    )


class AllotmentRefused(Problem):
    """The allotment cannot be taken now."""

    status = 409
    code = "allotment_refused"
    title = Text("现不能接受该配额", "The allotment cannot be taken now")
    detail = Text("{reason_zh}", "{reason_en}")
