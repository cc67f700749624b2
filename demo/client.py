"""A client that holds only a key: what a provider, a user or a regulator would write in an afternoon."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import httpx

SECONDS = 30.0
TRUST = httpx.create_ssl_context()  # once for all clients: to read it takes longer than a request


class StepFailedError(Exception):
    """The node did not do what the step needs; the message says what was asked and what came back."""


class Client:
    """One actor's way to one node."""

    def __init__(self, base: str, key: str | None = None, *, language: str = "zh-hans") -> None:
        """Speak to the node at `base` with the key, or with none."""
        headers = {"Accept-Language": language} | ({"Authorization": f"Api-Key {key}"} if key else {})
        self.base, self.key = base, key
        self.http = httpx.Client(
            base_url=base, headers=headers, timeout=SECONDS, verify=TRUST, trust_env=False
        )

    def get(self, path: str, *, expect: int = 200, **params: Any) -> Any:
        """Read an address; the JSON body."""
        return self._checked(self.http.get(path, params=params), expect)

    def post(
        self,
        path: str,
        body: Any = None,
        *,
        expect: int | None = None,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, Any] | None = None,
    ) -> Any:
        """Write with a fresh Idempotency-Key; any 2xx unless `expect` names the status. The JSON body."""
        response = self.send("POST", path, json=body, headers=headers, params=params)
        return self._checked(response, expect)

    def send(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **options: Any
    ) -> httpx.Response:
        """Write, and look at whatever comes back."""
        keys = {"Idempotency-Key": str(uuid4()), **(headers or {})}
        return self.http.request(method, path, headers=keys, **options)

    def change(self, method: str, path: str, body: Any) -> Any:
        """Change one object: read its version, send it in If-Match."""
        version = self.http.get(path).headers.get("ETag", "")
        return self._checked(self.send(method, path, json=body, headers={"If-Match": version}), None)

    def _checked(self, response: httpx.Response, expect: int | None) -> Any:
        good = response.is_success if expect is None else response.status_code == expect
        if not good:
            request = response.request
            wanted = expect or "2xx"
            raise StepFailedError(
                f"{request.method} {request.url.path}: {response.status_code}, not {wanted}: {response.text[:800]}"
            )
        return response.json() if response.content else None


def expect(truth: object, story: str) -> None:
    """Fail the step, with the sentence that should have been true."""
    if not truth:
        raise StepFailedError(f"not true: {story}")
