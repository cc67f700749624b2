"""Networks from which a credential may be used: what is read, who is let in, and whose word counts for where one is."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from kernel.errors import InvalidField
from participants.domain.networks import allows, read_networks
from participants.models import ApiKey
from tests.participants.newcomers import code_of
from tests.support.cast import World


def test_networks_are_written_one_way_and_once() -> None:
    written = [" 203.0.113.7 ", "203.0.113.7/32", "2001:DB8::/32", "::ffff:192.0.2.0/120"]
    assert read_networks(written) == ["203.0.113.7/32", "2001:db8::/32", "192.0.2.0/24"]


@pytest.mark.parametrize(
    "text", ["203.0.113.7/24", "203.0.113.0/33", "example.org", "", "2001:db8::1/64", "::/129"]
)
def test_what_is_no_network_is_named(text: str) -> None:
    with pytest.raises(InvalidField) as refused:
        read_networks(["203.0.113.0/24", text])
    assert refused.value.pointer == "/allowed_networks/1"


@pytest.mark.parametrize(
    ("address", "inside"),
    [
        ("203.0.113.9", True),
        ("::ffff:203.0.113.9", True),  # the same machine, seen by an IPv6 socket
        ("::ffff:cb00:7109", True),
        ("203.0.114.9", False),
        ("::ffff:203.0.114.9", False),
        ("2001:db8::1", True),
        ("2001:db8::1%eth0", True),
        ("2001:db9::1", False),
        ("", False),
        (None, False),
        ("unix:", False),
    ],
)
def test_an_address_is_inside_or_not(address: str | None, inside: bool) -> None:  # noqa: FBT001
    assert allows(["203.0.113.0/24", "2001:db8::/32"], address) is inside
    assert allows([], address)


HERE, THERE, PROXY = "203.0.113.9", "198.51.100.9", "10.0.0.1"
CALLS = [
    # (proxies, address of the connection, X-Forwarded-For, let in)
    (0, HERE, None, True),
    (0, f"::ffff:{HERE}", None, True),
    (0, THERE, None, False),
    (0, THERE, HERE, False),  # a header that nobody asked for
    (1, PROXY, HERE, True),
    (1, PROXY, THERE, False),
    (1, PROXY, f"{HERE}, {THERE}", False),  # the caller wrote the first, the proxy the second
    (1, PROXY, f"{THERE}, {HERE}", True),
    (1, PROXY, "nonsense", False),
    (1, PROXY, None, False),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("proxies", "connection", "forwarded", "let_in"), CALLS, ids=str)
def test_a_key_works_from_its_networks_only_and_a_spoofed_header_does_not_help(  # noqa: PLR0917
    world: World,
    settings: Any,
    proxies: int,
    connection: str,
    forwarded: str | None,
    let_in: bool,  # noqa: FBT001
) -> None:
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "NUM_PROXIES": proxies}
    ApiKey.objects.filter(id=world.ada.row.id).update(allowed_networks=["203.0.113.0/24"])
    sent = {"Authorization": f"Api-Key {world.ada.key}"} | (
        {"X-Forwarded-For": forwarded} if forwarded else {}
    )
    answer = APIClient().get("/api/v1/organisations", headers=sent, REMOTE_ADDR=connection)
    if let_in:
        assert answer.status_code == 200
    else:
        assert code_of(answer) == (401, "unauthenticated")


@pytest.mark.django_db
def test_a_good_key_from_elsewhere_is_answered_as_one_that_nobody_knows(world: World) -> None:
    ApiKey.objects.filter(id=world.ada.row.id).update(allowed_networks=["203.0.113.0/24"])
    answers = []
    for key in (world.ada.key, world.ada.key[:-1] + "x", "cin_nobody_nothing"):
        answer = APIClient().get("/api/v1/me", headers={"Authorization": f"Api-Key {key}"})
        body = {name: value for name, value in answer.json().items() if name != "request_id"}
        answers.append((answer.status_code, body, answer["WWW-Authenticate"]))
    assert answers[0] == answers[1] == answers[2]
    assert answers[0][0] == 401
