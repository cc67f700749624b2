"""How often a password or a code may be tried: by whom the attempts are counted, and how many are let through.

Three counters for strangers, the narrowest first: one address on one account, one address, one account from everywhere.
An attempt that a narrower counter refuses does not reach the wider ones, so that no single address can use up what an
account has. A browser that the owner signed in with before is counted by itself alone (OWASP, device cookies): whatever
strangers do, she still gets in.
"""

from dataclasses import dataclass

MINUTE = 60


@dataclass(frozen=True, slots=True)
class Limit:
    """So many attempts in so many seconds for whatever is counted."""

    name: str
    attempts: int
    seconds: int


ADDRESS_ON_ACCOUNT = Limit("address-account", 5, 15 * MINUTE)
ADDRESS = Limit("address", 30, 15 * MINUTE)
ACCOUNT = Limit("account", 50, 60 * MINUTE)
KNOWN_BROWSER = Limit("browser", 10, 15 * MINUTE)
# codes of the second factor, which only who has the password can try; of a million, three are right at a time
CODES_FROM_ADDRESS = Limit("code-address-account", 5, 15 * MINUTE)
CODES_OF_ACCOUNT = Limit("code-account", 20, 60 * MINUTE)
CODES_IN_KNOWN_BROWSER = Limit("code-browser", 5, 15 * MINUTE)
# links for a new password: the first two by who asks, the last against floods of mail
LINKS_TO_ACCOUNT = Limit("link-address-account", 3, 60 * MINUTE)
LINKS = Limit("link-address", 20, 60 * MINUTE)
LINKS_OF_ACCOUNT = Limit("link-account", 20, 24 * 60 * MINUTE)

BURST = (
    20  # failures of strangers on one account in the window of ACCOUNT that are worth an entry in the audit
)


def counters(*, account: str, network: str, browser: str | None) -> list[tuple[Limit, str]]:
    """What counts an attempt at a password, in the order of asking; `browser` is the mark of a known browser."""
    if browser:
        return [(KNOWN_BROWSER, browser)]
    return [(ADDRESS_ON_ACCOUNT, f"{network}|{account}"), (ADDRESS, network), (ACCOUNT, account)]


def code_counters(*, account: str, network: str, browser: str | None) -> list[tuple[Limit, str]]:
    """What counts an attempt at a code of the second factor: likewise, so that nobody holds the owner out."""
    if browser:
        return [(CODES_IN_KNOWN_BROWSER, browser)]
    return [(CODES_FROM_ADDRESS, f"{network}|{account}"), (CODES_OF_ACCOUNT, account)]


def link_counters(*, account: str, network: str) -> list[tuple[Limit, str]]:
    """What counts a request for a link."""
    return [
        (LINKS_TO_ACCOUNT, f"{network}|{account}"),
        (LINKS, network),
        (LINKS_OF_ACCOUNT, account),
    ]
