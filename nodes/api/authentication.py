"""Peers sign in by signing their requests (RFC 9421): only on the addresses of the federation."""

from django.conf import settings
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request as HttpRequest

from kernel.actor import Actor, Role
from nodes.domain.signing import Request
from nodes.models import Peer
from nodes.selectors.peers import find_key
from nodes.services.requests import accept_request


class SignedRequestAuthentication(BaseAuthentication):
    """The peer is the request's `user`, the actor its `auth`."""

    def authenticate(self, request: HttpRequest) -> tuple[Peer, Actor]:
        """The attached peer whose key signed this request. Raises SignatureRefused."""
        verified = accept_request(plain(request), find_key=find_key)
        peer = Peer.objects.get(code=verified.key.peer)
        return peer, Actor(node=peer.code, roles=frozenset({Role.NODE.value}), scopes=frozenset({"*"}))

    def authenticate_header(self, request: HttpRequest) -> str:
        """What a 401 asks for."""
        return "Signature"


def plain(request: HttpRequest) -> Request:
    """The request as plain data, at this node's own address: what the client calls us is not asked."""
    raw = request._request  # noqa: SLF001 - the bytes as they came, before any parser
    return Request(
        method=raw.method or "",
        url=settings.NODE_URL.rstrip("/") + raw.get_full_path(),
        headers=dict(raw.headers),
        body=raw.body,
    )
