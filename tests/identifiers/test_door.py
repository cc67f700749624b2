"""The short way to a resolution gives the very answer of the long one, and only what everybody is told the same."""

import io
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.core.wsgi import get_wsgi_application
from django.db import InterfaceError, connection

from identifiers.api import door
from identifiers.api.door import ADDRESS, TEXT_ADDRESS, ResolutionDoor
from kernel.api import throttles
from tests.identifiers.test_answers import NEVER
from tests.identifiers.test_identifiers import active
from tests.support.cast import World

pytestmark = pytest.mark.django_db

OWN = ("X-Request-Id", "RateLimit", "ETag", "Content-Length")  # of each answer
TIMES = re.compile(
    rb'"(issued_at|valid_until|request_id|payload|signature|seen_at)":"[^"]*"'
)  # and of each body
NOBODYS = "86.330000/000000000000V"  # under a prefix that nobody is known to hold
Told = tuple[str, dict[str, str], bytes]


@pytest.fixture(autouse=True)
def _as_a_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nobody was counted before, and the test's connection, which is in its transaction, stays open as with Django's client."""
    cache.clear()
    throttles.leases.clear()
    monkeypatch.setattr(connection, "close_if_unusable_or_obsolete", lambda: None)
    yield
    cache.clear()
    throttles.leases.clear()


def ask(application: Any, path: str, method: str = "GET", **environ: str) -> Told:
    """A request as a server hands it over."""
    asked = {
        "REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": "", "SERVER_NAME": "node", "SERVER_PORT": "80",
        "REMOTE_ADDR": "192.0.2.7", "wsgi.input": io.BytesIO(), "wsgi.url_scheme": "http", **environ,
    }  # fmt: skip
    begun: list[Any] = []
    body = b"".join(application(asked, lambda *said: begun.extend(said)))
    return begun[0], dict(begun[1]), body


class Long:
    """The long way, which counts who comes to it."""

    def __init__(self) -> None:
        self.django, self.asked = get_wsgi_application(), 0

    def __call__(self, environ: Any, start: Any) -> Any:
        """Pass on."""
        self.asked += 1
        return self.django(environ, start)


ASKED: list[dict[str, str]] = [
    {},
    {"HTTP_ACCEPT": "application/json", "HTTP_ACCEPT_LANGUAGE": "en-GB,en;q=0.9"},
    {"HTTP_ACCEPT": "*/*", "HTTP_ACCEPT_LANGUAGE": "zh-CN"},
    {"HTTP_ACCEPT_LANGUAGE": "fr, *;q=0"},
    {"HTTP_HOST": "node.example", "HTTP_X_REQUEST_ID": "given-by-me"},
    {"HTTP_IF_NONE_MATCH": "*"},
    {"HTTP_X_REQUEST_ID": "no id\r\nX: y"},
]


def test_the_short_way_says_what_the_long_one_says(world: World) -> None:
    code = str(active(world)["code"])
    long = Long()
    short = ResolutionDoor(long)
    texts = (code, code.lower(), NEVER, NOBODYS)
    paths = [(ADDRESS + text, "") for text in texts]
    scanned = [(TEXT_ADDRESS, f"code={text}") for text in (*texts, code.replace("/", "%2f"))]
    for asked in ASKED:
        for path, query in paths + scanned:
            (status, headers, body), (s, h, b) = (
                ask(way, path, **asked, QUERY_STRING=query) for way in (long, short)
            )
            assert (s, TIMES.sub(b"", b)) == (status, TIMES.sub(b"", body)), (asked, path, query)
            for each in (headers, h):
                assert "HTTP_X_REQUEST_ID" not in asked or (each["X-Request-Id"] == "given-by-me") == (
                    asked["HTTP_X_REQUEST_ID"] == "given-by-me"
                )
                for name in OWN:
                    each.pop(name, None)
            assert h == headers, (asked, path, query)
    assert long.asked == len(ASKED) * (9 + 2), "all but the codes of nobody took the short way"


PASSES: list[tuple[str, str, dict[str, str]]] = [
    ("HEAD", "", {}),
    ("OPTIONS", "", {}),
    ("POST", "", {}),
    ("GET", "", {"HTTP_ACCEPT": "text/html"}),
    ("GET", "", {"HTTP_AUTHORIZATION": "Api-Key x"}),
    ("GET", "", {"HTTP_COOKIE": "django_language=en"}),
    ("GET", "", {"HTTP_SIGNATURE_INPUT": "sig=()"}),
    ("GET", "", {"QUERY_STRING": "final=true"}),
    ("GET", "/qr-code", {}),
    ("GET", "X", {}),
    ("GET", "%20", {}),
]


def test_whatever_may_be_answered_otherwise_goes_the_long_way(world: World) -> None:
    active(world)
    long = Long()
    short = ResolutionDoor(long)
    ask(short, ADDRESS + NEVER)
    assert long.asked == 0
    for count, (method, more, environ) in enumerate(PASSES, start=1):
        ask(short, ADDRESS + NEVER + more, method, **environ)
        assert long.asked == count, (method, more, environ)
    for query in (
        "",
        f"code={NEVER}&final=true",
        f"code={NEVER}&code={NEVER}",
        f"code=%20{NEVER}",
        f"Code={NEVER}",
    ):
        ask(short, TEXT_ADDRESS, QUERY_STRING=query)
        count += 1
        assert long.asked == count, query


@pytest.mark.parametrize("form", [(ADDRESS + NOBODYS, ""), (TEXT_ADDRESS, f"code={NOBODYS}")])
def test_who_asks_for_the_code_of_nobody_is_counted_once(
    world: World, monkeypatch: pytest.MonkeyPatch, form: tuple[str, str]
) -> None:
    active(world)
    monkeypatch.setattr(throttles.ActorThrottle, "get_rate", lambda _: "500/min")
    monkeypatch.setattr(throttles.ActorThrottle, "timer", lambda _: 30.0)
    long = Long()
    told = [ask(ResolutionDoor(long), form[0], QUERY_STRING=form[1])[1]["RateLimit"] for _ in range(4)]
    assert (told, long.asked) == ([f'"actor";r={left};t=30' for left in (499, 498, 497, 496)], 4)
    assert throttles.ActorThrottle().counted("throttle:192.0.2.7:0", 60, 0) <= 5, "one of them ahead"


def test_a_language_is_never_mixed(world: World) -> None:
    active(world)
    short = ResolutionDoor(Long())
    for language, word in (("en", b"was never issued"), ("zh", "从未".encode()), ("en", b"was never issued")):
        _, headers, body = ask(short, ADDRESS + NEVER, HTTP_ACCEPT_LANGUAGE=language)
        assert (word in body, headers["Content-Language"][:2]) == (True, language), body


def test_where_identifiers_are_not_managed_and_without_a_database_the_long_way_speaks(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    active(world)
    long = Long()
    monkeypatch.setattr(door, "runs_here", lambda _: False)
    ask(ResolutionDoor(long), ADDRESS + NEVER)
    monkeypatch.undo()

    def gone(*_: object) -> None:
        raise InterfaceError

    monkeypatch.setattr(door, "answer", gone)
    ask(ResolutionDoor(long), ADDRESS + NEVER)
    assert long.asked == 2


def test_who_asks_too_often_is_told_when_to_come_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    active(world)
    monkeypatch.setattr(throttles.ActorThrottle, "get_rate", lambda _: "5/min")
    monkeypatch.setattr(throttles.ActorThrottle, "timer", lambda _: 30.0)
    short = ResolutionDoor(Long())
    assert ask(short, ADDRESS + NEVER, REMOTE_ADDR="192.0.2.8")[0][:3] == "404"
    told = [ask(short, ADDRESS + NEVER, HTTP_X_FORWARDED_FOR=f"10.0.0.{n}") for n in range(6)]
    assert [status[:3] for status, _, _ in told] == ["404"] * 5 + ["429"], (
        "a spoofed address is no new caller"
    )
    assert [headers["RateLimit"] for _, headers, _ in told[:2]] == ['"actor";r=4;t=30', '"actor";r=3;t=30']


@pytest.mark.parametrize("rate", [1, 99, 1000])
def test_what_is_counted_ahead_is_never_more_than_was_used_nor_than_a_hundredth(
    monkeypatch: pytest.MonkeyPatch, rate: int
) -> None:
    monkeypatch.setattr(throttles.ActorThrottle, "get_rate", lambda _: f"{rate}/min")
    monkeypatch.setattr(throttles.ActorThrottle, "timer", lambda _: 30.0)
    throttle = throttles.ActorThrottle()
    meta = {"REMOTE_ADDR": "192.0.2.7"}
    for used in range(1, rate + 1):
        headers = throttles.count_anonymous(meta)
        assert headers is not None, used
        counted = throttle.counted("throttle:192.0.2.7:0", 60, 0)
        assert used <= counted <= min(used + max(1, rate // 100), max(1, 2 * used)), used
        assert headers[1][1] == f'"actor";r={rate - used};t=30'
    assert throttles.count_anonymous(meta) is None
    monkeypatch.setattr(throttles.ActorThrottle, "timer", lambda _: 90.0)
    assert throttles.count_anonymous(meta) is not None, "another minute"
