"""Answers that are kept: the same bytes for a while, in no process what was true more than a second ago (INVARIANTS D2, D4)."""

import http.client
import json
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.db import transaction

from identifiers import events
from identifiers.domain.answers import fresh_seconds
from identifiers.domain.blocks import NUMBERS, number_within
from identifiers.domain.codes import Code
from identifiers.handlers import strike
from identifiers.models import Identifier
from identifiers.services import identifiers as services
from identifiers.services.issuing import issue_by_rule
from identifiers.services.resolution import ANSWERS, DENIALS, resolve_kept
from kernel.actor import SYSTEM
from kernel.tenancy import as_node
from tests.identifiers.test_identifiers import CENTRE, active, applied
from tests.support.cast import World
from tests.support.processes import web_server

SECOND = 1.0  # how far behind the facts an answer may be
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def code(world: World) -> str:
    """An active code that nobody has asked for."""
    code = str(active(world)["code"])
    cache.clear()
    return code


def suspend(row: Identifier) -> None:
    """Let it be suspended."""
    services.suspend_identifier(row.id, {"reason": "x"}, SYSTEM)


ACTS: dict[str, Callable[[Identifier], object]] = {
    "suspended": suspend,
    "active": lambda row: services.reinstate_identifier(row.id, {}, SYSTEM),
    "described": lambda row: services.describe_identifier(identifier=row, attributes=CENTRE, actor=SYSTEM),
    "retired": lambda row: services.retire_identifier(row.id, {"reason": "x"}, SYSTEM),
}


def test_readers_get_the_same_bytes_until_an_act_and_what_was_read_before_it_cannot_come_back(
    world: World, code: str, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    path = f"/api/v1/identifiers/{code}"
    first = world.nobody.get(path)
    with django_assert_num_queries(0):
        again = world.nobody.get(path.lower())
        known = world.nobody.get(f"/api/v1/resolve?code={code}", If_None_Match=first["ETag"])
    assert (again.content, again["ETag"]) == (first.content, first["ETag"])
    assert (known.status_code, known.content, known["ETag"]) == (304, b"", first["ETag"])
    assert known["Cache-Control"] == "public, max-age=30"
    make = ANSWERS.make
    row = Identifier.objects.get(code=code)
    for state, act in ACTS.items():
        ANSWERS.clear()

        def slow(names: Any, act: Any = act) -> Any:
            read = make(names)  # a reader who has read before the act …
            act(row)
            return read  # … and is done after it

        monkeypatch.setattr(ANSWERS, "make", slow)
        world.nobody.get(path)
        monkeypatch.setattr(ANSWERS, "make", make)
        for _ in range(2):
            said = world.nobody.get(path).json()
            assert (said["state"], said["descriptor_version"]) == (
                "active" if state == "described" else state,
                2 if state in ("described", "retired") else 1,
            )


def test_an_act_that_was_taken_back_leaves_nothing_and_the_event_strikes_out_too(
    world: World, code: str
) -> None:
    kept = resolve_kept(Code.parse(code))
    row = Identifier.objects.get(code=code)
    with transaction.atomic():
        suspend(row)
        transaction.set_rollback(True)
    assert resolve_kept(Code.parse(code)) is kept
    strike(events.IdentifierSuspended(subject=row.id, tenant=row.tenant_id, code=code))
    assert ANSWERS.find(code) is None
    strike(events.IdentifierSuspended(subject=row.tenant_id, tenant=None, code=""))  # one that there is not


@pytest.mark.django_db(transaction=False)
def test_an_answer_is_kept_for_half_its_life_and_a_denial_is_never_made_anew_unasked(code: str) -> None:
    ((name, fresh),) = ANSWERS.make([code]).items()
    assert (name, fresh.seconds, fresh.answer.seconds) == (code, 30, 30)
    assert fresh_seconds({"issued_at": "2026-01-01T00:00:00Z", "valid_until": "2026-01-01T00:00:07Z"}) == 3
    assert json.loads(fresh.answer.body)["type"] == "resolution"
    assert DENIALS.along == 0, "what may have been issued meanwhile is asked of the database"


class Elsewhere:
    """A web worker of another process."""

    def __init__(self, port: int) -> None:
        self.wire = http.client.HTTPConnection("127.0.0.1", port, timeout=20)

    def get(self, code: str) -> tuple[int, dict[str, Any], str]:
        """Its status, what it says, and the tag or the signature of that."""
        self.wire.request("GET", f"/api/v1/identifiers/{code}", headers={"Accept": "application/json"})
        answer = self.wire.getresponse()
        said = json.loads(answer.read())
        return answer.status, said, answer.headers["ETag"] or said["statement"]["signature"]

    def until(self, code: str, wanted: Callable[[int, dict[str, Any]], bool]) -> float:
        """Seconds until it says what is wanted."""
        begin = time.monotonic()
        while time.monotonic() - begin < 10 * SECOND:
            status, said, _ = self.get(code)
            if wanted(status, said):
                return time.monotonic() - begin
        raise AssertionError(said)


def test_another_process_tells_an_act_and_an_issue_within_a_second(
    world: World, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = next(n for n in range(NUMBERS) if Code.of_number("86.320000", number_within(0, n)))
    coming = str(Code.of_number("86.320000", number_within(0, number)))
    applied(world.ada)
    Identifier.objects.filter(state="verified").update(review="by_rule")
    with web_server(tmp_path) as (_, port), as_node("the test acts as services do"):
        elsewhere = Elsewhere(port)
        elsewhere.get(code)
        assert elsewhere.get(code) == elsewhere.get(code), "it is kept"
        suspend(Identifier.objects.get(code=code))
        assert elsewhere.until(code, lambda _, said: said["state"] == "suspended") <= SECOND + 0.5
        assert [elsewhere.get(coming)[0], elsewhere.get(coming)[2]] == [404, elsewhere.get(coming)[2]], (
            "kept too"
        )
        monkeypatch.setattr(secrets, "randbelow", lambda _: number)
        assert issue_by_rule() == 1
        assert elsewhere.until(coming, lambda status, _: status == 200) <= SECOND + 0.5
