"""OAuth 2 clients: made within their maker's rights, short tokens, and everything that must end them."""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.db.models.functions import Now

from kernel.models import EventRecord
from participants.models import AccessToken, ApiKey, ClientSecret, Membership, OAuthClient, Organisation, User
from participants.services.clients import forget_tokens
from participants.services.credentials import remind_of_ends
from participants.services.organisations import close_organisation
from participants.services.people import end_membership
from tests.participants.machines import Bearer, Machine, administers, clients_of, registered
from tests.participants.newcomers import code_of
from tests.support.cast import World

pytestmark = pytest.mark.django_db
ME = "/api/v1/me"


def refused(answer: Any) -> tuple[int, str]:
    """Status and `error` of an answer of OAuth."""
    return answer.status_code, answer.json()["error"]


@pytest.mark.parametrize("post", [False, True])
def test_a_machine_shows_its_secret_and_is_somebody_without_a_person(world: World, post: bool) -> None:  # noqa: FBT001
    machine = registered(world.ada, scopes=["aggregation", "kernel"])
    answer = machine.ask("token", post=post, grant_type="client_credentials")
    told = answer.json()
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    assert (told["token_type"], told["expires_in"], told["scope"]) == ("Bearer", 600, "aggregation kernel")
    me = Bearer(told["access_token"]).get(ME).json()
    assert (me["user"], me["organisation"], me["credential"]) == (
        None,
        str(world.ada.organisation.id),
        machine.id,
    )
    assert [role["code"] for role in me["roles"]] == ["compute_provider"]
    assert Bearer(told["access_token"]).get("/api/v1/pools").status_code == 200
    shown = world.ada.get(f"/api/v1/clients/{machine.id}").json()
    assert (shown["last_used_at"][:2], shown["last_used_from"]) == ("20", "127.0.0.1")


def test_neither_secret_nor_token_is_kept(world: World) -> None:
    machine = registered(world.ada)
    token = machine.token()
    assert bytes(ClientSecret.objects.get().digest) == hashlib.sha256(machine.secret.encode()).digest()
    assert bytes(AccessToken.objects.get().digest) == hashlib.sha256(token.encode()).digest()
    for model in (OAuthClient, ClientSecret, AccessToken):
        kept = str(list(model.objects.values()))
        assert machine.secret not in kept
        assert token not in kept
    assert machine.secret.encode() not in world.ada.get(clients_of(world.ada)).content


def test_a_token_is_narrowed_and_never_widened(world: World) -> None:
    machine = registered(world.ada, scopes=["aggregation", "kernel.read_me"])
    narrow = machine.caller(scope="aggregation.list_pools")
    assert narrow.get("/api/v1/pools").status_code == 200
    assert code_of(narrow.get("/api/v1/offers")) == (403, "scope_missing")
    for scope in ("*", "kernel", "scheduling", "aggregation scheduling", "*aggregation"):
        answer = machine.ask("token", grant_type="client_credentials", scope=scope)
        assert refused(answer) == (400, "invalid_scope"), scope


WIDE = [
    ({"scopes": ["identifiers.approve_identifier"]}, "scope_too_wide", "/scopes/0"),
    ({"scopes": ["aggregation", "castles"]}, "scope_too_wide", "/scopes/1"),
    ({"roles": ["regulator"]}, "role_not_of_kind", "/roles"),
    ({"roles": []}, "min_length", "/roles"),
    ({"scopes": []}, "min_length", "/scopes"),
    ({"allowed_networks": ["here"]}, "invalid_field", "/allowed_networks/0"),
]


@pytest.mark.parametrize(("change", "code", "pointer"), WIDE, ids=str)
def test_a_client_too_wide_names_its_field(
    world: World, change: dict[str, Any], code: str, pointer: str
) -> None:
    administers(world.ada)
    body = {"name": "program", "roles": ["compute_provider"], "scopes": ["aggregation"], **change}
    answer = world.ada.post(clients_of(world.ada), body)
    error = answer.json()["errors"][0]
    assert (answer.status_code, error["code"], error["pointer"]) == (400, code, pointer)


