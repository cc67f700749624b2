"""The home page: what this node is, whether it is ready, and where to go."""

from typing import Any

import pytest
from django.conf import settings as node
from django.test import Client

from kernel.api import health
from kernel.systems import System
from tests.console.browser import look

pytestmark = pytest.mark.django_db


def test_it_says_what_the_node_is(settings: Any) -> None:
    settings.NODE_NAME = "江苏<省>节点"
    answer, page = look("/")
    assert answer.status_code == 200
    for said in (
        "江苏<省>节点",
        node.NODE_CODE,
        "区域节点",
        node.VERSION,
        *(each.label.zh for each in System),
    ):
        assert said in page.words
    assert "<省>" not in answer.content.decode()


@pytest.mark.parametrize(("role", "absent"), [("regional", 0), ("national", 3), ("industry", 2)])
def test_it_says_which_systems_run_elsewhere(settings: Any, role: str, absent: int) -> None:
    settings.NODE_ROLE = role
    assert look("/", "en")[1].text.count("not on this node") == absent


def test_it_leads_only_to_addresses_that_answer() -> None:
    for address in look("/")[1].addresses:
        if address.startswith("/"):
            assert Client().get(address).status_code in (200, 302), address  # one asks to sign in


def test_it_says_what_readyz_says(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Ready" in look("/", "en")[1].text

    def gone() -> str:
        raise ConnectionError("redis://secret@host")

    monkeypatch.setattr(health, "_redis", gone)
    answer, page = look("/", "en")
    assert answer.status_code == 200
    assert "Not ready" in page.text
    assert "ConnectionError" in page.text
    assert "secret" not in page.text
    assert Client().get("/readyz").json()["checks"]["redis"] == "ConnectionError"
