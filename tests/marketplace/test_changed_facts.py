"""Nothing is sold on what is no longer true: a tariff, a latency or a route that changed after the selection."""

import json
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from kernel.clock import now
from kernel.models import Claim
from marketplace.models import Order, Quote
from marketplace.selectors.orders import line_terms
from marketplace.services.quotes import issue_quote
from scheduling.models import Hold, LineQuote, Span
from scheduling.services.supply import fresh_supply
from tests.aggregation.supply import made
from tests.kernel.ledger import let_time_pass
from tests.marketplace.trade import quoted, running
from tests.scheduling.live import (
    PAIR,
    SOMEWHERE,
    chosen,
    let_a_second_pass,
    network,
    open_entered_market,
    price_ends,
    send_csv,
    share_a_duct,
    text,
    withdraw,
)
from tests.scheduling.test_reservations import once
from tests.scheduling.test_snapshots import the_look_was_enough
from tests.support.cast import Person, World
from tests.support.races import race

pytestmark = pytest.mark.django_db
SCENE = open_entered_market

MONTHLY = "1,12800,36.00,calendar"
QUOTES, WORDS, HOLDS, ORDERS = (f"/api/v1/{each}" for each in ("quotes", "line-quotes", "holds", "orders"))


def reprice(person: Person, old: str = "12800", new: str = "99999") -> None:
    """The OTN row of 1000 Mbps within a city, with a cell changed."""
    row = "line-jia,otn,1000,same_city,3000,12800,35,1,36.00,20,7"
    assert row in text("tariffs_jia.csv")
    made(
        send_csv(
            person,
            "/api/v1/tariffs:import",
            f"{text('tariffs_jia.csv').splitlines()[0]}\n{row.replace(old, new, 1)}\n",
        )
    )


def dearer(person: Person, price: str) -> None:
    """Another price of the person's offer, CNY for a machine and hour."""
    (offer,) = made(person.get("/api/v1/offers"))["items"]
    path = f"/api/v1/offers/{offer['id']}"
    made(person.patch(path, {"price_cny_hour": price}, If_Match=person.get(path).headers["ETag"]))


def measure(person: Person, us: int = 5000, span: str = "jia-loufeng-tongli") -> None:
    """Fresh evidence of a span on the way to Wujiang: so many µs, and one of the clocks."""
    (record, *_) = json.loads(text("latency_evidence.json"))["evidence"]
    fresh = {"span": span, "value_us": us, "measured_at": (now() - timedelta(minutes=1)).isoformat()}
    made(person.post("/api/v1/latency-evidence", record | fresh))


def body_of(person: Person, **changes: Any) -> dict[str, Any]:
    return {"selection": chosen(person, **changes)["id"], "bundle": 0}


def refused(answer: Any) -> tuple[str, str]:
    problem = answer.json()
    assert answer.status_code == 409, problem
    return problem["code"], problem["detail"]


def order_of(person: Person, quote: dict[str, Any]) -> Any:
    return person.post(ORDERS, {"quote": quote["id"], "client_ref": str(uuid4())})


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("12800", "99999", "monthly_cny（12800 → 99999）"),
        ("12800", "12799.99", "monthly_cny（12800 → 12799.99）"),
        ("3000", "3001", "one_off_cny（3000 → 3001）"),
        (",35,1,", ",36,1,", "monthly_cny_per_km（35 → 36）"),
        (",20,7", ",20,30", "lead_days（7 → 30）"),
    ],
)
@pytest.mark.parametrize("path", [QUOTES, WORDS])
def test_a_tariff_that_moved_since_the_selection_is_not_sold(
    world: World, path: str, old: str, new: str, told: str
) -> None:
    before = body_of(world.ben)
    reprice(world.lin, old, new)
    code, detail = refused(world.ben.post(path, before))
    assert (code, told in detail, "请重新选择" in detail) == ("price_changed", True, True)
    _, english = refused(world.ben.post(path, before, Accept_Language="en"))
    assert "The line tariff's " in english
    assert "select again" in english
    assert not Quote.objects.exists()
    assert not LineQuote.objects.exists()
    assert made(world.ben.post(path, body_of(world.ben)))["line_fen"] > 0


