"""Bad input from the selection to the order, over HTTP: a clear problem that names its field, and no partial hold."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from aggregation.models import Offer
from kernel.models import Capacity, Claim
from kernel.selectors.capacity import free
from marketplace.domain.quotes import VALIDITY
from marketplace.models import Order
from scheduling.models import Hold, Selection, Span
from tests.aggregation.supply import beat, made, next_sequence, report
from tests.marketplace.trade import quoted
from tests.scheduling.live import demand, network, open_market
from tests.scheduling.test_holds import suspend
from tests.support.cast import World

pytestmark = pytest.mark.django_db
SCENE = open_market

DEMANDS: list[tuple[dict[str, Any], str]] = [
    ({"from_site": "nowhere"}, "/from_site"),
    ({"from_site": None}, "/from_site"),
    ({"quantity": -1}, "/quantity"),
    ({"quantity": 0}, "/quantity"),
    ({"quantity": "NaN"}, "/quantity"),
    ({"quantity": 1.5}, "/quantity"),
    ({"bandwidth_mbps": -1000}, "/bandwidth_mbps"),
    ({"bandwidth_mbps": "1e400"}, "/bandwidth_mbps"),
    ({"duration_hours": "NaN"}, "/duration_hours"),
    ({"duration_hours": -1}, "/duration_hours"),
    ({"duration_hours": "Infinity"}, "/duration_hours"),
    ({"max_latency_us": -1}, "/max_latency_us"),
    ({"max_loss": "NaN"}, "/max_loss"),
    ({"protection": "two_plus_two"}, "/protection"),
    ({"compute": {"kind": "quantum"}}, "/compute"),
    ({"compute": {"kind": "general", "min_accelerators": -8}}, "/compute"),
    ({"no_such_member": 1}, "/no_such_member"),
]
IMPOSSIBLE: list[dict[str, Any]] = [
    {"quantity": 10**9},
    {"bandwidth_mbps": 10**9},
    {"compute": {"kind": "general", "min_accelerators": 8}},
    {"max_latency_us": 1},
]


def nothing_is_held() -> bool:
    rows = Capacity.objects.exclude(standing=0, peak=0)
    return not (rows.exists() or Claim.objects.exists() or Order.objects.exists() or Hold.objects.exists())


def test_a_demand_that_cannot_be_read_names_its_field(world: World) -> None:
    for given, pointer in DEMANDS:
        answer = world.ben.post("/api/v1/selections", demand(**given))
        assert answer.status_code == 400, (given, answer.content)
        said = answer.content.decode()
        assert f'"{pointer}' in said or pointer.removeprefix("/") in answer.json()["detail"], (given, said)
    for given in IMPOSSIBLE:
        answer = world.ben.post("/api/v1/selections", demand(**given))
        assert answer.status_code == 201, (given, answer.content)
        assert answer.json()["answer"]["bundles"] == [], given
        for address in ("holds", "quotes"):
            body = {"selection": answer.json()["id"], "bundle": 0}
            assert world.ben.post(f"/api/v1/{address}", body).json()["code"] == "no_such_bundle"
    assert nothing_is_held()


@pytest.mark.parametrize(
    ("given", "status", "code"),
    [
        ({"bundle": -1}, 400, "invalid_input"),
        ({"bundle": 10**9}, 400, "invalid_input"),
        ({"bundle": 10_000}, 400, "no_such_bundle"),
        ({"bundle": "NaN"}, 400, "invalid_input"),
        ({"selection": "x"}, 400, "invalid_input"),
        ({"selection": str(uuid4())}, 404, "not_found"),
    ],
)
def test_a_quote_or_hold_of_nothing_is_refused(
    world: World, given: dict[str, Any], status: int, code: str
) -> None:
    choice = made(world.ben.post("/api/v1/selections", demand()))
    for address in ("quotes", "holds"):
        answer = world.ben.post(f"/api/v1/{address}", {"selection": choice["id"], "bundle": 0, **given})
        assert (answer.status_code, answer.json()["code"]) == (status, code), (address, answer.content)
    assert nothing_is_held()


def span_gone(world: World) -> None:
    """The line provider takes the span out of its network: nothing is at the node's disposal any more."""
    keys = {str(each) for each in Selection.objects.get().terms[0]["spans"]}
    document = network()
    gone = set(Span.objects.filter(id__in=keys).values_list("key", flat=True)[:1])
    for span in document["spans"]:
        if span["span"] in gone:
            span["capacity_mbps"] = 0
    made(world.lin.post("/api/v1/networks:import", document))


def span_forgotten(_: World) -> None:
    """The ledger does not know the span any more."""
    Capacity.objects.filter(resource=Selection.objects.get().terms[0]["spans"][0]).delete()


def machines_gone(world: World) -> None:
    report(world.ada, beat(next_sequence(world.ada), wj_910b=0))


def offer_withdrawn(_: World) -> None:
    Offer.objects.update(state="withdrawn")


def offer_suspended(_: World) -> None:
    suspend(Offer.objects.get().id)


BETWEEN: list[tuple[Callable[[World], None], str]] = [
    (span_gone, "sold_out"),
    (span_forgotten, "sold_out"),
    (machines_gone, "sold_out"),
    (offer_withdrawn, "not_sellable"),
    (offer_suspended, "not_sellable"),
]


@pytest.mark.parametrize(("happens", "code"), BETWEEN, ids=[each.__name__ for each, _ in BETWEEN])
def test_what_happens_between_quote_and_hold_is_told_and_holds_nothing(
    world: World, happens: Callable[[World], None], code: str
) -> None:
    quote = quoted(world.ben)
    happens(world)
    before = free(Capacity.objects.values_list("resource", flat=True))
    order = {"quote": quote["id"], "client_ref": "PO"}
    for address, body in (("orders", order), ("holds", {"selection": quote["selection"], "bundle": 0})):
        answer = world.ben.post(f"/api/v1/{address}", body)
        assert (answer.status_code, answer.json()["code"]) == (409, code), (address, answer.content)
    assert nothing_is_held()
    assert free(Capacity.objects.values_list("resource", flat=True)) == before


def test_an_expired_quote_holds_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("marketplace.services.quotes.VALIDITY", -VALIDITY)
    quote = quoted(world.ben)
    held = made(world.ben.post("/api/v1/holds", {"selection": quote["selection"], "bundle": 0}))
    for hold in (None, held["id"]):
        answer = world.ben.post("/api/v1/orders", {"quote": quote["id"], "client_ref": "PO", "hold": hold})
        assert (answer.status_code, answer.json()["code"]) == (409, "quote_expired")
    assert world.ben.get(f"/api/v1/holds/{held['id']}").json()["state"] == "held"
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    "given",
    [
        {"quote": "x"},
        {"quote": str(uuid4())},
        {"client_ref": ""},
        {"client_ref": "x" * 65},
        {"client_ref": None},
        {"hold": "x"},
    ],
)
def test_an_order_that_names_nothing_is_refused(world: World, given: dict[str, Any]) -> None:
    body = {"quote": quoted(world.ben)["id"], "client_ref": "PO", **given}
    answer = world.ben.post("/api/v1/orders", body)
    assert (answer.status_code, answer.json()["code"] in ("invalid_input", "unknown_reference")) == (
        400,
        True,
    )
    assert nothing_is_held()
