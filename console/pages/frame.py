"""The frame of every page: who may ask and how often, the language, the headers, and a page for what goes wrong."""

from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

from django.conf import settings
from django.db import DatabaseError, InterfaceError, transaction
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe
from rest_framework.request import Request

from kernel import errors
from kernel.api.problems import translate
from kernel.api.throttles import ActorThrottle
from kernel.logs import request_id
from kernel.systems import NodeRole, System, runs_here
from kernel.text import Text
from participants.errors import CsrfFailed

# Pages are text, one style sheet and one icon of this node: nothing else may load, run, frame or receive a form.
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
LANGUAGE_COOKIE_SECONDS = 365 * 86400
WORDS = {
    "skip": Text("跳到正文", "Skip to the content"),
    "sections": Text("栏目", "Sections"),
    "languages": Text("语言", "Language"),
    "api": Text("接口文档", "API"),
    "account": Text("我的账户", "My account"),
    "version": Text("版本 {version}", "Version {version}").format(version=settings.VERSION),
    "home": Text("返回首页", "Back to the home page"),
    "request": Text("请求编号", "Request id"),
}
# (address, word, the system it needs)
SECTIONS: list[tuple[str, Text, System | None]] = [
    ("page-home", Text("首页", "Home"), None),
    ("page-catalogue", Text("算力目录", "Catalogue"), System.AGGREGATION),
    ("page-identifiers", Text("标识查询", "Identifiers"), System.IDENTIFIERS),
]
# What the API says of these speaks to programs; a page speaks to people.
DETAILS = {
    errors.NotFound.code: Text(
        "没有这个页面；请核对地址，或从首页进入。",
        "There is no such page; check the address, or start from the home page.",
    ),
    CsrfFailed.code: Text(
        "表单已过期，或不是从本节点页面提交；请返回上一页，刷新后重试。",
        "The form is too old, or did not come from this node's pages; go back, reload, and try again.",
    ),
    errors.Busy.code: Text("系统繁忙，请稍后刷新。", "The node is busy; reload the page in a moment."),
}


@dataclass(frozen=True, slots=True)
class Page:
    """What a page shows: its template, its title, the words of the template by name, and the facts."""

    template: str
    title: Text
    words: Mapping[str, Text]
    facts: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200


def page(
    *, system: System | None = None
) -> Callable[[Callable[[HttpRequest], Page]], Callable[[HttpRequest], HttpResponse]]:
    """Make a public page of a function: GET and HEAD only, within the rate, where the system runs.

    A page only reads, so it needs no transaction, and the home page answers without a database.
    """

    def framed(show: Callable[[HttpRequest], Page]) -> Callable[[HttpRequest], HttpResponse]:
        @transaction.non_atomic_requests
        @require_safe
        @wraps(show)
        def view(request: HttpRequest) -> HttpResponse:
            try:
                check_rate(request)
                if system is not None and not runs_here(system):
                    raise errors.NotRunHere(system=system.value, where=settings.UPSTREAM_NAME)
                return respond(request, show(request))
            except (errors.Problem, DatabaseError, InterfaceError) as error:
                found = translate(error)
                if found is None:
                    raise
                return respond_problem(request, found[0])

        return view

    return framed


def respond(request: HttpRequest, shown: Page) -> HttpResponse:
    """The page as HTML in the reader's language: the one just chosen, else the cookie's, else the browser's."""
    chosen = request.GET.get("language")
    if chosen in dict(settings.LANGUAGES):
        translation.activate(chosen)
    language = translation.get_language() or settings.LANGUAGE_CODE
    context = {
        **shown.facts,
        "title": shown.title,
        "words": {**WORDS, **shown.words},
        "lang": translation.to_locale(language).replace("_", "-"),
        "languages": [(code, name, _address(request, code)) for code, name in settings.LANGUAGES],
        "language": language,
        "sections": [
            (reverse(name), word) for name, word, system in SECTIONS if system is None or runs_here(system)
        ],
        "path": request.path,
        "node": settings.NODE_NAME,
        "code": settings.NODE_CODE,
        "role": NodeRole(settings.NODE_ROLE).label,
    }
    response = HttpResponse(
        render_to_string(f"console/{shown.template}.html", context, request), status=shown.status
    )
    response["Content-Security-Policy"] = POLICY
    response["Cache-Control"] = "no-cache"  # what is on sale changes with every heartbeat
    patch_vary_headers(response, ["Cookie"])
    if chosen in dict(settings.LANGUAGES):
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            chosen,
            max_age=LANGUAGE_COOKIE_SECONDS,
            secure=request.is_secure(),
            httponly=True,
            samesite="Lax",
        )
    return response


def respond_problem(request: HttpRequest, problem: errors.Problem) -> HttpResponse:
    """A page that says what went wrong and the way out, with the problem's status."""
    detail = DETAILS.get(problem.code, problem.text)
    facts = {"detail": detail, "status": problem.status, "request_id": request_id.get()}
    shown = Page("problem", title=problem.title, words={}, facts=facts, status=problem.status)
    response = respond(request, shown)
    if problem.retry_after is not None:
        response["Retry-After"] = str(problem.retry_after)
    return response


def check_rate(request: HttpRequest) -> None:
    """Raise Throttled for who asks more often than callers may."""
    throttle = ActorThrottle()  # asks a copy: DRF writes its own idea of the user into the request
    if not throttle.allow_request(Request(copy(request)), None):
        wait = int(throttle.wait() or 1)
        raise errors.Throttled(seconds=wait, retry_after=wait)


def _address(request: HttpRequest, language: str) -> str:
    """Where the same page is in another language."""
    query = request.GET.copy()
    query["language"] = language
    return f"?{query.urlencode()}"
