"""Appointed organisations: what they may do a mandate of two regulators says, until its last day, each use on record."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction

from kernel.clock import now, shanghai_date
from kernel.ids import new_id
from kernel.models.outbox import EventRecord
from kernel.permissions import table
from participants.domain.organisations import APPOINTED, OrganisationKind
from participants.models import Mandate, Membership, Organisation
from participants.services.mandates import mandatable
from tests.identifiers.test_identifiers import active, applied
from tests.participants.machines import registered
from tests.participants.newcomers import code_of, days_ahead, fresh_code
from tests.support.browsers import Browser, with_password
from tests.support.caller import Caller
from tests.support.cast import Person, World

pytestmark = pytest.mark.django_db
ALARMS = "/api/v1/monitoring/alarms"


def appointed(world: World, kind: str = "supporting_unit") -> tuple[str, Caller]:
    """An organisation that Rhea appointed, and its first person."""
    body = {"kind": kind, "name": "演示单位", "code": fresh_code(), "email": f"{kind}@example.org"}
    answer = world.rhea.post("/api/v1/appointments", body)
    assert answer.status_code == 201, answer.content
    seat = Caller().post(f"/api/v1/invitations/{answer.json()['token']}:accept", {"name": "演示人"})
    assert seat.status_code == 201, seat.content
    return answer.json()["organisation"], Caller(seat.json()["api_key"])


def proposed(world: World, organisation: object, **changes: Any) -> Any:
    body = {
        "operations": ["monitoring.list_alarms"], "case": "苏通信委〔2026〕9号", "reason": "夏季保障",
        "last_day": days_ahead(30), **changes,
    }  # fmt: skip
    return world.rhea.post(f"/api/v1/organisations/{organisation}:propose-mandate", body)


def mandated(world: World, organisation: str, **changes: Any) -> Mandate:
    asked = proposed(world, organisation, **changes)
    assert asked.status_code == 201, asked.content
    answer = world.ron.post(f"/api/v1/proposals/{asked.json()['id']}:approve")
    assert answer.status_code == 200, answer.content
    return Mandate.objects.filter(organisation_id=UUID(organisation)).latest("id")


@pytest.mark.parametrize("kind", ["supporting_unit", "auditor"])
def test_without_a_mandate_nothing_beyond_the_own_house_is_reached(world: World, kind: str) -> None:
    house, person = appointed(world, kind)
    reaches = person.get("/api/v1/me").json()["operations"]
    assert {
        name for name, reach in reaches.items() if reach == "all" and "anonymous" not in table()[name]
    } == set()
    assert person.get(f"/api/v1/organisations/{house}/members").status_code == 200
    assert code_of(person.get(ALARMS)) == (403, "forbidden")


@pytest.mark.parametrize("kind", ["supporting_unit", "auditor"])
def test_a_mandate_opens_what_it_names_and_nothing_else(world: World, kind: str) -> None:
    house, person = appointed(world, kind)
    mandated(world, house)
    assert person.get(ALARMS).status_code == 200
    assert code_of(person.get("/api/v1/instructions")) == (403, "forbidden")
    mandated(world, house, operations=["monitoring.list_instructions"])
    assert (person.get(ALARMS).status_code, person.get("/api/v1/instructions").status_code) == (200, 200)


def signed_in_by(person: Person) -> dict[str, Any]:
    """The ways in that the person has: her key, her session with its second factor, and a machine that she keeps."""
    browser = Browser()
    browser.sign_in(with_password(person).email)
    browser.enrol()
    return {"key": person, "session": browser, "token": registered(person).caller()}


@pytest.mark.parametrize("name", ["sue", "aude"])
def test_a_mandate_opens_the_same_by_key_by_session_and_by_token_and_every_use_is_on_record(
    world: World, name: str
) -> None:
    person = getattr(world, name)
    ways = signed_in_by(person)
    used = EventRecord.objects.filter(name="kernel.mandate_used", actor_tenant=person.organisation.id)
    assert {way: each.get(ALARMS).status_code for way, each in ways.items()} == dict.fromkeys(ways, 200)
    assert [row.payload["operation"] for row in used] == ["monitoring.list_alarms"] * 3
    assert {row.tenant_id for row in used} == {world.rhea.organisation.id}
    Mandate.objects.update(last_day=shanghai_date(now()) - timedelta(days=1))
    assert {way: each.get(ALARMS).status_code for way, each in ways.items()} == dict.fromkeys(ways, 403)
    assert used.count() == 3


@pytest.mark.parametrize("name", ["sue", "aude"])
def test_what_a_machine_reaches_by_mandate_is_within_its_scopes(world: World, name: str) -> None:
    narrow = registered(getattr(world, name), scopes=["monitoring.list_feeds"]).caller()
    assert code_of(narrow.get(ALARMS)) == (403, "scope_missing")
    assert narrow.get("/api/v1/feeds").status_code == 200


@pytest.mark.parametrize("kind", ["supporting_unit", "auditor"])
def test_after_its_last_day_and_when_it_was_ended_a_mandate_opens_nothing(world: World, kind: str) -> None:
    house, person = appointed(world, kind)
    row = mandated(world, house, last_day=days_ahead(0))
    assert person.get(ALARMS).status_code == 200, "the last day counts"
    Mandate.objects.filter(id=row.id).update(last_day=shanghai_date(now()) - timedelta(days=1))
    assert code_of(person.get(ALARMS)) == (403, "forbidden")
    again = mandated(world, house)
    assert person.get(ALARMS).status_code == 200
    for _ in range(2):
        assert world.ron.post(f"/api/v1/mandates/{again.id}:end").json()["ended_at"]
    assert code_of(person.get(ALARMS)) == (403, "forbidden")
    assert EventRecord.objects.filter(name="participants.mandate_ended").count() == 1


def test_every_act_and_every_view_by_mandate_is_on_record(world: World) -> None:
    house, person = appointed(world)
    mandated(world, house, operations=["monitoring.list_alarms", "identifiers.read_identifier"])
    code = applied(world.ada)
    person.get(ALARMS)
    person.get(f"/api/v1/identifiers/{code}")
    person.get(f"/api/v1/identifiers/{new_id()}")  # nothing was seen
    person.get("/api/v1/instructions")  # refused
    person.get(f"/api/v1/organisations/{house}/keys")  # its own
    person.get("/api/v1/problems")  # anybody's
    used = EventRecord.objects.filter(name="kernel.mandate_used", actor_tenant=house).order_by("id")
    assert [(row.payload["operation"], str(row.subject)) for row in used] == [
        ("monitoring.list_alarms", house),
        ("identifiers.read_identifier", str(code)),
    ]
    assert {row.tenant_id for row in used} == {world.rhea.organisation.id}


def test_what_a_supporting_unit_proposes_the_regulator_decides_and_never_the_unit(world: World) -> None:
    code = active(world)["id"]
    asked = world.sue.post(f"/api/v1/identifiers/{code}:propose-suspension", {"reason": "巡检"})
    assert asked.status_code == 201, asked.content
    here = f"/api/v1/proposals/{asked.json()['id']}"
    assert code_of(world.sue.post(f"{here}:approve")) == (404, "not_found")
    assert world.rhea.post(f"{here}:approve").status_code == 200
    assert not {name for name in mandatable("supporting_unit") if "approve" in name or "proposal" in name}


def test_a_mandate_is_by_two_regulators_and_the_database_holds_it(world: World) -> None:
    house, person = appointed(world)
    asked = proposed(world, house).json()
    assert code_of(world.rhea.post(f"/api/v1/proposals/{asked['id']}:approve")) == (409, "same_person")
    assert person.get(ALARMS).status_code == 403
    one = new_id()
    with pytest.raises(IntegrityError), transaction.atomic():
        Mandate.objects.create(
            organisation_id=house,
            grantor=one,
            operations=["a.b"],
            last_day=now(),
            proposed_by=one,
            approved_by=one,
        )


@pytest.mark.parametrize(
    ("changes", "code", "pointer"),
    [
        ({"operations": ["identifiers.approve_identifier"]}, "not_mandatable", "/operations/0"),
        ({"operations": ["monitoring.list_alarms", "monitoring"]}, "not_mandatable", "/operations/1"),
        ({"operations": ["kernel.approve_proposal"]}, "not_mandatable", "/operations/0"),
        ({"operations": []}, "invalid_input", "/operations"),
        ({"last_day": "2020-01-01"}, "invalid_field", "/last_day"),
        ({"last_day": "2090-01-01"}, "invalid_field", "/last_day"),
        ({"case": ""}, "invalid_input", "/case"),
    ],
)
def test_a_mandate_that_cannot_be_is_refused_by_the_field(
    world: World, changes: dict[str, Any], code: str, pointer: str
) -> None:
    answer = proposed(world, world.sue.organisation.id, **changes)
    assert code_of(answer) == (400, code)
    assert answer.json()["errors"][0]["pointer"] == pointer


@pytest.mark.parametrize("name", ["ray", "ada", "otto", "rhea"])
def test_nobody_else_is_given_a_mandate(world: World, name: str) -> None:
    assert code_of(proposed(world, getattr(world, name).organisation.id)) == (400, "not_mandatable")


def test_the_seat_of_an_appointed_house_is_shown_once_and_its_code_is_its_own(world: World) -> None:
    body = {"kind": "reading_authority", "name": "演示数据局", "code": fresh_code(), "email": "d@example.org"}
    first = world.rhea.post("/api/v1/appointments", body, Idempotency_Key="k")
    again = world.rhea.post("/api/v1/appointments", body, Idempotency_Key="k")
    assert first.json()["token"]
    assert again.json()["token"] is None
    assert code_of(world.rhea.post("/api/v1/appointments", body)) == (409, "already_registered")
    assert code_of(world.otto.post("/api/v1/appointments", body)) == (403, "forbidden")
    assert Organisation.objects.get(id=first.json()["organisation"]).state == "certified"
    refused = world.rhea.post("/api/v1/appointments", {**body, "kind": "regulator"})
    assert code_of(refused) == (400, "invalid_input")


@pytest.mark.parametrize("kind", APPOINTED)
def test_who_is_appointed_holds_no_other_duty(world: World, kind: OrganisationKind) -> None:
    for other in (world.otto, world.rhea):
        Membership.objects.filter(id=other.membership.id).update(administers=True)
    body = {"kind": kind.value, "name": "演示", "code": fresh_code(), "email": "rhea@example.org"}
    token = world.rhea.post("/api/v1/appointments", body).json()["token"]
    answer = Caller().post(f"/api/v1/invitations/{token}:accept", {"name": "Rhea"})
    assert code_of(answer) == (409, "duties_combined")


def test_a_reading_authority_reads_the_service_side_and_writes_nothing(world: World) -> None:
    ray: Person = world.ray
    rows = {
        name: row["reading_authority"].value for name, row in table().items() if "reading_authority" in row
    }
    beyond = {name for name, reach in rows.items() if reach == "all"}
    # ALTO's clients filter by POST, which writes nothing
    assert {name.split(".")[1].split("_")[0] for name in beyond} == {"list", "read", "filter"}
    assert not {
        name
        for name in beyond
        if name.startswith("security.") or "_documents" in name or name == "participants.read_document"
    }
    assert ray.get("/api/v1/settlements").status_code == 200
    assert code_of(ray.get("/api/v1/monitoring/alarms")) == (403, "forbidden")
