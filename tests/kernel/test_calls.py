"""Jobs that call somebody: many are called at once, each for one thing at a time, and the sweep waits for none of them."""

from datetime import timedelta
from threading import Event, Thread
from uuid import UUID, uuid4

import pytest
from django.db.models.functions import Now

from kernel.models import Job
from kernel.services.jobs import do_calls, enqueue_job, run_next_job
from kernel.tasks import sweep
from tests.kernel.bells import body
from tests.support.races import aside

pytestmark = pytest.mark.django_db(transaction=True)
SLOW, QUICK = uuid4(), uuid4()


class Phone:
    """Who was called for what, in order; the slow one answers once it is let to."""

    def __init__(self) -> None:
        """Nobody was called."""
        self.called: list[tuple[UUID, int]] = []
        self.asked, self.answers, self.quick = Event(), Event(), Event()

    def call(self, *, who: str, number: int) -> None:
        """Call for the nth thing."""
        self.called.append((UUID(who), number))
        if UUID(who) == SLOW:
            self.asked.set()
            assert self.answers.wait(10)
        elif number == 3:
            self.quick.set()

    def ask(self, who: UUID, number: int) -> None:
        """Have somebody called."""
        enqueue_job("tests.call", lane=who, who=str(who), number=number)


def test_who_answers_slowly_holds_up_nobody_else() -> None:
    phone, own = Phone(), list[int]()
    with body("tests.call", phone.call), body("tests.own", lambda: own.append(1)):
        for number in (1, 2):
            phone.ask(SLOW, number)
        for number in (1, 2, 3):
            phone.ask(QUICK, number)
        enqueue_job("tests.own")
        calling = Thread(target=aside, args=(do_calls,))
        calling.start()
        try:
            assert phone.asked.wait(5)
            assert phone.quick.wait(5), "the quick one waits for the slow one"
            assert (SLOW, 2) not in phone.called, "one at a time"
            sweep()
            assert own == [1], "the sweep waits"
            assert do_calls() == 0, "one round at a time"
        finally:
            phone.answers.set()
            calling.join(10)
        assert sorted(phone.called) == sorted([(SLOW, 1), (SLOW, 2), (QUICK, 1), (QUICK, 2), (QUICK, 3)])
    assert not Job.objects.filter(done_at=None).exists()


def test_the_sweep_calls_nobody() -> None:
    phone = Phone()
    with body("tests.call", phone.call):
        phone.ask(QUICK, 1)
        assert not run_next_job()
        assert (do_calls(), phone.called) == (1, [(QUICK, 1)])


def test_s10_a_lease_of_a_clock_that_was_ahead_holds_nobody_up() -> None:
    phone = Phone()
    with body("tests.call", phone.call):
        phone.ask(QUICK, 1)
        Job.objects.update(lease_until=Now() + timedelta(days=1), attempts=1)
        phone.ask(QUICK, 2)
        assert do_calls() == 2
    assert sorted(phone.called) == [(QUICK, 1), (QUICK, 2)]


def test_what_fails_is_tried_again_later_and_the_next_is_called_for() -> None:
    def fail(*, who: str, number: int) -> None:
        phone.call(who=who, number=number)
        if number == 1:
            raise RuntimeError("busy")

    phone = Phone()
    with body("tests.call", fail):
        for number in (1, 2):
            phone.ask(QUICK, number)
        assert do_calls() == 2
        (left,) = Job.objects.filter(done_at=None)
        assert ("busy" in left.error, left.lease_until, left.attempts) == (True, None, 1)
