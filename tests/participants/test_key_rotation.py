"""Rotation: a successor of the same rights, shown once; the old key ends after the overlap, and the chain is told."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.db.models.functions import Now

from kernel.clock import now
from kernel.models import EventRecord
from participants.models import ApiKey, Membership
from participants.services.credentials import remind_of_ends, rotate_key
from tests.participants.newcomers import code_of
from tests.support.caller import Caller
from tests.support.cast import World
from tests.support.races import kinds, race

pytestmark = pytest.mark.django_db
ME = "/api/v1/me"


def rotated(world: World, **body: Any) -> Any:
    return world.ada.post(f"/api/v1/keys/{world.ada.row.id}:rotate", body)


def test_the_old_key_works_for_the_overlap_and_not_longer(world: World) -> None:
    ApiKey.objects.filter(id=world.ada.row.id).update(
        expires_at=Now() + timedelta(days=80), allowed_networks=["127.0.0.0/8"]
    )
    answer = rotated(world)
    assert answer.status_code == 201
    told = answer.json()
    new = Caller(told["api_key"])
    row, old = ApiKey.objects.get(id=told["id"]), ApiKey.objects.get(id=world.ada.row.id)
    assert (row.scopes, row.name, row.replaces_id, row.allowed_networks) == (
        old.scopes,
        old.name,
        old.id,
        ["127.0.0.0/8"],
    )
    assert abs(old.expires_at - now() - timedelta(hours=24)) < timedelta(minutes=1)
    assert (new.get(ME).status_code, world.ada.get(ME).status_code) == (200, 200)
    ApiKey.objects.filter(id=old.id).update(expires_at=F("expires_at") - timedelta(hours=24, seconds=1))
    assert (new.get(ME).status_code, code_of(world.ada.get(ME))) == (200, (401, "unauthenticated"))
    shown = new.get(f"/api/v1/keys/{row.id}")
    assert shown.json()["replaces"] == str(old.id)
    assert told["api_key"] not in shown.content.decode()


def test_an_overlap_of_nothing_ends_the_old_key_at_once(world: World) -> None:
    new = Caller(rotated(world, overlap_hours=0).json()["api_key"])
    assert (new.get(ME).status_code, world.ada.get(ME).status_code) == (200, 401)


def test_an_overlap_never_lengthens_the_old_key_s_life(world: World) -> None:
    before = ApiKey.objects.get(id=world.ada.row.id).expires_at
    assert rotated(world, overlap_hours=720).status_code == 201
    assert ApiKey.objects.get(id=world.ada.row.id).expires_at == before


@pytest.mark.parametrize(
    ("body", "pointer"),
    [({"overlap_hours": 721}, "/overlap_hours"), ({"overlap_hours": -1}, "/overlap_hours"), ({"valid_days": 366}, "/valid_days")],
)  # fmt: skip
def test_an_overlap_is_thirty_days_at_most(world: World, body: dict[str, int], pointer: str) -> None:
    answer = rotated(world, **body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, pointer)


def test_a_key_has_one_successor_until_that_one_is_revoked(world: World) -> None:
    first = rotated(world).json()
    again = rotated(world)
    assert code_of(again) == (409, "rotated_already")
    assert first["prefix"] in again.json()["detail"]
    assert world.ada.post(f"/api/v1/keys/{first['id']}:revoke").status_code == 200  # its text was lost
    assert rotated(world).status_code == 201


def test_what_has_ended_is_not_rotated(world: World) -> None:
    other = world.ada.post(
        f"/api/v1/organisations/{world.ada.organisation.id}/keys", {"name": "b", "scopes": ["*"]}
    )
    key = other.json()["id"]
    world.ada.post(f"/api/v1/keys/{key}:revoke")
    assert code_of(world.ada.post(f"/api/v1/keys/{key}:rotate", {})) == (409, "credential_ended")


def test_nobody_rotates_a_colleague_s_key_and_a_narrow_key_no_wider_one(world: World) -> None:
    Membership.objects.filter(id=world.abe.membership.id).update(administers=True)
    path = f"/api/v1/keys/{world.ada.row.id}:rotate"
    assert code_of(world.abe.post(path, {})) == (403, "not_your_key")
    narrow = world.ada.with_scopes("participants")
    assert code_of(narrow.post(path, {})) == (400, "scope_too_wide")
    assert code_of(world.cleo.post(path, {})) == (404, "not_found")


def test_the_list_of_networks_changes_by_version_and_takes_effect(world: World) -> None:
    path = f"/api/v1/keys/{world.ada.row.id}"
    networks = {"allowed_networks": ["203.0.113.0/24"]}
    assert code_of(world.ada.patch(path, networks)) == (428, "if_match_missing")
    version = world.ada.get(path)["ETag"]
    wrong = world.ada.patch(path, {"allowed_networks": ["203.0.113.1/24"]}, If_Match=version)
    assert wrong.json()["errors"][0]["pointer"] == "/allowed_networks/0"
    changed = world.ada.patch(path, networks, If_Match=version)
    assert (changed.status_code, changed.json()["allowed_networks"]) == (200, ["203.0.113.0/24"])
    assert code_of(world.ada.get(ME)) == (401, "unauthenticated")
    assert EventRecord.objects.get(name="participants.credential_restricted").payload == {"networks": 1}


def test_a_colleague_s_networks_are_an_administrator_s_to_change(world: World) -> None:
    path, nowhere = f"/api/v1/keys/{world.ada.row.id}", {"allowed_networks": ["203.0.113.0/24"]}
    assert code_of(world.abe.patch(path, nowhere, If_Match="*")) == (403, "not_administrator")
    Membership.objects.filter(id=world.abe.membership.id).update(administers=True)
    assert world.abe.patch(path, nowhere, If_Match="*").status_code == 200


def test_one_is_reminded_once_of_a_key_that_ends_and_has_no_successor(world: World) -> None:
    soon = Now() + timedelta(days=13)
    assert all([world.ada, world.ben, world.cleo])
    ApiKey.objects.update(created_at=Now() - timedelta(days=30))
    ApiKey.objects.filter(id=world.ada.row.id).update(expires_at=soon)
    ApiKey.objects.filter(id=world.cleo.row.id).update(expires_at=Now() + timedelta(days=15))
    ApiKey.objects.filter(id=world.ben.row.id).update(expires_at=soon)
    world.ben.post(f"/api/v1/keys/{world.ben.row.id}:rotate", {"overlap_hours": 720})
    world.rex.with_scopes("kernel")  # made for an hour
    assert remind_of_ends(ApiKey) == 1
    assert remind_of_ends(ApiKey) == 0
    told = EventRecord.objects.get(name="participants.credential_expiring")
    assert (told.subject, told.tenant_id) == (world.ada.row.id, world.ada.organisation.id)
    assert told.payload["kind"] == "api_key"


@pytest.mark.django_db(transaction=True)
def test_two_who_rotate_at_once_make_one_successor(world: World) -> None:
    key, actor = ApiKey.objects.get(id=world.ada.row.id), world.ada.actor

    def rotate() -> object:
        return rotate_key(key=key, overlap=timedelta(hours=1), valid_for=timedelta(days=1), actor=actor)

    outcomes = race(rotate, rotate, rotate)
    assert kinds(outcomes) == {"RotatedAlready": 2, "tuple": 1}
    assert ApiKey.objects.filter(replaces=key).count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_first_use_of_a_key_is_noted_where_anybody_may_ask_without_a_transaction(world: World) -> None:
    assert ApiKey.objects.get(id=world.ben.row.id).last_used_at is None
    assert world.ben.get("/api/v1/resolve?code=86.320000/000000000000C").status_code == 404
    assert ApiKey.objects.get(id=world.ben.row.id).last_used_at


def test_one_counter_for_each_credential(world: World) -> None:
    both = {
        world.ada.get(ME).json()["credential"],
        world.ada.with_scopes("kernel").get(ME).json()["credential"],
    }
    assert len(both) == 2
    assert str(world.ada.row.id) in both
