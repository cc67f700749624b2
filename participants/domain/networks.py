"""Lists of networks from which a credential may be used: IPv4 and IPv6 in CIDR notation; none means anywhere."""

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from kernel.errors import InvalidField

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address

MOST_NETWORKS = 32
MAPPED = IPv6Network("::ffff:0:0/96")  # IPv4 as an IPv6 socket sees it (RFC 4291 §2.5.5.2)


def read_networks(texts: Sequence[str]) -> list[str]:
    """The networks in canonical form, without doubles. Raises InvalidField naming the entry that is none.

    IPv4 mapped into IPv6 is written as the IPv4 it is, so that a caller is the same over either kind of socket.
    """
    found: list[str] = []
    for at, text in enumerate(texts):
        try:
            network = _unmapped(ip_network(text.strip()))
        except ValueError as error:
            raise InvalidField(
                pointer=f"/allowed_networks/{at}",
                reason_zh=f"{text} 不是 CIDR 网段（如 203.0.113.0/24、2001:db8::/32，主机位须为 0）。",
                reason_en=f"{text} is no CIDR network (203.0.113.0/24 or 2001:db8::/32, host bits zero).",
            ) from error
        if str(network) not in found:
            found.append(str(network))
    return found


def allows(networks: Iterable[str], address: str | None) -> bool:
    """Whether a list lets the address in: an empty one lets in everybody, any other nobody whose address is unknown."""
    listed = [ip_network(network) for network in networks]
    if not listed:
        return True
    try:
        caller: Address = ip_address((address or "").partition("%")[0])
    except ValueError:
        return False
    if isinstance(caller, IPv6Address) and caller.ipv4_mapped:
        caller = caller.ipv4_mapped
    return any(caller in network for network in listed)


def _unmapped(network: Network) -> Network:
    if isinstance(network, IPv6Network) and network.subnet_of(MAPPED):
        bits = MAPPED.prefixlen
        return IPv4Network((int(network.network_address) & 0xFFFFFFFF, network.prefixlen - bits))
    return network
