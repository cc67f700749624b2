"""A person at a browser: pages, forms with their tokens, real one-time codes, and a network address of her own."""

import base64
import hmac
import re
import secrets
import struct
import time
from typing import Any
from uuid import uuid4

from django.test import Client

from participants.models import User
from tests.console.browser import Sight, pages
from tests.support.cast import Person

PASSWORD = "a heron stands by the river"


def code_now(secret: str, *, later: int = 0) -> str:
    """The code that an authenticator app shows now, or so many periods later (RFC 6238)."""
    counter = struct.pack(">Q", int(time.time()) // 30 + later)
    mac = hmac.digest(base64.b32decode(secret), counter, "sha1")
    at = mac[-1] & 0x0F
    return f"{(struct.unpack('>I', mac[at : at + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"


def fresh_email() -> str:
    """An address that no counter of another test knows."""
    return f"{uuid4().hex[:12]}@example.org"


def with_password(person: Person) -> User:
    """Give somebody of the cast a fresh address and the password of all tests."""
    user = person.user
    user.email = fresh_email()
    user.set_password(PASSWORD)
    user.save()
    return user


class Browser:
    """One browser at one address; it keeps its cookies, and asks in English unless another language is given."""

    def __init__(self, address: str = "", language: str = "en") -> None:
        """Open it, on a network of its own unless one is given."""
        self.address = address or f"2001:db8:{secrets.token_hex(2)}:{secrets.token_hex(2)}::1"
        self.client = Client(
            enforce_csrf_checks=True, REMOTE_ADDR=self.address, headers={"Accept-Language": language}
        )
        self.client.handler = pages()
        self.secret = self.code = ""

    def get(self, path: str) -> Any:
        """Open a page."""
        return self.client.get(path)

    def look(self, path: str) -> Sight:
        """Open a page and read it."""
        answer = self.get(path)
        assert answer.status_code == 200, (path, answer.status_code, answer.get("Location"))
        return Sight(answer.content.decode())

    def send(self, path: str, **fields: str) -> Any:
        """Open the page for its token, and send its form."""
        self.get(path)
        token = self.client.cookies["csrftoken"].value if "csrftoken" in self.client.cookies else ""
        return self.client.post(path, {**fields, "csrfmiddlewaretoken": token})

    def sign_in(self, email: str, password: str = PASSWORD) -> Any:
        """Give address and password."""
        return self.send("/sign-in", login=email, password=password)

    def enrol(self) -> Any:
        """Enrol an authenticator app, and keep its secret and the code that was shown."""
        page = self.look("/account/second-factor/enrol")
        shown = re.search(r"(?:[A-Z2-7]{4} ){7}[A-Z2-7]{4}", page.text)
        assert shown, page.text
        self.secret = shown[0].replace(" ", "")
        self.code = code_now(self.secret)
        token = self.client.cookies["csrftoken"].value
        return self.client.post(
            "/account/second-factor/enrol", {"code": self.code, "csrfmiddlewaretoken": token}
        )

    def api(
        self,
        method: str,
        path: str,
        data: Any = None,
        *,
        media_type: str = "application/json",
        **headers: str,
    ) -> Any:
        """Call the API as the page of the API document does."""
        given = {"Idempotency-Key": uuid4().hex, "X-CSRFToken": self._token(), **headers}
        return self.client.generic(
            method,
            path,
            data or "",
            content_type=media_type,
            headers={k: v for k, v in given.items() if v},
        )

    def _token(self) -> str:
        cookie = self.client.cookies.get("csrftoken")
        return cookie.value if cookie else ""
