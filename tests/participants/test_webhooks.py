"""Webhooks: who may subscribe to what, who is told, and what is said."""

import json
from dataclasses import fields
from datetime import timedelta
from typing import Any

import pytest

from kernel.clock import now
from kernel.events import EVENTS
from kernel.ids import new_id
from kernel.permissions import table
from marketplace.events import OrderCancelled
from monitoring.events import FeedSilent, InstructionIssued, InstructionProposed
from nodes.events import ManifestCompared
from participants.domain.webhooks import PING, cloud_event, covers, wait_after
from participants.handlers import tell_subscribers
from participants.models import Webhook, WebhookDelivery
from participants.selectors.webhooks import leaving
from tests.laws.house import import_every_floor
from tests.participants.hooks import announce, cancelled, rows, subscribed
from tests.support.caller import Caller
from tests.support.cast import World

URL = "https://hooks.example.com/cin"
pytestmark = pytest.mark.django_db


def told(person: Any) -> list[str]:
    return [row.event_type for row in rows(webhook__organisation=person.organisation)]


def test_every_event_that_may_leave_exists_and_is_read_by_an_operation_of_the_house() -> None:
    import_every_floor()
    for name, row in leaving().items():
        assert name in EVENTS, name
        assert row.read in table(), name
        assert row.label.zh, row.label.en
    assert PING not in leaving(), "a ping goes to the one that asked for it"


def test_a_subscription_is_made_with_a_secret_that_is_shown_once(world: World) -> None:
    body = {"url": URL, "event_types": ["marketplace.*", "monitoring.feed_silent"], "description": "ERP"}
    answer = world.ada.post("/api/v1/webhooks", body, Idempotency_Key="once")
    again = world.ada.post("/api/v1/webhooks", body, Idempotency_Key="once")
    assert (answer.status_code, again.status_code) == (201, 201)
    assert answer.json()["secret"].startswith("whsec_")
    assert again.json()["secret"] is None
    assert Webhook.objects.count() == 1
    shown = world.ada.get(answer["Location"]).json()
    assert (shown["state"], shown["event_types"]) == ("enabled", body["event_types"])
    assert "secret" not in shown
    assert "salt" not in shown


def test_no_table_holds_a_secret(world: World) -> None:
    _, secret = subscribed(world.ada, URL)
    kept = repr(list(Webhook.objects.values_list()))
    assert secret not in kept
    assert secret.removeprefix("whsec_") not in kept


@pytest.mark.parametrize("url", ["http://hooks.example.com/", "https://127.0.0.1/x", "https://db.internal/"])
def test_an_inner_address_is_refused_with_the_field_s_name(world: World, url: str) -> None:
    address, _ = subscribed(world.ada, URL)
    body = {"url": url, "event_types": ["marketplace.*"]}
    for answer in (world.ada.post("/api/v1/webhooks", body), world.ada.patch(address, body, If_Match="*")):
        assert (answer.status_code, answer.json()["code"]) == (400, "callback_refused")
        assert answer.json()["errors"][0]["pointer"] == "/url"


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("ada", "marketplace.order_planned"),
        ("ada", "weather.*"),
        ("ada", "*"),
        ("ada", "market.*"),
        ("ada", "nodes.*"),
        ("ada", "monitoring.instruction_proposed"),
        ("ben", "aggregation.offer_changed"),
        ("rhea", "marketplace.demand_selected"),
        ("aude", "marketplace.order_placed"),
    ],
)
def test_an_event_that_is_not_for_the_role_is_refused(world: World, name: str, asked: str) -> None:
    body = {"url": URL, "event_types": ["participants.*", asked]}
    answer = getattr(world, name).post("/api/v1/webhooks", body)
    assert (answer.status_code, answer.json()["code"]) == (400, "event_type_unknown")
    assert answer.json()["errors"][0]["pointer"] == "/event_types/1"


def test_a_key_subscribes_to_no_more_than_it_may_read(world: World) -> None:
    body = {"name": "narrow", "scopes": ["participants"]}
    key = world.ben.post(f"/api/v1/organisations/{world.ben.organisation.id}/keys", body).json()["api_key"]
    narrow = Caller(key)
    wish = {"url": URL, "event_types": ["marketplace.*"]}
    assert narrow.post("/api/v1/webhooks", wish).json()["code"] == "event_type_unknown"
    wish = {"url": URL, "event_types": ["participants.*"]}
    assert narrow.post("/api/v1/webhooks", wish).status_code == 201


