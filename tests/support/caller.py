"""A client that holds only a key, and speaks as the API asks: JSON, a fresh Idempotency-Key for every write."""

import json
from functools import cache
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from rest_framework.test import APIClient, ForceAuthClientHandler


@cache
def node() -> ForceAuthClientHandler:
    """The node that every caller of a process calls: its middleware looks for the static files once, not once a caller."""
    return ForceAuthClientHandler(enforce_csrf_checks=False)


class Caller:
    """Somebody who calls the API; each method returns Django's test response."""

    def __init__(self, key: str | None = None) -> None:
        """Sign in with a key, or as nobody."""
        self.client = APIClient()
        self.client.handler = node()
        self.standing = {"Authorization": f"Api-Key {key}"} if key else {}

    def get(self, path: str, **headers: str) -> Any:
        """Read; header names are written with underscores (`Accept_Language="en"`)."""
        return self.client.get(path, headers=self._headers(headers))

    def post(self, path: str, data: object = None, **headers: str) -> Any:
        """Write, under a fresh key unless one is given."""
        return self.send("POST", path, data, **headers)

    def put(self, path: str, data: object = None, **headers: str) -> Any:
        """Replace, under a fresh key unless one is given."""
        return self.send("PUT", path, data, **headers)

    def patch(self, path: str, data: object = None, **headers: str) -> Any:
        """Change, under a fresh key unless one is given."""
        return self.send("PATCH", path, data, **headers)

    def delete(self, path: str, **headers: str) -> Any:
        """Remove, under a fresh key unless one is given."""
        return self.send("DELETE", path, None, **headers)

    def upload(self, path: str, fields: dict[str, str], file: bytes, **headers: str) -> Any:
        """Send a form with one file, under a fresh key unless one is given."""
        headers.setdefault("Idempotency_Key", str(uuid4()))
        form = {**fields, "file": SimpleUploadedFile("named-by-the-caller.html", file, "text/html")}
        return self.client.generic(
            "POST",
            path,
            encode_multipart(BOUNDARY, form),  # type: ignore[arg-type] # the stubs forget that bytes go as they are
            content_type=MULTIPART_CONTENT,
            headers=self._headers(headers),
        )

    def submit_form(self, path: str, fields: dict[str, str]) -> Any:
        """Send fields as an HTML form does, as OAuth asks for."""
        return self.client.generic(
            "POST",
            path,
            urlencode(fields),
            content_type="application/x-www-form-urlencoded",
            headers=self.standing,
        )

    def send(self, method: str, path: str, data: object = None, **headers: str) -> Any:
        """Send any method; bytes go as they are, anything else as JSON, nothing as an empty body."""
        if method not in ("GET", "HEAD", "OPTIONS"):
            headers.setdefault("Idempotency_Key", str(uuid4()))
        body = data if isinstance(data, bytes) else b"" if data is None else json.dumps(data).encode()
        return self.client.generic(
            method,
            path,
            body,  # type: ignore[arg-type] # the stubs forget that bytes go as they are
            content_type="application/json",
            headers=self._headers(headers),
        )

    def _headers(self, given: dict[str, str]) -> dict[str, str]:
        named = {name.replace("_", "-"): value for name, value in given.items()}
        return {name: value for name, value in {**self.standing, **named}.items() if value}
