"""A1 over HTTP: one key, one effect, one answer; a lost reply costs nothing."""

from threading import Event as Flag
from typing import Any

import pytest
from django.db import OperationalError, connection

from kernel.actor import Reach
from kernel.models import Proposal, StoredReply
from tests.kernel.planted_api import BoxesView
from tests.support.cast import World
from tests.support.races import race

BOXES = "/api/v1/boxes"
BOX = {"kind": "small", "size": 1}
real = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("boxes")]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("boxes")]


def test_the_same_key_and_body_get_the_same_bytes_and_one_effect(world: World) -> None:
    first = world.rhea.post(BOXES, BOX, Idempotency_Key="k1")
    again = world.rhea.post(BOXES, BOX, Idempotency_Key="k1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert Proposal.objects.count() == 1
    assert again["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first
    for header in ("Location", "ETag", "Content-Type"):
        assert again[header] == first[header]
    third = world.rhea.post(BOXES, BOX, Idempotency_Key="k1")
    assert third.content == again.content
    assert {**first.json(), "secret": None} == again.json(), "all but the secret, which is shown once"


def test_what_is_shown_once_is_not_kept(world: World) -> None:
    secret = world.rhea.post(BOXES, BOX, Idempotency_Key="k1").json()["secret"]
    kept = StoredReply.objects.get()
    assert secret.encode() not in bytes(kept.body)
    assert secret not in str(kept.headers)


def test_an_answer_without_secrets_is_replayed_byte_for_byte(world: World) -> None:
    box = world.rhea.post(BOXES, BOX).json()
    words = {"If_Match": '"1"', "Idempotency_Key": "k2"}
    first = world.rhea.patch(f"{BOXES}/{box['id']}", BOX, **words)
    again = world.rhea.patch(f"{BOXES}/{box['id']}", BOX, **words)
    assert first.status_code == 200
    assert again.content == first.content
    assert Proposal.objects.get().generation == 2


@pytest.mark.parametrize(
    "other", [{"kind": "small", "size": 2}, b'{"kind":"small", "size":1}', b"not even JSON"]
)
def test_the_same_key_with_another_body_is_refused(world: World, other: Any) -> None:
    world.rhea.post(BOXES, BOX, Idempotency_Key="k1")
    refused = world.rhea.post(BOXES, other, Idempotency_Key="k1")
    assert (refused.status_code, refused.json()["code"]) == (422, "idempotency_key_reused")
    assert Proposal.objects.count() == 1


def test_the_same_key_at_another_address_is_refused(world: World) -> None:
    box = world.rhea.post(BOXES, BOX, Idempotency_Key="k1").json()
    elsewhere = world.rhea.post(f"{BOXES}?copy=2", BOX, Idempotency_Key="k1")
    otherwise = world.rhea.patch(f"{BOXES}/{box['id']}", BOX, Idempotency_Key="k1", If_Match='"1"')
    assert (elsewhere.status_code, otherwise.status_code) == (422, 422)


@pytest.mark.parametrize("key", ["", "k" * 201, "中文", "tab\tkey"])
def test_a_write_without_a_decent_key_is_refused(world: World, key: str) -> None:
    refused = world.rhea.post(BOXES, BOX, Idempotency_Key=key)
    assert (refused.status_code, refused.json()["code"]) == (400, "idempotency_key_missing")


def test_an_error_is_not_kept_and_the_key_stays_free(world: World) -> None:
    assert world.rhea.post(BOXES, {"kind": "small", "size": 0}, Idempotency_Key="k1").status_code == 400
    assert not StoredReply.objects.exists()
    assert world.rhea.post(BOXES, BOX, Idempotency_Key="k1").status_code == 201


class TestWithRealTransactions:
    pytestmark = real

    def test_another_tenant_uses_the_same_key_independently(
        self, world: World, boxes: dict[str, dict[str, Reach]]
    ) -> None:
        boxes["kernel.open_box"]["auditor"] = Reach.OWN
        first = world.rhea.post(BOXES, BOX, Idempotency_Key="k1")
        other = world.aude.post(BOXES, BOX, Idempotency_Key="k1")
        assert (first.status_code, other.status_code) == (201, 201)
        assert first.json()["id"] != other.json()["id"]
        assert Proposal.objects.count() == 2

    def test_a_second_request_while_the_first_is_in_flight_is_told_to_wait(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        entered, leave = Flag(), Flag()
        monkeypatch.setattr(BoxesView, "entered", entered)
        monkeypatch.setattr(BoxesView, "leave", leave)
        rhea = world.rhea

        def second() -> Any:
            assert entered.wait(10)
            try:
                return rhea.post(BOXES, BOX, Idempotency_Key="k1")
            finally:
                leave.set()

        first, told = race(lambda: rhea.post(BOXES, BOX, Idempotency_Key="k1"), second)
        assert (told.status_code, told.json()["code"]) == (409, "request_in_flight")
        assert told["Retry-After"] == "1"
        assert first.status_code == 201
        again = rhea.post(BOXES, BOX, Idempotency_Key="k1")
        assert again.json()["id"] == first.json()["id"]
        assert Proposal.objects.count() == 1

    def test_eight_retries_at_once_make_one_box(self, world: World) -> None:
        rhea = world.rhea
        results = race(*[lambda: rhea.post(BOXES, BOX, Idempotency_Key="k1")] * 8)
        assert {each.status_code for each in results} <= {201, 409}
        assert Proposal.objects.count() == 1
        assert StoredReply.objects.count() == 1

    def test_an_act_whose_commit_fails_leaves_no_answer_behind(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        rhea = world.rhea

        def fail() -> None:
            raise OperationalError("the server went away")

        with monkeypatch.context() as faulty:
            faulty.setattr(connection, "commit", fail)
            lost = rhea.post(BOXES, BOX, Idempotency_Key="k1")
        assert (lost.status_code, lost.json()["code"]) == (503, "busy")
        assert lost["Retry-After"] == "1"
        assert not Proposal.objects.exists()
        assert not StoredReply.objects.exists()
        assert rhea.post(BOXES, BOX, Idempotency_Key="k1").status_code == 201
        assert Proposal.objects.count() == 1