def test_a_narrow_key_neither_leads_elsewhere_nor_reads_in_the_log_what_it_is_not_told(world: World) -> None:
    address, _ = subscribed(world.ben, URL)
    cancelled(world.ben)
    (row,) = rows()
    log = f"/api/v1/webhook-deliveries/{row.id}"
    narrow = world.ben.with_scopes("participants")
    for refused in (
        narrow.patch(address, {"url": f"{URL}/mine"}, If_Match="*"),
        narrow.patch(address, {"event_types": ["participants.*"]}, If_Match="*"),
        narrow.post(f"{address}:rotate-secret"),
    ):
        assert (refused.status_code, refused.json()["code"]) == (400, "event_type_unknown")
    assert narrow.get(log).json()["document"] is None
    assert world.ben.get(log).json()["document"]["type"] == "marketplace.order_cancelled"
    assert narrow.patch(address, {"description": "ERP"}, If_Match='"1"').status_code == 200
    fitting = world.ben.with_scopes("participants", "marketplace")
    assert fitting.patch(address, {"url": f"{URL}/new"}, If_Match='"2"').status_code == 200


def test_an_organisation_has_ten_at_most(world: World) -> None:
    made = [subscribed(world.ada, URL)[0] for _ in range(10)]
    body = {"url": URL, "event_types": ["marketplace.*"]}
    assert world.ada.post("/api/v1/webhooks", body).json()["code"] == "too_many_webhooks"
    assert world.ada.delete(made[0]).status_code == 204
    assert world.ada.post("/api/v1/webhooks", body).status_code == 201


def test_an_event_goes_to_its_tenant_and_its_parties_and_to_nobody_else(world: World) -> None:
    for person in (world.ben, world.ada, world.lin, world.cleo, world.bea):
        subscribed(person, URL)
    cancelled(world.ben, world.ada, world.lin)
    assert told(world.ben) == told(world.ada) == told(world.lin) == ["marketplace.order_cancelled"]
    assert told(world.cleo) == told(world.bea) == []


def test_who_reads_all_is_told_all_and_the_permission_table_says_who_that_is(world: World) -> None:
    subscribed(world.rhea, URL, "marketplace.*", "monitoring.*", "nodes.*")
    subscribed(world.otto, URL, "marketplace.*")
    subscribed(world.ada, URL, "marketplace.*", "monitoring.*")
    cancelled(world.ben)
    silent = FeedSilent(subject=new_id(), tenant=world.cleo.organisation.id, kind="resource", since=now())
    announce(silent)
    announce(ManifestCompared(subject=new_id(), tenant=None, node="000000", stream="x", agreed=True))
    assert told(world.rhea) == [
        "marketplace.order_cancelled",
        "monitoring.feed_silent",
        "nodes.manifest_compared",
    ]
    assert told(world.otto) == [], "the operator reads orders masked, and is told of its own only"
    assert told(world.ada) == []


def test_a_draft_of_the_supervision_leaves_to_nobody(world: World) -> None:
    for person in (world.ada, world.rhea, world.otto):
        subscribed(person, URL, "monitoring.*")
    there: dict[str, Any] = {"subject": new_id(), "on": new_id(), "scope": "new_sale"}
    announce(InstructionProposed(tenant=world.ada.organisation.id, **there))
    assert rows() == []
    announce(InstructionIssued(tenant=world.ada.organisation.id, **there))
    assert told(world.ada) == told(world.rhea) == told(world.otto) == ["monitoring.instruction_issued"]


def test_an_event_that_is_told_twice_is_noted_once(world: World) -> None:
    subscribed(world.ben, URL)
    event = cancelled(world.ben)
    tell_subscribers(event)
    assert len(rows()) == 1


def test_a_disabled_subscription_is_told_nothing_and_a_recovery_brings_what_it_missed(world: World) -> None:
    address, _ = subscribed(world.ben, URL)
    begin = now()
    known = cancelled(world.ben)
    assert world.ben.post(f"{address}:enable").json()["code"] == "state_conflict"
    assert world.ben.post(f"{address}:disable").json()["state"] == "disabled"
    missed = cancelled(world.ben)
    strange = cancelled(world.bea)
    as_party = cancelled(world.bea, world.ben)
    assert [row.event for row in rows()] == [known]
    body = {"since": begin.isoformat()}
    assert world.ben.post(f"{address}:recover", body).json()["code"] == "webhook_not_enabled"
    world.ben.post(f"{address}:enable")
    WebhookDelivery.objects.update(state="delivered")
    answer = world.ben.post(f"{address}:recover", body)
    assert (answer.status_code, answer.json()) == (202, {"deliveries": 2})
    assert {row.event: row.state for row in rows()} == {
        known: "delivered",
        missed: "pending",
        as_party: "pending",
    }
    assert strange not in [row.event for row in rows()]
    later = {"since": (now() + timedelta(hours=1)).isoformat()}
    assert world.ben.post(f"{address}:recover", later).json() == {"deliveries": 0}
    assert world.ben.post(f"{address}:recover", {}).status_code == 400


