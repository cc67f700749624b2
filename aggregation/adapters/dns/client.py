"""Asking which addresses are behind a host name."""

import socket


def addresses_of(host: str, port: int) -> list[str]:
    """The IP addresses of a host, each once, in the resolver's order; empty where it has none."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError):
        return []
    return list(dict.fromkeys(str(address[0]).partition("%")[0] for *_, address in found))
