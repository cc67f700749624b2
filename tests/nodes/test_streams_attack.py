"""The share of the attack on streams that runs with every change; `./dev attack streams` is the rest."""

from collections.abc import Sequence
from typing import Any, LiteralString

import pytest
from django.conf import settings
from django.db import connection

from tests.attacks._streams_forgeries import IN_A_ROUND, forgeries
from tests.support.caller import Caller
from tests.support.cast import World


class OurNode:
    """Our node as a forger meets it, by Django's client."""

    def __init__(self, world: World) -> None:
        self.world, self.url = world, settings.NODE_URL

    def invite(self, code: str) -> str:
        asked = self.world.otto.post("/api/v1/node-invitations", {"code": code, "role": "regional"})
        return str(asked.json()["token"])

    def post(self, target: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        answer = Caller().client.generic(
            "POST",
            target,
            body,  # type: ignore[arg-type] # the stubs forget that bytes go as they are
            content_type=headers["content-type"],
            headers=headers,
        )
        return answer.status_code, answer.content

    def rows(self, query: LiteralString, values: Sequence[str] = ()) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(query, values)
            return cursor.fetchall() if cursor.description else []


@pytest.mark.usefixtures("national")
def test_no_forged_letter_is_taken_beside_the_true_ones(world: World) -> None:
    assert forgeries(OurNode(world), 2 * IN_A_ROUND, 0, map) == []
