"""Pages of a signed-in person, and pages with a form: never stored, in one transaction, with the way to sign in."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import DatabaseError, InterfaceError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import get_token
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import get_language

from console.pages.frame import Page, check_rate, respond, respond_problem
from kernel import errors
from kernel.api.problems import translate
from kernel.text import Text
from participants.selectors.sessions import SignedIn, signed_in

Shown = Page | HttpResponse
ENROLMENT = "mfa_activate_totp"


def guarded(show: Callable[..., Shown]) -> Callable[..., HttpResponse]:
    """A page with a form: within the rate, in a transaction that a problem undoes, never kept by a browser."""

    @wraps(show)
    def view(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            check_rate(request)
            with transaction.atomic():
                shown = show(request, *args, **kwargs)
        except (errors.Problem, DatabaseError, InterfaceError) as error:
            found = translate(error)
            if found is None:
                raise
            shown = respond_problem(request, found[0])
        if isinstance(shown, Page):
            get_token(request)
            shown = respond(request, shown)
        shown["Cache-Control"] = "no-store"
        return shown

    return view


def for_people(show: Callable[..., Shown], *, enrolling: bool = False) -> Callable[..., HttpResponse]:
    """A page for who is signed in, and has the second factor that her roles ask for; others are led there."""

    @guarded
    @wraps(show)
    def view(request: HttpRequest, *args: Any, **kwargs: Any) -> Shown:
        if not request.user.is_authenticated:
            back = urlencode({"next": request.get_full_path()})
            return HttpResponseRedirect(f"{reverse('account_login')}?{back}")
        person = signed_in(user=request.user, session=request.session)
        if person.must_enrol and not enrolling:
            return HttpResponseRedirect(reverse(ENROLMENT))
        return show(request, person, *args, **kwargs)

    return view


def said(error: ValidationError | errors.Problem) -> list[str]:
    """What a refusal says to a person, in her language."""
    if isinstance(error, errors.Problem):
        return [error.text.within(get_language())]
    return list(error.messages)


def person_at(request: HttpRequest) -> Any:
    """Who is signed in, where a page is for nobody else."""
    assert request.user.is_authenticated  # noqa: S101 - narrows the type
    return request.user


class Framed:
    """One of allauth's views in the frame of the house: `template`, `title` and `words` as a page has them."""

    template: ClassVar[str]
    title: ClassVar[Text]
    words: ClassVar[Mapping[str, Text]] = {}
    request: HttpRequest

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Answer within the rate, as every page does; a browser does not keep it."""
        try:
            check_rate(request)
            response: HttpResponse = super().dispatch(request, *args, **kwargs)  # type: ignore[misc] # allauth's view
        except errors.Problem as problem:
            transaction.set_rollback(rollback=True)
            response = respond_problem(request, problem)
        response["Cache-Control"] = "no-store"
        return response

    def render_to_response(self, context: dict[str, Any], **_: Any) -> HttpResponse:
        """The page, in place of allauth's template."""
        get_token(self.request)
        facts = {name: value for name, value in context.items() if name not in ("title", "words")}
        return respond(self.request, Page(self.template, title=self.title, words=self.words, facts=facts))


__all__ = ["Framed", "Page", "SignedIn", "for_people", "guarded", "said"]