def test_a_client_holds_only_what_its_maker_holds_with_the_key_at_hand(world: World) -> None:
    administers(world.ada)
    body = {"name": "program", "roles": ["compute_provider"], "scopes": ["aggregation"]}
    narrow = world.ada.with_scopes("participants")
    assert code_of(narrow.post(clients_of(world.ada), body)) == (400, "scope_too_wide")
    administers(world.otto)
    body = {"name": "program", "roles": ["operator_audit"], "scopes": ["security"]}
    answer = world.otto.post(clients_of(world.otto), body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/roles/0")


def test_clients_are_an_administrator_s_and_never_a_machine_s_own(world: World) -> None:
    machine = registered(world.ada)
    path = f"/api/v1/clients/{machine.id}"
    body = {"name": "program", "roles": ["compute_provider"], "scopes": ["*"]}
    for caller, code in ((world.abe, "not_administrator"), (machine.caller(), "person_needed")):
        assert code_of(caller.post(clients_of(world.ada), body)) == (403, code)
        assert code_of(caller.post(f"{path}:rotate", {})) == (403, code)
        assert code_of(caller.post(f"{path}:end")) == (403, code)
        assert code_of(caller.patch(path, {"allowed_networks": []}, If_Match="*")) == (403, code)
    keys = f"/api/v1/organisations/{world.ada.organisation.id}/keys"
    machine_key = machine.caller().post(keys, {"name": "own", "scopes": ["kernel"]})
    assert code_of(machine_key) == (403, "person_needed")


def test_a_secret_rotates_with_an_overlap_that_ends(world: World) -> None:
    machine = registered(world.ada)
    old_token = machine.caller()
    answer = world.ada.post(f"/api/v1/clients/{machine.id}:rotate", {"overlap_hours": 1})
    assert answer.status_code == 201
    new = Machine(machine.id, machine.client_id, answer.json()["client_secret"])
    assert machine.secret != new.secret
    assert new.caller().get(ME).status_code == machine.caller().get(ME).status_code == 200
    ClientSecret.objects.filter(replaces=None).update(
        expires_at=F("expires_at") - timedelta(hours=1, seconds=1)
    )
    assert refused(machine.ask("token", grant_type="client_credentials")) == (401, "invalid_client")
    assert code_of(old_token.get(ME)) == (401, "unauthenticated")  # a token ends with its secret
    assert new.caller().get(ME).status_code == 200
    assert world.ada.post(f"/api/v1/clients/{machine.id}:rotate", {"overlap_hours": 0}).status_code == 201
    assert refused(new.ask("token", grant_type="client_credentials")) == (401, "invalid_client")


ENDINGS: dict[str, Callable[[World, Machine], object]] = {
    "its client is ended": lambda world, machine: world.ada.post(f"/api/v1/clients/{machine.id}:end"),
    "its keeper leaves": lambda world, _: end_membership(
        membership=world.ada.membership, actor=world.abe.actor
    ),
    "its keeper is locked out": lambda world, _: User.objects.filter(id=world.ada.user.id).update(
        is_active=False
    ),
    "its organisation closes": lambda world, _: close_organisation(
        organisation=world.ada.organisation, actor=world.abe.actor
    ),
    "its secret is revoked": lambda *_: ClientSecret.objects.update(revoked_at=Now()),
    "its keeper loses the role": lambda world, _: Membership.objects.filter(
        id=world.ada.membership.id
    ).update(roles=[]),
    "its networks are others": lambda *_: OAuthClient.objects.update(allowed_networks=["203.0.113.0/24"]),
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_token_is_nothing_any_more_once(world: World, ending: str) -> None:
    machine = registered(world.ada)
    administers(world.abe)
    caller = machine.caller()
    assert caller.get(ME).status_code == 200
    ENDINGS[ending](world, machine)
    assert code_of(caller.get(ME)) == (401, "unauthenticated")
    if ending != "its keeper loses the role":
        assert refused(machine.ask("token", grant_type="client_credentials")) == (401, "invalid_client")


def test_a_token_ends_after_ten_minutes_and_is_forgotten(world: World) -> None:
    caller = registered(world.ada).caller()
    AccessToken.objects.update(expires_at=F("expires_at") - timedelta(minutes=10))
    assert code_of(caller.get(ME)) == (401, "unauthenticated")
    assert forget_tokens() == 0
    AccessToken.objects.update(expires_at=F("expires_at") - timedelta(days=1))
    assert forget_tokens() == 1


def test_who_rotates_takes_the_client_over(world: World) -> None:
    machine = registered(world.ada)
    administers(world.abe)
    told = world.abe.post(f"/api/v1/clients/{machine.id}:rotate", {"overlap_hours": 720}).json()
    taken = Machine(machine.id, machine.client_id, told["client_secret"])
    end_membership(membership=world.ada.membership, actor=world.abe.actor)
    assert taken.caller().get(ME).status_code == 200
    assert refused(machine.ask("token", grant_type="client_credentials")) == (401, "invalid_client")


WRONG: dict[str, dict[str, Any]] = {
    "unsupported_grant_type": {"grant_type": "password", "username": "a", "password": "b"},
    "invalid_request": {"scope": "kernel"},
}


@pytest.mark.parametrize("error", WRONG)
def test_errors_are_those_of_oauth(world: World, error: str) -> None:
    answer = registered(world.ada).ask("token", **WRONG[error])
    assert refused(answer) == (400, error)
    assert "code" not in answer.json()


def test_who_is_no_client_is_told_one_thing(world: World) -> None:
    machine = registered(world.ada)
    strangers = [
        Machine("", machine.client_id, "cins_wrong"),
        Machine("", "nobody", machine.secret),
        Machine("", "no\x00body", machine.secret),
        Machine("", "", ""),
    ]
    told = []
    for stranger in strangers:
        for post in (False, True):
            answer = stranger.ask("token", post=post, grant_type="client_credentials")
            told.append((answer.status_code, answer.content, answer["WWW-Authenticate"]))
    OAuthClient.objects.update(allowed_networks=["203.0.113.0/24"])
    answer = machine.ask("token", grant_type="client_credentials")
    told.append((answer.status_code, answer.content, answer["WWW-Authenticate"]))
    assert set(told) == {(401, b'{"error":"invalid_client"}', 'Basic realm="node"')}


def test_a_machine_gets_tokens_from_its_networks_only(world: World) -> None:
    machine = registered(world.ada, allowed_networks=["203.0.113.0/24"])
    here, spoofed_header = {"REMOTE_ADDR": "::ffff:203.0.113.5"}, {"HTTP_X_FORWARDED_FOR": "203.0.113.5"}
    inside = machine.ask("token", client=here, grant_type="client_credentials")
    spoofed = machine.ask("token", client=spoofed_header, grant_type="client_credentials")
    assert (inside.status_code, refused(spoofed)) == (200, (401, "invalid_client"))
    assert code_of(Bearer(inside.json()["access_token"]).get(ME)) == (401, "unauthenticated")


def test_a_client_sees_and_ends_its_own_tokens_only(world: World) -> None:
    mine, theirs = registered(world.ada), registered(world.cleo)
    token = mine.token(scope="kernel")
    told = mine.ask("introspect", token=token).json()
    assert (told["active"], told["scope"], told["client_id"]) == (True, "kernel", mine.client_id)
    assert told["exp"] - told["iat"] == 600
    for text in (token, "nothing"):
        assert theirs.ask("introspect", token=text).json() == {"active": False}
        assert theirs.ask("revoke", token=text).status_code == 200
    assert Bearer(token).get(ME).status_code == 200
    assert mine.ask("revoke", token=token).status_code == 200
    assert code_of(Bearer(token).get(ME)) == (401, "unauthenticated")
    assert mine.ask("introspect", token=token).json() == {"active": False}
    stranger = Machine("", mine.client_id, "wrong")
    for path in ("introspect", "revoke"):
        assert refused(stranger.ask(path, token=token)) == (401, "invalid_client")


def test_the_metadata_leads_to_the_endpoints(world: World, settings: Any) -> None:
    settings.NODE_URL = "https://node.example/"
    told = world.nobody.get("/.well-known/oauth-authorization-server").json()
    assert told["issuer"] == "https://node.example"
    assert told["token_endpoint"] == "https://node.example/api/v1/oauth/token"
    assert told["grant_types_supported"] == ["client_credentials"]


def test_a_secret_that_ends_is_announced_once(world: World) -> None:
    registered(world.ada)
    ClientSecret.objects.update(created_at=Now() - timedelta(days=80), expires_at=Now() + timedelta(days=10))
    assert (remind_of_ends(ClientSecret), remind_of_ends(ClientSecret), remind_of_ends(ApiKey)) == (1, 0, 0)
    assert EventRecord.objects.get(name="participants.credential_expiring").payload["kind"] == "client_secret"


def test_nobody_reaches_another_s_client(world: World) -> None:
    machine = registered(world.ada)
    assert code_of(administers(world.cleo).get(f"/api/v1/clients/{machine.id}")) == (404, "not_found")
    assert Organisation.objects.get(id=world.ada.organisation.id).clients.count() == 1
