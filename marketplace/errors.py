"""What can go wrong in the market."""

from kernel.errors import Problem
from kernel.text import Text


class StorageNotQuoted(Problem):
    """The selection is from before storage was quoted, and does not say for how many months it is."""

    status = 409
    code = "storage_not_quoted"
    title = Text("该选择的存储不能报价", "The selection's storage is not quoted")
    detail = Text(
        "该选择作于存储可报价之前，未载明存储月数；请重新选择后再取报价。",
        "The selection was made before storage was quoted, and does not say for how many months: select again, then ask for the quote.",
    )


class QuoteExpired(Problem):
    """The quote's validity has passed by the database's clock."""

    status = 409
    code = "quote_expired"
    title = Text("报价已失效", "The quote has expired")
    detail = Text(
        "报价有效期至 {valid_until}；请重新选择并取得新报价。",
        "It was valid until {valid_until}; select again and ask for a new quote.",
    )


class QuoteUsed(Problem):
    """The quote was ordered before, under another reference."""

    status = 409
    code = "quote_used"
    title = Text("报价已下单", "The quote was ordered")
    detail = Text(
        "该报价已用于订单 {order}；一份报价只能下单一次。",
        "It became order {order}; one quote is ordered once.",
    )


class QuoteAltered(Problem):
    """The stored quote does not match its signature."""

    status = 409
    code = "quote_altered"
    title = Text("报价与签名不符", "The quote does not match its signature")
    detail = Text(
        "该报价的内容与节点签名不一致，不能下单；请取得新报价并告知节点运营方。",
        "Its text and the node's signature differ, so it cannot be ordered; ask for a new quote and tell the operator.",
    )


class UnknownReference(Problem):
    """The body names an object that does not exist for the caller."""

    status = 400
    code = "unknown_reference"
    title = Text("引用的对象不存在", "Nothing of that name")
    detail = Text(
        "{noun_zh} {id} 不存在或您不可见；请从列表接口重新获取。",
        "There is no {noun_en} {id} that you can see; take it from the list again.",
    )


class ClientRefReused(Problem):
    """The tenant's own order reference names another order."""

    status = 409
    code = "client_ref_reused"
    title = Text("订单编号已使用", "The reference is taken")
    detail = Text(
        "编号 {client_ref} 已用于订单 {order}；请换一个编号。",
        "{client_ref} names order {order} already; choose another.",
    )


class DeliveredAlready(Problem):
    """The order is billed, or both of its parts are there, so leaving it is not free of charge."""

    status = 409
    code = "delivered_already"
    title = Text("订单已交付，不能免费取消", "It is delivered, and not cancelled free of charge")
    detail = Text(
        "订单已起租，或算力与专线均已交付且没有未决的维护冲突，也没有对提供商的停止指令：请以 :end 结束订单；须付专线的一次性费用与最短租期，算力按实际用量计费。",
        "It is billed, or compute and line are there and neither maintenance nor an instruction to a provider is in its way: end it (:end). The line's one-off fee and minimum term are owed, and the compute that was used.",
    )


class AcceptanceMismatch(Problem):
    """The acceptance sheet differs from what was ordered."""

    status = 409
    code = "acceptance_mismatch"
    title = Text("验收单与订单不符", "The sheet differs from the order")
    detail = Text(
        "验收项 {field}：订单为 {ordered}，实收为 {received}；请以 :refuse-compute 拒收，由提供商重新交付；拒收后可免费取消订单。",
        "{field}: {ordered} ordered, {received} received; refuse it (:refuse-compute), and the provider delivers again; refused, the order can be cancelled free of charge too.",
    )


class LineNotChangeable(Problem):
    """The order's line cannot be changed so, or not now."""

    status = 409
    code = "line_not_changeable"
    title = Text("专线不能如此变更", "The line cannot be changed so")
    detail = Text("不能变更：{reason_zh}。", "It cannot be changed: {reason_en}.")


class ChangeOfferOver(Problem):
    """The line provider's offer has run out by the database's clock."""

    status = 409
    code = "change_offer_over"
    title = Text("变更报价已过期", "The offer has run out")
    detail = Text(
        "该变更报价有效期至 {offer_ends}；请重新申请变更。",
        "It was good until {offer_ends}: ask for the change anew.",
    )


