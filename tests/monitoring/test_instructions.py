"""Instructions: two regulators issue, two lift, and from the moment of issue nothing of the party is sold."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from kernel.actor import SYSTEM
from kernel.clock import now
from kernel.models.outbox import EventRecord
from kernel.models.suspensions import Suspension, SuspensionCause, SuspensionScope
from kernel.services.outbox import drain
from kernel.services.suspensions import open_suspension
from monitoring.domain.instructions import LIFE
from monitoring.models import Instruction
from monitoring.services.instructions import expire_instructions
from tests.aggregation.supply import bring_to_market, declare, made
from tests.support.cast import Person, World

pytestmark = pytest.mark.django_db


def draft(**changes: Any) -> dict[str, Any]:
    body = {
        "number": "苏通信〔2026〕1号",
        "legal_basis": "《电信条例》",
        "reason": "演示",
        "effect": "停止新售并整改",
        "scope": "new_sale",
    }
    return body | changes


def proposed(world: World, party: Person, **changes: Any) -> dict[str, Any]:
    body = draft(organisation=str(party.organisation.id)) | changes
    return dict(made(world.rhea.post("/api/v1/instructions", body)))


def issued(world: World, party: Person, **changes: Any) -> dict[str, Any]:
    row = proposed(world, party, **changes)
    made(world.ron.post(f"/api/v1/proposals/{row['proposal']}:approve"))
    return row


def lifted(world: World, row: dict[str, Any]) -> None:
    proposal = made(world.ron.post(f"/api/v1/instructions/{row['id']}:propose-lift", {"reason": "已整改"}))
    made(world.rhea.post(f"/api/v1/proposals/{proposal['id']}:approve"))


def why(person: Person, offer: str) -> list[str]:
    return [block["code"] for block in person.get(f"/api/v1/offers/{offer}/gate").json()["blocks"]]


def test_one_person_alone_issues_nothing(world: World) -> None:
    row = proposed(world, world.ada)
    alone = world.rhea.post(f"/api/v1/proposals/{row['proposal']}:approve")
    assert (alone.status_code, alone.json()["code"]) == (409, "same_person")
    assert not Suspension.objects.exists()
    assert world.ada.get("/api/v1/instructions").json()["items"] == [], "a draft is the regulator's own"
    assert world.ada.get(f"/api/v1/instructions/{row['id']}").status_code == 404
    for other in (world.olga, world.aude):
        assert other.get("/api/v1/instructions").json()["items"] == [], "the operator may be a reseller"
    assert [each["state"] for each in world.ron.get("/api/v1/instructions").json()["items"]] == ["proposed"]


def test_from_issue_to_lift_nothing_of_the_party_is_sold(world: World) -> None:
    offer = bring_to_market(world.ada)["offer"]["id"]
    other = bring_to_market(world.cleo, suffix="-c")["offer"]["id"]
    assert why(world.ada, offer) == []
    row = issued(world, world.ada)
    assert len(why(world.ada, offer)) == 1
    assert why(world.cleo, other) == []
    (seen,) = world.ada.get("/api/v1/instructions").json()["items"]
    assert (seen["state"], seen["number"], seen["legal_basis"]) == (
        "in_force",
        row["number"],
        row["legal_basis"],
    )
    here = f"/api/v1/instructions/{row['id']}"
    assert made(world.ada.post(f"{here}:acknowledge"))["state"] == "acknowledged"
    receipt = {"receipt": "已下架并核查", "sha256": "a" * 64}
    assert made(world.abe.post(f"{here}:rectify", receipt))["state"] == "rectified"
    assert len(why(world.ada, offer)) == 1, "until it is lifted"
    lifted(world, row)
    assert why(world.ada, offer) == []
    assert world.ada.get(here).json()["state"] == "lifted"
    names = EventRecord.objects.filter(subject=UUID(row["id"]), name__startswith="monitoring.").order_by("id")
    assert [each.name.removeprefix("monitoring.instruction_") for each in names] == [
        "proposed", "issued", "acknowledged", "rectified", "lifted",
    ]  # fmt: skip


def test_an_instruction_may_be_about_one_resource(world: World) -> None:
    found = bring_to_market(world.ada)
    other = bring_to_market(world.ada, suffix="-b")["offer"]["id"]
    row = made(world.rhea.post("/api/v1/instructions", draft(resource=found["pool"]["id"])))
    made(world.ron.post(f"/api/v1/proposals/{row['proposal']}:approve"))
    assert row["organisation"] == str(world.ada.organisation.id)
    assert len(why(world.ada, found["offer"]["id"])) == 1
    assert why(world.ada, other) == []


def test_a_lift_closes_its_own_suspension_and_no_other(world: World) -> None:
    party = world.ada.organisation.id
    open_suspension(
        subject=party, tenant=party, cause=SuspensionCause.FINDING, scope=SuspensionScope.NEW_SALE,
        reference=uuid4(), actor=SYSTEM,
    )  # fmt: skip
    first, second = issued(world, world.ada), issued(world, world.ada, number="苏通信〔2026〕2号")
    lifted(world, first)
    still = Suspension.objects.filter(closed_at=None).order_by("opened_at").values_list("cause", "reference")
    assert [cause for cause, _ in still] == ["finding", "instruction"]
    assert UUID(second["id"]) in [reference for _, reference in still]


def test_a_lift_too_needs_two(world: World) -> None:
    row = issued(world, world.ada)
    proposal = made(world.rhea.post(f"/api/v1/instructions/{row['id']}:propose-lift", {"reason": "x"}))
    assert world.rhea.post(f"/api/v1/proposals/{proposal['id']}:approve").status_code == 409
    assert Suspension.objects.filter(closed_at=None).count() == 1


def test_an_approval_has_its_effect_once(world: World) -> None:
    row = issued(world, world.ada)
    again = world.ron.post(f"/api/v1/proposals/{row['proposal']}:approve")
    assert (again.status_code, again.json()["code"]) == (409, "proposal_closed")
    assert Suspension.objects.count() == 1
    assert EventRecord.objects.filter(name="monitoring.instruction_issued").count() == 1


def test_a_withdrawn_proposal_takes_its_draft_along(world: World) -> None:
    row = proposed(world, world.ada)
    made(world.rhea.post(f"/api/v1/proposals/{row['proposal']}:withdraw"))
    drain()
    assert world.rhea.get(f"/api/v1/instructions/{row['id']}").json()["state"] == "withdrawn"
    proposed(world, world.ada)


def test_a_term_that_runs_out_ends_the_instruction(world: World) -> None:
    row = issued(world, world.ada, valid_until=(now() + timedelta(hours=1)).isoformat())
    assert expire_instructions() == 0
    Instruction.objects.update(valid_until=now())
    assert expire_instructions() == 1
    assert expire_instructions() == 0
    assert Instruction.objects.get().state == "expired"
    assert not Suspension.objects.filter(closed_at=None).exists()
    assert (
        world.rhea.post(f"/api/v1/instructions/{row['id']}:propose-lift", {"reason": "x"}).status_code == 409
    )


WRONG = [
    ({}, "/organisation"),
    ({"organisation": str(uuid4())}, "/organisation"),
    ({"resource": str(uuid4())}, "/resource"),
    ({"organisation": "7"}, "/organisation"),
    ({"number": ""}, "/number"),
    ({"legal_basis": ""}, "/legal_basis"),
    ({"reason": "x" * 1001}, "/reason"),
    ({"scope": "everything"}, "/scope"),
]


@pytest.mark.parametrize(("changes", "pointer"), WRONG)
def test_a_wrong_field_is_named(world: World, changes: dict[str, Any], pointer: str) -> None:
    good = (
        {} if pointer in ("/organisation", "/resource") else {"organisation": str(world.ada.organisation.id)}
    )
    answer = world.rhea.post("/api/v1/instructions", draft(**(good | changes)))
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, pointer)


def test_party_and_resource_together_are_refused_and_a_past_term_too(world: World) -> None:
    party, pool = str(world.ada.organisation.id), declare(world.ada)["pool"]["id"]
    assert (
        world.rhea.post("/api/v1/instructions", draft(organisation=party, resource=pool)).status_code == 400
    )
    past = draft(organisation=party, valid_until="2020-01-01T00:00:00Z")
    assert world.rhea.post("/api/v1/instructions", past).json()["errors"][0]["pointer"] == "/valid_until"


def test_a_number_is_used_once_on_a_subject_while_it_is_open(world: World) -> None:
    row = issued(world, world.ada)
    body = draft(organisation=str(world.ada.organisation.id))
    assert world.rhea.post("/api/v1/instructions", body).json()["code"] == "instruction_exists"
    lifted(world, row)
    assert world.rhea.post("/api/v1/instructions", body).status_code == 201


@pytest.mark.parametrize("who", ["ada", "olga", "otto", "aude"])
def test_only_a_regulator_instructs_or_lifts(world: World, who: str) -> None:
    person = getattr(world, who)
    body = draft(organisation=str(world.ada.organisation.id))
    assert person.post("/api/v1/instructions", body).status_code == 403
    row = issued(world, world.ada)
    lift = person.post(f"/api/v1/instructions/{row['id']}:propose-lift", {"reason": "x"})
    assert lift.status_code == 403


def test_the_party_alone_answers_an_instruction(world: World) -> None:
    here = f"/api/v1/instructions/{issued(world, world.ada)['id']}"
    assert world.cleo.post(f"{here}:acknowledge").status_code == 404
    assert world.rhea.post(f"{here}:acknowledge").status_code == 403
    assert world.ada.post(f"{here}:rectify", {"receipt": "x", "sha256": "xyz"}).status_code == 400
    assert world.ada.post(f"{here}:rectify", {"receipt": "x", "sha256": "0" * 64}).status_code == 200
    assert world.ada.post(f"{here}:acknowledge").status_code == 409


def test_the_table_ends_where_it_should() -> None:
    assert {state.value for state in LIFE.terminal} == {"withdrawn", "lifted", "expired"}
