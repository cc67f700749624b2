"""Registering, correcting and leaving, over HTTP."""

import uuid
from typing import Any

import pytest

from kernel.models.idempotency import StoredReply
from kernel.models.outbox import EventRecord
from participants.models import Membership, Organisation, User
from participants.selectors.organisations import standings
from tests.participants.newcomers import Newcomer, application, certified, checked, code_of, fresh_code
from tests.support.caller import Caller
from tests.support.cast import World

pytestmark = pytest.mark.django_db
ALL = "/api/v1/organisations"


def test_a_firm_registers_and_its_first_person_holds_a_key_that_works(world: World) -> None:
    firm = Newcomer(kind="line_provider", affiliates=[fresh_code()])
    assert firm.told["organisation"]["state"] == "applied"
    assert firm.told["organisation"]["code_check"] == "passed"
    me = firm.get("/api/v1/me").json()
    assert (me["organisation"], [role["code"] for role in me["roles"]]) == (firm.id, ["line_provider"])
    assert Membership.objects.get(id=firm.told["member"]).administers
    names = set(EventRecord.objects.filter(tenant_id=firm.id).values_list("name", flat=True))
    assert names == {
        f"participants.{act}"
        for act in ("organisation_registered", "case_opened", "member_joined", "api_key_issued")
    }


WRONG = [
    ({"kind": "regulator"}, "/kind"),
    ({"kind": "operator"}, "/kind"),
    ({"name": ""}, "/name"),
    ({"name": "x" * 121}, "/name"),
    ({"code": "9132"}, "/code"),
    ({"division": "3205"}, "/division"),
    ({"size": "huge"}, "/size"),
    ({"email": "nobody"}, "/email"),
    ({"person_name": None}, "/person_name"),
    ({"affiliates": [fresh_code(), "1"]}, "/affiliates/1"),
]


@pytest.mark.parametrize(("change", "pointer"), WRONG, ids=str)
def test_a_wrong_application_names_its_field_and_leaves_nothing(
    world: World, change: dict[str, Any], pointer: str
) -> None:
    for language in ("zh-hans", "en"):
        answer = world.nobody.post(ALL, application(**change), Accept_Language=language)
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["pointer"] == pointer
    assert not Organisation.objects.exists()
    assert not User.objects.exists()


def test_size_and_division_may_be_left_open() -> None:
    told = Newcomer(size="", division="").told["organisation"]
    assert (told["size"], told["division"]) == ("", "")


def test_a_code_that_fails_its_check_digit_is_taken_and_marked() -> None:
    assert Newcomer(code="91350211M00013FA1N").told["organisation"]["code_check"] == "review"


def test_one_code_registers_once_in_a_kind_and_again_in_another_from_other_mailboxes(world: World) -> None:
    first = Newcomer()
    again = application(code=first.row.code)
    assert code_of(world.nobody.post(ALL, again)) == (409, "already_registered")
    assert not User.objects.filter(email=again["email"]).exists()
    other = Newcomer(code=first.row.code, kind="resale_provider")
    assert standings([first.row.id])[first.row.id].affiliates == {other.row.id}


def test_an_address_that_is_known_makes_nobody_a_second_person(world: World) -> None:
    known = world.ada.user.email
    answer = world.nobody.post(ALL, application(email=known.upper()))
    assert code_of(answer) == (409, "email_known")
    assert answer.json()["errors"][0]["pointer"] == "/email"
    assert Organisation.objects.count() == 1


def test_a_replay_answers_the_same_without_the_key_and_makes_nothing_new(world: World) -> None:
    body = application()
    first = world.nobody.post(ALL, body, Idempotency_Key="r-1").json()
    again = world.nobody.post(ALL, body, Idempotency_Key="r-1")
    assert again["Idempotent-Replayed"] == "true"
    assert again.json() == {**first, "api_key": None}
    assert first["api_key"].encode() not in bytes(StoredReply.objects.get(key="r-1").body)
    assert Organisation.objects.count() == 1


def test_what_is_declared_by_one_side_affiliates_both() -> None:
    first = Newcomer()
    second = Newcomer(affiliates=[first.row.code])
    third = Newcomer()
    found = standings([first.row.id, second.row.id, third.row.id, uuid.uuid4()])
    assert found[first.row.id].affiliates == {second.row.id}
    assert found[second.row.id].affiliates == {first.row.id}
    assert found[third.row.id].affiliates == frozenset()
    assert len(found) == 3


def test_parties_without_a_code_are_not_affiliated_by_that() -> None:
    rows = [Organisation.objects.create(kind=kind, name=kind) for kind in ("operator", "regulator")]
    assert all(not each.affiliates for each in standings([row.id for row in rows]).values())


