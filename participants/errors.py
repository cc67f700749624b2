"""What can go wrong with who takes part."""

from kernel.errors import Problem
from kernel.text import Text


class MalformedCreditCode(Problem):
    """The text cannot be the code of a legal entity; a failed check character alone is not refused."""

    status = 400
    code = "malformed_credit_code"
    title = Text("统一社会信用代码格式有误", "Malformed social credit code")
    detail = Text(
        "{written} 不是统一社会信用代码（GB 32100-2015）：须为 18 位，前 8 位为数字，其余不含 I、O、Z、S、V；没有该代码的单位填写 9 位组织机构代码（GB 11714）。请核对证照。",
        "{written} is no unified social credit code (GB 32100-2015): 18 characters, the first 8 digits, the rest without I, O, Z, S, V; an entity without one gives its organisation code of 9 characters (GB 11714). Check the licence.",
    )


class AlreadyRegistered(Problem):
    """The legal entity takes part in this kind already."""

    status = 409
    code = "already_registered"
    title = Text("该主体已登记", "Registered already")
    detail = Text(
        "代码为 {written} 的主体已以该类型登记；请向本单位管理员索取邀请，或核对代码。",
        "The entity {written} is registered in this kind; ask your organisation's administrator for an invitation, or check the code.",
    )


class EmailKnown(Problem):
    """The address belongs to a person who is known here."""

    status = 409
    code = "email_known"
    title = Text("该邮箱已有账户", "This address has an account")
    detail = Text(
        "请换用本人另一邮箱，或由本单位管理员向该邮箱发出邀请。",
        "Use another address of yours, or let your organisation's administrator invite this one.",
    )


class SecondFactorRequired(Problem):
    """Who runs, supervises or audits the node acts in a session with a second factor or not at all."""

    status = 403
    code = "second_factor_required"
    title = Text("须启用第二重验证", "A second factor is required")
    detail = Text(
        "您的角色须使用第二重验证；请在浏览器中打开 /account/second-factor/enrol 启用后重新登录。",
        "Your roles ask for a second factor; open /account/second-factor/enrol in a browser, enrol, and sign in again.",
    )


class CsrfFailed(Problem):
    """A write of a signed-in browser lacks the token that shows it came from our own page."""

    status = 403
    code = "csrf_failed"
    title = Text("请求来源未通过核验", "Not shown to come from here")
    detail = Text(
        "会话登录的写操作须在 X-CSRFToken 请求头中带上 csrftoken Cookie 的值，并来自本节点页面；请刷新页面后重试。",
        "A write of a session carries the value of the csrftoken cookie in X-CSRFToken and comes from this node's own "
        "pages; reload the page and try again.",
    )


class TooManyInvitations(Problem):
    """The organisation has as many invitations open as the node mails for one."""

    status = 409
    code = "too_many_invitations"
    title = Text("邀请过多", "Too many invitations")
    detail = Text(
        "本单位未接受的或一日内发出的邀请已有 {most} 份；请待受邀人接受，或待邀请七日后到期，再邀请其他人。",
        "Your organisation has {most} invitations that are open or were mailed within a day; invite others once some are "
        "taken, or have ended after seven days.",
    )


class TooManyAttempts(Problem):
    """Too many attempts from one place: whoever owns the account gets in from a browser that she used before."""

    status = 429
    code = "too_many_attempts"
    title = Text("尝试次数过多", "Too many attempts")
    detail = Text(
        "尝试次数过多，请在 {minutes} 分钟后再试。本人也可使用曾经登录过的浏览器，或通过邮件链接设置新密码。",
        "Too many attempts; try again in {minutes} minutes. If it is your account, use a browser in which you have signed "
        "in before, or set a new password by mail.",
    )


class LinkUnknown(Problem):
    """The link is wrong, used, withdrawn or out of date: the four are the same answer."""

    status = 404
    code = "link_unknown"
    title = Text("链接无效", "This link does not work")
    detail = Text(
        "链接不存在、已使用或已过期；请在登录页面重新申请，或向邀请人索取新的邀请。",
        "It does not exist, was used, or has expired; ask for a new one on the page of sign-in, or ask who invited you.",
    )


class UnusableDocument(Problem):
    """The file or its particulars cannot be taken as evidence."""

    status = 400
    code = "unusable_document"
    title = Text("证照材料不可用", "Unusable document")
    detail = Text("{reason_zh}", "{reason_en}")


class TooManyDocuments(Problem):
    """The organisation holds as many valid documents as it may."""

    status = 409
    code = "too_many_documents"
    title = Text("材料数量已达上限", "Too many documents")
    detail = Text(
        "有效材料最多 {most} 份；请等待旧材料到期，或合并后提交。",
        "At most {most} valid documents; wait until old ones expire, or merge them.",
    )


