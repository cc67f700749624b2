"""Peers sign in by signing their requests (RFC 9421): only on the addresses of the federation."""

from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request as HttpRequest

from kernel.actor import Actor, Role
from kernel.api.messages import plain
from kernel.services.messages import accept_request
from nodes.models import Peer
from nodes.selectors.peers import find_key


class SignedRequestAuthentication(BaseAuthentication):
    """The peer is the request's `user`, the actor its `auth`."""

    def authenticate(self, request: HttpRequest) -> tuple[Peer, Actor]:
        """The attached peer whose key signed this request. Raises SignatureRefused."""
        verified = accept_request(plain(request), find_key=find_key)
        peer = Peer.objects.get(code=verified.key.holder)
        return peer, Actor(node=peer.code, roles=frozenset({Role.NODE.value}), scopes=frozenset({"*"}))

    def authenticate_header(self, request: HttpRequest) -> str:
        """What a 401 asks for."""
        return "Signature"
