"""What can go wrong between two nodes."""

from kernel.errors import Problem
from kernel.text import Text


class EnvelopeMalformed(Problem):
    """A message or a receipt cannot be read; `params["field"]` names the part at fault."""

    status = 400
    code = "envelope_malformed"
    title = Text("报文或回执有误", "Malformed message or receipt")
    detail = Text("字段 {field}：{reason_zh}", "Field {field}: {reason_en}")


class PrefixRefused(Problem):
    """A code prefix cannot be read or cannot be delegated."""

    status = 409
    code = "prefix_refused"
    title = Text("前缀不可用", "Prefix refused")
    detail = Text("{reason_zh}", "{reason_en}")


class InvitationRefused(Problem):
    """The token is of no invitation that still stands for this node."""

    status = 403
    code = "invitation_refused"
    title = Text("接入邀请无效", "Invitation refused")
    detail = Text(
        "{reason_zh}请向上级节点运营方申请新的邀请。",
        "{reason_en} Ask the upstream's operator for a new one.",
    )


class NodeKeyTaken(Problem):
    """The key belongs to another node."""

    status = 409
    code = "node_key_taken"
    title = Text("公钥已被其他节点使用", "The key is another node's")
    detail = Text(
        "公钥 {key_id} 已登记给节点 {node}；请为本节点生成新的密钥。",
        "Key {key_id} is registered for node {node}; make a new key for this node.",
    )


class KeyNotHere(Problem):
    """The node does not hold the private key that it should sign with."""

    status = 409
    code = "key_not_here"
    title = Text("本节点没有该密钥", "The node does not hold this key")
    detail = Text(
        "NODE_KEY_FILE 中没有 {key}；请用 ./dev manage new_node_key 追加密钥并重启各进程后重试。",
        "NODE_KEY_FILE does not hold {key}; append a key with ./dev manage new_node_key, restart the processes, try again.",
    )


class KeyAnnounced(Problem):
    """A key follows once."""

    status = 409
    code = "key_announced"
    title = Text("该密钥已启用", "The key was announced before")
    detail = Text(
        "密钥 {key} 正在使用或曾经使用；请另行生成新密钥。",
        "Key {key} is or was in use; make another one.",
    )


class SuiteFixed(Problem):
    """Two nodes stay in one suite."""

    status = 409
    code = "suite_fixed"
    title = Text("密码套件不可更换", "The suite is fixed")
    detail = Text(
        "与节点 {node} 的报文均采用套件 {suite}，清单的根由其计算；请继续使用该套件。",
        "The messages with node {node} are in suite {suite}, and the manifests' roots are by it; go on in that suite.",
    )


class ProtocolUnknown(Problem):
    """The two nodes speak no version of messages in common."""

    status = 409
    code = "protocol_unknown"
    title = Text("没有共同的报文版本", "No protocol in common")
    detail = Text(
        "本节点支持的报文版本：{known}；请升级软件后重新接入。",
        "This node speaks {known}; upgrade the software and attach again.",
    )


class RoleCannotAttach(Problem):
    """Nodes of this role do not attach to nodes of ours."""

    status = 409
    code = "role_cannot_attach"
    title = Text("角色不符，不能接入", "This role does not attach here")
    detail = Text(
        "{role_zh}不接入{upstream_zh}：区域节点接入国家节点，行业节点接入区域节点。",
        "A {role_en} does not attach to a {upstream_en}: regional nodes attach to the national node, industry nodes to a regional one.",
    )


class AlreadyAttached(Problem):
    """The node has an upstream."""

    status = 409
    code = "already_attached"
    title = Text("已接入上级节点", "Attached already")
    detail = Text(
        "本节点已接入 {node}；请先脱离该节点。", "This node is attached to {node}; detach from it first."
    )


class NotDownstream(Problem):
    """Only an attached downstream node is instructed."""

    status = 409
    code = "not_downstream"
    title = Text("不是已接入的下级节点", "Not an attached downstream node")
    detail = Text(
        "节点 {node} 不是本节点已接入的下级节点；请在 GET /api/v1/nodes 中核对代码。",
        "{node} is no attached node below this one; take its code from GET /api/v1/nodes.",
    )


class UpstreamUnreachable(Problem):
    """The peer gave no answer that could be used."""

    status = 502
    code = "upstream_unreachable"
    title = Text("对端节点无法访问", "The peer cannot be reached")
    detail = Text(
        "{url} 没有有效应答（{answer}）；请核对地址与网络后用同一幂等键重试。",
        "{url} gave no valid answer ({answer}); check address and network, then try again with the same key.",
    )


class RecallRefused(Problem):
    """What a peer says it holds of a stream of ours is not proved: by our signature, or by its own receipt."""

    status = 502
    code = "recall_refused"
    title = Text("对端所持报文无法核实", "What the peer holds is not proved")
    detail = Text(
        "第 {sequence} 号报文缺失，或没有本节点的签名与对端的回执；请与对端核对该流，并确认 NODE_KEY_FILE 含有当时的密钥。",
        "Message {sequence} is missing, or lacks this node's signature or the peer's receipt; compare the stream with the "
        "peer, and see that NODE_KEY_FILE holds the keys of that time.",
    )


