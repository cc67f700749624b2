"""Jobs: rows with leases; a worker may die, sleep or fail, and the work is done once in effect."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.db.models.functions import Now

from kernel.clock import now
from kernel.models import Job
from kernel.services import jobs
from kernel.services.jobs import enqueue_job, run_next_job
from tests.kernel.bells import body
from tests.support.races import aside, race

real = pytest.mark.django_db(transaction=True)


def forget_the_lease() -> None:
    """Let the lease have run out."""
    Job.objects.update(lease_until=Now() - timedelta(seconds=1))


def make_due() -> None:
    """Let the time until the next try have passed."""
    Job.objects.filter(done_at=None).update(run_at=Now() - timedelta(seconds=1))


@real
def test_a_job_is_done_once_with_its_ids() -> None:
    seen: list[dict[str, Any]] = []
    with body("tests.note", lambda **ids: seen.append(ids)):
        enqueue_job("tests.note", order="a", count=2)
        assert run_next_job()
        assert not run_next_job()
    assert seen == [{"order": "a", "count": 2}]
    assert Job.objects.get().done_at is not None


@real
def test_a_name_that_nobody_registered_fails_at_the_caller() -> None:
    with pytest.raises(KeyError):
        enqueue_job("tests.unknown")
    assert not Job.objects.exists()


@real
def test_a_job_of_an_act_that_fails_is_never_done() -> None:
    def act() -> None:
        enqueue_job("tests.note")
        raise RuntimeError

    with body("tests.note", lambda: None):
        with pytest.raises(RuntimeError):
            transaction.atomic(act)()
        assert not run_next_job()


@real
def test_a_key_is_taken_once_even_when_two_ask_at_once() -> None:
    with body("tests.note", lambda: None):
        race(*[lambda: enqueue_job("tests.note", key="settle/2026-01")] * 4)
        assert run_next_job()
        enqueue_job("tests.note", key="settle/2026-01")
        assert not run_next_job(), "done is done"
        enqueue_job("tests.note")
        enqueue_job("tests.note")
        assert [run_next_job() for _ in range(3)] == [True, True, False]


@real
def test_a_job_waits_for_its_time() -> None:
    with body("tests.note", lambda: None):
        enqueue_job("tests.note", run_at=now() + timedelta(hours=1))
        assert not run_next_job()
        make_due()
        assert run_next_job()


@real
def test_a_job_that_fails_is_tried_again_later_and_each_time_later() -> None:
    def fail() -> None:
        raise RuntimeError("not yet")

    with body("tests.fail", fail):
        enqueue_job("tests.fail")
        waits = []
        for _ in range(3):
            make_due()
            assert run_next_job()
            assert not run_next_job(), "not before its time"
            job = Job.objects.annotate(now=Now()).get()
            waits.append(job.run_at - job.now)
        assert "RuntimeError: not yet" in job.error
        assert waits == sorted(waits)
        assert job.done_at is None


@real
def test_s10_neither_a_pause_nor_a_lease_of_a_clock_that_was_ahead_holds_a_job_up() -> None:
    done: list[int] = []
    tomorrow = Now() + timedelta(days=1)
    with body("tests.note", lambda *, number: done.append(number)):
        enqueue_job("tests.note", number=1)
        Job.objects.update(lease_until=tomorrow, attempts=1)
        assert run_next_job(), "a lease lasts two minutes"
        enqueue_job("tests.note", number=2, run_at=now() + timedelta(days=1))
        assert (jobs.end_impossible_pauses(), run_next_job()) == (0, False), "what was never tried waits"
        Job.objects.filter(done_at=None).update(attempts=1, run_at=now() + timedelta(minutes=4))
        assert jobs.end_impossible_pauses() == 0, "a pause that can be is kept"
        Job.objects.filter(done_at=None).update(run_at=tomorrow)
        assert (jobs.end_impossible_pauses(), run_next_job()) == (1, True)
    assert done == [1, 2]


@real
def test_a_job_that_never_succeeds_becomes_a_dead_letter() -> None:
    def fail() -> None:
        raise RuntimeError

    with body("tests.fail", fail):
        enqueue_job("tests.fail")
        for _ in range(jobs.MAX_ATTEMPTS):
            make_due()
            assert run_next_job()
        make_due()
        assert not run_next_job()
    assert Job.objects.get().dead_at is not None


@real
def test_s2_a_job_that_kills_every_worker_becomes_a_dead_letter_too() -> None:
    class ProcessEndedError(BaseException):
        """No except clause of ours sees the end of a process."""

    def die() -> None:
        raise ProcessEndedError

    with body("tests.die", die):
        enqueue_job("tests.die")
        for _ in range(jobs.MAX_ATTEMPTS):
            with pytest.raises(ProcessEndedError):
                run_next_job()
            assert not run_next_job(), "the lease still holds"
            forget_the_lease()
        assert run_next_job()
        assert not run_next_job()
    dead = Job.objects.get()
    assert dead.dead_at is not None
    assert "lost" in dead.error


@real
@pytest.mark.parametrize("end", ["well", "badly"])
def test_a_zombie_that_wakes_after_its_lease_cannot_close_the_job_of_another(end: str) -> None:
    asleep, wake = threading.Event(), threading.Event()
    runs = []

    def work() -> None:
        runs.append(end)
        if len(runs) == 1:
            asleep.set()
            assert wake.wait(10)
            if end == "badly":
                raise RuntimeError("zombie")
            return
        wake.set()
        zombie.join(10)  # it comes to its end while this worker is at work
        assert Job.objects.get().done_at is None, "the zombie closed it"
        assert Job.objects.get().lease_until is not None, "the zombie gave the lease away"

    with body("tests.work", work):
        enqueue_job("tests.work")
        zombie = threading.Thread(target=aside, args=(run_next_job,))
        zombie.start()
        assert asleep.wait(10)
        forget_the_lease()
        assert run_next_job()
    done = Job.objects.get()
    assert (len(runs), done.error) == (2, "")
    assert done.done_at is not None


@real
def test_twenty_jobs_and_four_workers_make_twenty_runs() -> None:
    runs: list[int] = []

    def work_off() -> None:
        while run_next_job():
            pass

    def count(number: int) -> None:
        runs.append(number)

    with body("tests.count", count):
        for number in range(20):
            enqueue_job("tests.count", number=number)
        race(*[work_off] * 4)
    assert sorted(runs) == list(range(20))
