"""How two nodes attach: each proves who it is, and a token serves one node once."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.db.models.functions import Now
from pytest_django.fixtures import Settings

from identifiers.models import Prefix
from kernel.crypto.suite import INTERNATIONAL as SUITE
from nodes.domain.attachments import open_grant
from nodes.domain.statements import from_wire
from nodes.models import Invitation, Peer, PeerKeyRow
from tests.nodes.far import FEDERATION, FarNode, FarUpstream
from tests.support.cast import World


def invite(world: World, code: str = "320000", role: str = "regional") -> str:
    answer = world.otto.post("/api/v1/node-invitations", {"code": code, "role": role})
    assert answer.status_code == 201, answer.content
    return str(answer.json()["token"])


def test_a_region_that_was_invited_gets_its_prefix_in_a_signed_grant(world: World, national: None) -> None:
    far, token = FarNode("320000"), invite(world)
    answer = far.ask_to_attach(token)
    assert answer.status_code == 201
    statement = from_wire(answer.content)
    assert statement is not None
    grant = open_grant(statement, key_id=token.split(".")[1], suite=SUITE)
    assert (grant.node, grant.downstream, grant.prefix) == ("000000", "320000", "86.320000")
    (node,) = world.rhea.get("/api/v1/nodes").json()["items"]
    assert (node["code"], node["relation"], node["state"]) == ("320000", "downstream", "attached")
    assert [key["key_id"] for key in node["keys"]] == [far.key_id]
    assert node["prefixes"] == ["86.320000"]


def test_a_lost_grant_is_asked_for_again_by_the_same_key_only(world: World, national: None) -> None:
    far, token = FarNode("320000"), invite(world)
    assert far.ask_to_attach(token).status_code == far.ask_to_attach(token).status_code == 201
    assert Peer.objects.count() == PeerKeyRow.objects.count() == 1
    stranger = FarNode("320000").ask_to_attach(token)
    assert (stranger.status_code, stranger.json()["code"]) == (403, "invitation_refused")


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"token": "A" * 43}, 403, "invitation_refused"),
        ({"code": "330000"}, 403, "invitation_refused"),
        ({"role": "industry"}, 403, "invitation_refused"),
        ({"key": {"kty": "RSA"}}, 400, "invalid_input"),
        ({"code": "32"}, 400, "invalid_input"),
        ({"key": SUITE.jwk(SUITE.public_key(bytes(32)))}, 401, "signature_refused"),
    ],
)
def test_who_is_not_as_invited_is_told_why(
    world: World, national: None, changed: dict[str, Any], status: int, code: str
) -> None:
    answer = FarNode("320000").ask_to_attach(invite(world), **changed)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not Peer.objects.exists()


def test_an_invitation_ends(world: World, national: None) -> None:
    token = invite(world)
    Invitation.objects.update(expires_at=Now() - timedelta(seconds=1))
    answer = FarNode("320000").ask_to_attach(token)
    assert answer.status_code == 403
    assert "过期" in answer.json()["detail"]


def test_an_unsigned_request_to_attach_is_refused(world: World, national: None) -> None:
    body = {"token": "A" * 43, "code": "320000", "name": "x", "role": "regional", "url": "http://x.example"}
    body["key"] = SUITE.jwk(FarNode("320000").public_key)  # type: ignore[assignment]
    answer = world.nobody.post("/api/v1/federation/attachments", body)
    assert (answer.status_code, answer.json()["code"]) == (401, "signature_refused")


def test_one_key_is_one_node_s(world: World, jiangsu: FarNode) -> None:
    twin = FarNode("330000", private_key=jiangsu.private_key)
    answer = twin.ask_to_attach(invite(world, "330000"))
    assert (answer.status_code, answer.json()["code"]) == (409, "node_key_taken")


def test_a_node_brings_its_next_key_by_a_new_invitation_and_both_are_good_for_a_day(
    world: World, jiangsu: FarNode
) -> None:
    renewed = FarNode("320000")
    assert renewed.ask_to_attach(invite(world)).status_code == 201
    for far in (jiangsu, renewed):
        assert far.message("filings", 2, "x", b"{}").status_code == 200
    a_day = PeerKeyRow.objects.filter(key_id=jiangsu.key_id, valid_until__gt=Now() + timedelta(hours=23))
    assert a_day.update(valid_until=F("valid_from")) == 1
    late = jiangsu.message("filings", 2, "x", b"{}")
    assert (late.status_code, late.json()["code"]) == (401, "signature_refused")


def test_an_industry_node_attaches_to_a_region_and_issues_nothing(world: World, regional: None) -> None:
    answer = FarNode("320900", role="industry").ask_to_attach(invite(world, "320900", "industry"))
    statement = from_wire(answer.content)
    assert statement is not None
    assert json.loads(statement.payload)["prefix"] == ""


def test_a_region_is_not_invited_by_a_region(world: World, regional: None) -> None:
    answer = world.otto.post("/api/v1/node-invitations", {"code": "330000", "role": "regional"})
    assert (answer.status_code, answer.json()["code"]) == (409, "role_cannot_attach")


def test_a_token_is_shown_once(world: World, national: None) -> None:
    asked = {"code": "320000", "role": "regional"}
    first = world.otto.post("/api/v1/node-invitations", asked, Idempotency_Key="once")
    again = world.otto.post("/api/v1/node-invitations", asked, Idempotency_Key="once")
    assert first.json()["token"]
    assert again.json() == {**first.json(), "token": None}
    assert "token" not in world.otto.get("/api/v1/node-invitations").json()["items"][0]


def test_our_region_attaches_and_issues_under_its_prefix(world: World, attached: FarUpstream) -> None:
    (node,) = world.otto.get("/api/v1/nodes").json()["items"]
    assert (node["code"], node["relation"], node["url"]) == ("000000", "upstream", attached.url)
    assert list(Prefix.objects.values_list("prefix", "delegated_by")) == [("86.320000", "000000")]


def test_an_answer_by_another_key_than_the_token_names_is_not_trusted(
    world: World, nation: FarUpstream
) -> None:
    token = f"{'A' * 43}.{FarNode('000000').key_id}"
    answer = world.otto.post("/api/v1/upstreams", {"url": nation.url, "token": token})
    assert (answer.status_code, answer.json()["code"]) == (400, "envelope_malformed")
    assert not Peer.objects.exists()
    assert not Prefix.objects.exists()


def test_an_upstream_that_is_not_there_is_named(world: World, regional: None) -> None:
    token = f"{'A' * 43}.{'B' * 43}"
    answer = world.otto.post("/api/v1/upstreams", {"url": "http://127.0.0.1:9", "token": token})
    assert (answer.status_code, answer.json()["code"]) == (502, "upstream_unreachable")
    assert answer.json()["errors"][0]["pointer"] == "/url"


def test_a_token_that_was_not_copied_whole_is_named(world: World, regional: None) -> None:
    answer = world.otto.post("/api/v1/upstreams", {"url": "http://127.0.0.1:9", "token": "half"})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/token")


def test_a_second_upstream_is_refused_while_the_first_is_attached(
    world: World, attached: FarUpstream
) -> None:
    asked = {"url": "http://other.example", "token": attached.token}
    answer = world.otto.post("/api/v1/upstreams", asked)
    assert (answer.status_code, answer.json()["code"]) == (409, "already_attached")


def test_a_detached_node_is_not_heard_any_more_and_may_come_back(
    world: World, jiangsu: FarNode, settings: Settings
) -> None:
    (node,) = world.otto.get("/api/v1/nodes").json()["items"]
    detach, why = f"/api/v1/nodes/{node['id']}:detach", {"reason": "机房搬迁"}
    assert world.rhea.post(detach, why).status_code == 403
    assert world.otto.post(detach, {}).json()["errors"][0]["pointer"] == "/reason"
    assert world.otto.post(detach, why).json()["state"] == "detached"
    assert world.otto.post(detach, why).status_code == 409
    unheard = jiangsu.message("filings", 1, "x", b"{}")
    assert (unheard.status_code, unheard.json()["code"]) == (401, "signature_refused")
    assert jiangsu.ask_to_attach(invite(world)).status_code == 201
    assert jiangsu.message("filings", 1, "x", b"{}").status_code == 200
    log = world.rhea.get(f"/api/v1/nodes/{node['id']}/log").json()["items"]
    assert sorted((each["act"], each["reason"]) for each in log) == [
        ("attached", ""),
        ("attached", ""),
        ("detached", "机房搬迁"),
    ]


def test_a_peer_that_parts_says_why_once(world: World, jiangsu: FarNode) -> None:
    gone = jiangsu.post(f"{FEDERATION}/detachments", '{"reason": "停止运营"}'.encode())
    assert (gone.status_code, gone.json()["state"]) == (200, "detached")
    assert jiangsu.post(f"{FEDERATION}/detachments", b'{"reason": ""}').status_code == 401
    (node,) = world.rhea.get("/api/v1/nodes").json()["items"]
    log = world.rhea.get(f"/api/v1/nodes/{node['id']}/log").json()["items"]
    (last,) = [each for each in log if each["act"] == "detached"]
    assert (last["reason"], last["person"]) == ("停止运营", None)


def test_a_node_that_speaks_another_version_is_told_which(world: World, national: None) -> None:
    answer = FarNode("320000").ask_to_attach(invite(world), protocols=["cin/0"])
    assert (answer.status_code, answer.json()["code"]) == (409, "protocol_unknown")
