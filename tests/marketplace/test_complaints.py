"""Complaints: who may say what and when, deadlines by the calendar of China, and what is told of those that pass."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from kernel.clock import SHANGHAI, now
from kernel.errors import StateConflict
from kernel.models.jobs import Job
from kernel.models.outbox import EventRecord
from kernel.services.jobs import run_next_job
from marketplace.domain.complaints import LIFE, OPEN, WAITING, ComplaintState
from marketplace.models import Complaint, ComplaintStep, Order
from marketplace.services.complaints import answer_complaint, note_overdue
from tests.marketplace.trade import running
from tests.scheduling.live import open_market
from tests.support.cast import Person, World
from tests.support.races import kinds, race

SCENE = open_market
COMPLAINTS = "/api/v1/complaints"
WORDS = {"words": "加速卡反复掉线", "request": "更换故障卡"}


def test_what_is_open_can_end_by_whoever_complained_and_nothing_else_goes_on() -> None:
    assert LIFE.acts["settle"][0] == LIFE.acts["withdraw"][0] == OPEN
    assert LIFE.terminal == frozenset(LIFE.states) - OPEN
    assert OPEN - {ComplaintState.ANSWERED} == WAITING


def filed(person: Person, order: Order, respondent: Person, status: int = 201, **body: Any) -> dict[str, Any]:
    body = {
        "order": str(order.id),
        "respondent": str(respondent.organisation.id),
        "matter": "compute",
        **WORDS,
        **body,
    }
    answer = person.post(COMPLAINTS, body)
    assert answer.status_code == status, answer.content.decode()
    return dict(answer.json())


def act(
    person: Person, complaint: dict[str, Any], verb: str, body: Any = None, status: int = 200
) -> dict[str, Any]:
    answer = person.post(f"{COMPLAINTS}/{complaint['id']}:{verb}", body)
    assert answer.status_code == status, answer.content.decode()
    return dict(answer.json())


def passed(complaint: dict[str, Any]) -> None:
    """Its deadline is a minute ago."""
    Complaint.objects.filter(id=complaint["id"]).update(due_at=now() - timedelta(minutes=1))
    Job.objects.filter(args__complaint=complaint["id"]).update(run_at=now())


def announced(name: str) -> list[dict[str, Any]]:
    return list(
        EventRecord.objects.filter(name=f"marketplace.{name}")
        .order_by("id")
        .values_list("payload", flat=True)
    )


@pytest.mark.django_db
def test_deadlines_are_days_of_the_profile_and_working_days_of_china(world: World) -> None:
    order = running(world)
    complaint = filed(world.ben, order, world.ada)
    row = Complaint.objects.get(id=complaint["id"])
    assert row.due_at is not None
    assert row.due_at - row.created_at == pytest.approx(timedelta(days=15), abs=timedelta(seconds=5))
    act(world.ada, complaint, "answer", {"words": "已更换"})
    act(world.ben, complaint, "appeal", {"reason": "仍在掉线"})
    row.refresh_from_db()
    assert row.due_at is not None
    assert row.due_at - now() >= timedelta(days=4, hours=23)
    assert row.due_at.astimezone(SHANGHAI).weekday() < 5 or row.due_at.astimezone(SHANGHAI).month in (
        2,
        9,
        10,
    )
    act(world.rhea, complaint, "accept")
    row.refresh_from_db()
    assert row.due_at is not None
    assert row.due_at - now() == pytest.approx(timedelta(days=30), abs=timedelta(seconds=5))


@pytest.mark.django_db
def test_a_deadline_that_passes_is_told_once_and_opens_the_appeal(world: World) -> None:
    complaint = filed(world.ben, running(world), world.ada)
    while run_next_job():
        pass
    assert announced("complaint_overdue") == []  # not yet
    act(world.ben, complaint, "appeal", {"reason": "无人答复"}, status=409)
    passed(complaint)
    while run_next_job():
        pass
    note_overdue(complaint=complaint["id"])  # as a job may run twice
    assert [event["state"] for event in announced("complaint_overdue")] == ["filed"]
    overdue = world.rhea.get(f"{COMPLAINTS}?overdue=true").json()["items"]
    assert [each["id"] for each in overdue] == [complaint["id"]]
    assert world.rhea.get("/api/v1/complaint-counts").json()["items"][0]["overdue"] == 1
    appealed = act(world.ben, complaint, "appeal", {"reason": "无人答复"})
    assert (appealed["state"], appealed["overdue"]) == ("appealed", False)
    # the deadline of before is nobody's any more
    note_overdue(complaint=complaint["id"])
    assert len(announced("complaint_overdue")) == 1


@pytest.mark.django_db
def test_an_answer_that_comes_late_counts_as_late(world: World) -> None:
    order = running(world)
    late, good = filed(world.ben, order, world.ada), filed(world.ben, order, world.lin, matter="line")
    passed(late)
    for person, complaint in ((world.ada, late), (world.lin, good)):
        act(person, complaint, "answer", {"words": "已处理"})
    month = world.rhea.get("/api/v1/complaint-counts").json()["items"][0]
    assert (month["answered_late"], month["answered_in_time"], month["open"]) == (1, 1, 2)
    steps = world.ben.get(f"{COMPLAINTS}/{late['id']}").json()["steps"]
    assert [step["late"] for step in steps] == [False, True]


@pytest.mark.django_db
def test_what_its_own_party_does_is_never_late(world: World) -> None:
    complaint = filed(world.ben, running(world), world.ada)
    passed(complaint)
    act(world.ben, complaint, "withdraw", {"reason": "双方已自行解决"})
    assert not ComplaintStep.objects.filter(late=True).exists()


@pytest.mark.django_db
def test_an_appeal_may_be_dismissed_with_its_reason_and_mediation_may_come_to_nothing(world: World) -> None:
    order = running(world)
    first, second = filed(world.ben, order, world.ada), filed(world.ben, order, world.lin, matter="line")
    for person, complaint in ((world.ada, first), (world.lin, second)):
        act(person, complaint, "answer", {"words": "不属实"})
        act(world.ben, complaint, "appeal", {"reason": "属实"})
    act(world.rhea, first, "dismiss", {"reason": "法院已受理"})
    act(world.rhea, second, "accept")
    over = act(
        world.rhea, second, "conclude", {"agreed": False, "words": "双方各执一词，可依合同仲裁或诉讼。"}
    )
    assert over["state"] == "unsettled"
    month = world.rhea.get("/api/v1/complaint-counts").json()["items"][0]
    assert (month["dismissed"], month["unsettled"], month["appealed"]) == (1, 1, 2)
    filed(world.ben, order, world.ada)  # another time, of the same matter


@pytest.mark.django_db
def test_only_the_other_side_answers_though_either_may_read_it(world: World) -> None:
    complaint = filed(world.ada, running(world), world.ben, matter="conduct")
    refused = act(world.ada, complaint, "answer", {"words": "我方无误"}, status=403)
    assert refused["code"] == "forbidden"
    assert act(world.ben, complaint, "answer", {"words": "已付款"})["state"] == "answered"


@pytest.mark.django_db
def test_words_that_are_missing_or_too_long_are_refused_by_name(world: World) -> None:
    order = running(world)
    for body, pointer in (
        ({"words": ""}, "/words"),
        ({"words": "字" * 4001}, "/words"),
        ({"request": "字" * 501}, "/request"),
        ({"matter": "weather"}, "/matter"),
    ):
        refused = filed(world.ben, order, world.ada, status=400, **body)
        assert [error["pointer"] for error in refused["errors"]] == [pointer]
    assert not Complaint.objects.exists()


@pytest.mark.django_db
def test_what_was_said_is_never_changed(world: World) -> None:
    filed(world.ben, running(world), world.ada)
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        ComplaintStep.objects.update(words="没有说过")


@pytest.mark.django_db(transaction=True)
def test_of_answers_at_once_one_is_the_answer(world: World) -> None:
    complaint = Complaint.objects.get(id=filed(world.ben, running(world), world.ada)["id"])
    outcomes = race(
        *(
            lambda: answer_complaint(complaint=complaint, words="已更换", actor=world.ada.actor)
            for _ in range(4)
        )
    )
    assert kinds(outcomes) == {"Complaint": 1, StateConflict.__name__: 3}
    assert ComplaintStep.objects.filter(act="answer").count() == 1
