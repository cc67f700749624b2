"""A law about what callers write: no operation ignores a member of its body that it does not know."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import pytest
from django.http import QueryDict
from django.utils.translation import override
from rest_framework import serializers

from kernel.actor import SYSTEM
from kernel.api.bodies import NothingIn, takes_nothing
from kernel.api.members import MOST_TOLD, unknown_members
from kernel.api.problems import translate
from kernel.api.views import HouseView
from nodes.api.federation import FingerprintsIn, FingerprintsView
from scheduling.domain.demand import DemandError
from scheduling.domain.engine.files import parse_wished
from tests.laws.house import import_every_floor
from tests.laws.test_contract import house_views
from tests.support.contract import contract

STRANGER = "strang/er~"
TOKEN = "strang~1er~0"
SELECTION, TERMS = "scheduling.create_selection", ("terms",)  # a demand has a reader of its own
NAMED = {"name": "handle"}  # where an address has to name something before the body is read
LEAST = {"demand": "d", "from_site": "s", "quantity": 1, "bandwidth_mbps": 1}
TOLERANT = {  # between nodes of two releases, and where a standard says so
    "participants.issue_token",
    "participants.revoke_token",
    "participants.introspect_token",
    "nodes.request_attachment",
    "nodes.request_detachment",
    "nodes.answer_manifest",
    "nodes.answer_fingerprints",
    "nodes.answer_recall",
    "scheduling.filter_network_map",
    "scheduling.filter_cost_map",
}

Path = tuple[str, ...]


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema that a reference leads to."""
    while "$ref" in schema:
        schema = contract()["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    return schema


def objects(schema: dict[str, Any], at: Path = ()) -> Iterator[tuple[Path, bool]]:
    """Where a body has objects with members of their own, and whether each is closed; `*` is an entry or any key."""
    schema = resolved(schema)
    for each in (*schema.get("allOf", ()), *schema.get("oneOf", ()), *schema.get("anyOf", ())):
        yield from objects(each, at)
    if "properties" in schema:
        yield at, schema.get("additionalProperties") is False
    for name, each in schema.get("properties", {}).items():
        yield from objects(each, (*at, name))
    if isinstance(more := schema.get("additionalProperties"), dict):
        yield from objects(more, (*at, "*"))
    if "items" in schema:
        yield from objects(schema["items"], (*at, "0"))


def bodies() -> Iterator[tuple[str, dict[str, str], dict[str, Any]]]:
    """Each operation with a body that has members, what its address names, and the body's schema."""
    for address, methods in contract()["paths"].items():
        named = {
            {"id": "pk"}.get(name, name): NAMED.get(name, "1") for name in re.findall(r"{(\w+)}", address)
        }
        for words in methods.values():
            for content in words.get("requestBody", {}).get("content", {}).values():
                if any(objects(content["schema"])):
                    yield words["operationId"], named, content["schema"]


def with_a_stranger(at: Path) -> Any:
    """The least body that has an unknown member there."""
    if not at:
        return {STRANGER: 1}
    inner = with_a_stranger(at[1:])
    return [inner] if at[0] == "0" else {"any" if at[0] == "*" else at[0]: inner}


def refused(view: Any, method: str, named: dict[str, str], body: Any) -> list[str]:
    """The pointers at which the operation refuses the body: the act itself, with nothing behind it but what it reads."""
    view.request = SimpleNamespace(
        data=body, method=method, query_params=QueryDict(), headers={}, META={}, user=MagicMock(), FILES={}
    )
    view._actor, view.subject = SYSTEM, MagicMock()  # noqa: SLF001 - as its own questions would have found them
    try:
        answer = getattr(view, method.lower())(view.request, **named)
    except Exception as error:
        translated = translate(error)
        if translated is None:
            raise
        problem, items = translated
        return [each.get("pointer", "") for each in (*(items or ()), *problem.items)]
    return [
        f"/items/{each['index']}{fault['pointer']}"
        for each in answer.data["items"]
        for fault in each["problem"]["errors"]
    ]


@pytest.fixture(scope="module")
def views() -> dict[str, tuple[type[HouseView], str]]:
    """The view and the method of each operation."""
    import_every_floor()
    return {name: (view, verb) for view in house_views() for verb, name in view.operations.items()}


def test_every_operation_refuses_members_that_it_does_not_know(
    views: dict[str, tuple[type[HouseView], str]],
) -> None:
    ignored, asked = [], set()
    for operation, named, schema in bodies():
        view, method = views[operation]
        assert view.tolerant == (operation in TOLERANT), operation
        for at, closed in objects(schema):
            assert closed != view.tolerant, operation
            if view.tolerant or operation == SELECTION or at[:1] == TERMS:
                continue
            pointer = "".join(f"/{'any' if each == '*' else each}" for each in (*at, TOKEN))
            if pointer not in refused(view(), method, named, with_a_stranger(at)):
                ignored.append((operation, pointer))
            asked.add((operation, at))
    assert ignored == []
    assert len(asked) > 150
    assert {at for operation, at in asked if operation == "marketplace.issue_quote"} == {(), ("schedule",)}


def test_what_has_no_body_in_the_contract_takes_none(views: dict[str, tuple[type[HouseView], str]]) -> None:
    writes = [
        words for methods in contract()["paths"].values() for verb, words in methods.items() if verb != "get"
    ]
    assert len(writes) > 150
    for words in writes:
        view, method = views[words["operationId"]]
        handler = getattr(view, method.lower())
        assert takes_nothing(handler) == ("requestBody" not in words), words["operationId"]
    with override("en"):
        (only,) = unknown_members(NothingIn(), {"reason": "x"})
    assert (only["pointer"], only["detail"]) == ("/reason", "The operation has no body: leave reason out.")


def test_a_demand_s_own_reader_refuses_them_in_each_of_its_groups() -> None:
    body = next(schema for operation, _, schema in bodies() if operation == SELECTION)
    groups = {at for at, _ in objects(body)} - {("peers",), ("from_coordinates",)}  # read before, as wholes
    assert len(groups) > 6
    for at in groups:
        with pytest.raises(DemandError) as error:
            parse_wished(LEAST | with_a_stranger(at), asked_at=datetime(2026, 1, 1, tzinfo=UTC))
        assert (error.value.code, error.value.field) == ("unknown_field", ".".join((*at, STRANGER)))


def test_a_stranger_is_told_with_what_is_known_and_what_may_be_meant() -> None:
    class Inner(serializers.Serializer[Any]):
        weekdays = serializers.IntegerField()

    class Outer(serializers.Serializer[Any]):
        id = serializers.UUIDField(read_only=True)
        schedule = Inner()
        rows = Inner(many=True)
        by_key = serializers.DictField(child=Inner())
        document = serializers.JSONField()

    body = {
        "shedule": {},
        "id": "1",
        "schedule": {"weekday": 1},
        "rows": [{}, {"x": 1}],
        "by_key": {"a/b": {"y": 1}},
        "document": {"z": 1},
    }
    with override("en"):
        told = unknown_members(Outer(), body)
    takes = "by_key, document, rows, schedule"
    assert [(each["pointer"], each["code"]) for each in told] == [
        (pointer, "unknown_field")
        for pointer in ("/shedule", "/id", "/schedule/weekday", "/rows/1/x", "/by_key/a~1b/y")
    ]
    assert told[0]["detail"] == f"Unknown: shedule. Here it takes: {takes}. Did you mean schedule?"
    assert told[1]["detail"] == f"Unknown: id. Here it takes: {takes}."
    with override("zh-hans"):
        (only,) = unknown_members(Inner(), {"weekday": 1})
    assert only["detail"] == "未知字段 weekday；此处可用字段：weekdays。是否要写 weekdays？"
    assert len(unknown_members(Inner(), {f"x{n}": 1 for n in range(100)})) == MOST_TOLD


def test_a_peer_of_a_later_release_may_say_more() -> None:
    view = FingerprintsView()
    view.request = SimpleNamespace(data={"stream": "keys", "ranges": [[1, 2]], STRANGER: 1})  # type: ignore[assignment] # all that is read
    assert view.read(FingerprintsIn) == {"stream": "keys", "ranges": [[1, 2]]}
