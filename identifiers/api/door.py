"""The short way to a resolution: what everybody is told the same is told before anybody asks who asks.

It stands in front of Django and gives the very answer of the view (`resolution.answer`), without session, sign-in and
negotiation. Its requests have an id, are measured, and are counted as those of anybody who is not signed in. Whatever might be
answered in another way goes the long way: credentials, cookies, signatures, further parameters, other methods and media types, a
text that is not spelled as a code, a caller who asked too often, a database that is away.
"""

import re
import time
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from http import HTTPStatus
from typing import Any

from django.db import DatabaseError, InterfaceError, close_old_connections
from django.urls import resolve
from django.utils import translation

from identifiers.api.resolution import ResolveView, answer, headers_of
from identifiers.domain.codes import Code
from identifiers.services.resolution import kept_answer
from kernel.actor import ANONYMOUS, Actor
from kernel.api.languages import preferred
from kernel.api.throttles import count_anonymous
from kernel.errors import Problem
from kernel.logs import request_id
from kernel.middleware import LATENCY, id_of_request
from kernel.permissions import reach_of
from kernel.systems import System, runs_here
from kernel.tenancy import reaching_as

Environ = dict[str, Any]
Start = Callable[[str, list[tuple[str, str]]], Any]
Application = Callable[[Environ, Any], Any]
Answered = tuple[HTTPStatus, bytes, list[tuple[str, str]]]

ADDRESS = "/api/v1/identifiers/"
TEXT_ADDRESS = "/api/v1/resolve"  # for scanned text
SPELLED = re.compile(r"[0-9.]{2,16}/[0-9A-Za-z]{13}")
ASKED = re.compile(r"code=([0-9.]{2,16})(?:/|%2[Ff])([0-9A-Za-z]{13})")
PLAIN = frozenset({"", "*/*", "application/json", "application/json, */*"})
MORE = ("HTTP_AUTHORIZATION", "HTTP_COOKIE", "HTTP_SIGNATURE", "HTTP_SIGNATURE_INPUT")
HEADERS = (
    ("Allow", "GET, HEAD, OPTIONS"),
    ("Vary", "Accept-Language, Cookie"),
    ("X-Frame-Options", "DENY"),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
)  # as the long way gives them

read = lru_cache(10_000)(Code.parse)
spoken = lru_cache(1000)(preferred)


class ResolutionDoor:
    """A WSGI application in front of another."""

    def __init__(self, long_way: Application) -> None:
        """Keep the long way."""
        self.long_way = long_way

    def __call__(self, environ: Environ, start: Start) -> Any:
        """Answer a plain question for a code; let everything else pass."""
        text = _asked_for(environ)
        if text is not None and _is_plain(environ) and runs_here(System.IDENTIFIERS):
            token = request_id.set(id_of_request(environ.get("HTTP_X_REQUEST_ID", "")))
            try:
                answered = _measured(text, environ)
                if answered is not None:
                    status, body, headers = answered
                    start(f"{status.value} {status.phrase}", headers)
                    return [body]
            finally:
                request_id.reset(token)
        return self.long_way(environ, start)


def _asked_for(environ: Environ) -> str | None:
    """What is asked for, in either form, where it is spelled as a code and nothing else is asked."""
    path: str = environ["PATH_INFO"]
    if environ["REQUEST_METHOD"] != "GET":
        return None
    query: str = environ.get("QUERY_STRING", "")
    if path == TEXT_ADDRESS:
        return f"{found[1]}/{found[2]}" if (found := ASKED.fullmatch(query)) else None
    text = path[len(ADDRESS) :]
    return text if path.startswith(ADDRESS) and not query and SPELLED.fullmatch(text) else None


def _is_plain(environ: Environ) -> bool:
    return environ.get("HTTP_ACCEPT", "") in PLAIN and not any(environ.get(name) for name in MORE)


def _measured(text: str, environ: Environ) -> Answered | None:
    begin = time.perf_counter()
    answered = _answered(text, environ)
    if answered is not None:
        example = TEXT_ADDRESS if environ["PATH_INFO"] == TEXT_ADDRESS else f"{ADDRESS}86.000000/-"
        took = time.perf_counter() - begin
        LATENCY.labels("GET", _route(example), answered[0].value).observe(took)
    return answered


def _answered(text: str, environ: Environ) -> Answered | None:
    """The answer and all its headers; None where the long way is to give it."""
    language = spoken(environ.get("HTTP_ACCEPT_LANGUAGE", ""))
    known = environ.get("HTTP_IF_NONE_MATCH", "")
    try:
        code = read(text)
        counted = count_anonymous(environ)
        if counted is None:
            return None
        sent = None if known else kept_answer(code)
        status, body, said = (
            _made(known, code, language) if sent is None else (HTTPStatus.OK, sent.body, headers_of(sent))
        )
    except (Problem, DatabaseError, InterfaceError):
        return None
    own = (("Content-Language", language), ("X-Request-Id", request_id.get()))
    return status, body, [*said.items(), *HEADERS, *counted, *own]


def _made(known: str, code: Code, language: str) -> tuple[HTTPStatus, bytes, Mapping[str, str]]:
    """What the view says: the database may be asked, and a refusal speaks the caller's language."""
    close_old_connections()
    with reaching_as(_everybody()), translation.override(language):
        response = answer(known, code, {})
    return HTTPStatus(response.status_code), response.content, response.headers


@cache
def _everybody() -> Actor:
    return ANONYMOUS.reaching(reach_of(ResolveView.operations["GET"], ANONYMOUS))


@cache
def _route(example: str) -> str:
    """The address's pattern, as the long way is measured under."""
    return resolve(example).route
