"""Orders by a carrier's firm word: its price is the price, its hold the hold, and only while it is good."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import transaction

from kernel.clock import now
from kernel.domain.windows import Window
from kernel.models.capacity import Capacity, Claim, HoldAccount
from kernel.services.capacity import expire_next
from kernel.services.outbox import drain
from marketplace.models import Order
from marketplace.services.orders import place_order
from scheduling.models import BookingConflict, LineOpening, LineQuote
from scheduling.services.line_quotes import release_line
from scheduling.services.maintenance import close_conflicts, declare_maintenance
from tests.aggregation.supply import made
from tests.scheduling.live import chosen, open_entered_market
from tests.scheduling.test_reservations import conflict, nights
from tests.support.cast import Person, World
from tests.support.races import aside, kinds, race

SCENE = open_entered_market

WORDS = "/api/v1/line-quotes"
FAR = {"from_coordinates": {"lat": "31.3500", "lon": "120.7000"}, "from_site": None}


def surveyed(world: World) -> dict[str, Any]:
    """Lin's firm word on a line to Ben's door, 8,000 CNY above her tariff, in twelve days."""
    selection = chosen(world.ben, **FAR)["id"]
    word = made(world.ben.post(WORDS, {"selection": selection, "bundle": 0}))
    body = {"one_off_cny": "8000.00", "days": 12}
    return dict(made(world.lin.post(f"{WORDS}/{word['id']}:survey", body)))


def quote(person: Person, word: dict[str, Any], status: int = 201, **changes: Any) -> dict[str, Any]:
    body = {"selection": word["selection"], "bundle": word["bundle"], "line_quote": word["id"], **changes}
    answer = person.post("/api/v1/quotes", body)
    assert answer.status_code == status, answer.content.decode()
    return dict(answer.json())


def order(person: Person, quoted: dict[str, Any], status: int = 201, **more: Any) -> dict[str, Any]:
    answer = person.post("/api/v1/orders", {"quote": quoted["id"], "client_ref": str(uuid4()), **more})
    assert answer.status_code == status, answer.content.decode()
    return dict(answer.json())


def place(person: Person, quoted: dict[str, Any]) -> Order:
    return place_order(quote=UUID(quoted["id"]), client_ref=quoted["id"], actor=person.actor)


def held(bundle: str) -> dict[UUID, int]:
    claims = Claim.objects.filter(bundle=bundle, state="held")
    return dict(claims.values_list("resource_id", "quantity"))


def books(unit: str, resources: Iterable[UUID]) -> list[tuple[int, int]]:
    """What stands of each resource, and the most of its windows."""
    rows = Capacity.objects.filter(unit=unit, resource__in=list(resources))
    return [(row.standing, row.peak) for row in rows]


def holds_of(person: Person) -> tuple[int, int]:
    """How many holds the person's firm has, and how many lapsed."""
    account = HoldAccount.objects.get(tenant_id=person.organisation.id)
    return account.live, account.lapsed


@pytest.mark.django_db
def test_the_word_s_price_is_the_price_and_its_hold_the_hold(world: World) -> None:
    word = surveyed(world)
    made_of = world.ben.post(f"{WORDS}/{word['id']}:hold").json()
    kept = held(word["id"])
    hit = conflict(world.lin, next(iter(kept)), now() + timedelta(days=90))
    quoted = quote(world.ben, word)
    assert (quoted["line_fen"], quoted["line_quote"]) == (word["line_fen"], word["id"])
    placed = order(world.ben, quoted)
    assert placed["line_fen"] == word["line_fen"]
    assert placed["total_fen"] == placed["compute_fen"] + word["line_fen"]
    assert not held(word["id"])
    assert (close_conflicts(), hit()) == (0, [placed["id"]])
    pool = UUID(placed["facts"]["bundle"]["pool"])
    assert held(placed["id"]) == kept | {pool: 1}
    assert len(set(Claim.objects.filter(bundle=placed["id"]).values_list("expires_at"))) == 1
    assert HoldAccount.objects.get(tenant_id=world.ben.organisation.id).live == 1
    row = LineQuote.objects.get(id=word["id"])
    assert (row.state, str(row.order), row.held_until) == ("ordered", placed["id"], None)
    assert made_of["held_until"]
    opening = LineOpening.objects.get()
    assert (opening.promised_days, opening.end_class, opening.surveyed) == (12, "extension", True)
    for provider in (world.ada, world.lin):
        answer = provider.post(f"/api/v1/orders/{placed['id']}:accept")
    assert answer.json()["state"] == "opening"
    assert LineOpening.objects.get().state == "contracted"  # it was surveyed for the word
    assert HoldAccount.objects.get(tenant_id=world.ben.organisation.id).live == 0


