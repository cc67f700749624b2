"""My account: the organisations a person acts for, and everything that she signs in with, with its last use."""

from uuid import UUID

from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import get_language

from console.pages.signed import Page, Shown, SignedIn, for_people
from kernel.clock import SHANGHAI
from kernel.errors import InvalidField
from kernel.text import Text
from participants.selectors.sessions import Credential, keys_of, second_factor_of, sessions_of
from participants.services.people import choose_language
from participants.services.sessions import choose_membership, end_session, end_sessions

WORDS = {
    "organisations": Text("我的单位", "My organisations"),
    "current": Text("当前", "now"),
    "act_for": Text("切换", "Act for it"),
    "administers": Text("管理员", "administrator"),
    "no_organisation": Text("您目前不属于任何单位。", "You are in no organisation at present."),
    "sign_in_with": Text("登录方式", "What you sign in with"),
    "password": Text("密码", "Password"),
    "change_password": Text("更改密码", "Change it"),
    "factor": Text("第二重验证", "Second factor"),
    "enrol": Text("启用", "Enrol"),
    "not_enrolled": Text("未启用", "not enrolled"),
    "codes": Text("恢复码", "Recovery codes"),
    "end_factor": Text("停用", "End it"),
    "sessions": Text("登录会话", "Sessions"),
    "this_one": Text("本会话", "this one"),
    "browser": Text("浏览器", "Browser"),
    "unknown_browser": Text("未知浏览器", "Unknown browser"),
    "last_use": Text("最近使用（北京时间）", "Last use (Beijing time)"),
    "since": Text("开始于", "Since"),
    "until": Text("有效期至", "Until"),
    "never": Text("从未使用", "never"),
    "end": Text("结束", "End"),
    "end_others": Text("结束所有其他会话", "End all other sessions"),
    "keys": Text("我的 API 密钥", "My API keys"),
    "key": Text("密钥", "Key"),
    "no_keys": Text("没有有效的密钥。", "You have no key that works."),
    "language": Text("邮件语言", "Language of mail"),
    "save": Text("保存", "Save"),
    "sign_out": Text("退出登录", "Sign out"),
    "password_said": Text(
        "密码已更改，其他会话已结束。", "The password is changed, and your other sessions have ended."
    ),
}
SAID = {"password": "password_said"}


@for_people
def account(request: HttpRequest, person: SignedIn) -> Shown:
    """`/account`: look, switch the organisation, end sessions, choose the language of mail."""
    if request.method == "POST":
        _act(request, person)
        return HttpResponseRedirect(reverse("page-account"))
    factor = second_factor_of(person.user)
    told = SAID.get(request.GET.get("said", ""))
    facts = {
        "person": person,
        "told": WORDS[told] if told else None,
        "factor": factor,
        "factor_used": _time(factor) if factor else "",
        "sessions": [
            (row, _time(row)) for row in sessions_of(person.user, current=request.session.session_key)
        ],
        "keys": [(row, _time(row)) for row in keys_of(person.user)],
        "mail_language": person.user.language,
    }
    return Page("account", title=Text("我的账户", "My account"), words=WORDS, facts=facts)


def _act(request: HttpRequest, person: SignedIn) -> None:
    match request.POST.get("act"):
        case "act_for":
            choose_membership(
                user=person.user, session=request.session, membership=_id(request, "membership")
            )
        case "end":
            end_session(user=person.user, session=_id(request, "session"), actor=person.actor)
        case "end_others":
            end_sessions(user=person.user, but=request.session.session_key, actor=person.actor)
        case "language":
            choose_language(user=person.user, language=request.POST.get("language", ""))


def _id(request: HttpRequest, name: str) -> UUID:
    try:
        return UUID(request.POST.get(name, ""))
    except ValueError as error:
        raise InvalidField(
            pointer=f"/{name}",
            reason_zh="编号格式有误；请返回重试。",
            reason_en="That is no id; go back and try again.",
        ) from error


def _time(row: Credential) -> str:
    if row.last_used_at is None:
        return WORDS["never"].within(get_language())
    return f"{row.last_used_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
