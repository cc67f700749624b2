"""An industry node issues no codes: it forwards what its parties ask, and mirrors what its region says."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from pytest_django.fixtures import Settings

from identifiers.models import Identifier
from nodes.domain.envelopes import Outcome
from nodes.domain.forwarding import (
    APPLICATIONS,
    MIRRORS,
    ForwardedApplication,
    Mirror,
    compose,
    read_application,
    read_mirror,
)
from nodes.models import ForwardedIdentifier, OutboundStream, Outgoing
from nodes.services.signing import current_key
from tests.nodes.far import FarNode, FarUpstream, new_pem
from tests.nodes.test_sending import settle
from tests.support.cast import World

CODE = "86.320000/0000000000000"
DESCRIBED = {"name": "示范算力商甲"}


@pytest.fixture
def region(settings: Settings, db: None) -> Iterator[FarUpstream]:
    """Our node is an industry's; the region is far and not yet attached to."""
    settings.NODE_ROLE, settings.NODE_CODE = "industry", "320500"
    settings.NODE_URL, settings.NODE_KEY = "http://node.example", new_pem()
    far = FarUpstream(code="320000", role="regional", sender="320500")
    yield far
    far.close()


@pytest.fixture
def industry(world: World, regional: None) -> FarNode:
    """An industry node that is attached to our region."""
    far = FarNode("320500", role="industry")
    asked = world.otto.post("/api/v1/node-invitations", {"code": far.code, "role": far.role})
    assert far.ask_to_attach(asked.json()["token"]).status_code == 201
    return far


def attach(world: World, region: FarUpstream) -> None:
    answer = world.otto.post("/api/v1/upstreams", {"url": region.url, "token": region.token})
    assert answer.status_code == 201, answer.content


def ask(world: World) -> str:
    asked = {"kind": "organisation", "subject": str(uuid4()), "attributes": DESCRIBED}
    answer = world.ada.post("/api/v1/identifiers", asked)
    assert answer.status_code == 201, answer.content
    return str(answer.json()["id"])


def tell(region: FarUpstream, sequence: int, identifier: str, state: str, **more: Any) -> Outcome:
    told = {"code": None, "reason": "", "filing": "", "filed_at": None} | more
    body = compose(Mirror(id=identifier, state=state, **told))
    answer = region.message(MIRRORS, sequence, identifier, body)
    return region.receipt_of(answer, current_key().public_key).outcome


def test_what_was_asked_before_and_after_attaching_is_forwarded_once_each(
    world: World, region: FarUpstream
) -> None:
    early = ask(world)
    settle()
    attach(world, region)
    late = ask(world)
    settle()
    forwarded = region.bodies(APPLICATIONS)
    assert [each["id"] for each in forwarded] == [early, late]
    assert forwarded[1] | {"attributes": DESCRIBED, "act": "apply", "kind": "organisation"} == forwarded[1]
    assert forwarded[1]["owner"] == str(world.ada.organisation.id)


def test_an_industry_node_decides_nothing_and_names_the_node_that_does(
    world: World, region: FarUpstream
) -> None:
    attach(world, region)
    identifier = ask(world)
    answer = world.rhea.post(f"/api/v1/identifiers/{identifier}:approve")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_run_here")
    assert region.url in answer.json()["detail"]


def test_the_mirror_follows_the_region_and_is_told_once(world: World, region: FarUpstream) -> None:
    attach(world, region)
    identifier = ask(world)
    filed = {"code": CODE, "filing": "000000.320000.9", "filed_at": "2026-06-01T00:00:00+00:00"}
    for sequence, (state, more) in enumerate([("filing", {"code": CODE}), ("active", filed)], start=1):
        assert tell(region, sequence, identifier, state, **more) is Outcome.STORED
        assert tell(region, sequence, identifier, state, **more) is Outcome.STORED
    row = world.ada.get(f"/api/v1/identifiers/{identifier}").json()
    assert (row["state"], row["code"], row["filing"]) == ("active", CODE, filed["filing"])
    generation = row["generation"]
    assert tell(region, 3, identifier, "active", **filed) is Outcome.STORED
    assert world.ada.get(f"/api/v1/identifiers/{identifier}").json()["generation"] == generation
    settle()
    assert not OutboundStream.objects.filter(name="filings").exists(), "it files nothing: the region does"
    assert tell(region, 4, str(uuid4()), "active", **filed) is Outcome.REFUSED
    assert tell(region, 5, identifier, "active", **filed | {"filed_at": "yesterday"}) is Outcome.REFUSED


