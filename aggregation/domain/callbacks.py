"""Which addresses the node may call back: public HTTPS, so that nobody makes it knock inside (SSRF)."""

from collections.abc import Iterable
from ipaddress import ip_address
from urllib.parse import urlsplit

from aggregation.errors import CallbackRefused

INNER_NAMES = ("localhost", ".localhost", ".local", ".internal", ".lan", ".home.arpa")


def check_callback(url: str, *, allow_private: bool) -> None:
    """Raise CallbackRefused unless the URL is https to a public name or address, without user and fragment.

    `allow_private` (a demonstration on one machine) also takes http and inner names.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or not url.isascii() or not url.isprintable() or " " in url:
        raise _refused(
            "地址无法识别；应形如 https://agent.example.com/dispatch",
            "It is no URL; write https://agent.example.com/dispatch",
        )
    if parts.scheme not in ({"https", "http"} if allow_private else {"https"}):
        raise _refused("地址须以 https:// 开头。", "It must begin with https://.")
    if parts.username or parts.password or parts.fragment:
        raise _refused(
            "地址不得含用户名、口令或片段。", "It must not carry a user, a password or a fragment."
        )
    if allow_private:
        return
    try:
        check_addresses([str(ip_address(host))], allow_private=False)
    except ValueError:
        if "." not in host or host.endswith(INNER_NAMES):
            raise _refused("主机名须为公网域名。", "The host must be a public name.") from None


def check_addresses(addresses: Iterable[str], *, allow_private: bool) -> None:
    """Raise CallbackRefused where one of the IP addresses behind a name is not public."""
    for address in addresses:
        if not allow_private and not ip_address(address).is_global:
            raise _refused(
                f"主机地址 {address} 不是公网地址；请使用公网可达的地址。",
                f"The host is at {address}, which is not public; use a public one.",
            )


def _refused(zh: str, en: str) -> CallbackRefused:
    return CallbackRefused(pointer="/callback_url", reason_zh=zh, reason_en=en)
