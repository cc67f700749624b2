"""Sending a signed order to a provider's agent, at the very address that was found safe to call."""

import httpx
from django.conf import settings

TIMEOUT = httpx.Timeout(5.0)  # seconds, for each of connect, send, receive


def post(*, url: str, address: str, body: bytes, headers: dict[str, str]) -> int:
    """The agent's HTTP status; redirects are not followed. Raises httpx.HTTPError where nothing answers.

    `address` is the checked IP behind the URL's name: the connection goes there, so that the name cannot
    point elsewhere between check and call; certificate and Host stay the name's. An egress proxy resolves
    by itself and is given the URL.
    """
    proxy = settings.EGRESS_PROXY or None
    target = httpx.URL(url)
    direct = target if proxy else target.copy_with(host=address)
    with (
        httpx.Client(timeout=TIMEOUT, follow_redirects=False, trust_env=False, proxy=proxy) as client,
        client.stream(  # only the status counts: an answer without an end is not waited for
            "POST",
            direct,
            content=body,
            headers={"Host": target.netloc.decode("ascii"), **headers},
            extensions={"sni_hostname": target.host},
        ) as response,
    ):
        return response.status_code
