"""People of the demo at a browser: mail read from the node's folder, forms, and an authenticator app."""

import base64
import hmac
import re
import struct
import time
from email import message_from_bytes, policy
from html import unescape
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from demo.client import SECONDS, TRUST, expect
from demo.world import World

PASSWORD = "三人行必有我师焉 2026"  # noqa: S105 - of people who exist for two minutes
FOUND = 302


def code_now(secret: str, *, later: int = 0) -> str:
    """The code that an authenticator app shows now, or so many half minutes later (RFC 6238)."""
    counter = struct.pack(">Q", int(time.time()) // 30 + later)
    mac = hmac.digest(base64.b32decode(secret), counter, "sha1")
    at = mac[-1] & 0x0F
    return f"{(struct.unpack('>I', mac[at : at + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"


def link_for(folder: Path, address: str) -> str:
    """The path of the newest mailed link for a password; empty while there is none."""
    for file in sorted(folder.glob("*.log"), reverse=True):
        for raw in reversed(file.read_bytes().split(b"\n" + b"-" * 79 + b"\n")):
            mail = message_from_bytes(raw, policy=policy.default)
            body = mail.get_body()
            if mail["To"] == address and body is not None:
                found = re.search(r"https?://\S+/password/\S+", body.get_content())
                if found:
                    return urlsplit(found[0]).path
    return ""


class Browser:
    """One person's browser: it keeps cookies and sends forms with their tokens."""

    def __init__(self, base: str) -> None:
        """Open it at the node."""
        self.http = httpx.Client(
            base_url=base, headers={"Accept-Language": "zh-CN"}, timeout=SECONDS, verify=TRUST
        )

    def send(self, path: str, **fields: str) -> str:
        """Open a page, fill its form in, send it; where it leads to. Fails the step where it leads nowhere."""
        page = self.http.get(path).text
        return self.submit(path, page, **fields)

    def submit(self, path: str, page: str, **fields: str) -> str:
        """Send the form of a page that is open."""
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        expect(token, f"{path} has a form")
        assert token
        answer = self.http.post(path, data={**fields, "csrfmiddlewaretoken": token[1]})
        expect(
            answer.status_code == FOUND, f"{path} takes the form: {answer.status_code} {answer.text[-600:]}"
        )
        return str(answer.headers["Location"])

    def enrol(self) -> str:
        """Enrol an authenticator app; its secret, as it is typed from the page."""
        path = "/account/second-factor/enrol"
        page = self.http.get(path).text
        shown = re.search(r"<code>((?:[A-Z2-7]{4} ?)+)</code>", unescape(page))
        expect(shown, "the page shows the key for the app")
        assert shown
        secret = shown[1].replace(" ", "")
        self.submit(path, page, code=code_now(secret))
        return secret


def walk_in(world: World, *, address: str, role: str, asks: bool) -> None:
    """A person chooses a password by a mailed link, enrols, and signs in with both from another browser.

    `asks` for the link first, unless a mail with one has come already. Who must have a second factor is refused without.
    """
    folder = world.regional.folder / "mail"
    first, second = Browser(world.regional.url), Browser(world.regional.url)
    if asks:
        first.send("/password", email=address)
    link = world.until(f"a mail to {address}", lambda: link_for(folder, address))
    first.send(link, new=PASSWORD, again=PASSWORD)
    first.send("/sign-in", login=address, password=PASSWORD)
    if role.startswith("operator"):
        early = first.http.get("/api/v1/me").json()
        expect(
            early.get("code") == "second_factor_required",
            "without a second factor the session can do nothing",
        )
    secret = first.enrol()
    onward = second.send("/sign-in", login=address, password=PASSWORD)
    expect(onward == "/sign-in/code", "the password alone signs nobody in")
    second.send("/sign-in/code", code=code_now(secret, later=1))
    me = second.http.get("/api/v1/me").json()
    expect(role in [each["code"] for each in me["roles"]], f"{address} acts as {role}")