def test_a_line_that_a_hold_keeps_is_quoted_at_the_tariff_of_now(world: World) -> None:
    """As a selection of now is: on a term, by the hour, with an end to be built, and for a pair with two."""
    share_a_duct(world.lin)
    price_ends(world.lin)
    let_a_second_pass()
    wishes: list[dict[str, Any]] = [{}, {"duration_hours": 10}, SOMEWHERE, PAIR]
    before = [body_of(world.ben, **wish) for wish in wishes]
    holds = [made(world.ben.post(HOLDS, body)) for body in before]
    word = made(world.ben.post(WORDS, before[0]))
    reprice(world.lin, "3000,12800,35,1,36.00", "3001.5,12801.25,35.07,1,36.99")
    price_ends(world.lin, "801.5")
    let_a_second_pass()
    for wish, body, hold in zip(wishes, before, holds, strict=True):
        assert refused(world.ben.post(QUOTES, body))[0] == "price_changed"
        anew = made(world.ben.post(QUOTES, body_of(world.ben, **wish)))
        kept = made(world.ben.post(QUOTES, body | {"hold": hold["id"]}))
        assert (kept["line_fen"], kept["total_fen"]) == (anew["line_fen"], anew["total_fen"]), wish
        terms, shown = (json.loads(each["document"])["bundle"]["line_terms"] for each in (kept, anew))
        assert terms == shown, wish
    by_word = made(world.ben.post(QUOTES, before[0] | {"line_quote": word["id"], "hold": holds[0]["id"]}))
    assert by_word["line_fen"] == word["line_fen"] != anew["line_fen"]
    assert made(world.ben.post(HOLDS, before[0])), "by its carrier's word it can be quoted"
    assert refused(world.ben.post(HOLDS, before[1]))[0] == "price_changed"
    reprice(world.lin, ",20,7", ",20,30")
    code, detail = refused(world.ben.post(QUOTES, before[0] | {"hold": holds[0]["id"]}))
    assert (code, "lead_days（7 → 30）" in detail, "monthly_cny" in detail) == ("price_changed", True, False)


def test_a_hold_is_ordered_at_the_price_of_now_once_that_moved(world: World) -> None:
    body = body_of(world.ben, quantity=6)
    later, held = (
        made(world.ben.post(HOLDS, body | {"schedule": each}))["id"] for each in (once(730, ahead=90), None)
    )
    before = made(world.ben.post(QUOTES, body))
    dearer(world.ada, "112.81")
    assert refused(world.ben.post(QUOTES, body))[0] == "price_changed"
    let_a_second_pass()
    assert not chosen(world.ben, quantity=6)["answer"]["bundles"], "the hold has all of them"
    for wrong in ({"hold": later}, {"hold": held, "schedule": once(730, ahead=90)}):
        assert refused(world.ben.post(QUOTES, body | wrong))[0] == "hold_mismatch"
    assert world.ben.post(QUOTES, body | {"hold": str(uuid4())}).status_code == 404
    quote = made(world.ben.post(QUOTES, body | {"hold": held}))
    assert quote["compute_fen"] - before["compute_fen"] == 6 * 730  # one fen an hour
    assert quote["line_fen"] == before["line_fen"]
    order = made(world.ben.post(ORDERS, {"quote": quote["id"], "client_ref": "PO", "hold": held}))
    assert (order["total_fen"], order["facts"]["offer"]["price_cny_hour"]) == (
        quote["total_fen"],
        "112.810000",
    )
    assert refused(world.ben.post(QUOTES, body | {"hold": held}))[0] == "state_conflict"


