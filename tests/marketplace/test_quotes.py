"""Quotes: firm, signed, for half an hour by the node's clock, and only for what may be sold."""

import base64
import json
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import DatabaseError, transaction

from aggregation.models import Offer
from kernel.actor import SYSTEM
from kernel.clock import now
from kernel.crypto.digests import matches
from kernel.crypto.suite import INTERNATIONAL
from kernel.models.suspensions import SuspensionCause, SuspensionScope
from kernel.services.suspensions import open_suspension
from marketplace.domain.quotes import VALIDITY
from marketplace.models import Order, Quote
from nodes.services.signing import current_key
from tests.aggregation.supply import made, moment
from tests.marketplace.test_changed_facts import dearer, reprice
from tests.marketplace.trade import quoted
from tests.scheduling.live import demand, let_a_second_pass, open_market
from tests.support.cast import World

pytestmark = pytest.mark.django_db
SCENE = open_market


def selected(world: World) -> str:
    wish = made(world.ben.post("/api/v1/demands", {"title": "影像", "terms": demand()}))
    return str(world.ben.post(f"/api/v1/demands/{wish['id']}:select").json()["selection"])


def test_a_quote_splits_the_price_and_anybody_can_check_its_signature(world: World) -> None:
    quote = quoted(world.ben)
    signed = json.loads(quote["document"])
    assert quote["total_fen"] == quote["compute_fen"] + quote["line_fen"] == signed["total_fen"]
    assert quote["compute_fen"] == 8_234_400  # 730 h × CNY 112.80
    data = quote["document"].encode()
    assert matches(quote["digest"], data)
    public = INTERNATIONAL.public_key_of(current_key().jwk)
    assert INTERNATIONAL.verify(public, base64.b64decode(quote["signature"]), b"cin-bytes-v1\x00" + data)
    assert quote["key_id"] == INTERNATIONAL.key_id(public)
    assert VALIDITY >= moment(quote["valid_until"]) - now() > VALIDITY / 2


def test_the_price_ordered_is_the_price_quoted_whatever_the_offer_costs_by_then(world: World) -> None:
    quote = quoted(world.ben)
    offer = world.ada.get("/api/v1/offers").json()["items"][0]
    changed = world.ada.patch(
        f"/api/v1/offers/{offer['id']}",
        {"price_cny_hour": "999.00"},
        If_Match=world.ada.get(f"/api/v1/offers/{offer['id']}")["ETag"],
    )
    assert changed.status_code == 200, changed.content
    order = made(world.ben.post("/api/v1/orders", {"quote": quote["id"], "client_ref": "PO-1"}))
    assert (order["compute_fen"], order["line_fen"]) == (quote["compute_fen"], quote["line_fen"])
    assert order["facts"]["offer"]["price_cny_hour"] == "112.800000"


def test_a_price_that_moved_since_the_selection_is_not_quoted(world: World) -> None:
    selection = selected(world)
    offer = world.ada.get("/api/v1/offers").json()["items"][0]
    tag = world.ada.get(f"/api/v1/offers/{offer['id']}")["ETag"]
    world.ada.patch(f"/api/v1/offers/{offer['id']}", {"price_cny_hour": "999.00"}, If_Match=tag)
    answer = world.ben.post("/api/v1/quotes", {"selection": selection, "bundle": 0})
    assert (answer.status_code, answer.json()["code"]) == (409, "price_changed")


def test_rounding_takes_no_quote_above_what_the_demand_may_cost(world: World) -> None:
    dearer(world.ada, "112.806")
    reprice(world.lin, "36.00", "36.006")
    let_a_second_pass()
    rounded = quoted(world.ben, duration_hours=1)
    assert (rounded["compute_fen"], rounded["line_fen"]) == (11281, 303601), "each up by 0.4"
    within = quoted(world.ben, duration_hours=1, max_total_cny="3148.812")
    assert (within["compute_fen"], within["line_fen"], within["total_fen"]) == (11281, 303600, 314881)
    wider = quoted(world.ben, duration_hours=1, max_total_cny="3148.82")
    assert wider["line_fen"] == 303601