@pytest.mark.django_db
def test_an_order_for_windows_keeps_the_line_of_the_word_in_these_alone(world: World) -> None:
    selection = chosen(world.ben, duration_hours=120)["id"]
    word = made(world.ben.post(WORDS, {"selection": selection, "bundle": 0}))
    made(world.ben.post(f"{WORDS}/{word['id']}:hold"))
    spans = held(word["id"])
    assert set(books("mbps", spans)) == {(1000, 0)}
    placed = order(world.ben, quote(world.ben, word, schedule=nights()))
    mine = Claim.objects.filter(bundle=placed["id"])
    assert (mine.count(), mine.filter(period=None).count()) == (10 * (1 + len(spans)), 0)
    assert set(mine.values_list("resource", "quantity").distinct()) == {
        *spans.items(),
        (UUID(placed["facts"]["bundle"]["pool"]), 1),
    }
    assert set(books("mbps", spans)) == {(0, 1000)}, "between the windows it is anybody's"
    assert len(set(mine.values_list("expires_at"))) == 1
    assert holds_of(world.ben) == (1, 0)
    world.ada.post(f"/api/v1/orders/{placed['id']}:reject", {"reason": "检修"})
    assert set(books("mbps", spans)) == {(0, 0)}


@pytest.mark.django_db
def test_an_order_by_a_hold_and_a_slower_word_ends_in_time_for_the_word(world: World) -> None:
    start = now() + timedelta(days=30, minutes=9)
    selection = chosen(world.ben, **FAR, duration_hours=48, starts_at=start.isoformat())["id"]
    word = made(world.ben.post(WORDS, {"selection": selection, "bundle": 0}))
    word = made(world.lin.post(f"{WORDS}/{word['id']}:survey", {"one_off_cny": "8000.00", "days": 30}))
    hold = made(world.ben.post("/api/v1/holds", {"selection": selection, "bundle": 0, "minutes": 60}))
    latest = start - timedelta(days=30)
    assert datetime.fromisoformat(hold["expires_at"]) > latest, "the tariff's days are fewer"
    placed = order(world.ben, quote(world.ben, word), hold=hold["id"])
    assert datetime.fromisoformat(placed["held_until"]) == latest
    assert set(Claim.objects.filter(bundle=placed["id"]).values_list("expires_at", flat=True)) == {latest}


@pytest.mark.django_db
def test_what_is_not_firm_not_good_or_of_something_else_is_not_quoted(world: World) -> None:
    selection = chosen(world.ben, **FAR)["id"]
    for kind, code in (("firm", "line_quote_not_firm"), ("budgetary", "line_quote_not_firm")):
        word = made(world.ben.post(WORDS, {"selection": selection, "bundle": 0, "kind": kind}))
        answer = quote(world.ben, word, 409)
        assert (answer["code"], answer["errors"][0]["pointer"]) == (code, "/line_quote")
    word = surveyed(world)
    assert quote(world.ben, word, 409, selection=selection)["code"] == "line_quote_mismatch"
    assert quote(world.ben, {**word, "id": str(uuid4())}, 404)["code"] == "not_found"
    assert quote(world.bea, word, 404)["code"] == "not_found"
    quoted = quote(world.ben, word)
    LineQuote.objects.filter(id=word["id"]).update(valid_until=now() - timedelta(seconds=1))
    assert quote(world.ben, word, 409)["code"] == "line_quote_expired"
    assert order(world.ben, quoted, 409)["code"] == "line_quote_expired"
    assert not Claim.objects.filter(state="held").exists()


@pytest.mark.django_db
def test_the_quote_ends_with_the_word(world: World) -> None:
    word = surveyed(world)
    end = now() + timedelta(minutes=5)
    LineQuote.objects.filter(id=word["id"]).update(valid_until=end)
    assert quote(world.ben, word)["valid_until"] == end.isoformat().replace("+00:00", "Z")