RIGHTS = [
    ("ada", 404),
    ("ben", 404),
    ("otto", 200),
    ("owen", 200),
    ("rhea", 200),
    ("aude", 200),
    ("nobody", 401),
]


@pytest.mark.parametrize(("who", "status"), RIGHTS)
def test_a_firm_is_seen_by_itself_the_operator_and_the_supervision(
    world: World, who: str, status: int
) -> None:
    firm, person = Newcomer(), getattr(world, who)
    assert firm.get(firm.here).status_code == 200
    for page in ("", "/standing", "/decisions"):
        assert person.get(firm.here + page).status_code == status
    if status == 404:
        known = person.get(firm.here).json()
        unknown = person.get(f"{ALL}/{uuid.uuid4()}").json()
        assert {**known, "request_id": ""} == {**unknown, "request_id": ""}
        assert [row["id"] for row in person.get(ALL).json()["items"]] == [str(person.organisation.id)]


def test_a_correction_needs_the_version_and_starts_the_application_anew(world: World) -> None:
    firm = Newcomer()
    firm.submit_all()
    checked(world, firm)
    assert firm.patch(firm.here, {"size": "micro"}).status_code == 428
    assert firm.patch(firm.here, {"size": "micro"}, If_Match='"99"').status_code == 412
    version = firm.get(firm.here)["ETag"]
    answer = firm.patch(firm.here, {"size": "micro"}, If_Match=version)
    assert (answer.json()["state"], answer.json()["size"]) == ("applied", "micro")
    assert firm.case_state == "open"
    assert code_of(world.olga.post(f"{firm.case}:certify")) == (409, "state_conflict")
    assert code_of(world.otto.patch(firm.here, {"size": "large"}, If_Match="*")) == (403, "forbidden")
    assert code_of(world.ada.patch(firm.here, {"size": "large"}, If_Match="*")) == (404, "not_found")


def test_what_was_certified_is_not_corrected_any_more(world: World) -> None:
    firm = certified(world)
    version = firm.get(firm.here)["ETag"]
    assert code_of(firm.patch(firm.here, {"name": "x"}, If_Match=version)) == (409, "state_conflict")


def test_a_refused_firm_whose_code_was_registered_again_does_not_come_back(world: World) -> None:
    firm = Newcomer()
    world.otto.post(f"{firm.case}:refuse", {"reason": "证照不符"})
    Newcomer(code=firm.row.code)
    assert code_of(firm.patch(firm.here, {"size": "micro"}, If_Match="*")) == (409, "already_registered")


def test_no_key_of_a_closed_firm_opens_anything(world: World) -> None:
    firm = certified(world)
    assert firm.post(f"{firm.here}:close").status_code == 200
    assert code_of(firm.get("/api/v1/me")) == (401, "unauthenticated")
    assert not standings([firm.row.id])[firm.row.id].certified
    Newcomer(code=firm.row.code)  # the code is free again


def test_a_key_of_a_closed_firm_is_dead_even_if_its_membership_were_alive(world: World) -> None:
    firm = Newcomer()
    Organisation.objects.filter(id=firm.id).update(state="closed")
    assert code_of(firm.get("/api/v1/me")) == (401, "unauthenticated")


def test_only_an_administrator_closes_or_corrects(world: World) -> None:
    house = world.ada.organisation
    Organisation.objects.filter(id=house.id).update(state="applied")
    here = f"{ALL}/{house.id}"
    assert code_of(world.ada.post(f"{here}:close")) == (403, "not_administrator")
    assert code_of(world.ada.patch(here, {"size": "micro"}, If_Match="*")) == (403, "not_administrator")


def test_a_list_asks_the_same_for_two_firms_and_for_twelve(
    world: World, django_assert_num_queries: Any
) -> None:
    world.otto.get(ALL)  # notes the key's first use
    for firms in (2, 10):
        for _ in range(firms):
            Newcomer()
        with django_assert_num_queries(4):
            world.otto.get(ALL)
    ids = list(Organisation.objects.values_list("id", flat=True))
    with django_assert_num_queries(4):
        assert len(standings(ids)) == len(ids)
    filtered = world.otto.get(f"{ALL}?state=applied&kind=compute_provider&count=true").json()
    assert filtered["count"] == 12


def test_the_answers_name_no_person(world: World) -> None:
    firm = Newcomer(person_name="演示机密姓名", email="secret-canary@example.org")
    pages = [firm.here, f"{firm.here}/standing", f"{firm.here}/decisions", f"{firm.here}/documents"]
    seen = b"".join(world.otto.get(page).content for page in pages)
    events = str(list(EventRecord.objects.values_list("payload", flat=True)))
    for canary in ("演示机密姓名", "secret-canary"):
        assert canary.encode() not in seen
        assert canary not in events
    assert Caller().get(firm.here).status_code == 401