def test_a_hold_is_of_what_it_keeps_and_not_of_its_selection(world: World) -> None:
    stale, other = body_of(world.ben), body_of(world.ben)
    held, gone = (made(world.ben.post(HOLDS, body))["id"] for body in (stale, other))
    dearer(world.ada, "112.81")
    let_a_second_pass()
    assert refused(world.ben.post(HOLDS, stale))[0] == "price_changed", "nothing can be quoted for it"
    let_time_pass(gone)
    Hold.objects.filter(id=gone).update(expires_at=now())
    assert refused(world.ben.post(QUOTES, other | {"hold": gone}))[0] == "state_conflict"
    for more in ({"quantity": 2}, {"bandwidth_mbps": 900}, {"duration_hours": 731}):
        wrong = {"quote": quoted(world.ben, **more)["id"], "client_ref": "w", "hold": held}
        assert refused(world.ben.post(ORDERS, wrong))[0] == "hold_mismatch", more
    quote = {"quote": quoted(world.ben, top=1)["id"], "client_ref": "PO"}
    order = made(world.ben.post(ORDERS, quote | {"hold": held}))["id"]
    assert set(Claim.objects.values_list("bundle", flat=True)) == {UUID(order), UUID(gone)}


def by_term(person: Person, *terms: str) -> None:
    """The same step anew, in a row for each `least months,monthly price,price by the hour,what its days count`."""
    rows = [
        "line-jia,otn,1000,same_city,3000,{1},35,{0},{2},20,7,{3}".format(*each.split(",")) for each in terms
    ]
    head = f"{text('tariffs_jia.csv').splitlines()[0]},lead_in"
    made(send_csv(person, "/api/v1/tariffs:import", "\n".join((head, *rows, ""))))


def test_each_price_by_term_is_sold_changed_and_withdrawn_by_itself(world: World) -> None:
    plain, dear = chosen(world.ben), chosen(world.ben, duration_hours=8760)
    by_term(world.lin, MONTHLY, "12,9800,,working")
    the_look_was_enough()
    month, year = chosen(world.ben), chosen(world.ben, duration_hours=8760)
    assert (month["snapshot"], month["answer"]["bundles"]) == (plain["snapshot"], plain["answer"]["bundles"])
    assert (plain["extras"], month["extras"]) == ("", fresh_supply().supply.extras.terms)
    was, now_is = (each["answer"]["bundles"][0] for each in (dear, year))
    assert (was.get("min_months"), now_is["min_months"]) == (None, 12)
    assert Decimal(was["cny"]["line"]) - Decimal(now_is["cny"]["line"]) == 12 * 3000
    later = chosen(world.ben, duration_hours=8760, starts_at=(now() + timedelta(days=40)).isoformat())
    assert set(later["access"]["opens_in"]) == {"line-jia|otn|1000|same_city|12|7"}
    by_term(world.lin, MONTHLY.replace("12800", "99999"), "12,9900,,working")
    for each in (plain, month, year, later):
        again = made(world.ben.post(f"/api/v1/selections/{each['id']}:replay"))
        assert (again["same_answer"], again["same_snapshot"]) == (True, False)
    by_term(world.lin, MONTHLY.replace("12800", "99999"), "12,9800,,working")
    month, year = ({"selection": each["id"], "bundle": 0} for each in (month, year))
    assert "monthly_cny（12800 → 99999）" in refused(world.ben.post(QUOTES, month))[1]
    assert made(world.ben.post(WORDS, year))["kind"] == "firm"
    quote = made(world.ben.post(QUOTES, year))
    order = Order.objects.get(id=made(order_of(world.ben, quote))["id"])
    assert (
        order.line_fen == quote["line_fen"] == Decimal(now_is["cny"]["line"]).quantize(Decimal("0.01")) * 100
    )
    assert line_terms(order).least == 12
    by_term(world.lin, MONTHLY, "12,9900,,working")
    for path in (QUOTES, WORDS):
        assert "monthly_cny（9800 → 9900）" in refused(world.ben.post(path, year))[1]
    year = body_of(world.ben, duration_hours=8760)
    made(withdraw(world.lin, "tariffs", zone="same_city", bandwidth_mbps=1000, state="listed", min_months=12))
    for path in (QUOTES, WORDS, HOLDS):
        assert "12 个月起）的 state（listed → withdrawn" in refused(world.ben.post(path, year))[1]
    assert made(world.ben.post(QUOTES, body_of(world.ben)))
    assert chosen(world.ben)["extras"] == ""
    the_look_was_enough()
    by_term(world.lin, "12,9800,,calendar", "24,9000,,calendar")
    the_look_was_enough()
    (least,) = (row for key, row in fresh_supply().supply.tariffs.items() if "|1000|same_city" in key)
    assert (least.min_months, list(fresh_supply().supply.extras.term_tariffs)) == (
        12, ["line-jia|otn|1000|same_city|24"],
    )  # fmt: skip


