"""A tenant's keys end by two administrators of the operator, never by one."""

import pytest

from tests.participants.newcomers import Newcomer, code_of
from tests.support.cast import World

pytestmark = pytest.mark.django_db


def test_misused_keys_end_when_a_second_administrator_approves(world: World) -> None:
    firm = Newcomer()
    prefix = firm.told["api_key"].split("_")[1]
    body = {"prefixes": [prefix], "reason": "异常调用"}
    asked = world.otto.post(f"{firm.here}:propose-key-revocation", body)
    assert asked.status_code == 201, asked.content
    approve = f"/api/v1/proposals/{asked.json()['id']}:approve"
    assert code_of(world.otto.post(approve)) == (409, "same_person")
    assert firm.get(firm.here).status_code == 200
    assert world.olga.post(approve).status_code == 200
    assert code_of(firm.get(firm.here)) == (401, "unauthenticated")


def test_another_house_s_prefix_is_as_one_that_nobody_has(world: World) -> None:
    firm, other = Newcomer(), Newcomer()
    answers = [
        world.otto.post(f"{firm.here}:propose-key-revocation", {"prefixes": [prefix], "reason": "x"})
        for prefix in (other.told["api_key"].split("_")[1], "0" * 12)
    ]
    assert {code_of(answer) for answer in answers} == {(400, "invalid_field")}
    assert len({answer.content.split(b"request_id")[0] for answer in answers}) == 1
    assert code_of(firm.post(f"{firm.here}:propose-key-revocation", {})) == (403, "forbidden")
