"""Addresses that do not exist, and mistakes of ours: a page for browsers, a problem document under /api."""

from django.http import HttpRequest, HttpResponse

from console.pages.frame import respond_problem
from kernel import errors
from kernel.api import problems
from participants.errors import CsrfFailed

API = "/api/"


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler404."""
    if request.path.startswith(API):
        return problems.not_found(request, exception)
    return respond_problem(request, errors.NotFound())


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001 - Django's signature
    """Django's CSRF_FAILURE_VIEW: a form that was open for too long, or came from elsewhere."""
    return respond_problem(request, CsrfFailed())


def internal_error(request: HttpRequest) -> HttpResponse:
    """Django's handler500."""
    if request.path.startswith(API):
        return problems.internal_error(request)
    return respond_problem(request, errors.Internal())
