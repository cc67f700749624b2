"""The second factor: enrolling an authenticator app, recovery codes, and ending it."""

from typing import Any

import qrcode
from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView, ViewRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from django.http import HttpResponse
from django.urls import reverse, reverse_lazy

from console.pages.signed import Framed, person_at
from kernel.text import Text
from participants.services.accounts import enrolled, note_second_factor

WORDS = {
    "why": Text(
        "登录时除密码外还需输入身份验证器应用显示的验证码。运营、监管与审计人员必须启用，启用前不能进行任何其他操作。",
        "Besides the password, signing in asks for a code that an authenticator app shows. Who runs, supervises or audits "
        "the node must enrol, and can do nothing else before.",
    ),
    "scan": Text("用身份验证器应用扫描二维码", "Scan this with an authenticator app"),
    "qr": Text("二维码：身份验证器密钥", "QR code with the key for the app"),
    "or_type": Text("或手动输入密钥", "or type this key into it"),
    "code": Text("应用显示的 6 位验证码", "The six digits that the app shows"),
    "enrol": Text("启用", "Enrol"),
    "codes_intro": Text(
        "手机不在身边时，每个恢复码可代替验证码使用一次。请打印或保存在安全的地方，不要与密码放在一起。",
        "Without your phone, each of these stands in for a code once. Print them or keep them in a safe place, not beside "
        "the password.",
    ),
    "none_left": Text("没有剩余的恢复码。", "No recovery code is left."),
    "anew": Text("生成新的恢复码", "Make new recovery codes"),
    "anew_intro": Text("原有恢复码将全部失效。", "The codes that you have will work no more."),
    "left": Text("尚未使用", "Not used yet"),
    "done": Text("完成", "Done"),
    "end": Text("停用第二重验证", "End the second factor"),
    "end_intro": Text(
        "停用后，仅凭密码即可登录您的账户。", "Afterwards the password alone opens your account."
    ),
    "account": Text("我的账户", "My account"),
}


def squares(text: str) -> tuple[int, str]:
    """A QR code as an SVG path over a grid, and the width of the grid: nothing to load, no style."""
    code = qrcode.QRCode(border=4)
    code.add_data(text)
    grid = code.get_matrix()
    path = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(grid) for x, dark in enumerate(row) if dark)
    return len(grid), path


class EnrolView(Framed, ActivateTOTPView):  # type: ignore[misc] # allauth has no types
    """`/account/second-factor/enrol`."""

    template, title, words = "enrol", Text("启用第二重验证", "Enrol a second factor"), WORDS

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the QR code and the key in groups of four."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        width, path = squares(context["totp_url"])
        secret = context["form"].secret
        groups = " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
        return {**context, "width": width, "dark": path, "groups": groups}

    def form_valid(self, form: Any) -> HttpResponse:
        """Enrol: the code that was just shown counts as this session's second factor."""
        response: HttpResponse = super().form_valid(form)
        self.request.session["second_factor"] = str(self.request.user.pk)
        self.request.session.cycle_key()
        enrolled(user=person_at(self.request), session=str(self.request.session.session_key))
        return response

    def get_success_url(self) -> str:
        """The recovery codes, to be written down now."""
        return reverse("mfa_view_recovery_codes")


class EndView(Framed, DeactivateTOTPView):  # type: ignore[misc] # allauth has no types
    """`/account/second-factor/end`: refused where the person's roles ask for one."""

    template, title, words = "end_factor", Text("停用第二重验证", "End the second factor"), WORDS
    success_url = reverse_lazy("page-account")

    def form_valid(self, form: Any) -> HttpResponse:
        """End it."""
        response: HttpResponse = super().form_valid(form)
        self.request.session.pop("second_factor", None)
        note_second_factor(user=person_at(self.request), change="ended")
        return response


class CodesView(Framed, ViewRecoveryCodesView):  # type: ignore[misc] # allauth has no types
    """`/account/recovery-codes`."""

    template, title, words = "codes", Text("恢复码", "Recovery codes"), WORDS


class NewCodesView(Framed, GenerateRecoveryCodesView):  # type: ignore[misc] # allauth has no types
    """`/account/recovery-codes/new`."""

    template, title, words = "new_codes", Text("生成新的恢复码", "New recovery codes"), WORDS

    def form_valid(self, form: Any) -> HttpResponse:
        """Make them."""
        response: HttpResponse = super().form_valid(form)
        note_second_factor(user=person_at(self.request), change="new_recovery_codes")
        return response
