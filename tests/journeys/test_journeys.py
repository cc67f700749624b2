"""Runs every YAML journey: one file is one story, told in HTTP.

A step has a `name`, one method with its address, and any of: `as` (one of the cast, or nobody), `data`, `form` (sent
as multipart, its `file` as a file), `encoded` (sent as an HTML form sends it), `file: true` (the answer is a file), `headers`,
`status` (default 200), `json` (path → value), `response_headers`, `remember` (name → path), `settle: true` (let the
node do what is due before the step, webhooks too). `${monday_evening}` and the like are times. A story may start from a `given` that GIVEN names. `${name}` is what was remembered, `${ada.organisation.id}` is of the world.
A value `/…/` is a regular expression; a path may end in `.length`; `null` is null and `absent` is a missing member.
"""

import re
from collections.abc import Callable
from datetime import timedelta
from functools import reduce
from pathlib import Path
from typing import Any

import pytest
import yaml

from identifiers.services.prefixes import accept_prefix
from kernel.actor import SYSTEM
from kernel.clock import SHANGHAI, now
from kernel.tasks import sweep
from participants.services.deliveries import deliver_due
from tests.aggregation.supply import qualify
from tests.marketplace.trade import running
from tests.nodes.far import FarUpstream
from tests.nodes.test_recalls import forgotten_report
from tests.scheduling.live import open_market
from tests.support.cast import World
from tests.support.wire import PUBLIC, Wire

JOURNEYS = sorted(Path(__file__).parent.glob("*.yaml"))
METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}
WORDS = {
    "name", "as", "data", "form", "encoded", "file", "headers", "status", "json", "response_headers", "remember", "settle",
}  # fmt: skip
ABSENT = "absent"


def busy_receiver(wire: Wire) -> None:
    """A receiver at https://hooks.example.com/ that has no time for the first that comes."""
    receiver, _ = wire.receiver("hooks.example.com")
    receiver.answers = [503]
    wire.places[PUBLIC, 443] = receiver.port


def run_for_a_year(world: World) -> None:
    """An order of Ben's for a year, delivered and billed."""
    open_market(world)
    running(world, duration_hours=8760)


def restored(world: World, test: pytest.FixtureRequest) -> None:
    """Our node forgot a report that the nation holds."""
    nation = FarUpstream()
    test.addfinalizer(nation.close)
    attached = world.otto.post("/api/v1/upstreams", {"url": nation.url, "token": nation.token})
    assert attached.status_code == 201, attached.content
    forgotten_report(nation)


def open_to_resale(world: World) -> None:
    """An open market, and Rex is qualified to resell."""
    open_market(world)
    qualify(world.rex)


GIVEN: dict[str, Callable[[World, pytest.FixtureRequest], object]] = {
    "an open market": lambda world, _: open_market(world),
    "an open market with a qualified reseller": lambda world, _: open_to_resale(world),
    "a running order": lambda world, _: run_for_a_year(world),
    "a delegated prefix": lambda *_: accept_prefix(prefix="86.320000", delegated_by="000000", actor=SYSTEM),
    "a node restored from a backup": restored,
    "a receiver that is busy once": lambda _, test: busy_receiver(test.getfixturevalue("wire")),
}


@pytest.mark.django_db
@pytest.mark.parametrize("journey", JOURNEYS, ids=lambda path: path.stem)
def test_journey(journey: Path, world: World, request: pytest.FixtureRequest) -> None:
    story = yaml.safe_load(journey.read_text(encoding="utf-8"))
    assert set(story) - {"given"} == {"story", "steps"}, f"{journey.name}: a journey has a story and steps"
    if given := story.get("given"):
        GIVEN[given](world, request)
    memory: dict[str, Any] = moments()
    for step in story["steps"]:
        memory["now"] = now().isoformat()
        take(step, world, memory, f"{journey.stem}: {step['name']}")