def test_another_step_or_product_may_change_its_price(world: World) -> None:
    before = body_of(world.ben)
    head, row = (
        text("tariffs_jia.csv").splitlines()[0],
        "line-jia,otn,10000,same_city,6000,1,90,3,130.00,20,10",
    )
    made(send_csv(world.lin, "/api/v1/tariffs:import", f"{head}\n{row}\n"))
    assert made(world.ben.post(QUOTES, before))["line_fen"] == 1701912


def test_a_word_once_given_keeps_its_price(world: World) -> None:
    quote, before = quoted(world.ben), body_of(world.ben)
    word = made(world.ben.post(WORDS, before))
    assert word["kind"] == "firm"
    reprice(world.lin)
    assert made(order_of(world.ben, quote))["line_fen"] == quote["line_fen"]
    assert refused(world.ben.post(QUOTES, before))[0] == "price_changed"
    by_word = made(world.ben.post(QUOTES, before | {"line_quote": word["id"]}))
    assert by_word["line_fen"] == quote["line_fen"]
    assert made(order_of(world.ben, by_word))["line_fen"] == quote["line_fen"]


@pytest.mark.django_db(transaction=True)
def test_a_tariff_that_is_raised_between_quotes_and_orders_is_raised_once(world: World) -> None:
    before, first = body_of(world.ben), quoted(world.ben)
    selection = UUID(before["selection"])

    def quote() -> Quote:
        return issue_quote(selection=selection, bundle=0, actor=world.ben.actor)

    results = race(*[quote] * 3, lambda: reprice(world.lin), *[quote] * 3)
    given = [each for each in results if isinstance(each, Quote)]
    assert {type(each).__name__ for each in results} <= {"Quote", "PriceChanged", "NoneType"}
    assert {each.line_fen for each in given} <= {first["line_fen"]}
    assert refused(world.ben.post(QUOTES, before))[0] == "price_changed"
    for each in given:  # it was firm when the tariff moved
        assert made(order_of(world.ben, {"id": str(each.id)}))["line_fen"] == first["line_fen"]


def step_by_step(world: World, before: dict[str, Any], stage: str, change: Callable[[], object]) -> Any:
    """What comes of selling the bundle, step by step, where something changes before the stage: the first answer that is a no."""

    def at(step: str) -> None:
        if step == stage:
            change()

    at("hold")
    hold = world.ben.post(HOLDS, before)
    if hold.status_code != 201:
        return hold
    at("line quote")
    word = world.ben.post(WORDS, before)
    if word.status_code != 201:
        return word
    at("line hold")
    kept = world.ben.post(f"{WORDS}/{word.json()['id']}:hold")
    if kept.status_code != 200:
        return kept
    at("quote")
    quote = world.ben.post(QUOTES, before)
    if quote.status_code != 201:
        return quote
    with_hold = {"hold": hold.json()["id"]} if stage == "held order" else {}
    at("order")
    at("held order")
    order = world.ben.post(ORDERS, {"quote": quote.json()["id"], "client_ref": "PO-1", **with_hold})
    if order.status_code != 201:
        return order
    path = f"{ORDERS}/{order.json()['id']}:accept"
    assert world.lin.post(path).status_code == 200
    at("accept")
    return world.ada.post(path)


@pytest.mark.parametrize(
    "stage", ["hold", "line quote", "quote", "line hold", "order", "held order", "accept"]
)
def test_a_line_that_grew_slower_than_its_bound_is_sold_at_no_step(world: World, stage: str) -> None:
    before = body_of(world.ben)
    code, detail = refused(step_by_step(world, before, stage, lambda: measure(world.lin)))
    assert code == "line_changed"
    assert "µs，须低于 1000 µs" in detail
    assert Order.objects.filter(state="opening").count() == 0
    if stage == "hold":
        assert not Hold.objects.exists()
        _, english = refused(world.ben.post(HOLDS, before, Accept_Language="en"))
        assert "has to be below 1000 µs" in english
        assert "Select again" in english


