"""Cases: who has one, what is asked and answered, renewals that take nobody off the market, withdrawals."""

from typing import Any
from uuid import uuid4

import pytest

from kernel.models.outbox import EventRecord
from kernel.selectors.suspensions import open_causes
from participants.domain.cases import LIFE
from participants.models import Case, Document, Membership
from participants.selectors.organisations import standings
from participants.tasks import follow_last_days
from tests.participants.newcomers import Newcomer, certified, checked, code_of, days_ahead, decide
from tests.support.cast import World

pytestmark = pytest.mark.django_db


def certified_now(firm: Newcomer) -> bool:
    follow_last_days()
    return standings([firm.row.id])[firm.row.id].certified


def questions(firm: Newcomer) -> list[dict[str, Any]]:
    return list(firm.get(f"{firm.case}/questions").json()["items"])


def test_a_reviewer_asks_the_applicant_answers_and_the_case_goes_on(world: World) -> None:
    firm = Newcomer()
    firm.submit_all()
    assert code_of(world.otto.post(f"{firm.case}:check")) == (409, "state_conflict")  # nobody has it yet
    assert world.otto.post(f"{firm.case}:assign", {}).json()["reviewer"] == str(world.otto.user.id)
    assert (
        world.otto.post(f"{firm.case}:ask", {"text": "授权书的经办人是谁？"}).json()["state"] == "questioned"
    )
    assert code_of(world.otto.post(f"{firm.case}:check")) == (
        409,
        "state_conflict",
    )  # it waits for the answer
    assert firm.post(f"{firm.case}:answer", {}).json()["errors"][0]["pointer"] == "/answer"
    assert firm.post(f"{firm.case}:answer", {"answer": "见补充授权书"}).json()["state"] == "reviewing"
    firm.submit("authorisation")
    assert [(row["text"], row["answer"]) for row in questions(firm)] == [
        ("授权书的经办人是谁？", "见补充授权书")
    ]
    assert questions(firm)[0]["answered_by"] == str(Membership.objects.get(id=firm.told["member"]).user_id)
    assert world.otto.post(f"{firm.case}:check").status_code == 200
    assert world.olga.post(f"{firm.case}:certify").status_code == 200
    names = (
        EventRecord.objects.filter(subject=Case.objects.get().id)
        .order_by("id")
        .values_list("name", flat=True)
    )
    acts = ["case_opened", "case_assigned", "question_asked", "question_answered", "case_checked"]
    assert [name.partition(".")[2] for name in names] == acts


def test_the_second_person_asks_too_and_the_answer_goes_back_to_the_reviewer(world: World) -> None:
    firm = Newcomer()
    firm.submit_all()
    checked(world, firm)
    assert world.olga.post(f"{firm.case}:ask", {"text": "?"}).json()["checked_by"] is None
    firm.post(f"{firm.case}:answer", {"answer": "!"})
    assert code_of(world.olga.post(f"{firm.case}:certify")) == (409, "state_conflict")
    assert world.otto.post(f"{firm.case}:check").status_code == 200
    assert world.olga.post(f"{firm.case}:certify").status_code == 200


def test_only_who_has_the_case_asks_checks_and_refuses_its_documents(world: World) -> None:
    firm = Newcomer()
    firm.submit_all()
    paper = firm.submit("authorisation").json()["id"]
    world.otto.post(f"{firm.case}:assign", {})
    Case.objects.filter(organisation=firm.id).update(reviewer=uuid4())  # another reviewer's
    for address, words in (
        (f"{firm.case}:ask", {"text": "?"}),
        (f"{firm.case}:check", {}),
        (f"/api/v1/documents/{paper}:refuse", {"reason": "x"}),
    ):
        assert code_of(world.otto.post(address, words)) == (403, "not_your_case")
    assert world.otto.post(f"{firm.case}:assign", {}).status_code == 200
    assert world.otto.post(f"{firm.case}:check").status_code == 200


@pytest.mark.parametrize("who", ["olga", "rhea", "ada", "nowhere"])
def test_a_case_is_given_to_reviewers_only(world: World, who: str) -> None:
    firm = Newcomer()
    person = uuid4() if who == "nowhere" else getattr(world, who).user.id
    answer = world.otto.post(f"{firm.case}:assign", {"reviewer": str(person)})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/reviewer")
    assert firm.case_state == "open"