@pytest.mark.django_db
def test_a_word_is_ordered_once_and_returns_where_no_contract_came(world: World) -> None:
    word = surveyed(world)
    first, second = quote(world.ben, word), quote(world.ben, word)
    placed = order(world.ben, first)
    assert order(world.ben, second, 409)["code"] == "state_conflict"
    assert quote(world.ben, word, 409)["code"] == "state_conflict"
    world.ada.post(f"/api/v1/orders/{placed['id']}:reject", {"reason": "检修"})
    row = LineQuote.objects.get(id=word["id"])
    assert (row.state, row.order) == ("offered", None)
    assert holds_of(world.ben) == (0, 0), "a provider's no is not the user's hoarding"
    for act in ("hold", "release"):
        made(world.ben.post(f"{WORDS}/{word['id']}:{act}"))
    again = order(world.ben, second)
    Claim.objects.filter(bundle=again["id"]).update(expires_at=now() - timedelta(seconds=1))
    assert expire_next()
    drain()
    assert LineQuote.objects.get(id=word["id"]).state == "offered"
    assert holds_of(world.ben) == (0, 1), "what the user released, not what its providers left unanswered"
    for act in ("hold", "release"):  # once more
        made(world.ben.post(f"{WORDS}/{word['id']}:{act}"))
    assert set(Capacity.objects.values_list("standing", flat=True)) == {0}


@pytest.mark.django_db
def test_nothing_is_taken_over_where_the_machines_are_gone(world: World) -> None:
    word = surveyed(world)
    world.ben.post(f"{WORDS}/{word['id']}:hold")
    kept, quoted = held(word["id"]), quote(world.ben, word)
    Capacity.objects.filter(unit="machine").update(total=0)
    assert order(world.ben, quoted, 409)["code"] == "sold_out"
    assert held(word["id"]) == kept
    assert LineQuote.objects.get(id=word["id"]).state == "held"


@pytest.mark.django_db
def test_a_hold_of_the_bundle_and_the_word_s_keep_the_line_once(world: World) -> None:
    word = surveyed(world)
    world.ben.post(f"{WORDS}/{word['id']}:hold")
    hold = made(world.ben.post("/api/v1/holds", {"selection": word["selection"], "bundle": 0}))
    hit = conflict(world.lin, next(iter(held(word["id"]))), now() + timedelta(days=90))
    assert set(hit()) == {word["id"], hold["id"]}
    placed = order(world.ben, quote(world.ben, word), hold=hold["id"])
    assert not held(word["id"])
    assert (close_conflicts(), hit()) == (1, [placed["id"]])
    assert set(held(placed["id"]).values()) == {1, 1000}
    assert holds_of(world.ben) == (1, 0), "what is bought has not lapsed"
    assert set(Capacity.objects.filter(unit="mbps", standing__gt=0).values_list("standing")) == {(1000,)}


@pytest.mark.django_db(transaction=True)
def test_a_word_that_is_let_go_meanwhile_is_ordered_or_not_and_never_half(world: World) -> None:
    word = surveyed(world)
    world.ben.post(f"{WORDS}/{word['id']}:hold")
    quoted, row = quote(world.ben, word), LineQuote.objects.get(id=word["id"])
    done = race(
        lambda: place(world.ben, quoted),
        lambda: release_line(quote=row, actor=world.ben.actor),
    )
    assert kinds(done)["Order"] == 1
    assert not held(word["id"])
    assert set(Capacity.objects.filter(unit="mbps", standing__gt=0).values_list("standing")) == {(1000,)}
    world.ada.post(f"/api/v1/orders/{done[0].id}:reject", {"reason": "检修"})
    world.ben.post(f"{WORDS}/{word['id']}:hold")
    kept, quoted, start = held(word["id"]), quote(world.ben, word), now() + timedelta(days=90)
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            declare_maintenance(
                resource=next(iter(kept)),
                window=Window(start, start + timedelta(hours=1)),
                quantity=None,
                reason="更换电源",
                actor=world.lin.actor,
            )
            placing = pool.submit(aside, lambda: place(world.ben, quoted))
            wait([placing], timeout=0.3)  # it waits for the declaration, which it could not see yet
        placed = placing.result()
    assert BookingConflict.objects.get(closed_at=None).bundle == placed.id
