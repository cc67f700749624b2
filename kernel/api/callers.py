"""Where a request comes from, as far as this node can know."""

from django.http import HttpRequest
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle


def address_of(request: Request | HttpRequest) -> str:
    """The caller's network address: of the connection, or behind the proxy the one hop that the proxy itself wrote.

    What a caller writes into X-Forwarded-For stands before that hop, and is not read (setting NUM_PROXIES).
    """
    return BaseThrottle().get_ident(request).strip()  # type: ignore[arg-type] # it reads META only
