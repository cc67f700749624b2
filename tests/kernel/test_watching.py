"""What supervisors read: health, readiness, metrics, request ids, JSON logs, and settings that speak."""

import io
import json
import logging
from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now

from kernel.api import health
from kernel.checks import node_settings
from kernel.logs import JsonFormatter, request_id
from kernel.models import Job
from kernel.permissions import table
from kernel.services.outbox import drain
from tests.kernel.bells import ring_bell
from tests.support.cast import World

pytestmark = pytest.mark.django_db


def test_a_node_in_order_is_alive_and_ready(world: World) -> None:
    assert world.nobody.get("/healthz").json() == {"status": "ok"}
    ready = world.nobody.get("/readyz")
    assert ready.status_code == 200
    assert ready.json() == {
        "ready": True,
        "checks": {
            "postgresql": "ok",
            "redis": "ok",
            "migrations": "ok",
            "row_security": "ok",
            "outbox": "ok",
        },
    }


def test_readiness_says_which_part_is_not_in_order(world: World, settings: Any) -> None:
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "unix:///nowhere/redis.sock"}}
    refused = world.nobody.get("/readyz")
    assert (refused.status_code, refused.json()["ready"]) == (503, False)
    assert refused.json()["checks"]["redis"] == "ConnectionError"
    assert refused.json()["checks"]["postgresql"] == "ok"


def test_an_outbox_that_lags_is_seen_in_readiness_and_metrics(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ring_bell()
    monkeypatch.setattr(health, "MOST_LAG_SECONDS", -1.0)
    assert world.nobody.get("/readyz").json()["checks"]["outbox"] == "lagging"
    assert health.lag_seconds() > 0
    drain()
    assert health.lag_seconds() == 0


def test_metrics_count_due_jobs_and_dead_letters(world: World) -> None:
    Job.objects.create(name="a")
    Job.objects.create(name="b", run_at=Now() + timedelta(hours=1))
    Job.objects.create(name="c", dead_at=Now())
    page = world.nobody.get("/metrics").content.decode()
    assert "cin_jobs_due 1.0" in page
    assert 'cin_dead_letters{kind="job"} 1.0' in page
    assert (
        'cin_http_request_seconds_count{method="GET",route="metrics",status="200"}'
        in world.nobody.get("/metrics").content.decode()
    )


def test_a_method_that_a_caller_invents_makes_no_new_label(world: World) -> None:
    world.nobody.send("CASTLE-0001", "/healthz")
    page = world.nobody.get("/metrics").content.decode()
    assert "CASTLE" not in page
    assert 'cin_http_request_seconds_count{method="other",route="healthz",status="405"}' in page


@pytest.mark.parametrize(("given", "kept"), [("call-0001.a_b", True), ("short", False), ("a" * 65, False),
                                             ("with space 1", False), ("line\\nbreak-1", False)])  # fmt: skip
def test_a_decent_request_id_is_kept_and_another_is_replaced(world: World, given: str, kept: bool) -> None:  # noqa: FBT001
    answered = world.nobody.get("/healthz", X_Request_Id=given)["X-Request-Id"]
    assert (answered == given) == kept
    assert 8 <= len(answered) <= 64
    assert request_id.get() == ""


def test_an_event_carries_the_id_of_the_request_that_caused_it() -> None:
    token = request_id.set("call-0001")
    try:
        assert ring_bell().request_id == "call-0001"
    finally:
        request_id.reset(token)


def test_a_log_line_is_one_json_object_whatever_is_said() -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    logger = logging.getLogger("tests.watching")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    token = request_id.set("call-0001")
    try:
        logger.info('first\nsecond "行" %s', "\x1b[31m", extra={"order": 7})
        try:
            int("wrong\nfield")
        except ValueError:
            logger.exception("failed")
    finally:
        request_id.reset(token)
        logger.removeHandler(handler)
    first, failed = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert first["message"] == 'first\nsecond "行" \x1b[31m'
    assert (first["order"], first["request_id"], first["level"]) == (7, "call-0001", "INFO")
    assert "ValueError" in failed["traceback"]


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("NODE_ROLE", "royal", "kernel.E001"),
        ("NODE_CODE", "32", "kernel.E002"),
        ("NODE_CODE", "32000x", "kernel.E002"),
    ],
)
def test_a_wrong_setting_is_told_with_the_way_out(settings: Any, name: str, value: str, found: str) -> None:
    assert node_settings() == []
    setattr(settings, name, value)
    (message,) = node_settings()
    assert message.id == found
    assert message.hint


def test_a_cache_in_the_broker_s_redis_is_told(settings: Any) -> None:
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": settings.CELERY_BROKER_URL}}
    assert [message.id for message in node_settings()] == ["kernel.W001"]


def test_the_operator_never_approves_what_is_the_regulator_s() -> None:
    for operation in ("identifiers.approve_identifier", "identifiers.propose_suspension"):
        assert {"regulator"} <= set(table()[operation]) <= {"regulator", "supporting_unit"}


def test_what_beat_does_each_second_is_logged_only_where_it_fails() -> None:
    for name in ("celery.beat", "celery.worker.strategy", "celery.app.trace"):
        assert logging.getLogger(name).getEffectiveLevel() == logging.WARNING
