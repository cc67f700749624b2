"""API keys: made for oneself, within one's roles, shown once, ended at once."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.actor import Actor, Reach, Role
from kernel.clock import now
from kernel.errors import InvalidField
from kernel.permissions import reach_of, scope_covers, table
from participants.errors import ScopeTooWide
from participants.models import ApiKey, Membership
from participants.selectors.credentials import actor_of_key
from participants.services.credentials import require_scopes_held
from tests.participants.newcomers import code_of
from tests.support.caller import Caller
from tests.support.cast import Person, World

pytestmark = pytest.mark.django_db


def keys_of(person: Person) -> str:
    return f"/api/v1/organisations/{person.organisation.id}/keys"


def test_a_key_is_rotated_without_a_pause_and_shown_once(world: World) -> None:
    made = world.ada.post(keys_of(world.ada), {"name": "agent", "scopes": ["*"], "valid_days": 365})
    assert made.status_code == 201
    new = Caller(made.json()["api_key"])
    assert (new.get("/api/v1/me").status_code, world.ada.get("/api/v1/me").status_code) == (200, 200)
    assert made.json()["api_key"].encode() not in world.ada.get(keys_of(world.ada)).content
    assert new.post(f"/api/v1/keys/{world.ada.row.id}:revoke").status_code == 200
    assert code_of(world.ada.get("/api/v1/me")) == (401, "unauthenticated")
    listed = new.get(keys_of(world.ada)).json()["items"]
    assert [row["revoked_at"] is None for row in listed] == [True, False]


WRONG = [
    ({"name": ""}, "/name"),
    ({"scopes": []}, "/scopes"),
    ({"scopes": ["castles"]}, "/scopes/0"),
    ({"scopes": ["kernel", "identifiers.approve_identifier"]}, "/scopes/1"),
    ({"valid_days": 366}, "/valid_days"),
    ({"valid_days": 0}, "/valid_days"),
]


@pytest.mark.parametrize(("change", "pointer"), WRONG, ids=str)
def test_a_key_too_wide_or_too_long_names_its_field(
    world: World, change: dict[str, Any], pointer: str
) -> None:
    body = {"name": "agent", "scopes": ["identifiers"], "valid_days": 30, **change}
    answer = world.ada.post(keys_of(world.ada), body)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == pointer


def test_no_key_is_made_without_a_scope(world: World) -> None:
    with pytest.raises(InvalidField) as refused:
        world.ada.with_scopes()
    assert refused.value.pointer == "/scopes"


def test_a_narrow_key_makes_no_wider_one(world: World) -> None:
    narrow = world.ada.with_scopes("participants.issue_key", "participants.read_organisation", "identifiers")
    body = {"name": "agent", "valid_days": 30}
    for scope, status in (
        ("identifiers.apply_identifier", 201),
        ("identifiers", 201),
        ("participants", 400),
        ("*", 400),
    ):
        assert narrow.post(keys_of(world.ada), {**body, "scopes": [scope]}).status_code == status


@given(
    st.sets(st.sampled_from(list(Role)), max_size=2),
    st.sets(st.sampled_from(["*", "identifiers", "participants", *sorted(table())]), max_size=3),
    st.sampled_from(["*", "identifiers", "participants", "castles", *sorted(table())]),
)
def test_no_key_reaches_further_than_the_one_that_made_it(
    roles: set[str], held: set[str], asked: str
) -> None:
    actor = Actor(roles=frozenset(roles) | {Role.COMPUTE_USER}, scopes=frozenset(held))
    child = Actor(roles=actor.roles, scopes=frozenset({asked}))
    wider = [name for name in table() if reach_of(name, child).width > reach_of(name, actor).width]
    try:
        require_scopes_held([asked], actor)
    except ScopeTooWide:
        reaches = [name for name in table() if scope_covers(frozenset({asked}), name)]
        reached = [name for name in reaches if reach_of(name, actor) is not Reach.NONE]
        assert not reached or not scope_covers(frozenset(held), asked)
    else:
        assert not wider


ENDS = ["expired", "revoked", "left", "inactive", "wrong", "half"]


@pytest.mark.parametrize("how", ENDS)
def test_a_key_that_has_ended_signs_nobody_in(world: World, how: str) -> None:
    ada, key = world.ada, world.ada.key
    assert actor_of_key(key) is not None
    match how:
        case "expired":
            ApiKey.objects.filter(id=ada.row.id).update(expires_at=now() - timedelta(seconds=1))
        case "revoked":
            ada.post(f"/api/v1/keys/{ada.row.id}:revoke")
        case "left":
            Membership.objects.filter(id=ada.membership.id).update(ended_at=now())
        case "inactive":
            ada.user.is_active = False
            ada.user.save()
        case "wrong":
            key = key[:-1] + ("0" if key[-1] != "0" else "1")
        case "half":
            key = key.rpartition("_")[0]
    assert actor_of_key(key) is None
    assert code_of(Caller(key).get("/api/v1/me")) == (401, "unauthenticated")


def test_a_colleagues_key_is_ended_by_an_administrator_only_and_a_strangers_by_nobody(world: World) -> None:
    here = f"/api/v1/keys/{world.ada.row.id}:revoke"
    assert code_of(world.abe.post(here)) == (403, "not_administrator")
    assert code_of(world.cleo.post(here)) == (404, "not_found")
    assert code_of(world.otto.post(here)) == (404, "not_found")
    Membership.objects.filter(id=world.abe.membership.id).update(administers=True)
    assert world.abe.post(here).json()["revoked_at"] is not None


RIGHTS = [("abe", 200, 201), ("cleo", 404, 404), ("otto", 403, 403), ("rhea", 403, 403), ("nobody", 401, 401)]


@pytest.mark.parametrize(("who", "lists", "makes"), RIGHTS)
def test_keys_are_the_firms_own_affair(world: World, who: str, lists: int, makes: int) -> None:
    person, here = getattr(world, who), keys_of(world.ada)
    assert person.get(here).status_code == lists
    body = {"name": "x", "scopes": ["kernel"]}
    assert person.post(here, body).status_code == makes


def test_a_list_asks_the_same_for_one_key_and_for_nine(world: World, django_assert_num_queries: Any) -> None:
    world.ada.get(keys_of(world.ada))  # notes the key's first use
    for more in (0, 8):
        for _ in range(more):
            world.ada.with_scopes("kernel")
        with django_assert_num_queries(5):
            world.ada.get(keys_of(world.ada))
