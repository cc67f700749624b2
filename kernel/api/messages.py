"""The request at hand as the plain data that signatures are checked against."""

from django.conf import settings
from rest_framework.request import Request as HttpRequest

from kernel.crypto.messages import Request

SIGNED = (
    "node.signature"  # among the request's META, where no header can write: a signature that was found good
)


def plain(request: HttpRequest) -> Request:
    """The request as plain data, at this node's own address: what the client calls us is not asked."""
    raw = request._request  # noqa: SLF001 - the bytes as they came, before any parser
    headers = {
        name: value for name, value in raw.headers.items() if value
    }  # WSGI may name an absent type as empty
    return Request(
        method=raw.method or "",
        url=settings.NODE_URL.rstrip("/") + raw.get_full_path(),
        headers=headers,
        body=raw.body,
    )
