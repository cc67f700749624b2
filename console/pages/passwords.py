"""Choosing a password: asking for a link, following it, with an invitation, and in place of the old one."""

from uuid import UUID

from django.contrib.auth import update_session_auth_hash
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse

from console.pages.signed import Page, Shown, SignedIn, for_people, guarded, said
from kernel import errors
from kernel.text import Text
from participants.errors import EmailKnown, LinkUnknown
from participants.services.accounts import password_is
from participants.services.invitations import read_link
from participants.services.passwords import (
    accept_with_password,
    change_password,
    person_of_link,
    request_password_link,
    set_password_by_link,
)

WORDS = {
    "email": Text("邮箱", "E-mail"),
    "name": Text("姓名", "Name"),
    "old": Text("当前密码", "Present password"),
    "new": Text("新密码", "New password"),
    "again": Text("再次输入新密码", "New password again"),
    "rules": Text(
        "至少 12 个字符；不能是常见密码，也不能与您的姓名或邮箱相近。一句只有您知道的话就很好。",
        "At least 12 characters, no common password, nothing like your name or address. A sentence of your own is good.",
    ),
    "send": Text("发送链接", "Send the link"),
    "save": Text("保存", "Save"),
    "accept": Text("接受邀请", "Take the seat"),
    "forgot_intro": Text(
        "输入您的邮箱，我们将发送一个用于设置新密码的链接。",
        "Enter your address, and a link under which you choose a new password is sent to it.",
    ),
    "different": Text("两次输入的密码不一致。", "The two passwords are not the same."),
    "wrong": Text("当前密码不正确。", "That is not your present password."),
    "invited": Text("邀请您加入的单位", "You are invited by"),
    "as": Text("角色", "As"),
    "keeps": Text(
        "如您已有密码，请留空：接受后用原密码登录。",
        "If you have a password already, leave these empty: it stays as it is.",
    ),
}


@guarded
def forgot(request: HttpRequest) -> Shown:
    """`/password`: ask for a link; the answer is the same for every address."""
    wrong: list[str] = []
    if request.method == "POST":
        try:
            request_password_link(request, email=request.POST.get("email", "")[:254])
            return HttpResponseRedirect(f"{reverse('account_login')}?said=sent")
        except errors.Problem as problem:
            wrong = said(problem)
    return Page(
        "forgot",
        title=Text("设置新密码", "A new password"),
        words=WORDS,
        facts={"wrong": wrong, "email": request.POST.get("email", "")},
        status=429 if wrong else 200,
    )


@guarded
def by_link(request: HttpRequest, user: UUID, token: str) -> Shown:
    """`/password/{person}/{token}`: choose a password under a mailed link."""
    person_of_link(user=user, token=token)
    wrong = _differ(request) if request.method == "POST" else []
    if request.method == "POST" and not wrong:
        try:
            set_password_by_link(user=user, token=token, password=request.POST["new"])
            return HttpResponseRedirect(f"{reverse('account_login')}?said=changed")
        except ValidationError as error:
            wrong = said(error)
    title = Text("设置新密码", "A new password")
    return Page("new_password", title=title, words=WORDS, facts={"wrong": wrong, "ask_old": False})


@for_people
def change(request: HttpRequest, person: SignedIn) -> Shown:
    """`/account/password`: another password in place of the old one; the other sessions end."""
    wrong: list[str] = []
    has_one = person.user.has_usable_password()
    if request.method == "POST":
        wrong = _differ(request)
        try:
            if not wrong and has_one and not password_is(request, person.user, request.POST.get("old", "")):
                wrong = [WORDS["wrong"].within(request.LANGUAGE_CODE)]
            if not wrong:
                key = request.session.session_key
                change_password(user=person.user, password=request.POST["new"], keep=key)
                update_session_auth_hash(request, person.user)
                return HttpResponseRedirect(f"{reverse('page-account')}?said=password")
        except (ValidationError, errors.Problem) as error:
            wrong = said(error)
    title = Text("更改密码", "Change the password")
    return Page("new_password", title=title, words=WORDS, facts={"wrong": wrong, "ask_old": has_one})


@guarded
def invitation(request: HttpRequest, link: str) -> Shown:
    """`/invitations/{link}`: take a seat, and choose the password to sign in with."""
    offer = read_link(link)
    wrong: list[str] = []
    if request.method == "POST":
        wrong = _differ(request) if request.POST.get("new") or offer.person_is_new else []
        try:
            if not wrong:
                accept_with_password(
                    link=link,
                    name=request.POST.get("name", "").strip()[:80],
                    email=request.POST.get("email", "").strip()[:254],
                    password=request.POST.get("new", ""),
                )
                return HttpResponseRedirect(f"{reverse('account_login')}?said=joined")
        except LinkUnknown:
            raise
        except (ValidationError, EmailKnown, errors.InvalidField) as error:
            wrong = said(error)
    facts = {
        "offer": offer,
        "wrong": wrong,
        "name": request.POST.get("name", ""),
        "email": offer.email or request.POST.get("email", ""),
    }
    return Page("invitation", title=Text("接受邀请", "Take your seat"), words=WORDS, facts=facts)


def _differ(request: HttpRequest) -> list[str]:
    if request.POST.get("new", "") == request.POST.get("again", ""):
        return []
    return [WORDS["different"].within(request.LANGUAGE_CODE)]
