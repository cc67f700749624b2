"""Operations: an answer later, once, whoever is lost on the way."""

from dataclasses import replace
from typing import Any

import pytest

from aggregation.models import Centre
from kernel.actor import Reach, Role
from kernel.api.deferral import gave_up, perform
from kernel.errors import Busy
from kernel.models import Job, Operation
from kernel.services import jobs
from kernel.services.operations import (
    MOST_ATTEMPTS,
    Answered,
    actor_of,
    forget_operations,
    report_progress,
    run_operation,
)
from kernel.tasks import sweep
from participants.models import Mandate
from tests.aggregation.supply import centre, made
from tests.kernel import planted_api
from tests.laws.test_contract import house_views
from tests.support.cast import World
from tests.support.races import aside, race

LATER = {"Prefer": "respond-async"}
BATCH = "/api/v1/centres:batch"


def ask(world: World, *items: dict[str, Any], **words: Any) -> Any:
    """A batch of Ada's centres, to be answered later; the answer of now."""
    return world.ada.post(BATCH, {"items": list(items), **words}, **LATER)


@pytest.mark.django_db
class TestTheAnswerLater:
    def test_it_is_accepted_at_once_and_read_when_it_is_done(self, world: World) -> None:
        accepted = ask(world, centre(centre="one"))
        assert accepted.status_code == 202
        assert accepted["Location"] == f"/api/v1/operations/{accepted.json()['id']}"
        assert (accepted["Retry-After"], accepted["Preference-Applied"]) == ("1", "respond-async")
        assert accepted.json()["state"] == "waiting"
        assert not Centre.objects.exists()
        assert world.ada.get(accepted["Location"])["Retry-After"] == "1"
        sweep()
        done = world.ada.get(accepted["Location"])
        assert "Retry-After" not in done
        body = done.json()
        assert (body["state"], body["status"], body["kind"]) == (
            "succeeded",
            200,
            "aggregation.batch_centres",
        )
        assert body["result"]["items"][0]["id"] == str(Centre.objects.get().id)
        assert bytes(Operation.objects.get().body) == b"", "what was sent is not kept longer than needed"

    def test_the_same_key_is_the_same_operation(self, world: World) -> None:
        answers = [
            world.ada.post(BATCH, {"items": [centre()]}, Idempotency_Key="k", **LATER) for _ in range(2)
        ]
        assert answers[1]["Idempotent-Replayed"] == "true"
        assert answers[0].content == answers[1].content
        assert answers[1]["Location"] == answers[0]["Location"]
        assert answers[1]["Retry-After"] == "1"
        assert Operation.objects.count() == 1

    def test_a_refusal_is_told_in_the_language_of_who_asked(self, world: World) -> None:
        accepted = world.ada.post(
            BATCH, {"items": [centre(), {}], "atomic": True}, Accept_Language="en", **LATER
        )
        sweep()
        body = world.ada.get(accepted["Location"]).json()
        assert (body["state"], body["status"], body["result"]) == ("failed", 409, None)
        assert body["problem"]["code"] == "batch_refused"
        assert body["problem"]["detail"].startswith("1 of 2 items")
        assert not Centre.objects.exists()

    def test_a_wrong_parameter_is_named_as_one_and_a_wrong_line_is_not(self, world: World) -> None:
        here, text = "/api/v1/offers:import", {"Content_Type": "text/csv", **LATER}
        asked = [f"{here}?dry_run=perhaps", f"{here}?lines=1", here]
        accepted = [world.ada.send("POST", each, b"offer\nx\n", **text)["Location"] for each in asked]
        sweep()
        problems = [world.ada.get(each).json()["problem"] for each in accepted]
        placed = [
            {name: error.get(name) for name in ("parameter", "pointer")}
            for problem in problems
            for error in problem["errors"][:1]
        ]
        assert placed[:2] == [{"parameter": name, "pointer": None} for name in ("dry_run", "lines")]
        assert (placed[2]["parameter"], placed[2]["pointer"][:7]) == (None, "/lines/")

    def test_rights_are_asked_again_when_it_runs(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        accepted = ask(world, centre())
        Operation.objects.update(actor={"user": None, "roles": ["compute_user"], "scopes": ["*"]})
        sweep()
        body = world.ada.get(accepted["Location"]).json()
        assert (body["state"], body["problem"]["code"]) == ("failed", "forbidden")
        assert not Centre.objects.exists()

    def test_what_waits_can_be_cancelled_and_what_is_done_cannot(self, world: World) -> None:
        waiting = ask(world, centre())["Location"]
        told = world.ada.post(f"{waiting}:cancel", {"reason": "no body has one"}).json()
        assert [(each["pointer"], each["code"]) for each in told["errors"]] == [("/reason", "unknown_field")]
        assert made(world.ada.post(f"{waiting}:cancel"))["state"] == "cancelled"
        sweep()
        assert not Centre.objects.exists()
        done = ask(world, centre())["Location"]
        sweep()
        refused = world.ada.post(f"{done}:cancel")
        assert (refused.status_code, refused.json()["code"]) == (409, "state_conflict")

    def test_it_is_its_organisation_s_alone(self, world: World) -> None:
        here = ask(world, centre())["Location"]
        assert world.abe.get(here).status_code == 200
        assert world.cleo.get(here).status_code == 404
        assert world.cleo.post(f"{here}:cancel").status_code == 404
        assert world.cleo.get("/api/v1/operations").json()["items"] == []

    def test_who_may_not_ask_now_is_refused_now(self, world: World) -> None:
        assert world.ben.post(BATCH, {"items": [centre()]}, **LATER).status_code == 403
        keyless = world.ada.post(BATCH, {"items": [centre()]}, Idempotency_Key="", **LATER)
        assert keyless.json()["code"] == "idempotency_key_missing"
        assert not Operation.objects.exists()

    def test_what_is_done_by_mandate_is_done_now(
        self, world: World, boxes: dict[str, dict[str, Reach]], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        boxes["kernel.open_box"][Role.SUPPORTING_UNIT] = Reach.ALL
        monkeypatch.setattr(planted_api.BoxesView, "may_wait", True)
        Mandate.objects.filter(organisation=world.sue.organisation).update(operations=["kernel.open_box"])
        box = {"kind": "a", "size": 1}
        assert world.rhea.post("/api/v1/boxes", box, **LATER).status_code == 202
        answered = world.sue.post("/api/v1/boxes", box, **LATER)
        assert (answered.status_code, "Preference-Applied" in answered) == (201, False)
        assert [row.tenant_id for row in Operation.objects.all()] == [world.rhea.organisation.id]

    def test_who_asked_is_who_acts_with_all_that_it_showed(self, world: World) -> None:
        ask(world, centre())
        row = Operation.objects.get()
        actor = replace(world.ada.actor, credential=world.ada.row.id)
        assert actor_of(row) == actor
        row.actor["signed"] = True
        assert actor_of(row) == replace(actor, signed=True)

    @pytest.mark.parametrize("prefer", ["respond-sync", "respond-async-ish", "", "wait=5"])
    def test_other_preferences_are_none_of_ours(self, world: World, prefer: str) -> None:
        assert world.ada.post(BATCH, {"items": [centre()]}, Prefer=prefer).status_code == 200

    def test_one_preference_among_others_is_heard(self, world: World) -> None:
        assert ask(world, centre()).status_code == 202
        for prefer in ("wait=5, respond-async", "Respond-Async; x=1, handling=lenient"):
            assert world.ada.post(BATCH, {"items": [centre()]}, Prefer=prefer).status_code == 202

    def test_progress_is_told_while_it_runs_only(self, world: World) -> None:
        accepted = ask(world, centre())
        row = Operation.objects.get()
        report_progress(row.id, 3, 7)
        assert world.ada.get(accepted["Location"]).json()["progress"] is None
        Operation.objects.update(state="running")
        assert world.ada.get(accepted["Location"]).json()["progress"] == {"done": 3, "total": 7}

    def test_what_nobody_brings_to_an_end_fails_with_a_reason(self, world: World) -> None:
        accepted = ask(world, centre())
        row = Operation.objects.get()

        def broken(_: Operation) -> Answered:
            raise ZeroDivisionError

        for _ in range(MOST_ATTEMPTS):
            with pytest.raises(ZeroDivisionError):
                run_operation(operation=row.id, perform=broken, give_up=gave_up)
        run_operation(operation=row.id, perform=broken, give_up=gave_up)
        body = world.ada.get(accepted["Location"]).json()
        assert (body["state"], body["problem"]["code"], body["status"]) == ("failed", "internal", 500)

    def test_answers_are_forgotten_in_time_and_not_before_they_are_there(self, world: World) -> None:
        ask(world, centre())
        Operation.objects.update(expires_at="2020-01-01T00:00:00Z")
        assert forget_operations() == 0
        sweep()
        assert forget_operations() == 1
        assert not Operation.objects.exists()


@pytest.mark.django_db(transaction=True)
class TestWorkers:
    def test_a_worker_that_dies_leaves_nothing_and_another_does_it_once(self, world: World) -> None:
        accepted = ask(world, centre())
        row = Operation.objects.get()

        def dies(operation: Operation) -> Answered:
            perform(operation)
            raise SystemExit

        with pytest.raises(SystemExit):
            run_operation(operation=row.id, perform=dies, give_up=gave_up)
        assert not Centre.objects.exists()
        assert world.ada.get(accepted["Location"]).json()["state"] == "running"
        run_operation(operation=row.id, perform=perform, give_up=gave_up)
        assert Centre.objects.count() == 1
        assert world.ada.get(accepted["Location"]).json()["state"] == "succeeded"

    def test_two_workers_do_it_once(self, world: World) -> None:
        ask(world, centre())
        row = Operation.objects.get()

        def run() -> None:
            run_operation(operation=row.id, perform=perform, give_up=gave_up)

        results = race(run, run)
        assert all(result is None or isinstance(result, Busy) for result in results), results
        assert Centre.objects.count() == 1
        assert Operation.objects.get().state == "succeeded"

    def test_while_one_works_another_waits_its_turn_and_nobody_cancels(self, world: World) -> None:
        accepted = ask(world, centre())
        row = Operation.objects.get()

        def meanwhile(operation: Operation) -> Answered:
            with pytest.raises(Busy):
                aside(lambda: run_operation(operation=row.id, perform=perform, give_up=gave_up))
            refused = aside(lambda: world.ada.post(f"{accepted['Location']}:cancel"))
            assert refused.status_code == 409
            return perform(operation)

        run_operation(operation=row.id, perform=meanwhile, give_up=gave_up)
        assert Centre.objects.count() == 1

    def test_the_job_is_done_when_the_operation_is(self, world: World) -> None:
        ask(world, centre())
        assert jobs.run_next_job()
        assert Job.objects.get(name="kernel.run_operation").done_at is not None


def test_what_may_wait_asks_for_no_version_and_tells_no_secret() -> None:
    waiting = [view for view in house_views() if view.may_wait]
    assert len(waiting) >= 6
    assert [view for view in waiting if view.if_match or view.secrets] == []
