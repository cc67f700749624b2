"""Where the node may send to: public HTTPS and nothing else, so that nobody makes it knock inside (INVARIANTS S16)."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from kernel.errors import CallbackRefused

Networks = Collection[IPv4Network | IPv6Network]
LONGEST = 2000
# One grammar, stricter than any URL library's, so that no two readers of a URL can differ about its host.
URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<target>[/?][!$-;=?-\[\]_a-z~]*)?"
)
LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
TOP = re.compile(r"[a-z][a-z0-9-]*[a-z0-9]")  # never a number: 127.1, 0x7f.1 and 2130706433 are no names
LONGEST_NAME = 253
INNER_NAMES = (
    ".localhost", ".localdomain", ".local", ".internal", ".intranet", ".lan", ".home", ".corp", ".private",
    ".home.arpa", ".svc",
)  # fmt: skip
PORTS = {"http": 80, "https": 443}
WELL_KNOWN = 1024  # below, only HTTPS itself: no mail, no remote shell, no name service
HIGHEST_PORT = 65535

# The special-purpose registries of IANA (RFC 6890 and its additions), and one cloud's inner service at a public address.
REFUSED = [
    ip_network(each)
    for each in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "168.63.129.16/32", "169.254.0.0/16",
        "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24",
        "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4",
        "240.0.0.0/4",
        # within 2000::/3: protocol assignments with Teredo and ORCHID, documentation, 6to4, AS112
        "2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20",
    )
]  # fmt: skip
GLOBAL_UNICAST = ip_network("2000::/3")  # outside: loopback, mapped, NAT64, local, link-local, multicast
ISATAP = (b"\x00\x00\x5e\xfe", b"\x02\x00\x5e\xfe")  # an IPv4 address in the last four bytes (RFC 5214)


@dataclass(frozen=True, slots=True)
class Target:
    """A URL in its parts; `host` is a name in lower case or an address without brackets, `path` has the query."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """What the Host header says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"


def read_url(url: str, *, allow_private: bool, pointer: str, refused: Networks = ()) -> Target:
    """The parts of a URL that may be called. Raises CallbackRefused at `pointer` for any other.

    It is https to a public name or address, at 443 or a port from 1024, with no user, fragment, backslash, blank
    or letter outside ASCII. `allow_private` (a demonstration on one machine) also takes http, inner names and any port;
    `refused` are further networks that are never called.
    """
    found = URL.fullmatch(url) if len(url) <= LONGEST else None
    if found is None:
        raise _refused(
            pointer,
            f"地址无法识别；应形如 https://agent.example.com/dispatch，不超过 {LONGEST} 个字符，不含用户名、口令、片段、空格、反斜线；中文域名请写成 xn-- 形式。",
            f"It is no URL that can be called; write https://agent.example.com/dispatch, at most {LONGEST} characters, without user, password, fragment, blank or backslash, and names in their xn-- form.",
        )
    scheme, host = found["scheme"], found["host"].lower()
    port = int(found["port"] or PORTS[scheme])
    path = found["target"] or "/"
    if scheme == "http" and not allow_private:
        raise _refused(pointer, "地址须以 https:// 开头。", "It must begin with https://.")
    if not 0 < port <= HIGHEST_PORT or not (allow_private or port == PORTS["https"] or port >= WELL_KNOWN):
        raise _refused(
            pointer,
            f"端口 {port} 不可用；请使用 443 或 1024 至 65535。",
            f"Port {port} is not called; use 443, or 1024 to 65535.",
        )
    target = Target(scheme, host.strip("[]"), port, path if path.startswith("/") else f"/{path}")
    try:
        address = str(ip_address(target.host))
        check_addresses([address], allow_private=allow_private, pointer=pointer, refused=refused)
    except ValueError:
        if not _is_name(target.host, allow_private=allow_private):
            raise _refused(
                pointer,
                "主机须为公网域名，或标准写法的公网地址。",
                "The host must be a public name, or a public address in its usual form.",
            ) from None
    return target


def check_addresses(
    addresses: Iterable[str], *, allow_private: bool, pointer: str, refused: Networks = ()
) -> None:
    """Raise CallbackRefused at the first of the IP addresses behind a host that is refused or not public."""
    for address in addresses:
        if _is_in(address, refused):
            raise _refused(
                pointer,
                f"本节点不访问主机地址 {address} 所在的网段；请使用其他地址。",
                f"The host is at {address}, in a network that this node does not call; use another.",
            )
        if not allow_private and not is_public(address):
            raise _refused(
                pointer,
                f"主机地址 {address} 不是公网地址；请使用公网可达的地址。",
                f"The host is at {address}, which is not public; use a public one.",
            )


def is_public(address: str) -> bool:
    """Whether an IP address is of the public Internet and carries no other address inside.

    What wraps an IPv4 address (mapped, NAT64, 6to4, Teredo, ISATAP) is refused whole: it may lead inside.
    """
    ip = ip_address(address)
    if isinstance(ip, IPv6Address) and (
        ip.scope_id is not None or ip not in GLOBAL_UNICAST or ip.packed[8:12] in ISATAP
    ):
        return False
    return not _is_in(address, REFUSED)


def _is_in(address: str, networks: Networks) -> bool:
    ip = ip_address(address)
    return any(ip in network for network in networks if network.version == ip.version)


def _is_name(host: str, *, allow_private: bool) -> bool:
    labels = host.split(".")
    if len(host) > LONGEST_NAME or not all(map(LABEL.fullmatch, labels)):
        return False
    if allow_private:
        return True
    return len(labels) > 1 and bool(TOP.fullmatch(labels[-1])) and not f".{host}".endswith(INNER_NAMES)


def _refused(pointer: str, zh: str, en: str) -> CallbackRefused:
    return CallbackRefused(pointer=pointer, reason_zh=zh, reason_en=en)
