"""A person's session as a credential of the API: what the console and the API document sign in with."""

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from kernel.actor import Actor
from participants.errors import CsrfFailed, SecondFactorRequired
from participants.models import User
from participants.selectors.sessions import signed_in


class _Check(CsrfViewMiddleware):
    """Django's check, which says why instead of answering itself."""

    def _reject(self, request: HttpRequest, reason: str) -> HttpResponse:
        raise CsrfFailed


class SessionAuthentication(BaseAuthentication):
    """The signed-in person within the organisation that she chose; every write carries the CSRF token."""

    def authenticate(self, request: Request) -> tuple[User, Actor] | None:
        """The person and the actor; None without a session.

        Raises CsrfFailed, and SecondFactorRequired where her roles ask for one that the session has not seen.
        """
        plain = request._request  # noqa: SLF001 - as DRF's own does
        user = plain.user
        if not isinstance(user, User) or not user.is_active:
            return None
        plain.body  # noqa: B018 - kept before the check looks into a form, which nobody could read again
        check = _Check(lambda _: HttpResponse())
        check.process_request(plain)
        check.process_view(plain, None, (), {})  # type: ignore[arg-type] # it asks nothing of the view
        found = signed_in(user=user, session=plain.session)
        if found.must_enrol:
            raise SecondFactorRequired
        return user, found.actor

    def authenticate_header(self, request: Request) -> str:
        """What a 401 asks for."""
        return "Api-Key"
