"""Mail: the languages that people read, and the letters that this floor writes."""

from kernel.text import Letter, Text, Vocabulary


class Tongue(Vocabulary):
    """The language in which a person is written to; the codes are Django's."""

    CHINESE = "zh-hans", "简体中文", "Chinese"
    ENGLISH = "en", "英文", "English"


INVITATION = Letter(
    "participants.invitation",
    Text("邀请您加入{organisation}（{node}）", "You are invited into {organisation} ({node})"),
    Text(
        "您好：\n\n{organisation}邀请您在“{node}”任：{roles_zh}。\n\n请在七日内打开以下链接接受邀请，链接仅能使用一次：\n{link}\n\n"
        "如与您无关，请忽略本邮件；未接受的邀请到期自动失效。\n",
        "{organisation} invites you to “{node}” as: {roles_en}.\n\nTake the seat within seven days; the link works once:\n"
        "{link}\n\nIf this is not about you, do nothing: an invitation that nobody accepts ends by itself.\n",
    ),
)

WEBHOOK_PAUSED = Letter(
    "participants.webhook_paused",
    Text("Webhook 订阅已暂停（{node}）", "A webhook is paused ({node})"),
    Text(
        "您好：\n\n“{node}”已暂停向 {url} 投递：{reason_zh}（最近一次：{error}）。\n\n其间的事件保留 30 天。修复后请启用该订阅"
        "（POST /api/v1/webhooks/{webhook}:enable），再按需补投（:recover）。\n",
        "“{node}” sends nothing more to {url}: {reason_en} (the last time: {error}).\n\nWhat happens meanwhile is kept for 30"
        " days. Mend the receiver, enable the webhook (POST /api/v1/webhooks/{webhook}:enable), then recover what you need"
        " (:recover).\n",
    ),
)
WELCOME = Letter(
    "participants.welcome",
    Text("已受理{organisation}的登记申请（{node}）", "{organisation} has applied to take part ({node})"),
    Text(
        "{person}：\n\n{organisation}已在“{node}”登记，您是其管理员。请在一日内打开以下链接设置登录密码：\n{link}\n\n"
        "链接过期后，可在登录页面重新申请。如与您无关，请忽略本邮件。\n",
        "{person},\n\n{organisation} has registered at “{node}” and you administer it. Choose your password within a day:\n"
        "{link}\n\nLater, ask for a new link on the page of sign-in. If this is not about you, do nothing.\n",
    ),
)
NEW_PASSWORD = Letter(
    "participants.new_password",
    Text("设置新密码（{node}）", "A new password ({node})"),
    Text(
        "{person}：\n\n请在一日内打开以下链接设置新密码，链接仅能使用一次：\n{link}\n\n如非本人申请，请忽略本邮件，您的密码不变。\n",
        "{person},\n\nchoose a new password under this link within a day; it works once:\n{link}\n\n"
        "If you did not ask for it, do nothing: your password stays as it is.\n",
    ),
)
PASSWORD_CHANGED = Letter(
    "participants.password_changed",
    Text("您的密码已更改（{node}）", "Your password was changed ({node})"),
    Text(
        "{person}：\n\n您在“{node}”的密码刚刚更改，其他登录会话已结束。如非本人操作，请立即通过登录页面重新设置密码，并联系节点运营方。\n",
        "{person},\n\nyour password at “{node}” was just changed, and your other sessions have ended. If it was not you, set "
        "a new one on the page of sign-in at once, and tell the node's operator.\n",
    ),
)
FACTOR_CHANGED = Letter(
    "participants.second_factor_changed",
    Text("您的第二重验证已变更（{node}）", "Your second factor was changed ({node})"),
    Text(
        "{person}：\n\n您在“{node}”的第二重验证刚刚启用、停用或更换了恢复码。如非本人操作，请立即更改密码，并联系节点运营方。\n",
        "{person},\n\nyour second factor at “{node}” was just enrolled, ended, or given new recovery codes. If it was not "
        "you, change your password at once, and tell the node's operator.\n",
    ),
)


def written(letter: Letter, params: dict[str, object], tongue: Tongue | None) -> tuple[str, str]:
    """Subject and body in the reader's language; in both, Chinese first, where nobody knows it."""
    subject, body = letter.subject.format(**params), letter.body.format(**params)
    if tongue is None:
        return one_line(f"{subject.zh} / {subject.en}"), f"{body.zh}\n----\n\n{body.en}"
    return one_line(subject.within(tongue)), body.within(tongue)


def one_line(text: str) -> str:
    """A subject on one line: what others typed may not become a header."""
    return " ".join(text.split())
