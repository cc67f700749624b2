"""Certification: complete documents, two people, and what happens when one runs out."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from kernel.actor import Role
from kernel.permissions import table
from kernel.selectors.suspensions import open_causes
from participants.domain.cases import LIFE, CaseState
from participants.domain.licences import Want
from participants.domain.organisations import SELF_REGISTERED, OrganisationKind
from participants.errors import NotCertified
from participants.models import Case, Decision, Document, Membership, Question
from participants.selectors.organisations import certified_by_kind, require_certified, standings
from participants.selectors.profiles import certification_profile
from participants.tasks import follow_last_days
from tests.participants.newcomers import Newcomer, asked_of, certified, checked, code_of, days_ahead, renew
from tests.support.cast import Person, World

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 20)
KINDS = [kind.value for kind in SELF_REGISTERED]


def lacks(firm: Newcomer) -> dict[str, str]:
    """Kind of document → why it does not count, as the firm reads it."""
    return {each["document"]: each["want"] for each in firm.get(f"{firm.here}/standing").json()["shortfalls"]}


def test_a_document_that_will_not_do_is_told_before_anybody_reviews_it() -> None:
    firm = Newcomer()
    firm.submit("network_security_filing")
    Document.objects.filter(organisation=firm.id).update(particulars={"next_test": days_ahead(-1)})
    assert lacks(firm) == {
        "business_licence": "missing", "authorisation": "missing",
        "telecom_licence_b11": "missing", "network_security_filing": "test_overdue",
    }  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_two_people_certify_a_firm_of_each_kind_by_its_own_documents(world: World, kind: str) -> None:
    firm = Newcomer(kind=kind)
    assert not standings([firm.row.id])[firm.row.id].certified
    asked = lacks(firm)
    assert set(asked.values()) <= {"missing"}
    firm.submit_all()
    assert lacks(firm) == dict.fromkeys(asked, "in_review")  # nothing is left to hand in
    assert checked(world, firm).json()["state"] == "checked"
    assert world.olga.post(f"{firm.case}:certify").json()["state"] == "certified"
    assert standings([firm.row.id])[firm.row.id].certified
    assert certified_by_kind()[kind] == 1
    history = world.rhea.get(f"{firm.here}/decisions").json()["items"]
    assert [(step["act"], step["decided_by"]) for step in history] == [
        ("certify", str(world.olga.user.id)),
        ("check", str(world.otto.user.id)),
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_one_missing_document_stops_the_check_and_is_named_in_both_languages(world: World, kind: str) -> None:
    wanted = asked_of(kind)
    for left_out in wanted:
        firm = Newcomer(kind=kind)
        for document in wanted:
            if document != left_out:
                firm.submit(document)
        world.otto.post(f"{firm.case}:assign", {})
        label = certification_profile().documents[left_out].label
        for language, words in (("zh-hans", f"{label.zh}（未提交）"), ("en", f"{label.en} (missing)")):
            answer = world.otto.post(f"{firm.case}:check", Accept_Language=language)
            assert code_of(answer) == (409, "certification_incomplete")
            assert words in answer.json()["detail"]
        assert (firm.state, firm.case_state) == ("applied", "reviewing")
    assert not Decision.objects.exists()


def test_a_document_that_ran_out_before_the_second_person_came_stops_the_certification(world: World) -> None:
    firm = Newcomer()
    firm.submit_all()
    checked(world, firm)
    Document.objects.filter(organisation=firm.id, kind="authorisation").update(valid_until=days_ahead(-1))
    answer = world.olga.post(f"{firm.case}:certify", Accept_Language="en")
    assert code_of(answer) == (409, "certification_incomplete")
    assert "(expired)" in answer.json()["detail"]


def test_what_came_in_after_the_check_sends_the_case_back_to_its_reviewer(world: World) -> None:
    firm = Newcomer()
    firm.submit_all()
    checked(world, firm)
    firm.submit("authorisation")
    assert firm.case_state == "reviewing"
    assert code_of(world.olga.post(f"{firm.case}:certify")) == (409, "state_conflict")
    assert world.otto.post(f"{firm.case}:check").status_code == 200
    assert world.olga.post(f"{firm.case}:certify").status_code == 200


def test_the_same_person_never_certifies_what_she_checked(world: World) -> None:
    firm = Newcomer()
    firm.submit_all()
    checked(world, firm)
    # the roles changed hands meanwhile: Otto is the security administrator now
    Membership.objects.filter(id=world.otto.membership.id).update(roles=[Role.OPERATOR_SECURITY])
    assert code_of(world.otto.post(f"{firm.case}:certify")) == (409, "same_person")
    assert (firm.state, firm.case_state) == ("applied", "checked")


def test_the_database_too_knows_that_it_takes_two(world: World) -> None:
    firm = Newcomer()
    case, otto = Case.objects.filter(organisation=firm.id), world.otto.user.id
    for second in (otto, None):
        with pytest.raises(IntegrityError, match="case_certified_by_two"), transaction.atomic():
            case.update(state="certified", checked_by=otto, decided_by=second)
    with pytest.raises(IntegrityError, match="case_one_open_an_organisation"), transaction.atomic():
        Case.objects.create(organisation=firm.row)


ACTS = [
    # who, and what check, certify and refuse answer for a firm that has just applied with all documents
    ("otto", 200, 403, 200),
    ("olga", 403, 409, 200),
    ("owen", 403, 403, 403),
    ("rhea", 403, 403, 403),
    ("aude", 403, 403, 403),
    ("ada", 404, 404, 404),
    ("nobody", 401, 401, 401),
]


@pytest.mark.parametrize(("who", "check", "certify", "refuse"), ACTS)
def test_only_the_profiles_deciders_decide(
    world: World, who: str, check: int, certify: int, refuse: int
) -> None:
    firm, person = Newcomer(), getattr(world, who)
    firm.submit_all()
    world.otto.post(f"{firm.case}:assign", {})
    for act, status in (("check", check), ("certify", certify), ("refuse", refuse)):
        with transaction.atomic():
            answer = person.post(f"{firm.case}:{act}", {"reason": "证照不符"} if act == "refuse" else None)
            transaction.set_rollback(True)
        assert answer.status_code == status, answer.content


def test_the_permission_table_lets_in_exactly_whom_the_profile_names() -> None:
    approves = {"approve_qualification": "certify_case"}  # a proposal asks for the right of that operation
    for act, roles in certification_profile().deciders.items():
        assert set(table()[f"participants.{approves.get(act, act)}"]) == roles


@pytest.mark.parametrize(
    ("who", "act"),
    [
        ("otto", "assign"),
        ("otto", "ask"),
        ("firm", "answer"),
        ("otto", "check"),
        ("olga", "certify"),
        ("otto", "refuse"),
        ("firm", "withdraw"),
    ],
)
def test_only_the_listed_steps_exist(world: World, who: str, act: str) -> None:
    firm = Newcomer()
    firm.submit_all()
    case = Case.objects.get(organisation=firm.id)
    Question.objects.create(case=case, text="?", asked_by=world.otto.user.id)
    people = {
        "reviewer": world.otto.user.id,
        "checked_by": world.otto.user.id,
        "decided_by": world.olga.user.id,
    }
    sources, _ = LIFE.acts[act]
    words = {"ask": {"text": "?"}, "answer": {"answer": "!"}, "refuse": {"reason": "x"}}.get(act, {})
    answered = {}
    for state in CaseState.codes():
        with transaction.atomic():
            Case.objects.filter(id=case.id).update(state=state, **people)
            answer = (firm if who == "firm" else getattr(world, who)).post(f"{firm.case}:{act}", words)
            answered[state] = answer.status_code
            transaction.set_rollback(True)
    assert answered == {state: 200 if state in sources else 409 for state in CaseState.codes()}


def test_a_refused_firm_reads_why_corrects_and_is_certified_after_all(world: World) -> None:
    firm = Newcomer()
    firm.submit_all()
    assert world.otto.post(f"{firm.case}:refuse", {}).json()["errors"][0]["pointer"] == "/reason"
    assert world.otto.post(f"{firm.case}:refuse", {"reason": "名称与执照不符"}).status_code == 200
    assert firm.state == "refused"
    assert not Document.objects.filter(organisation=firm.id, refused_at=None).exists()
    assert firm.get(f"{firm.here}/decisions").json()["items"][0]["reason"] == "名称与执照不符"
    name = {"name": "示范更名公司（演示数据）"}
    assert firm.patch(firm.here, name, If_Match="*").json()["state"] == "applied"
    firm.submit_all()
    assert checked(world, firm).status_code == 200
    assert world.olga.post(f"{firm.case}:certify").status_code == 200


def test_a_certification_lapses_with_a_document_and_stands_again_with_its_renewal(world: World) -> None:
    firm = certified(world)
    actor = Person(Membership.objects.get(id=firm.told["member"])).actor
    require_certified(actor)
    Document.objects.filter(organisation=firm.id, kind="authorisation").update(valid_until=days_ahead(-1))
    for _ in range(2):  # again changes nothing
        follow_last_days()
        assert open_causes([firm.row.id]) == {firm.row.id: ["certification"]}
    standing = firm.get(f"{firm.here}/standing", Accept_Language="en").json()
    assert (standing["state"], standing["certified"]) == ("certified", False)
    assert standing["suspensions"] == ["certification"]
    assert standing["shortfalls"] == [
        {
            "document": "authorisation",
            "want": "expired",
            "text": "Enterprise real name and authorisation of the agent (expired)",
        }
    ]
    with pytest.raises(NotCertified):
        require_certified(actor)
    firm.submit("authorisation")
    checked(world, firm)
    follow_last_days()
    assert not standings([firm.row.id])[firm.row.id].certified  # what one person checked renews nothing
    assert world.olga.post(f"{firm.case}:certify").status_code == 200
    assert standings([firm.row.id])[firm.row.id].certified
    follow_last_days()
    assert open_causes([firm.row.id]) == {}


def test_what_is_not_required_may_run_out(world: World) -> None:
    firm = certified(world)
    extra = renew(world, firm, "ai_filing")["id"]
    Document.objects.filter(id=extra).update(valid_until=days_ahead(-1))
    follow_last_days()
    assert open_causes([firm.row.id]) == {}


def test_the_lapse_of_many_firms_is_found_in_one_question(
    world: World, django_assert_num_queries: Any
) -> None:
    certified(world)
    with django_assert_num_queries(8):  # the clock twice, lapses, qualifications, two transactions in and out
        follow_last_days()
    certified(world)
    with django_assert_num_queries(8):
        follow_last_days()


def test_a_decision_can_neither_change_nor_go(world: World) -> None:
    certified(world)
    for change in (lambda: Decision.objects.update(reason="x"), lambda: Decision.objects.all().delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


def test_parties_without_a_rule_show_no_documents() -> None:
    profile = certification_profile()
    assert set(profile.certification) == set(KINDS)
    assert not set(profile.certification) & {OrganisationKind.OPERATOR, OrganisationKind.REGULATOR}
    named = {
        kind
        for wanted in (profile.certification, profile.qualification)
        for kinds in wanted.values()
        for kind in kinds
    }
    assert named <= set(profile.documents)


HELD = st.lists(
    st.tuples(
        st.sampled_from(["business_licence", "authorisation", "ai_filing"]),
        st.none() | st.integers(-3, 3).map(lambda days: TODAY + timedelta(days=days)),
    ),
    max_size=8,
)


@given(HELD)
def test_a_kind_falls_short_exactly_when_no_document_of_it_counts(
    held: list[tuple[str, date | None]],
) -> None:
    wanted = ["business_licence", "authorisation"]
    found = {each.document: each.want for each in certification_profile().shortfalls(wanted, held, TODAY)}
    for kind in wanted:
        days = [until for name, until in held if name == kind]
        if any(until is None or until >= TODAY for until in days):
            assert kind not in found
        else:
            assert found[kind] is (Want.EXPIRED if days else Want.MISSING)


def test_a_renewal_that_ran_out_before_anybody_accepted_it_renews_nothing(world: World) -> None:
    firm = certified(world)
    licence = Document.objects.filter(organisation=firm.id, kind="authorisation")
    licence.update(valid_until=days_ahead(-9))
    follow_last_days()
    renewal = firm.submit("authorisation").json()["id"]
    checked(world, firm)
    Document.objects.filter(id=renewal).update(valid_until=days_ahead(-1))
    assert code_of(world.olga.post(f"{firm.case}:certify")) == (409, "certification_incomplete")
    assert not standings([firm.row.id])[firm.row.id].certified