class CertificationIncomplete(Problem):
    """Documents that the kind's licence rules ask for are missing or out of date."""

    status = 409
    code = "certification_incomplete"
    title = Text("证照不齐", "Documents missing")
    detail = Text(
        "尚缺：{missing_zh}。请该主体补交后再办理。",
        "Still missing: {missing_en}. The organisation must submit them first.",
    )


class CodeUnconfirmed(Problem):
    """The entity's code failed its check character, and no reviewer has confirmed it."""

    status = 409
    code = "code_unconfirmed"
    title = Text("代码待人工核对", "Code not confirmed")
    detail = Text(
        "代码 {written} 未通过校验位（{state_zh}）；请审核人核对证照后确认或不予认可，或由申请人更正代码。",
        "The code {written} failed its check character ({state_en}); a reviewer compares it with the licence and confirms or refuses it, or the applicant corrects it.",
    )


class NotYourCase(Problem):
    """A case is checked by the reviewer who has it."""

    status = 403
    code = "not_your_case"
    title = Text("案件由他人审核", "Another reviewer has this case")
    detail = Text(
        "该案件未分派给您；请由其审核人办理，或先将案件改派给您（:assign）。",
        "It is not assigned to you; let its reviewer act, or assign it to yourself first (:assign).",
    )


class CaseClosed(Problem):
    """The operator opens documents only while there is something to decide."""

    status = 409
    code = "case_closed"
    title = Text("案件已办结", "The case is closed")
    detail = Text(
        "运营主体仅在案件办理期间可查看或处理材料；如需查看，请主体提交新材料或由通信管理局查阅。",
        "The operator opens and decides on documents only while a case is open; ask for a new document, or ask the regulator.",
    )


class NotCertified(Problem):
    """The act is for certified organisations."""

    status = 409
    code = "not_certified"
    title = Text("主体尚未认证", "Not certified")
    detail = Text(
        "请先完成认证；所缺事项见 /api/v1/organisations/{organisation}/standing。",
        "Be certified first; what is missing stands at /api/v1/organisations/{organisation}/standing.",
    )


class NotQualifiable(Problem):
    """The organisation cannot hold a qualification, or not yet."""

    status = 409
    code = "not_qualifiable"
    title = Text("不能授予资质", "Cannot be qualified")
    detail = Text("{reason_zh}", "{reason_en}")


class NotQualified(Problem):
    """There is no qualification that the act could change."""

    status = 409
    code = "not_qualified"
    title = Text("没有有效资质", "No qualification")
    detail = Text(
        "该主体没有可变更的资质；请先授予。", "It holds no qualification that could change; grant one first."
    )


class NotAdministrator(Problem):
    """The act is for the administrators of the caller's own organisation."""

    status = 403
    code = "not_administrator"
    title = Text("须由本主体管理员办理", "Your administrator must do this")
    detail = Text(
        "该操作仅限本主体管理员；请联系贵单位管理员。",
        "Only administrators of your organisation may do this; ask one of them.",
    )


class RoleNotOfKind(Problem):
    """An organisation's members hold only the roles of its kind."""

    status = 400
    code = "role_not_of_kind"
    title = Text("角色不属于该主体类型", "Not a role of this kind")
    detail = Text("该类型主体的成员只能担任：{allowed}。", "Members of this kind may hold only: {allowed}.")


class DutiesCombined(Problem):
    """Duties that control each other never meet in one person."""

    status = 409
    code = "duties_combined"
    title = Text("职责不得由同一人兼任", "Duties may not be combined")
    detail = Text(
        "系统、安全、审计管理员以及监管、技术支撑、读取部门、审计人员须各为不同的自然人；请邀请另一人。",
        "System, security and audit administrators, regulators, supporting units, reading authorities and auditors are different people; invite another person.",
    )


class InvitationUnknown(Problem):
    """The token is wrong, used, withdrawn or out of date: the four are the same answer."""

    status = 404
    code = "invitation_unknown"
    title = Text("邀请无效", "No such invitation")
    detail = Text(
        "邀请不存在、已使用或已过期；请向邀请人索取新的邀请。",
        "It does not exist, was used, or has expired; ask who invited you for a new one.",
    )


class ScopeTooWide(Problem):
    """A key may do no more than its member's roles and the key that asks for it."""

    status = 400
    code = "scope_too_wide"
    title = Text("密钥权限超出范围", "Scope too wide")
    detail = Text(
        "权限 {scope} 超出您的角色或当前密钥；可用的操作见 /api/v1/me。",
        "The scope {scope} is beyond your roles or the key you use; /api/v1/me lists what you may do.",
    )


