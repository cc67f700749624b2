"""Reminders before last days, and the supervision that learns of every decision."""

from datetime import timedelta

import pytest

from kernel.clock import now, shanghai_date
from kernel.models.outbox import EventRecord
from kernel.services.outbox import drain
from participants.models import Document, Qualification
from participants.selectors.profiles import certification_profile
from participants.tasks import remind
from tests.participants.newcomers import certified, days_ahead, decide, renew
from tests.support.cast import World

pytestmark = pytest.mark.django_db


def reminders(name: str = "document_expiring") -> list[int]:
    rows = EventRecord.objects.filter(name=f"participants.{name}").order_by("id")
    return [row.payload["days_left"] for row in rows]


def let_days_pass(left: int) -> None:
    last = shanghai_date(now()) + timedelta(days=left)
    Document.objects.filter(kind="authorisation").update(valid_until=last)
    for _ in range(2):  # again reminds of nothing
        remind()


def test_one_reminder_at_each_number_of_days_also_after_a_pause(world: World) -> None:
    assert certification_profile().reminders == (60, 30, 7)
    certified(world)
    for left, told in ((61, []), (60, [60]), (31, [60]), (29, [60, 29]), (3, [60, 29, 3]), (0, [60, 29, 3])):
        let_days_pass(left)
        assert reminders() == told
    row = EventRecord.objects.filter(name="participants.document_expiring").latest("id")
    assert row.payload["kind"] == "authorisation"


def test_nobody_is_reminded_of_what_is_renewed_already(world: World) -> None:
    firm = certified(world)
    renew(world, firm, "authorisation", until=days_ahead(700))
    Document.objects.filter(kind="authorisation", valid_until=days_ahead(365)).update(
        valid_until=days_ahead(5)
    )
    remind()
    assert reminders() == []


def test_what_was_not_accepted_needs_no_reminder(world: World) -> None:
    firm = certified(world)
    firm.submit("ai_filing", until=days_ahead(5))
    remind()
    assert reminders() == []


def test_a_qualification_that_ends_is_announced_too(world: World) -> None:
    firm = certified(world, kind="resale_provider")
    for left in (20, 20, 2):
        Qualification.objects.filter(organisation=firm.id).delete()
        Qualification.objects.create(organisation=firm.row, valid_until=days_ahead(left))
        remind()
        remind()
    assert reminders("qualification_expiring") == [20, 20, 2]


def test_the_supervision_reads_every_decision_in_its_feed(world: World) -> None:
    firm = certified(world, kind="resale_provider")
    firm.submit("qualification_application")
    decide(world, firm)
    firm.submit("authorisation")
    world.olga.post(f"{firm.case}:refuse", {"reason": "x"})
    terms = {"act": "grant", "reason": "材料齐全", "valid_until": days_ahead(300)}
    proposal = world.otto.post(f"{firm.here}:propose-qualification", terms).json()["id"]
    world.olga.post(f"/api/v1/proposals/{proposal}:approve")
    drain()
    feed = [row["name"] for row in world.rhea.get("/api/v1/monitoring/events?limit=200").json()["items"]]
    for name, times in (
        ("organisation_certified", 2),
        ("organisation_refused", 1),
        ("qualification_granted", 1),
    ):
        assert feed.count(f"participants.{name}") == times
    assert world.ada.get("/api/v1/monitoring/events").status_code == 403