class TooEarly(Problem):
    """What was agreed keeps it from happening before a time."""

    status = 409
    code = "too_early"
    title = Text("为时过早", "Too early")
    detail = Text(
        "按约定最早可于 {earliest} 办理；请届时再试。",
        "By what was agreed it can be done at {earliest}: try again then.",
    )


class ComplaintOpen(Problem):
    """The caller's last complaint of this party about the same matter of the order is not over."""

    status = 409
    code = "complaint_open"
    title = Text("同一事项的投诉尚未了结", "A complaint of this matter is open")
    detail = Text(
        "对该方同一事项的投诉 {complaint} 尚未了结；请在其中继续，或先撤回。",
        "Complaint {complaint} of this party about the same matter is not over: go on with it, or withdraw it first.",
    )


class MeterConflict(Problem):
    """The sequence number was used for other figures, or the window overlaps one that is metered."""

    status = 409
    code = "meter_conflict"
    title = Text("计量记录冲突", "Metered already")
    detail = Text(
        "{reason_zh}；如需更正，请以 corrects 指明被更正的记录。",
        "{reason_en}; to correct a record, name it in corrects.",
    )


class ServiceStopped(Problem):
    """An instruction of the regulator stopped the service within the window of a reading."""

    status = 409
    code = "service_stopped"
    title = Text("服务已被监管停止", "The service was stopped")
    detail = Text(
        "监管指令 {instruction} 自 {since} 起停止该订单的服务（至 {until}，— 为仍在停止）；停止期间不计量，请只上报该时段以外的窗口。",
        "Instruction {instruction} stopped the service of this order from {since} (until {until}; — is still); nothing is metered "
        "in between: report windows outside of it.",
    )


class UsageBilled(Problem):
    """The usage is on a statement."""

    status = 409
    code = "usage_billed"
    title = Text("用量已结算", "Billed already")
    detail = Text(
        "该用量已列入结算单 {statement}；请由运营方冲正后再更正。",
        "It is on statement {statement}; the operator has to reverse that first.",
    )


class PeriodOverlaps(Problem):
    """The period shares time with one that was settled."""

    status = 409
    code = "period_overlaps"
    title = Text("结算周期重叠", "The period overlaps another")
    detail = Text(
        "所给周期与已结算的周期重叠；请从上一周期的结束时刻开始。",
        "It shares time with a period that was settled; start where that one ended.",
    )


class EntryReversed(Problem):
    """A journal entry is reversed at most once, and a reversal not at all."""

    status = 409
    code = "entry_reversed"
    title = Text("分录已冲正", "Reversed already")
    detail = Text(
        "一笔分录只能冲正一次，冲正分录不能再冲正。",
        "An entry is reversed once, and a reversal is not reversed.",
    )


class PolicyInvalid(Problem):
    """A voucher policy breaks a rule that no policy may break."""

    status = 400
    code = "policy_invalid"
    title = Text("算力券政策有误", "The policy is not valid")
    detail = Text("{reason_zh}", "{reason_en}")


class NoPolicy(Problem):
    """No voucher policy is in force at this node."""

    status = 409
    code = "no_policy"
    title = Text("没有生效的算力券政策", "No voucher policy in force")
    detail = Text(
        "本节点尚无经批准的算力券政策；请等待主管部门批准后再申领。",
        "No policy is approved at this node yet; claim once the authority has approved one.",
    )


class VoucherRefused(Problem):
    """The policy does not allow the claim."""

    status = 409
    code = "voucher_refused"
    title = Text("不符合算力券政策", "The policy refuses the claim")
    detail = Text("{reason_zh}", "{reason_en}")


class VoucherCapReached(Problem):
    """The enterprise has drawn all that the year allows."""

    status = 409
    code = "voucher_cap_reached"
    title = Text("已达年度上限", "The year's cap is reached")
    detail = Text(
        "企业 {enterprise} 在 {year} 年已用 {used} 元，年度上限 {cap} 元。",
        "{enterprise} has drawn CNY {used} in {year}; the cap is CNY {cap}.",
    )


class VoucherClaimed(Problem):
    """One contract, one claim."""

    status = 409
    code = "voucher_claimed"
    title = Text("该合同已申领", "Claimed before")
    detail = Text(
        "合同 {contract} 已申领过算力券；一份合同只能申领一次。", "{contract} has its claim; one each."
    )