def test_what_the_region_can_never_take_is_refused_here(world: World, region: FarUpstream) -> None:
    attach(world, region)
    identifier = ask(world)
    region.fate.append("refused")
    settle()
    row = Identifier.objects.get(id=identifier)
    assert (row.state, row.reason) == ("refused", "refused_on_purpose")


def application(**changed: Any) -> ForwardedApplication:
    ids = {name: str(uuid4()) for name in ("id", "owner", "subject")}
    asked: dict[str, Any] = {"act": "apply", "kind": "organisation", "attributes": DESCRIBED} | ids
    return ForwardedApplication(**asked | changed)


def forward(far: FarNode, sequence: int, asked: ForwardedApplication) -> Outcome:
    answer = far.message(APPLICATIONS, sequence, asked.id, compose(asked))
    return far.receipt_of(answer, current_key().public_key).outcome


def told() -> list[dict[str, Any]]:
    rows = Outgoing.objects.filter(stream__name=MIRRORS).order_by("position")
    return [json.loads(bytes(row.body)) for row in rows]


def test_the_region_decides_on_it_as_on_any_other_and_tells_every_step(
    world: World, industry: FarNode
) -> None:
    asked = application()
    assert forward(industry, 1, asked) is Outcome.STORED
    assert forward(industry, 2, asked) is Outcome.STORED, "forwarded again after attaching"
    (row,) = Identifier.objects.all()
    assert (str(row.tenant_id), row.state) == (asked.owner, "verified")
    assert ForwardedIdentifier.objects.get().identifier == row.id
    approved = world.rhea.post(f"/api/v1/identifiers/{row.id}:refuse", {"reason": "资料不全"})
    assert approved.status_code == 200
    settle()
    last = told()[-1]
    assert (last["id"], last["state"], last["reason"]) == (asked.id, "refused", "资料不全")


def test_nobody_is_asked_for_by_a_node_that_is_not_its_own(world: World, industry: FarNode) -> None:
    def refusal(far: FarNode, sequence: int, owner: str) -> str:
        asked = application(owner=owner)
        answer = far.message(APPLICATIONS, sequence, asked.id, compose(asked))
        return far.receipt_of(answer, current_key().public_key).code

    ours, theirs = str(world.ada.organisation.id), str(uuid4())
    assert refusal(industry, 1, ours) == "applicant_not_its_own"
    assert not Identifier.objects.filter(tenant_id=ours).exists()
    assert (refusal(industry, 2, theirs), refusal(industry, 3, theirs)) == ("", "")
    other = FarNode("320571", role="industry")
    invited = world.otto.post("/api/v1/node-invitations", {"code": other.code, "role": other.role})
    assert other.ask_to_attach(invited.json()["token"]).status_code == 201
    assert refusal(other, 1, theirs) == "applicant_not_its_own"
    assert refusal(other, 2, str(uuid4())) == ""


def test_what_fails_the_automatic_checks_is_told_with_the_reason(world: World, industry: FarNode) -> None:
    asked = application(kind="pool", attributes={"name": "演示资源池"})
    assert forward(industry, 1, asked) is Outcome.STORED
    (last,) = told()
    assert (last["id"], last["state"]) == (asked.id, "refused")
    assert last["reason"]
    assert not Identifier.objects.exists()


def test_a_region_that_issues_itself_forwards_nothing(world: World, jiangsu: FarNode) -> None:
    assert forward(jiangsu, 1, application()) is Outcome.REFUSED


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        compose(application(id="x")),
        compose(application(act="sell")),
        compose(application(kind=1)),
        compose(Mirror(str(uuid4()), "active", CODE, "", "", "2026-06-01T00:00:00")),
    ],
)
def test_what_is_no_application_is_none(body: bytes) -> None:
    assert read_application(body) is None
    assert read_mirror(body) is None
