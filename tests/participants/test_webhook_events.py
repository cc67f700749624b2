"""What the contract says is sent is what is sent: every event that may leave, and the ping."""

from dataclasses import fields
from datetime import UTC, date, datetime
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints
from uuid import UUID

import pytest
import yaml
from openapi_schema_validator import OAS31Validator

from kernel.events import EVENTS
from kernel.ids import new_id
from participants.domain.webhooks import PING, cloud_event
from participants.selectors.webhooks import leaving
from tests.laws.house import import_every_floor
from tests.support import contract as committed

AT = datetime(2026, 7, 1, tzinfo=UTC)
SAMPLES: dict[Any, Any] = {UUID: new_id(), datetime: AT, date: date(2026, 7, 1), str: "x", int: 7, bool: True}


@pytest.fixture(scope="module")
def contract() -> dict[str, Any]:
    import_every_floor()
    return committed.contract()


def sample(hint: Any, *, empty: bool) -> Any:
    """A value of a declared type; none and nothing where it may be so."""
    if isinstance(hint, UnionType):
        return None if empty else sample(get_args(hint)[0], empty=empty)
    if get_origin(hint) is tuple:
        return () if empty else (sample(get_args(hint)[0], empty=empty),)
    return SAMPLES[hint]


def sent(name: str, *, empty: bool) -> dict[str, Any]:
    """The document that leaves the node when this happens."""
    kind = EVENTS[name]
    hints = get_type_hints(kind)
    event = kind(**{field.name: sample(hints[field.name], empty=empty) for field in fields(kind)})
    body = cloud_event(
        id=new_id(), name=name, source="https://node.example", subject=event.subject, tenant=event.tenant,
        at=AT, payload=event.payload(),
    )  # fmt: skip
    document: dict[str, Any] = yaml.safe_load(body)
    return document


def schema_of(contract: dict[str, Any], name: str) -> dict[str, Any]:
    body = contract["webhooks"][name]["post"]["requestBody"]["content"]["application/cloudevents+json"]
    envelope, own = body["schema"]["allOf"]
    assert envelope == {"$ref": "#/components/schemas/CloudEventOut"}
    return {"allOf": [contract["components"]["schemas"]["CloudEventOut"], own]}


def complaints(contract: dict[str, Any], name: str, document: dict[str, Any]) -> list[str]:
    checker = OAS31Validator(schema_of(contract, name), format_checker=OAS31Validator.FORMAT_CHECKER)
    return [error.message for error in checker.iter_errors(document)]


def test_the_contract_lists_what_may_leave_and_the_ping(contract: dict[str, Any]) -> None:
    assert set(contract["webhooks"]) == {*leaving(), PING}
    for name, row in leaving().items():
        assert contract["webhooks"][name]["post"]["summary"] == f"{row.label.zh} / {row.label.en}"


@pytest.mark.parametrize("empty", [False, True])
def test_what_is_sent_is_what_the_contract_says(contract: dict[str, Any], *, empty: bool) -> None:
    for name in contract["webhooks"]:
        document = sent(name, empty=empty)
        assert complaints(contract, name, document) == [], name
        declared = schema_of(contract, name)["allOf"][1]["properties"]["data"]["properties"]
        assert set(document["data"]) == set(declared), name


def test_another_event_s_name_a_missing_member_and_a_wrong_type_are_noticed(contract: dict[str, Any]) -> None:
    name = "marketplace.quote_issued"
    good = sent(name, empty=False)
    data = good["data"]
    for wrong in (
        {**good, "type": "marketplace.order_placed"},
        {**good, "data": {}},
        {**good, "data": {**data, "tenant": 7}},
        {**good, "data": {**data, "tenant": "nobody"}},
    ):
        assert complaints(contract, name, wrong)
