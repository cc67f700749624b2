"""Signing in: the password, the second factor, a provider of one's organisation; and signing out."""

from typing import Any

from allauth.account.views import LoginView, ReauthenticateView
from allauth.core import context
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.base.views import AuthenticateView
from allauth.mfa.base.views import ReauthenticateView as CodeAgainView
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.contrib.auth import logout
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_POST

from console.pages.signed import Framed, guarded
from kernel.errors import Problem
from kernel.text import Text
from participants.services.attempts import count_code, forgive, mark_browser

WORDS = {
    "email": Text("邮箱", "E-mail"),
    "password": Text("密码", "Password"),
    "sign_in": Text("登录", "Sign in"),
    "forgot": Text("忘记密码，或尚未设置密码？", "Forgot the password, or never had one?"),
    "providers": Text("使用本单位账户登录", "With your organisation's account"),
    "unknown": Text(
        "本节点没有与该账户邮箱对应的人员；请向本单位管理员索取邀请。",
        "Nobody here has the address of that account; ask your administrator for an invitation.",
    ),
    "refused": Text(
        "登录未完成：身份提供方没有确认您的身份；请重试。",
        "Not signed in: the provider did not vouch for you; try again.",
    ),
    "changed": Text("新密码已设置，请登录。", "The new password is set; sign in."),
    "joined": Text("已接受邀请，请登录。", "The seat is yours; sign in."),
    "sent": Text(
        "如该邮箱在本节点有账户，设置密码的链接已发出，一日内有效。",
        "If the address has an account here, a link is on its way to it. It works for a day.",
    ),
    "code": Text("验证码", "Code"),
    "code_hint": Text(
        "输入身份验证器应用显示的 6 位数字，或一个未用过的恢复码。",
        "The six digits that your authenticator app shows, or a recovery code that you have not used.",
    ),
    "used": Text("该验证码已使用；请等待下一个。", "That code was used; wait for the next one."),
    "go_on": Text("继续", "Go on"),
    "again": Text("为安全起见，请再次确认身份。", "Before this change, please confirm that it is you."),
}
PERIOD_SECONDS = 30
SAID = ("unknown", "refused", "changed", "joined", "sent")


class OnceOnly:
    """A code of the second factor: attempts are counted, and one that was taken is taken by nobody again while it could be right.

    allauth remembers it for one period; with a period of grace on both sides it could be right for three.
    """

    user: Any

    def clean_code(self) -> str:
        """The code, good for this once."""
        try:
            counted = count_code(context.request, user=self.user)
        except Problem as problem:
            raise ValidationError(problem.text.within(get_language()), code=problem.code) from problem
        code: str = super().clean_code()  # type: ignore[misc] # allauth's form
        forgive(counted)
        key = f"code-used:{self.user.pk}:{code.replace(' ', '')}"
        if not cache.add(key, 1, timeout=3 * PERIOD_SECONDS):
            raise ValidationError(WORDS["used"].within(get_language()))
        return code


class CodeForm(OnceOnly, AuthenticateForm):  # type: ignore[misc] # allauth has no types
    """The second factor at sign-in (setting MFA_FORMS)."""


class EnrolForm(OnceOnly, ActivateTOTPForm):  # type: ignore[misc] # allauth has no types
    """The first code of a new authenticator app (setting MFA_FORMS)."""


class CodeAgainForm(OnceOnly, ReauthenticateForm):  # type: ignore[misc] # allauth has no types
    """The second factor once more (setting MFA_FORMS)."""


class SignInView(Framed, LoginView):  # type: ignore[misc] # allauth has no types
    """`/sign-in`: e-mail and password, or a provider."""

    template, title, words = "sign_in", Text("登录", "Sign in"), WORDS

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the providers, and what the page before has to say."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        told = self.request.GET.get("said", "")
        return {
            **context,
            "told": WORDS[told] if told in SAID else None,
            "told_badly": told in ("unknown", "refused"),
            "providers": [
                (reverse("openid_connect_login", args=[each["provider_id"]]), each["name"])
                for each in settings.OIDC_PROVIDERS
            ],
            "next": self.request.POST.get("next") or self.request.GET.get("next", ""),
        }

    def form_valid(self, form: Any) -> HttpResponse:
        """Go on to the second factor, or in; the browser is known from then on."""
        response: HttpResponse = super().form_valid(form)
        if self.request.user.is_authenticated:
            mark_browser(self.request, response, user=self.request.user)
        return response


class CodeView(Framed, AuthenticateView):  # type: ignore[misc] # allauth has no types
    """`/sign-in/code`: the second factor."""

    template, title, words = "code", Text("第二重验证", "Second factor"), WORDS

    def form_valid(self, form: Any) -> HttpResponse:
        """Sign in, and remember in the session that the second factor was seen."""
        person = self.stage.login.user
        self.request.session["second_factor"] = str(person.id)
        response: HttpResponse = super().form_valid(form)
        mark_browser(self.request, response, user=person)
        return response


class PasswordAgainView(Framed, ReauthenticateView):  # type: ignore[misc] # allauth has no types
    """`/sign-in/again`: the password once more, before something that matters."""

    template, title, words = "password_again", Text("确认身份", "Confirm that it is you"), WORDS


class CodeAgain(Framed, CodeAgainView):  # type: ignore[misc] # allauth has no types
    """`/sign-in/again/code`: a code once more, for who has no password."""

    template, title, words = "code", Text("确认身份", "Confirm that it is you"), WORDS


class VerifyingAdapter(OpenIDConnectOAuth2Adapter):  # type: ignore[misc] # allauth has no types
    """OpenID Connect in which the provider's signature is checked although TLS vouches for the answer."""

    def _decode_id_token(self, app: Any, id_token: str) -> Any:
        self.did_fetch_access_token = False
        return super()._decode_id_token(app, id_token)


def _adapter(request: HttpRequest, provider: str) -> VerifyingAdapter:
    if provider not in [each["provider_id"] for each in settings.OIDC_PROVIDERS]:
        raise Http404
    return VerifyingAdapter(request, provider)


def provider_login(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Send the browser to a provider."""
    view = OAuth2LoginView.adapter_view(_adapter(request, provider_id))
    return view(request)  # type: ignore[no-any-return]


def provider_callback(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Take the browser back from a provider."""
    view = OAuth2CallbackView.adapter_view(_adapter(request, provider_id))
    response: HttpResponse = view(request)
    if request.user.is_authenticated:
        mark_browser(request, response, user=request.user)
    return response


@require_POST
@guarded
def sign_out(request: HttpRequest) -> HttpResponse:
    """End this session."""
    logout(request)
    return HttpResponseRedirect(reverse("page-home"))
