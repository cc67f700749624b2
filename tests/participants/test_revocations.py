"""A tenant's keys and clients end by two administrators of the operator, never by one."""

from typing import Any

import pytest

from kernel.ids import new_id
from kernel.models import EventRecord
from kernel.services.outbox import relay
from tests.participants.machines import registered
from tests.participants.newcomers import Newcomer, code_of
from tests.scheduling.live import SOMEWHERE, demand
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


def here(world: World, name: str) -> str:
    return f"/api/v1/organisations/{getattr(world, name).organisation.id}:propose-key-revocation"


def test_a_misused_client_is_found_in_the_audit_and_ends_with_its_token_by_two_people(world: World) -> None:
    machine, other = registered(world.ben), registered(world.bea)
    caller = machine.caller()
    wish = caller.post("/api/v1/demands", {"title": "x", "terms": demand(**SOMEWHERE)})
    assert wish.status_code == 201, wish.content
    relay()
    found = world.owen.get("/api/v1/audit/events?name=participants.access_granted").json()["items"]
    assert [(each["actor_user"], each["actor_client"]) for each in found] == [(None, machine.id)]
    assert f'"actor_client":"{machine.id}"' in found[0]["leaf"]
    acts = EventRecord.objects.filter(actor_client=machine.id).values_list("name", "actor_user")
    assert {*acts} == {("participants.access_granted", None), ("marketplace.demand_submitted", None)}
    body = {"clients": [found[0]["actor_client"]], "reason": "异常调用"}
    asked = world.otto.post(here(world, "ben"), body)
    approve = f"/api/v1/proposals/{asked.json()['id']}:approve"
    assert code_of(world.otto.post(approve)) == (409, "same_person")
    assert caller.get("/api/v1/demands").status_code == 200
    assert world.olga.post(approve).status_code == 200
    assert code_of(caller.get("/api/v1/demands")) == (401, "unauthenticated")
    assert machine.ask("token", grant_type="client_credentials").status_code == 401
    assert other.caller().get("/api/v1/demands").status_code == 200
    ended = EventRecord.objects.get(name="participants.client_ended")
    assert (str(ended.subject), ended.tenant_id) == (machine.id, world.ben.organisation.id)
    assert (ended.actor_user, ended.actor_client) == (world.olga.user.id, None)


@pytest.mark.parametrize(
    ("named", "pointer"),
    [({}, "/prefixes"), ({"clients": ["theirs"]}, "/clients/0"), ({"clients": ["nobody's"]}, "/clients/0")],
)
def test_what_the_house_has_not_cannot_be_ended(world: World, named: dict[str, Any], pointer: str) -> None:
    if "clients" in named:
        theirs = registered(world.bea).id
        named = {"clients": [theirs if named["clients"] == ["theirs"] else str(new_id())]}
    refused = world.otto.post(here(world, "ben"), {**named, "reason": "x"})
    assert (code_of(refused), refused.json()["errors"][0]["pointer"]) == ((400, "invalid_field"), pointer)