def test_who_subscribes_anew_in_another_role_is_told_by_that_role(world: World) -> None:
    address, _ = subscribed(world.ben, URL)
    assert world.ben.patch(address, {"event_types": ["nodes.*"]}, If_Match="*").status_code == 400
    assert world.ben.patch(address, {"description": "x"}).status_code == 428
    changed = world.ben.patch(address, {"event_types": ["marketplace.order_ended"]}, If_Match='"1"')
    assert (changed.status_code, changed.json()["generation"]) == (200, 2)
    cancelled(world.ben)
    assert rows() == []


def test_webhooks_are_their_organisation_s_own(world: World) -> None:
    address, _ = subscribed(world.ada, URL)
    for stranger in (world.cleo, world.rhea, world.otto):
        assert stranger.get(address).status_code == 404
        assert stranger.get(f"{address}/deliveries").status_code == 404
        for act in ("enable", "disable", "test", "rotate-secret", "recover"):
            assert stranger.post(f"{address}:{act}").status_code == 404
        assert stranger.delete(address).status_code == 404
    assert world.abe.get(address).status_code == 200


def test_the_catalogue_says_what_leaves_in_both_languages_to_anybody(world: World) -> None:
    listed = {row["name"]: row for row in world.nobody.get("/api/v1/webhook-events").json()}
    assert listed["marketplace.order_placed"] == {
        "name": "marketplace.order_placed",
        "read": "marketplace.read_order",
        "zh": "订单已提交",
        "en": "An order was placed",
    }
    assert "monitoring.instruction_proposed" not in listed


def test_the_log_is_filtered_and_paged(world: World) -> None:
    address, _ = subscribed(world.ben, URL)
    events = [cancelled(world.ben) for _ in range(3)]
    WebhookDelivery.objects.filter(event=events[0]).update(state="abandoned")
    log = f"{address}/deliveries"
    page = world.ben.get(f"{log}?limit=2").json()
    assert [row["event"] for row in page["items"]] == [str(each) for each in events[:0:-1]]
    assert [row["event"] for row in world.ben.get(page["next"]).json()["items"]] == [str(events[0])]
    abandoned = world.ben.get(f"{log}?state=abandoned&event_type=marketplace.order_cancelled").json()["items"]
    assert [row["event"] for row in abandoned] == [str(events[0])]
    assert world.ben.get(f"{log}?event_type=marketplace.order_ended").json()["items"] == []
    assert world.ben.get(f"{log}?colour=red").status_code == 400


def test_what_is_said_is_a_cloud_event_without_the_others_that_are_told() -> None:
    event, at = OrderCancelled(subject=new_id(), tenant=new_id(), parties=(new_id(),)), now()
    body = cloud_event(
        id=new_id(), name=event.name, source="https://node.example", subject=event.subject,
        tenant=event.tenant, at=at, payload=event.payload(),
    )  # fmt: skip
    document = json.loads(body)
    assert {key: document[key] for key in ("specversion", "type", "subject", "time", "data")} == {
        "specversion": "1.0",
        "type": "marketplace.order_cancelled",
        "subject": str(event.subject),
        "time": at.isoformat(),
        "data": {"tenant": str(event.tenant)},
    }
    assert str(event.parties[0]) not in body.decode()
    assert event.payload()["parties"] == [str(event.parties[0])]
    assert "parties" not in OrderCancelled(subject=event.subject, tenant=event.tenant).payload()
    assert "parties" in {field.name for field in fields(OrderCancelled)}


def test_a_type_covers_a_name_or_a_floor() -> None:
    assert covers("marketplace.*", "marketplace.order_placed")
    assert covers("marketplace.order_placed", "marketplace.order_placed")
    for asked in ("market*", "*", "marketplace", "marketplace.order*", "marketplace.order_place"):
        assert not covers(asked, "marketplace.order_placed")


def test_waits_grow_from_five_seconds_to_ten_hours_with_a_little_chance() -> None:
    assert [wait_after(failures, 0.5) for failures in (1, 2, 7, 99)] == [
        timedelta(seconds=5),
        timedelta(minutes=5),
        timedelta(hours=10),
        timedelta(hours=10),
    ]
    assert timedelta(seconds=4.5) == wait_after(1, 0) < wait_after(1, 1) == timedelta(seconds=5.5)