class NotYourKey(Problem):
    """Nobody holds a key that stands for somebody else: one person would act as two."""

    status = 403
    code = "not_your_key"
    title = Text("不是本人的密钥", "Not your key")
    detail = Text(
        "新密钥只交给密钥所属的人；管理员可吊销同事的密钥，由其本人重新签发。",
        "A new key is shown to whom the key belongs; as an administrator revoke it, and let its owner make another.",
    )


class CredentialEnded(Problem):
    """What has ended is not rotated."""

    status = 409
    code = "credential_ended"
    title = Text("凭据已失效", "The credential has ended")
    detail = Text("该凭据已吊销或过期；请新建一个。", "It was revoked or has expired; make a new one.")


class RotatedAlready(Problem):
    """A credential has one successor, so that a chain shows who took which place."""

    status = 409
    code = "rotated_already"
    title = Text("已轮换", "Rotated already")
    detail = Text(
        "已由 {successor} 接替；请轮换接替者，若其已丢失请先吊销。",
        "{successor} has taken its place; rotate that one, or revoke it first if it was lost.",
    )


class SigningKeyKnown(Problem):
    """A public key is registered once; what has ended does not come back."""

    status = 409
    code = "signing_key_known"
    title = Text("公钥已登记", "The key is registered")
    detail = Text(
        "该公钥在本主体已登记过（可能已停用）；请生成新的密钥。",
        "Your organisation has registered this key before (it may have ended); make a new one.",
    )


class NoSigningKey(Problem):
    """Where all must sign, something must be left to sign with."""

    status = 409
    code = "no_signing_key"
    title = Text("没有可用的签名密钥", "No key to sign with")
    detail = Text(
        "要求签名时本主体至少须有一把有效的签名公钥；请先登记新公钥，或先取消签名要求。",
        "While signatures are required a live key must be there; register another first, or lift the requirement.",
    )


class OwnRoles(Problem):
    """An administrator does not give roles to herself: what she holds, another gave her."""

    status = 409
    code = "own_roles"
    title = Text("不能更改本人的角色", "Not one's own roles")
    detail = Text(
        "管理员不能更改本人的角色；请由本主体另一位管理员办理。",
        "An administrator does not change her own roles; let another administrator of your organisation do it.",
    )


class LastAdministrator(Problem):
    """An organisation is never left without an administrator."""

    status = 409
    code = "last_administrator"
    title = Text("不能移除最后一名管理员", "The last administrator stays")
    detail = Text(
        "请先邀请另一名管理员，或注销该主体。",
        "Invite another administrator first, or close the organisation.",
    )


class NotMandatable(Problem):
    """A mandate is for supporting units and auditors, and only for what their role may be given."""

    status = 400
    code = "not_mandatable"
    title = Text("不能委托", "Cannot be delegated")
    detail = Text("{reason_zh}", "{reason_en}")


class TooManyWebhooks(Problem):
    """The organisation has as many subscriptions as it may."""

    status = 409
    code = "too_many_webhooks"
    title = Text("Webhook 订阅数量已达上限", "Too many webhooks")
    detail = Text(
        "每个主体最多 {most} 个订阅；请删除不再使用的订阅，或在一个订阅中列出多种事件。",
        "At most {most} webhooks for each organisation; remove one that is not used, or list several events in one.",
    )


class EventTypeUnknown(Problem):
    """No event of that type leaves the node for somebody in the caller's role."""

    status = 400
    code = "event_type_unknown"
    title = Text("没有可订阅的该类事件", "No such event for you")
    detail = Text(
        "{written} 不是您的角色可订阅的事件；可订阅的事件见 /api/v1/webhook-events，也可写作 marketplace.* 的形式。",
        "{written} is no event that your role is told of; /api/v1/webhook-events lists them, marketplace.* means all of a floor.",
    )


class WebhookNotEnabled(Problem):
    """Nothing is sent to a subscription that is disabled or paused."""

    status = 409
    code = "webhook_not_enabled"
    title = Text("订阅未启用", "The webhook is not enabled")
    detail = Text("请先启用该订阅（:enable），再投递。", "Enable it first (:enable), then send.")


class RecoveryTooLarge(Problem):
    """More events than one recovery takes."""

    status = 409
    code = "recovery_too_large"
    title = Text("补投的事件过多", "Too many events to recover")
    detail = Text(
        "一次最多补投 {most} 个事件；请选择更晚的起始时间。",
        "At most {most} events at once; choose a later time.",
    )
