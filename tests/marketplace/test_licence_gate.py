"""What licences and the qualification let pass: read at quote, at hold and at confirmation."""

from collections.abc import Callable
from typing import Any

import pytest

from aggregation.models import Offer
from participants.models import Document, Qualification
from scheduling.models import LineProduct
from scheduling.selectors.gate import blocks
from tests.aggregation.supply import bring_to_market, made
from tests.participants.newcomers import days_ahead
from tests.scheduling.live import chosen, leave_free, open_market
from tests.support.cast import World

pytestmark = pytest.mark.django_db
SCENE = open_market
COMPUTE, LINE, FILING = "telecom_licence_b11", "telecom_licence_basic", "network_security_filing"


def particular(kind: str, name: str, value: Any) -> Callable[[World], None]:
    def shut(world: World) -> None:
        person = world.lin if kind == LINE else world.ada
        row = Document.objects.get(organisation=person.organisation, kind=kind)
        row.particulars[name] = value
        row.save(update_fields=["particulars"])

    return shut


def expired(kind: str) -> Callable[[World], None]:
    def shut(_: World) -> None:
        Document.objects.filter(kind=kind).update(valid_until=days_ahead(-1))

    return shut


def missing(kind: str) -> Callable[[World], None]:
    def shut(_: World) -> None:
        Document.objects.filter(kind=kind).update(kind="retired")

    return shut


SHUT = [
    (expired(COMPUTE), "not_sellable", "expired"),
    (missing(COMPUTE), "not_sellable", "missing"),
    (particular(COMPUTE, "cities", ["320100"]), "not_sellable", "does not cover 320509"),
    (particular(COMPUTE, "holder_code", "D2143569X"), "not_sellable", "held by another entity"),
    (particular(FILING, "next_test", "2020-01-01"), "not_sellable", "test was due"),
    (expired(LINE), "line_not_sellable", "expired"),
    (particular(LINE, "cities", ["320509"]), "line_not_sellable", "does not cover 320571"),
    (particular(LINE, "cities", ["320571"]), "line_not_sellable", "does not cover 320509"),
]


def walk(world: World, stage: str, shut: Callable[[], None], *, provider: Any) -> Any:
    """From a selection to the provider's acceptance; the gate is shut just before the stage, whose answer it is."""
    selection = chosen(world.ben)["id"]

    def answer_of(step: str, path: str, body: Any, who: Any) -> Any:
        if step == stage:
            shut()
        return who.post(path, body, Accept_Language="en")

    answer = answer_of("quote", "/api/v1/quotes", {"selection": selection, "bundle": 0}, world.ben)
    if stage != "quote":
        body = {"quote": made(answer)["id"], "client_ref": "PO-1"}
        answer = answer_of("hold", "/api/v1/orders", body, world.ben)
    if stage == "confirm":
        path = f"/api/v1/orders/{made(answer)['id']}:accept"
        assert world.lin.post(path).status_code == 200
        answer = answer_of("confirm", path, None, provider)
    return answer


@pytest.mark.parametrize("stage", ["quote", "hold", "confirm"])
@pytest.mark.parametrize(("shut", "code", "why"), SHUT, ids=[f"{code}-{why}" for _, code, why in SHUT])
def test_a_wrong_licence_stops_the_sale_at_every_stage_with_its_reason(
    world: World, stage: str, shut: Callable[[World], None], code: str, why: str
) -> None:
    answer = walk(world, stage, lambda: shut(world), provider=world.ada)
    assert (answer.status_code, answer.json()["code"]) == (409, code)
    assert why in answer.json()["detail"]


@pytest.mark.parametrize(("shut", "code", "why"), SHUT, ids=[f"{code}-{why}" for _, code, why in SHUT])
def test_the_gate_of_the_offer_says_what_its_provider_s_licence_lacks(
    world: World, shut: Callable[[World], None], code: str, why: str
) -> None:
    shut(world)
    offer = Offer.objects.get()
    gate = world.ada.get(f"/api/v1/offers/{offer.id}/gate", Accept_Language="en").json()
    assert gate["sellable"] is (code == "line_not_sellable")
    if code == "not_sellable":
        assert [block["code"] for block in gate["blocks"]] == ["party_not_licensed"]
        assert why in gate["blocks"][0]["text_en"]
        assert gate["blocks"][0]["text_zh"] != gate["blocks"][0]["text_en"]


def test_exactly_the_offers_that_it_concerns_leave_the_market(world: World) -> None:
    bring_to_market(world.cleo, suffix="-c")
    row = Document.objects.get(organisation=world.ada.organisation, kind=COMPUTE)
    row.particulars["cities"] = ["320100"]
    row.save(update_fields=["particulars"])
    sold = world.nobody.get("/api/v1/catalogue/offers").json()["items"]
    assert [each["offer"] for each in sold] == ["wj-910b-hour-c"]
    Document.objects.filter(organisation=world.lin.organisation, kind=LINE).update(valid_until=days_ahead(-1))
    products = LineProduct.objects.filter(provider__tenant_id=world.lin.organisation.id)
    told = {row.technology: [each.code for each in blocks([row.id])[row.id]] for row in products}
    assert set(map(tuple, told.values())) == {("not_licensed",)}
    Document.objects.filter(organisation=world.lin.organisation, kind=LINE).update(valid_until=None)
    assert {tuple(blocks([row.id])[row.id]) for row in products} == {()}


@pytest.mark.parametrize("stage", ["quote", "hold", "confirm"])
@pytest.mark.parametrize("state", ["suspended", "revoked", "expired"])
def test_a_reseller_without_its_qualification_sells_nothing_at_any_stage(
    world: World, stage: str, state: str
) -> None:
    leave_free(world.ada, 0)
    row = Qualification.objects.create(organisation=world.rex.organisation, valid_until=days_ahead(300))
    bring_to_market(world.rex, suffix="-r")

    def lose() -> None:
        Qualification.objects.filter(id=row.id).update(state=state)

    answer = walk(world, stage, lose, provider=world.rex)
    assert (answer.status_code, answer.json()["code"]) == (409, "not_sellable")
    assert "qualification" in answer.json()["detail"]