def test_the_bound_is_strict_and_to_the_microsecond(world: World) -> None:
    selection = chosen(world.ben)
    latency = selection["answer"]["bundles"][0]["latency_us"]
    body = {"selection": selection["id"], "bundle": 0}
    was = Span.objects.get(key="jia-loufeng-tongli").measured_us
    assert was is not None
    measure(world.lin, was + 999 - latency - 1)  # the clocks are one more
    made(world.ben.post(QUOTES, body))
    measure(world.lin, was + 1000 - latency - 1)
    assert "现为 1000 µs" in refused(world.ben.post(QUOTES, body))[1]


def test_without_a_bound_it_is_sold_as_what_was_shown(world: World) -> None:
    before = body_of(world.ben, max_latency_us=None)
    measure(world.lin, 80)  # faster than before
    made(world.ben.post(QUOTES, before))
    measure(world.lin, 99)
    assert refused(world.ben.post(QUOTES, before))[0] == "line_changed"


def test_the_tail_and_the_terminals_count_as_they_did(world: World) -> None:
    near = {"from_site": None, "from_coordinates": {"lat": "31.3500", "lon": "120.7000"}}
    for where in ({}, near):
        for layer in ("optical", "service"):
            shown = chosen(world.ben, latency_layer=layer, **where)["answer"]["bundles"][0]["latency_us"]
            body = body_of(world.ben, latency_layer=layer, max_latency_us=shown + 1, **where)
            made(world.ben.post(QUOTES, body))
    reprice(world.lin, ",20,7", ",21,7")
    assert refused(world.ben.post(HOLDS, body))[0] == "line_changed"
    other = body_of(world.ben, max_latency_us=shown - 20 + 1, **near)
    made(world.ben.post(HOLDS, other))
    measure(world.lin, 91)
    assert refused(world.ben.post(QUOTES, other))[0] == "line_changed"


def test_a_line_is_not_moved_to_one_that_grew_slower(world: World) -> None:
    order = running(world, duration_hours=8760)
    there = chosen(world.ben, from_site="sip-shengpu", duration_hours=8760)
    wanted = {"order": str(order.id), "selection": there["id"], "bundle": 0}
    path = f"/api/v1/line-changes/{made(world.ben.post('/api/v1/line-changes', wanted))['id']}:offer"
    measure(world.lin)
    offer = {"one_off_cny": "0", "monthly_cny": "1", "notice_days": 0}
    assert refused(world.lin.post(path, offer))[0] == "line_changed"


def test_a_pair_is_sold_while_it_is_one(world: World) -> None:
    before = body_of(world.ben, protection="one_plus_one")
    made(world.ben.post(QUOTES, before))
    net = network()
    for span in net["spans"]:
        span["srlg"] = ["one duct"]
    made(world.lin.post("/api/v1/networks:import", net))
    assert "两条路由" in refused(world.ben.post(QUOTES, before))[1]


def test_what_is_short_is_named_as_its_buyer_knows_it(world: World) -> None:
    line, machines = body_of(world.ben), body_of(world.bea, quantity=6, bandwidth_mbps=100)
    made(world.ben.post(HOLDS, body_of(world.ben)))
    code, detail = refused(world.bea.post(HOLDS, machines))
    assert (code, detail.startswith("算力（台）需要 6，可用 5")) == ("sold_out", True)
    many = {"offer": made(world.ada.get("/api/v1/offers"))["items"][0]["id"], "quantity": 6}
    assert refused(world.bea.post(HOLDS, many))[1].startswith("算力（台）需要 6，可用 5")
    net = network()
    for span in net["spans"]:
        span["capacity_mbps"] = 1500
    made(world.lin.post("/api/v1/networks:import", net))
    code, detail = refused(world.ben.post(HOLDS, line))
    assert (code, detail.split("（所求")[0]) == (
        "sold_out", "从 sip-weiting 到 wujiang 的专线（Mbps）需要 1000，可用 500",
    )  # fmt: skip
    _, english = refused(world.ben.post(HOLDS, line, Accept_Language="en"))
    assert english.startswith("The line from sip-weiting to wujiang (Mbps): 1000 wanted, 500 free")
