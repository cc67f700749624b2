"""Around every request: its id, its duration, and problems that arise at commit."""

import logging
import re
import time
from collections.abc import Callable

from django.conf import settings
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse
from django.middleware.locale import LocaleMiddleware
from django.utils import translation
from prometheus_client import Histogram

from kernel.api.languages import preferred
from kernel.api.messages import SIGNED
from kernel.api.problems import response_outside_views, translate
from kernel.crypto.messages import Verified
from kernel.ids import new_id
from kernel.logs import request_id
from kernel.services.messages import spend_nonce
from kernel.tenancy import as_nobody, as_node

logger = logging.getLogger(__name__)

LATENCY = Histogram(
    "cin_http_request_seconds", "Time to answer a request", ["method", "route", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)  # fmt: skip
METHODS = frozenset(
    {"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"}
)  # a label is not the caller's to invent
REFUSED = 400
GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


def id_of_request(given: str) -> str:
    """The id that the caller gave a request, if it is a decent one; else a new one."""
    return given if GIVEN_ID.fullmatch(given) else str(new_id())


def spend(verified: Verified) -> None:
    """Let a signature whose act was taken back be used up all the same; without a database nothing can use it."""
    try:
        spend_nonce(verified)
    except (DatabaseError, InterfaceError) as error:
        logger.warning("a nonce was not kept", extra={"reason": str(error)})


class RequestMiddleware:
    """Gives every request an id (the caller's, if it is a decent one), measures it, answers commit errors."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Keep the next layer."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Handle one request."""
        token = request_id.set(id_of_request(request.META.get("HTTP_X_REQUEST_ID", "")))
        start = time.perf_counter()
        try:
            with as_node("sessions and pages are read before anybody is known"):
                response = self.get_response(request)
            if response.status_code >= REFUSED and SIGNED in request.META:
                spend(request.META[SIGNED])
            response["X-Request-Id"] = request_id.get()
            route = request.resolver_match.route if request.resolver_match else "unknown"
            method = request.method if request.method in METHODS else "other"
            LATENCY.labels(method, route, response.status_code).observe(time.perf_counter() - start)
            return response
        finally:
            request_id.reset(token)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:  # noqa: ARG002
        """Turn what the database says at commit (a deferred constraint, a lost connection) into a problem."""
        if isinstance(exception, DatabaseError | InterfaceError) and (found := translate(exception)):
            return response_outside_views(found[0])
        return None


class LanguageMiddleware(LocaleMiddleware):
    """Django's, but a language that the caller refuses (`q=0`) is not chosen for it."""

    def process_request(self, request: HttpRequest) -> None:
        """Speak the language that was chosen on a page, else the one that the caller likes best."""
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME)
        asked = request.headers.get("Accept-Language", "")
        translation.activate(chosen if chosen in dict(settings.LANGUAGES) else preferred(asked))
        request.LANGUAGE_CODE = translation.get_language()


class HostMiddleware:
    """Answers by the node's own names alone, so that a page elsewhere cannot speak to it under a name of its own.

    What is the same under every name, and asked by address, is left out.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Keep the next layer."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Handle one request; Django's DisallowedHost is answered by handler400."""
        if not request.path.startswith(settings.UNDER_ANY_NAME):
            request.get_host()
        return self.get_response(request)


class TenancyMiddleware:
    """The innermost: behind it a request of the API touches nobody's rows, until its view asks for a scope."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Keep the view."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Handle one request; a page goes on as the node."""
        if not request.path.startswith("/api/"):
            return self.get_response(request)
        with as_nobody():
            return self.get_response(request)
