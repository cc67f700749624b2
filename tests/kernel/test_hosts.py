"""A node answers by its own names alone: a page elsewhere cannot speak to it under a name of its own."""

import pytest

from tests.support.cast import World

pytestmark = pytest.mark.django_db
ELSEWHERE = "evil.example"


@pytest.mark.parametrize("path", ["/api/v1", "/api/v1/me", "/api/v1/problems", "/", "/catalogue"])
def test_a_name_that_is_not_the_node_s_is_answered_by_a_problem(world: World, path: str) -> None:
    refused = world.nobody.get(path, Host=ELSEWHERE, Accept_Language="en")
    assert (refused.status_code, refused.json()["code"]) == (400, "unknown_host")
    assert "ALLOWED_HOSTS" in refused.json()["detail"]


def test_probes_are_answered_by_address(world: World) -> None:
    for path in ("/healthz", "/readyz", "/metrics"):
        assert world.nobody.get(path, Host="10.0.0.7").status_code == 200, path