def test_a_renewal_leaves_the_firm_on_the_market_while_the_old_document_is_valid(world: World) -> None:
    firm = certified(world)
    firm.submit("authorisation", until=days_ahead(700))  # opens a case of its own
    for step in ("nobody has it", "asked", "refused"):
        if step == "asked":
            world.otto.post(f"{firm.case}:assign", {})
            world.otto.post(f"{firm.case}:ask", {"text": "?"})
        if step == "refused":
            world.otto.post(f"{firm.case}:refuse", {"reason": "字迹不清"})
        assert certified_now(firm), step
        assert open_causes([firm.row.id]) == {}
    assert firm.state == "certified"
    firm.submit("authorisation", until=days_ahead(700))
    decide(world, firm)
    Document.objects.filter(organisation=firm.id, kind="authorisation", valid_until=days_ahead(365)).update(
        valid_until=days_ahead(-1)
    )
    assert certified_now(firm)
    assert [row.state for row in firm.row.cases.order_by("id")] == ["certified", "refused", "certified"]


def test_a_refused_document_never_counts_and_another_may_come(world: World) -> None:
    firm = Newcomer()
    firm.submit_all()
    bad = Document.objects.get(organisation=firm.id, kind="authorisation")
    here = f"/api/v1/documents/{bad.id}:refuse"
    checked(world, firm)
    assert world.otto.post(here, {}).json()["errors"][0]["pointer"] == "/reason"
    answer = world.otto.post(here, {"reason": "非本人授权"})
    assert (answer.status_code, answer.json()["refusal"]) == (200, "非本人授权")
    assert firm.case_state == "reviewing"  # what was checked is not all there any more
    assert code_of(world.otto.post(f"{firm.case}:check")) == (409, "certification_incomplete")
    assert code_of(world.otto.post(here, {"reason": "x"})) == (409, "state_conflict")
    firm.submit("authorisation")
    decide(world, firm)
    bad.refresh_from_db()
    assert bad.accepted_at is None
    assert code_of(world.otto.post(here, {"reason": "x"})) == (409, "case_closed")


def test_an_applicant_withdraws_and_applies_again(world: World) -> None:
    firm = Newcomer()
    firm.submit_all()
    first = firm.case
    assert firm.post(f"{first}:withdraw").json()["state"] == "withdrawn"
    assert not Document.objects.filter(refused_at=None).exists()
    assert firm.state == "applied"
    firm.submit_all()
    assert firm.case != first
    decide(world, firm)
    assert firm.state == "certified"


def test_a_firm_that_leaves_takes_its_case_along(world: World) -> None:
    firm = Newcomer()
    firm.submit_all()
    assert firm.post(f"{firm.here}:close").status_code == 200
    assert firm.case_state == "withdrawn"


RIGHTS = [("ada", 404), ("otto", 200), ("owen", 200), ("rhea", 200), ("aude", 200), ("nobody", 401)]


@pytest.mark.parametrize(("who", "status"), RIGHTS)
def test_a_case_is_read_by_its_own_the_operator_and_the_supervision(
    world: World, who: str, status: int
) -> None:
    firm, person = Newcomer(), getattr(world, who)
    for page in ("", "/questions"):
        assert firm.get(firm.case + page).status_code == 200
        assert person.get(firm.case + page).status_code == status
    if status == 200:
        query = f"?state=open&organisation={firm.id}"
        assert [row["id"] for row in person.get(f"/api/v1/cases{query}").json()["items"]] == [firm.case[14:]]


def test_the_queue_asks_the_same_for_two_cases_and_for_eight(
    world: World, django_assert_num_queries: Any
) -> None:
    world.otto.get("/api/v1/cases")  # notes the key's first use
    for more in (2, 6):
        for _ in range(more):
            Newcomer()
        with django_assert_num_queries(4):
            world.otto.get("/api/v1/cases")


def test_a_case_ends_in_one_of_three_ways_and_each_state_can_be_left() -> None:
    assert LIFE.terminal == {"certified", "refused", "withdrawn"}
    reached = {LIFE.initial} | {target for _, target in LIFE.acts.values()}
    assert reached == set(LIFE.states)