def moments() -> dict[str, Any]:
    """Times that a story may speak of: last month, and a Monday evening (20:00 in Shanghai, a week ahead or more) and what follows."""
    week_ahead = now().astimezone(SHANGHAI) + timedelta(days=7)
    monday = (week_ahead + timedelta(days=8 - week_ahead.isoweekday())).replace(
        hour=20, minute=0, second=0, microsecond=0
    )
    hours = {
        "monday_evening": 0,
        "tuesday_morning": 12,
        "tuesday_evening": 24,
        "wednesday_morning": 36,
        "saturday": 112,
    }
    ahead = {name: (monday + timedelta(hours=each)).isoformat() for name, each in hours.items()}
    return {"last_month": (now() - timedelta(days=30)).isoformat(), **ahead}


def take(step: dict[str, Any], world: World, memory: dict[str, Any], where: str) -> None:
    """Take one step of a journey, and hold its answer to what the step says."""
    (method,) = METHODS & set(step)
    assert set(step) <= WORDS | {method}, f"{where}: unknown words {set(step) - WORDS - {method}}"
    if step.get("settle"):
        sweep()
        deliver_due()
    told = {name: filled(value, world, memory) for name, value in step.items()}
    headers = {name.replace("-", "_"): str(value) for name, value in told.get("headers", {}).items()}
    caller = getattr(world, told.get("as", "nobody"))
    if form := told.get("form"):
        file = form.pop("file").encode()
        response = caller.upload(told[method], form, file, **headers)
    elif encoded := told.get("encoded"):
        response = caller.submit_form(told[method], encoded)
    else:
        response = caller.send(method, told[method], told.get("data"), **headers)
    assert response.status_code == told.get("status", 200), f"{where}\n{response.content.decode()}"
    body = response.json() if response.content and not told.get("file") else None
    for path, expected in told.get("json", {}).items():
        assert matches(lookup(body, path), expected), (
            f"{where}: {path} is {lookup(body, path)!r}, not {expected!r}"
        )
    for name, expected in told.get("response_headers", {}).items():
        assert matches(response.get(name, ABSENT), expected), f"{where}: {name} is {response.get(name)!r}"
    for name, path in told.get("remember", {}).items():
        memory[name] = lookup(body, path)
        assert memory[name] != ABSENT, f"{where}: nothing to remember at {path}"


def lookup(document: Any, path: str) -> Any:
    """The value at a path such as `items.0.code`; `absent` where there is none."""
    for word in path.removeprefix("$").strip(".").split("."):
        if word == "length" and isinstance(document, list):
            document = len(document)
        elif isinstance(document, list) and word.isdigit() and int(word) < len(document):
            document = document[int(word)]
        elif isinstance(document, dict) and word in document:
            document = document[word]
        else:
            return ABSENT
    return document


def matches(value: Any, expected: Any) -> bool:
    """Whether a value is what was expected: equal, or matched by an expression between slashes."""
    if isinstance(expected, str) and len(expected) > 1 and expected[0] == expected[-1] == "/":
        return re.search(expected[1:-1], str(value)) is not None
    return bool(value == expected)


def filled(value: Any, world: World, memory: dict[str, Any]) -> Any:
    """The value with each `${…}` replaced by what was remembered, or by what the world has there."""

    def known(name: str) -> Any:
        if name in memory:
            return memory[name]
        return reduce(getattr, name.split("."), world)

    if isinstance(value, dict):
        return {key: filled(inner, world, memory) for key, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner, world, memory) for inner in value]
    if isinstance(value, str):
        return re.sub(r"\$\{([\w.]+)\}", lambda found: str(known(found[1])), value)
    return value


def test_a_step_that_comes_out_otherwise_fails() -> None:
    body = {"items": [{"code": "a"}], "next": None}
    assert lookup(body, "$.items.0.code") == "a"
    assert lookup(body, "items.length") == 1
    assert lookup(body, "items.1.code") == ABSENT
    assert lookup(body, "next") is None
    assert matches("86.320000.1", "/^86[.]/")
    assert not matches("87", "/^86/")
    assert not matches(1, "1")
