"""Suspensions have causes: each is closed by its own, and while one is open the subject is stopped."""

from functools import partial
from typing import Any
from uuid import UUID

import pytest

from kernel.actor import SYSTEM
from kernel.ids import new_id
from kernel.models import EventRecord, Suspension
from kernel.models.suspensions import SuspensionCause as Cause
from kernel.models.suspensions import SuspensionScope as Scope
from kernel.selectors.suspensions import open_causes
from kernel.services.suspensions import close_suspension, open_suspension
from tests.support.races import race

quick = pytest.mark.django_db


def suspend(subject: UUID, reference: UUID, **words: Any) -> None:
    words = {"cause": Cause.FINDING, "scope": Scope.NEW_SALE, **words}
    open_suspension(subject=subject, tenant=None, reference=reference, actor=SYSTEM, **words)


def lift(subject: UUID, reference: UUID, cause: Cause = Cause.FINDING) -> bool:
    return close_suspension(subject=subject, tenant=None, cause=cause, reference=reference, actor=SYSTEM)


@quick
def test_a_subject_is_stopped_until_its_last_cause_is_closed() -> None:
    subject, finding, order = new_id(), new_id(), new_id()
    suspend(subject, finding)
    suspend(subject, order, cause=Cause.INSTRUCTION)
    assert open_causes([subject, new_id()]) == {subject: ["finding", "instruction"]}
    assert lift(subject, finding)
    assert open_causes([subject]) == {subject: ["instruction"]}
    assert lift(subject, order, Cause.INSTRUCTION)
    assert open_causes([subject]) == {}


@quick
def test_one_cause_does_not_close_another() -> None:
    subject, order = new_id(), new_id()
    suspend(subject, order, cause=Cause.INSTRUCTION)
    assert not lift(subject, order, Cause.FINDING)
    assert not lift(subject, new_id(), Cause.INSTRUCTION)
    assert open_causes([subject]) == {subject: ["instruction"]}


@quick
def test_opening_and_closing_twice_is_once_and_told_once() -> None:
    subject, finding = new_id(), new_id()
    for _ in range(2):
        suspend(subject, finding)
    assert [lift(subject, finding), lift(subject, finding)] == [True, False]
    told = list(EventRecord.objects.filter(subject=subject).order_by("id").values_list("name", flat=True))
    assert told == ["kernel.suspension_opened", "kernel.suspension_closed"]
    suspend(subject, finding)
    assert open_causes([subject]) == {subject: ["finding"]}, "it may come again"


@pytest.mark.django_db(transaction=True)
def test_the_same_cause_opened_by_four_at_once_is_one() -> None:
    subject, finding = new_id(), new_id()
    assert race(*[partial(suspend, subject, finding)] * 4) == [None] * 4
    assert Suspension.objects.count() == EventRecord.objects.count() == 1
    assert sorted(race(*[partial(lift, subject, finding)] * 4)) == [False] * 3 + [True]


STOPPED = {
    Scope.NEW_SALE: [Scope.NEW_SALE],
    Scope.RENEWAL: [Scope.NEW_SALE, Scope.RENEWAL],
    Scope.RUNNING: [Scope.NEW_SALE, Scope.RENEWAL, Scope.RUNNING],
}


@quick
@pytest.mark.parametrize("scope", list(Scope))
@pytest.mark.parametrize("asked", list(Scope))
def test_a_wider_scope_stops_the_narrower_things_too(scope: Scope, asked: Scope) -> None:
    subject = new_id()
    suspend(subject, new_id(), scope=scope)
    assert bool(open_causes([subject], stops=asked)) == (asked in STOPPED[scope])
