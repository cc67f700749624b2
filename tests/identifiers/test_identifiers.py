"""The life of an identifier over HTTP: who may do what, in which order, and what it can never be."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from time import sleep
from typing import Any

import pytest
from django.db import DatabaseError, connections, transaction

from identifiers.domain.codes import Code
from identifiers.domain.lifecycle import LIFE, IdentifierKind
from identifiers.models import Descriptor, Identifier, IssuedCode
from identifiers.selectors.profiles import descriptor_profile
from identifiers.services import identifiers as services
from identifiers.services.prefixes import accept_prefix
from kernel.actor import SYSTEM
from kernel.models.outbox import EventRecord
from tests.aggregation.supply import made
from tests.support.cast import Person, World
from tests.support.races import race

pytestmark = pytest.mark.django_db

CENTRE = {"name": "示范吴江智算中心（演示数据）", "division": "320509", "design_racks": 1200}


def application(**changes: Any) -> dict[str, Any]:
    """A sound application for a centre, with the changes."""
    return {"kind": "centre", "subject": str(uuid.uuid4()), "attributes": CENTRE, **changes}


def applied(person: Person, **changes: Any) -> str:
    """The id of a fresh application."""
    answer = person.post("/api/v1/identifiers", application(**changes))
    assert answer.status_code == 201, answer.content
    return str(answer.json()["id"])


def issued(world: World) -> dict[str, Any]:
    """An identifier that waits for its filing."""
    accept_prefix(prefix="86.320000", delegated_by="000000", actor=SYSTEM)
    answer = world.rhea.post(f"/api/v1/identifiers/{applied(world.ada)}:approve")
    assert answer.status_code == 200, answer.content
    return dict(answer.json())


def active(world: World) -> dict[str, Any]:
    """An identifier that the national node has filed."""
    row = issued(world)
    services.accept_filing(code=row["code"], receipt="N-1")
    return row


WRONG = [
    ({"kind": "planet"}, "/kind"),
    ({"subject": "7"}, "/subject"),
    ({"attributes": {**CENTRE, "division": "32050"}}, "/attributes/division"),
    ({"attributes": {**CENTRE, "design_racks": -1}}, "/attributes/design_racks"),
    ({"attributes": {**CENTRE, "design_racks": True}}, "/attributes/design_racks"),
    ({"attributes": {**CENTRE, "name": " "}}, "/attributes/name"),
    ({"attributes": {**CENTRE, "name": "x" * 201}}, "/attributes/name"),
    ({"attributes": {**CENTRE, "colour": "red"}}, "/attributes/colour"),
    ({"attributes": {"name": "x"}}, "/attributes/division"),
    ({"attributes": []}, "/attributes"),
]


@pytest.mark.parametrize(("change", "pointer"), WRONG, ids=str)
def test_a_wrong_application_names_its_field_in_both_languages(
    world: World, change: dict[str, Any], pointer: str
) -> None:
    for language in ("zh-hans", "en"):
        answer = world.ada.post("/api/v1/identifiers", application(**change), Accept_Language=language)
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["pointer"] == pointer
        assert answer["Content-Language"] == language
    assert not Identifier.objects.exists()


def test_all_that_a_descriptor_lacks_is_told_at_once(world: World) -> None:
    asked = application(attributes={"design_racks": -1, "colour": "red"})
    answer = world.ada.post("/api/v1/identifiers", asked, Accept_Language="en").json()
    named = [part.strip().partition(":")[0] for part in answer["detail"].split(";")]
    assert [name for name in named if name.isidentifier()] == ["colour", "name", "division", "design_racks"]


def test_one_resource_has_one_identifier_and_a_refused_one_may_ask_again(world: World) -> None:
    subject = str(uuid.uuid4())
    first = applied(world.ada, subject=subject)
    again = world.ada.post("/api/v1/identifiers", application(subject=subject))
    assert (again.status_code, again.json()["code"]) == (409, "already_identified")
    assert world.rhea.post(f"/api/v1/identifiers/{first}:refuse", {"reason": "证明不符"}).status_code == 200
    assert world.ada.get(f"/api/v1/identifiers/{first}").json()["reason"] == "证明不符"
    applied(world.ada, subject=subject)


def test_a_stranger_cannot_squat_on_anothers_resource(world: World) -> None:
    subject = str(uuid.uuid4())
    applied(world.cleo, subject=subject)
    applied(world.ada, subject=subject)


@pytest.mark.django_db(transaction=True)
def test_two_applications_at_once_make_one_identifier(world: World) -> None:
    subject, actor = uuid.uuid4(), world.ada.actor
    kind = IdentifierKind.CENTRE
    acts = [
        lambda: services.apply_identifier(kind=kind, subject=subject, attributes=CENTRE, actor=actor)
        for _ in range(8)
    ]
    made = [result for result in race(*acts) if isinstance(result, Identifier)]
    assert len(made) == 1
    assert Identifier.objects.filter(subject=subject).count() == 1


def test_before_a_prefix_is_delegated_nothing_is_issued_and_nothing_is_lost(world: World) -> None:
    row = applied(world.ada)
    answer = world.rhea.post(f"/api/v1/identifiers/{row}:approve")
    assert (answer.status_code, answer.json()["code"]) == (409, "no_prefix")
    assert Identifier.objects.get(id=row).state == "verified"


def test_a_code_is_issued_filed_and_then_active(world: World) -> None:
    row = issued(world)
    assert row["state"] == "filing"
    assert str(Code.parse(row["code"])) == row["code"]
    public = world.nobody.get(f"/api/v1/identifiers/{row['code'].lower()}").json()
    assert (public["state"], public["attributes"]) == ("filing", CENTRE)
    services.accept_filing(code=row["code"], receipt="N-1")
    services.accept_filing(code=row["code"], receipt="N-1")
    public = world.nobody.get("/api/v1/resolve?code=" + row["code"].replace("/", "%2F")).json()
    assert (public["state"], public["filing"]) == ("active", "N-1")
    names = list(EventRecord.objects.filter(subject=row["id"]).order_by("id").values_list("name", flat=True))
    assert names == [f"identifiers.identifier_{act}" for act in ("applied", "issued", "activated")]


def test_the_handle_stays_while_its_descriptor_moves_on(world: World) -> None:
    row = active(world)
    here = f"/api/v1/identifiers/{row['id']}"
    bigger = {**CENTRE, "design_racks": 2400}
    assert world.ada.put(here, {"attributes": bigger}).status_code == 428
    assert world.ada.put(here, {"attributes": bigger}, If_Match='"1"').status_code == 412
    version = world.ada.get(here)["ETag"]
    assert world.ada.put(here, {"attributes": bigger}, If_Match=version).status_code == 200
    found = world.nobody.get(f"/api/v1/identifiers/{row['code']}").json()
    assert (found["descriptor_version"], found["attributes"]["design_racks"]) == (2, 2400)


@pytest.mark.parametrize("kind", IdentifierKind)
def test_every_kind_of_descriptor_may_be_marked(kind: IdentifierKind) -> None:
    assert descriptor_profile().kinds[kind]["marking"] == {"type": "text", "required": False}


def test_a_mark_of_invented_data_travels_with_the_code_and_stands_in_the_list(world: World) -> None:
    marked = {**CENTRE, "marking": "演示数据"}
    accept_prefix(prefix="86.320000", delegated_by="000000", actor=SYSTEM)
    row = made(world.rhea.post(f"/api/v1/identifiers/{applied(world.ada, attributes=marked)}:approve"))
    plain = applied(world.ada)
    listed = {each["id"]: each["marking"] for each in world.ada.get("/api/v1/identifiers").json()["items"]}
    assert listed == {row["id"]: "演示数据", plain: ""}
    assert world.nobody.get(f"/api/v1/identifiers/{row['code']}").json()["attributes"] == marked
    here = f"/api/v1/identifiers/{row['id']}"
    version = world.ada.get(here)["ETag"]
    again = made(world.ada.send("PUT", here, {"attributes": CENTRE}, If_Match=version))
    assert again["marking"] == "", "the newest descriptor says what it is"


def test_suspending_and_retiring_need_two_people_and_leave_a_tombstone(world: World) -> None:
    row = active(world)
    here = f"/api/v1/identifiers/{row['id']}"
    acts = (("suspension", "suspended"), ("reinstatement", "active"), ("retirement", "retired"))
    for act, state in acts:
        proposal = world.rhea.post(f"{here}:propose-{act}", {"reason": "现场核查不符"}).json()
        approve = f"/api/v1/proposals/{proposal['id']}:approve"
        alone = world.rhea.post(approve)
        assert (alone.status_code, alone.json()["code"]) == (409, "same_person")
        assert Identifier.objects.get(id=row["id"]).state != state
        assert world.ron.post(approve).status_code == 200
        assert world.nobody.get(f"/api/v1/identifiers/{row['code']}").json()["state"] == state
    tombstone = world.nobody.get(f"/api/v1/identifiers/{row['code']}").json()
    assert tombstone["attributes"] == {}
    assert world.ron.post(f"{here}:propose-reinstatement", {"reason": "复核"}).status_code == 409


RIGHTS = [
    # who, whether the identifier is seen, and what each act answers
    ("ada", 200, 403),
    ("cleo", 404, 404),
    ("ben", 404, 404),
    ("otto", 200, 403),
    ("aude", 200, 403),
    ("rhea", 200, 409),  # allowed; the state says no, for it is not verified any more
    ("nobody", 401, 401),
]


@pytest.mark.parametrize(("who", "reads", "acts"), RIGHTS)
def test_only_the_supervision_acts_and_outsiders_see_nothing(
    world: World, who: str, reads: int, acts: int
) -> None:
    row = issued(world)
    here = f"/api/v1/identifiers/{row['id']}"
    person = getattr(world, who)
    assert person.get(here).status_code == reads
    for act in ("approve", "refuse"):
        assert person.post(f"{here}:{act}", {"reason": "x"}).status_code == acts
    absent = person.get(f"/api/v1/identifiers/{uuid.uuid4()}")
    if reads == 404:
        known, unknown = person.get(here).json(), absent.json()
        assert {**known, "request_id": ""} == {**unknown, "request_id": ""}


def test_a_list_asks_the_database_the_same_for_two_rows_and_for_twenty(
    world: World, django_assert_num_queries: Any
) -> None:
    for _ in range(2):
        applied(world.ada)
    world.ada.get("/api/v1/identifiers")  # notes the key's first use
    with django_assert_num_queries(4):  # savepoint in and out, key, rows
        assert len(world.ada.get("/api/v1/identifiers").json()["items"]) == 2
    for _ in range(18):
        applied(world.ada)
    with django_assert_num_queries(4):
        assert len(world.ada.get("/api/v1/identifiers").json()["items"]) == 20


def test_an_issued_code_and_a_descriptor_can_neither_change_nor_go(world: World) -> None:
    row = issued(world)
    for table in (IssuedCode.objects.filter(code=row["code"]), Descriptor.objects.all()):
        with pytest.raises(DatabaseError), transaction.atomic():
            table.delete()
    with pytest.raises(DatabaseError), transaction.atomic():
        Descriptor.objects.update(version=7)


def test_an_unknown_code_is_told_from_a_misread_one(world: World) -> None:
    unknown = world.nobody.get("/api/v1/identifiers/86.320000/000000000000C", Accept_Language="en")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "unknown_code")
    misread = world.nobody.get("/api/v1/identifiers/86.320000/0000000000001", Accept_Language="en")
    assert (misread.status_code, misread.json()["code"]) == (400, "malformed_code")


def test_the_life_is_the_table_and_a_tombstone_is_for_ever() -> None:
    assert {state.value for state in LIFE.terminal} == {"refused", "retired"}
    assert "[*] --> applied" in LIFE.diagram()


def test_what_is_over_is_not_described_anew(world: World) -> None:
    accept_prefix(prefix="86.320000", delegated_by="000000", actor=SYSTEM)
    refused = f"/api/v1/identifiers/{applied(world.ada)}"
    world.rhea.post(f"{refused}:refuse", {"reason": "演示"})
    retired = f"/api/v1/identifiers/{active(world)['id']}"
    services.retire_identifier(Identifier.objects.get(code__isnull=False).id, {"reason": "演示"}, SYSTEM)
    for here in (refused, retired):
        answer = world.ada.put(here, {"attributes": CENTRE}, If_Match=world.ada.get(here)["ETag"])
        assert (answer.status_code, answer.json()["code"]) == (409, "state_conflict")
    assert Descriptor.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_of_two_changes_to_one_version_the_second_is_told_so_even_at_the_same_time(world: World) -> None:
    here = f"/api/v1/identifiers/{applied(world.ada)}"

    def put() -> int:
        try:
            return int(world.ada.put(here, {"attributes": CENTRE}, If_Match='"1"').status_code)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            Identifier.objects.select_for_update().get().advance()
            late = pool.submit(put)
            sleep(0.5)
            assert not late.done(), "it waits for the row"
        assert late.result(10) == 412
    assert Descriptor.objects.count() == 1