def test_a_stale_quote_is_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("marketplace.services.quotes.VALIDITY", -VALIDITY)
    quote = quoted(world.ben)
    answer = world.ben.post("/api/v1/orders", {"quote": quote["id"], "client_ref": "PO-1"})
    assert (answer.status_code, answer.json()["code"]) == (409, "quote_expired")
    assert not Order.objects.exists()


def test_a_quote_whose_text_is_not_what_was_signed_is_refused(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "marketplace.services.quotes.canonical_json",
        lambda document: json.dumps(document | {"note": "unsigned"}),
    )
    other = quoted(world.ben)
    assert world.ben.post("/api/v1/orders", {"quote": other["id"], "client_ref": "a"}).status_code == 201
    row = Quote.objects.get(id=other["id"])
    cheaper = row.document.replace(str(row.total_fen), "1")
    forged = Quote(**{f.attname: getattr(row, f.attname) for f in Quote._meta.fields})
    forged.id, forged.document = uuid4(), cheaper
    forged.save(force_insert=True)
    answer = world.ben.post("/api/v1/orders", {"quote": str(forged.id), "client_ref": "b"})
    assert (answer.status_code, answer.json()["code"]) == (409, "quote_altered")


def test_nothing_changes_a_quote(world: World) -> None:
    quote = quoted(world.ben)
    with pytest.raises(DatabaseError), transaction.atomic():
        Quote.objects.filter(id=quote["id"]).update(line_fen=0)


@pytest.mark.parametrize("stage", ["quote", "order", "accept"])
def test_the_gate_is_read_at_quote_at_hold_and_at_confirmation(world: World, stage: str) -> None:
    selection = selected(world)

    def close_the_gate() -> None:
        offer = Offer.objects.get()
        open_suspension(
            subject=offer.tenant_id,
            tenant=offer.tenant_id,
            cause=SuspensionCause.INSTRUCTION,
            scope=SuspensionScope.NEW_SALE,
            reference=uuid4(),
            actor=SYSTEM,
        )

    def answer_of(step: str, path: str, body: Any, who: Any) -> Any:
        if step == stage:
            close_the_gate()
        return who.post(path, body)

    answer = answer_of("quote", "/api/v1/quotes", {"selection": selection, "bundle": 0}, world.ben)
    if stage != "quote":
        body = {"quote": made(answer)["id"], "client_ref": "PO-1"}
        answer = answer_of("order", "/api/v1/orders", body, world.ben)
    if stage == "accept":
        path = f"/api/v1/orders/{made(answer)['id']}:accept"
        assert world.lin.post(path).status_code == 200
        answer = answer_of("accept", path, None, world.ada)
    assert (answer.status_code, answer.json()["code"]) == (409, "not_sellable")


def test_anothers_selection_and_none_are_the_same(world: World) -> None:
    foreign = world.bea.post("/api/v1/quotes", {"selection": selected(world), "bundle": 0})
    absent = world.bea.post("/api/v1/quotes", {"selection": str(uuid4()), "bundle": 0})
    assert foreign.status_code == absent.status_code == 404
    assert foreign.json()["errors"] == absent.json()["errors"]
    assert foreign.json()["errors"][0]["pointer"] == "/selection"
    assert world.ben.post("/api/v1/quotes", {"selection": selected(world), "bundle": 99}).status_code == 400


def test_a_quote_is_its_buyers(world: World) -> None:
    path = f"/api/v1/quotes/{quoted(world.ben)['id']}"
    assert UUID(world.ben.get(path).json()["id"])
    assert world.bea.get(path).status_code == 404
    assert world.ada.get(path).status_code == 404
    assert world.ada.post("/api/v1/quotes", {}).status_code == 403
    wrong = world.ben.post("/api/v1/quotes", {"selection": "x", "bundle": -1}).json()
    assert {item["pointer"] for item in wrong["errors"]} == {"/selection", "/bundle"}


def test_a_demand_is_its_buyers(world: World) -> None:
    wish = made(world.ben.post("/api/v1/demands", {"title": "x", "terms": demand()}))
    assert world.bea.post(f"/api/v1/demands/{wish['id']}:select").status_code == 404
    assert [row["id"] for row in world.ben.get("/api/v1/demands").json()["items"]] == [wish["id"]]
    assert world.bea.get("/api/v1/demands").json()["items"] == []
