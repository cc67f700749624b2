"""Answers that are kept: the same bytes for a while, never what was suspended, and never a reason to lie (INVARIANTS D4)."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from redis.exceptions import ConnectionError as NoRedisError

from identifiers import events
from identifiers.domain.answers import fresh_seconds
from identifiers.domain.codes import Code
from identifiers.handlers import strike
from identifiers.models import Identifier
from identifiers.models.identifiers import resolved
from identifiers.services import identifiers as services
from identifiers.services import resolution
from kernel import kept
from kernel.actor import SYSTEM
from tests.identifiers.test_identifiers import CENTRE, active
from tests.support.cast import World

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_kept() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def code(world: World) -> str:
    """An active code that nobody has asked for."""
    code = str(active(world)["code"])
    cache.clear()
    return code


def test_a_second_reader_gets_the_same_bytes_without_the_database_and_a_third_a_304(
    world: World, code: str, django_assert_num_queries: Any
) -> None:
    first = world.nobody.get(f"/api/v1/identifiers/{code}")
    with django_assert_num_queries(0):
        again = world.nobody.get(f"/api/v1/identifiers/{code.lower()}")
        known = world.nobody.get(f"/api/v1/resolve?code={code}", If_None_Match=first["ETag"])
    assert (again.content, again["ETag"]) == (first.content, first["ETag"])
    assert (known.status_code, known.content, known["ETag"]) == (304, b"", first["ETag"])
    assert known["Cache-Control"] == "public, max-age=30"


ACTS: dict[str, Callable[[Identifier], object]] = {
    "suspended": lambda row: services.suspend_identifier(row.id, {"reason": "x"}, SYSTEM),
    "retired": lambda row: services.retire_identifier(row.id, {"reason": "x"}, SYSTEM),
    "active": lambda row: services.describe_identifier(identifier=row, attributes=CENTRE, actor=SYSTEM),
}


@pytest.mark.parametrize("state", ACTS)
def test_an_act_is_seen_at_once_and_what_was_read_before_it_cannot_come_back(
    world: World, code: str, state: str
) -> None:
    old = world.nobody.get(f"/api/v1/identifiers/{code}").json()
    slow = resolution.resolve_signed(Code.parse(code))  # a reader who read before the act …
    row = Identifier.objects.get(code=code)
    ACTS[state](row)
    kept.keep(resolved(code), (slow.encode(), 30), seconds=30)  # … and is done after it
    new = world.nobody.get(f"/api/v1/identifiers/{code}").json()
    assert (new["state"], new["issued_at"] > old["issued_at"]) == (state, True)


def test_what_was_kept_while_an_act_waited_for_its_commit_goes_with_the_event(
    world: World, code: str
) -> None:
    row = Identifier.objects.get(code=code)
    kept.keep(resolved(code), (b"{}", 30), seconds=30)
    strike(events.IdentifierSuspended(subject=row.id, tenant=row.tenant_id, code=code))
    assert world.nobody.get(f"/api/v1/identifiers/{code}").json()["state"] == "active"
    strike(events.IdentifierSuspended(subject=row.tenant_id, tenant=None, code=""))  # one that there is not


def test_without_redis_everybody_is_answered(
    world: World, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object, **__: object) -> None:
        raise NoRedisError

    for name in ("get", "add", "set"):
        monkeypatch.setattr(cache, name, gone)
    assert world.nobody.get(f"/api/v1/identifiers/{code}").status_code == 200
    services.suspend_identifier(Identifier.objects.get(code=code).id, {"reason": "x"}, SYSTEM)
    assert world.nobody.get(f"/api/v1/identifiers/{code}").json()["state"] == "suspended"


def test_an_answer_is_kept_for_half_its_life_less_what_its_reading_took(
    code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds: list[float] = []
    monkeypatch.setattr(resolution, "keep", lambda *_, **more: seconds.append(more["seconds"]))
    ticks = iter([100.0, 104.0])
    monkeypatch.setattr(resolution, "monotonic", lambda: next(ticks))
    body, fresh = resolution.resolve_kept(Code.parse(code))
    assert (fresh, seconds) == (30, [26.0])
    assert timedelta(seconds=fresh + 30) == timedelta(seconds=60), "no copy outlives the signature"
    assert fresh_seconds({"issued_at": "2026-01-01T00:00:00Z", "valid_until": "2026-01-01T00:00:07Z"}) == 3
    assert body.startswith(b'{"type":"resolution"')