class UpstreamRefused(Problem):
    """The upstream answered, and said no."""

    status = 409
    code = "upstream_refused"
    title = Text("上级节点拒绝", "The upstream refused")
    detail = Text("上级节点答复 {answer}：{reason_zh}", "The upstream answered {answer}: {reason_en}")


class NoUpstream(Problem):
    """There is nobody to send to."""

    status = 409
    code = "no_upstream"
    title = Text("尚未接入上级节点", "No upstream")
    detail = Text(
        "本节点尚未接入上级节点；请先完成接入（POST /api/v1/upstreams）。",
        "This node is attached to no upstream; attach it first (POST /api/v1/upstreams).",
    )


class UnknownSection(Problem):
    """No floor reports this section."""

    status = 400
    code = "unknown_section"
    title = Text("没有该报送项", "No such section")
    detail = Text("{section} 不是报送项；可用：{known}。", "{section} is no section; these are: {known}.")


class UnknownUpstream(Problem):
    """No such platform is among those that this node reports to."""

    status = 400
    code = "unknown_upstream"
    title = Text("本节点不向该平台报送", "This node does not report there")
    detail = Text(
        "本节点不向 {upstream} 报送；现报送：{known}。需要增加时请在 REPORT_UPSTREAMS 中列出。",
        "This node does not report to {upstream}; it reports to: {known}. List it in REPORT_UPSTREAMS to add it.",
    )


class ReportOverlaps(Problem):
    """Another report has a part of the period."""

    status = 409
    code = "report_overlaps"
    title = Text("周期与已有报告重叠", "The period overlaps a report")
    detail = Text(
        "报告 {report} 已包含 {start} 至 {end}；请从其结束时刻起报送，或用 :correct 更正它。",
        "Report {report} covers {start} to {end}; begin where it ends, or correct it with :correct.",
    )


class ReportNotOurs(Problem):
    """Only the node that made a report can make it again."""

    status = 409
    code = "report_not_ours"
    title = Text("不是本节点的报告", "Not a report of this node")
    detail = Text(
        "节点 {node} 的报送项 {section} 不能在本节点重新汇总；请向该节点查询。",
        "Section {section} of node {node} cannot be assembled here; ask that node.",
    )


class ReceiptComesSigned(Problem):
    """The upstream node answers by itself."""

    status = 409
    code = "receipt_comes_signed"
    title = Text("回执由上级节点签发", "The upstream signs the receipt")
    detail = Text(
        "该报告经节点互联送出，回执由上级节点签发并自动登记，不能手工登记。",
        "This report went over the federation: its receipt is signed by the upstream and noted by itself.",
    )


class PeriodOpen(Problem):
    """The period is not over, or is none."""

    status = 400
    code = "period_open"
    title = Text("报送周期无效", "The period cannot be reported")
    detail = Text(
        "周期须先起后止，且已结束；当前时间 {now}。",
        "A period ends after it starts, and is over when it is reported; it is now {now}.",
    )


class ReportExists(Problem):
    """The section was drafted for this period."""

    status = 409
    code = "report_exists"
    title = Text("该周期已有报告", "Reported already")
    detail = Text(
        "报告 {report} 已包含该项该周期；如需更正，请使用 :correct。",
        "Report {report} has this section and period; use :correct to correct it.",
    )


class StreamNotHalted(Problem):
    """There is nothing to resume."""

    status = 409
    code = "stream_not_halted"
    title = Text("报送未停止", "The stream is running")
    detail = Text(
        "流 {stream} 正常运行，无需恢复。", "The stream {stream} is running; there is nothing to resume."
    )


class NotQuarantined(Problem):
    """Only a refused message is sent again under a new number."""

    status = 409
    code = "not_quarantined"
    title = Text("报文未被隔离", "Not quarantined")
    detail = Text(
        "只有被对端永久拒绝的报文才能更正重发。",
        "Only a message that the peer refused for good is corrected.",
    )


class FormNotBuilt(Problem):
    """The form is a real one, but not one of a node's application."""

    status = 400
    code = "form_not_built"
    title = Text("尚不支持该表格", "This form is not filled here")
    detail = Text(
        "《{form_zh}》不属于节点申报；此处可填：{built}。",
        "{form_en} ({form}) is no application for a node; these are filled here: {built}.",
    )


class AnswersFull(Problem):
    """As many peers' demands are answered at once as a process answers beside its own users."""

    status = 503
    code = "answers_full"
    title = Text("应答已满", "Answering as many as it may")
    detail = Text(
        "本节点正在答复其他节点的查询，已达上限；请稍后再问。",
        "This node answers as many other nodes' searches as it may at once; ask again shortly.",
    )


class ApplicationIncomplete(Problem):
    """The form lacks what the published text asks for."""

    status = 409
    code = "application_incomplete"
    title = Text("申报表尚不完整", "The application is not complete")
    detail = Text(
        "共 {count} 处须补充或更正：{pointers}；:check 逐项说明如何更正。",
        "{count} places are missing or wrong: {pointers}; :check says how to put each right.",
    )


class AlreadyReopened(Problem):
    """A final application is followed by one version only."""

    status = 409
    code = "already_reopened"
    title = Text("已有后续版本", "Reopened already")
    detail = Text(
        "后续版本为 {successor}；请修改该版本。", "Its next version is {successor}; amend that one."
    )
