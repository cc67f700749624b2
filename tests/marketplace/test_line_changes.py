"""Changes of running lines: priced by the carrier, agreed by both, held before, switched in one step, paid from the next month."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db.models import F

from kernel.clock import now
from kernel.models.capacity import Capacity, Claim, HoldAccount
from marketplace.domain.line_changes import LIFE, OPEN
from marketplace.models import LineChange, Order
from marketplace.services.line_changes import agree_change, lapse_changes, switch_line, withdraw_change
from marketplace.services.orders import end_order
from scheduling.models import LineOpening, Maintenance
from scheduling.services.maintenance import close_conflicts
from tests.aggregation.supply import made
from tests.marketplace.test_line_words import holds_of
from tests.marketplace.test_settlements import verify
from tests.marketplace.trade import aged, ordered, running, settled
from tests.scheduling.live import chosen, open_market
from tests.scheduling.test_reservations import conflict
from tests.support.cast import Person, World
from tests.support.contract import misfits
from tests.support.races import kinds, race

SCENE = open_market
CHANGES = "/api/v1/line-changes"
YEAR = {"duration_hours": 8760}
OFFER = {"one_off_cny": "500.00", "monthly_cny": "23456.78", "notice_days": 0}


def test_every_open_change_can_end_and_nothing_else_goes_on() -> None:
    assert LIFE.acts["end"][0] == OPEN
    assert LIFE.terminal == frozenset(LIFE.states) - OPEN


def served(world: World) -> Order:
    """An order for a year whose second month has begun."""
    return aged(running(world, **YEAR), 740)


def asked(person: Person, order: Order, status: int = 201, **body: Any) -> dict[str, Any]:
    answer = person.post(CHANGES, {"order": str(order.id), **body})
    assert answer.status_code == status, answer.content.decode()
    return dict(answer.json())


def act(
    person: Person, change: dict[str, Any], verb: str, body: Any = None, status: int = 200
) -> dict[str, Any]:
    answer = person.post(f"{CHANGES}/{change['id']}:{verb}", body)
    assert answer.status_code == status, answer.content.decode()
    return dict(answer.json())


def line_of(order: Order) -> set[UUID]:
    return {UUID(each) for each in order.facts["bundle"]["spans"]}


def taken() -> dict[UUID, int]:
    """Span → the Mbps that are taken of it: without end, and at most at any time."""
    rows = Capacity.objects.annotate(taken=F("standing") + F("peak")).filter(unit="mbps", taken__gt=0)
    return dict(rows.values_list("resource", "taken"))


def switched(world: World, order: Order, offer: dict[str, Any] = OFFER, **wanted: Any) -> dict[str, Any]:
    change = asked(world.ben, order, **wanted)
    act(world.lin, change, "offer", offer)
    act(world.ben, change, "agree")
    return act(world.lin, change, "switch")


@pytest.mark.django_db
def test_a_higher_rate_is_held_agreed_switched_and_paid_from_the_next_month(
    world: World, tmp_path: Path
) -> None:
    order = served(world)
    spans = line_of(order)
    assert taken() == dict.fromkeys(spans, 1000)
    change = asked(world.ben, order, bandwidth_mbps=2000)
    assert (change["kind"], change["state"]) == ("rate", "asked")
    act(world.ben, change, "offer", OFFER, 403)
    act(world.bea, change, "agree", status=404)
    offered = act(world.lin, change, "offer", OFFER)
    assert (offered["monthly_fen"], offered["state"]) == (2_345_678, "offered")
    assert taken() == dict.fromkeys(spans, 2000)  # the thousand more is pre-occupied
    act(world.lin, change, "agree", status=403)
    act(world.ben, change, "agree")
    assert HoldAccount.objects.get(tenant_id=order.tenant_id).live == 0
    hit = conflict(world.lin, next(iter(spans)), now() + timedelta(days=90))
    assert set(hit()) == {change["id"], str(order.id)}
    done = act(world.lin, change, "switch")
    assert (done["state"], done["from_month"]) == ("in_force", 2)
    assert (close_conflicts(), hit()) == (1, [str(order.id)])
    made(world.lin.post(f"/api/v1/maintenance-windows/{Maintenance.objects.get().id}:cancel"))
    assert taken() == dict.fromkeys(spans, 2000)
    mine = Claim.objects.filter(bundle=order.id, resource__in=spans, state="confirmed")
    assert order.ends_by
    ends_by = order.ends_by + timedelta(hours=740)
    assert set(mine.values_list("quantity", "period__endswith")) == {(2000, ends_by)}
    assert not Claim.objects.filter(bundle=change["id"], state__in=["held", "confirmed"]).exists()
    assert LineOpening.objects.get(order=order.id).bandwidth_mbps == 2000
    LineChange.objects.update(switched_at=now() - timedelta(hours=3))
    periods = ((0, 735), (735, 738))
    old = [settled(world, order, first=first, last=last)["lines"][1] for first, last in periods]
    assert [line["quantity"] for line in old] == [2, 0]
    assert old[1]["amount_fen"] == 50_000, "the one-off is due at the switch, whenever the next month begins"
    LineChange.objects.update(switched_at=now() - timedelta(hours=3 + 730))
    order = aged(Order.objects.get(id=order.id), 730)
    second = settled(world, order, first=738 + 730, last=740 + 730)
    assert (second["lines"][1]["quantity"], second["lines"][1]["amount_fen"]) == (1, 2_345_678)
    evidence = world.lin.get(f"/api/v1/statements/{second['id']}/evidence").json()
    assert misfits("StatementEvidenceOut", evidence) == []
    assert evidence["line"]["billed_before_fen"] == sum(line["amount_fen"] for line in old)
    assert verify(tmp_path, second, evidence) == 0
    evidence["line"]["steps"][0]["monthly_fen"] += 1
    assert verify(tmp_path, second, evidence) == 1
    end_order(order=order.id)
    assert taken() == {}


@pytest.mark.django_db
def test_a_lower_rate_frees_its_rest_at_the_switch_and_not_before(world: World) -> None:
    order = served(world)
    change = asked(world.ben, order, bandwidth_mbps=300)
    order.refresh_from_db()
    order.ends_by = now() + timedelta(days=30, hours=1)
    order.advance("ends_by")
    refused = act(world.lin, change, "offer", OFFER | {"notice_days": 31}, 400)
    assert (refused["code"], refused["errors"][0]["pointer"]) == ("invalid_field", "/notice_days")
    assert "30 " in refused["errors"][0]["detail"]
    act(world.lin, change, "offer", OFFER | {"notice_days": 30})
    late = timedelta(hours=2)  # the user agrees so late that it could be switched only when the order is over
    Order.objects.filter(id=order.id).update(ends_by=order.ends_by - late, generation=order.generation + 1)
    assert act(world.ben, change, "agree", status=409)["code"] == "line_not_changeable"
    Order.objects.filter(id=order.id).update(ends_by=order.ends_by, generation=order.generation + 2)
    assert act(world.ben, change, "agree")["due_at"]
    assert act(world.lin, change, "switch", status=409)["code"] == "too_early"
    assert set(taken().values()) == {1000}
    LineChange.objects.update(due_at=now() - timedelta(seconds=1))
    act(world.lin, change, "switch")
    assert taken() == dict.fromkeys(line_of(order), 300)
    assert switched(world, order, bandwidth_mbps=800)["state"] == "in_force"  # and up again
    assert taken() == dict.fromkeys(line_of(order), 800)


@pytest.mark.django_db
def test_a_move_goes_to_the_route_of_a_selection_from_the_new_end(world: World) -> None:
    order = served(world)
    before = line_of(order)
    there = chosen(world.ben, from_site="sip-shengpu", max_loss="0.01", **YEAR)
    change = asked(world.ben, order, selection=there["id"], bundle=0)
    assert change["kind"] == "move"
    act(world.lin, change, "offer", OFFER)
    act(world.ben, change, "agree")
    row = LineChange.objects.get()
    after = {UUID(each) for each in row.spans}
    assert after != before
    hit = conflict(world.lin, next(iter(after - before)), now() + timedelta(days=90))
    assert hit() == [change["id"]]
    act(world.lin, change, "switch")
    assert (close_conflicts(), hit()) == (0, [str(order.id)])
    made(world.lin.post(f"/api/v1/maintenance-windows/{Maintenance.objects.get().id}:cancel"))
    assert taken() == dict.fromkeys(after, 1000)
    opening = LineOpening.objects.select_related("a").get(order=order.id)
    assert (opening.a.key, opening.max_loss) == ("sip-shengpu", Decimal("0.01"))
    assert set(opening.route("working")) == after, "its tests are judged by the route that it has now"
    back = chosen(world.ben, **YEAR)
    hit = conflict(world.lin, next(iter(after - before)), now() + timedelta(days=90))
    assert hit() == [str(order.id)]
    switched(world, order, selection=back["id"], bundle=0)
    assert (close_conflicts(), hit()) == (1, []), "the move is a way out"
    made(world.lin.post(f"/api/v1/maintenance-windows/{Maintenance.objects.latest('id').id}:cancel"))
    assert taken() == dict.fromkeys(before, 1000)


@pytest.mark.django_db
def test_what_cannot_be_changed_says_why_and_names_the_member(world: World) -> None:
    waiting = Order.objects.get(id=ordered(world.ben, **YEAR)["id"])
    order = aged(running(world, **YEAR), 1)
    for body, status, code, pointer in (
        ({"order": str(waiting.id), "bandwidth_mbps": 2000}, 409, "line_not_changeable", "/order"),
        ({"bandwidth_mbps": 1000}, 409, "line_not_changeable", "/bandwidth_mbps"),
        ({}, 400, "invalid_field", "/bandwidth_mbps"),
        ({"bandwidth_mbps": 10**9}, 400, "invalid_input", "/bandwidth_mbps"),
        ({"bandwidth_mbps": 2000, "selection": str(order.id)}, 400, "invalid_field", "/bandwidth_mbps"),
        ({"selection": str(order.id)}, 400, "invalid_field", "/bundle"),
        ({"selection": str(order.id), "bundle": 0}, 404, "not_found", ""),
    ):
        answer = world.ben.post(CHANGES, {"order": str(order.id), **body})
        assert (answer.status_code, answer.json()["code"]) == (status, code), body
        assert not pointer or answer.json()["errors"][0]["pointer"] == pointer
    assert asked(world.bea, order, 400, bandwidth_mbps=2000)["code"] == "unknown_reference"
    change = asked(world.ben, order, bandwidth_mbps=2000)
    assert asked(world.ben, order, 409, bandwidth_mbps=3000)["code"] == "line_not_changeable"
    Capacity.objects.filter(unit="mbps").update(
        total=2500
    )  # the waiting order and the running one have 1000 each
    assert act(world.lin, change, "offer", OFFER, 409)["code"] == "sold_out"
    assert set(taken().values()) <= {1000, 2000}
    assert LineChange.objects.get().state == "asked"
    act(world.lin, change, "refuse", {"reason": "无空闲波道"})
    act(world.ben, asked(world.ben, order, bandwidth_mbps=500), "withdraw")


@pytest.mark.django_db
@pytest.mark.parametrize("mbps", [2000, 300])  # of a lower rate nothing is held
def test_an_offer_that_ran_out_has_one_answer_before_and_after_it_is_seen(world: World, mbps: int) -> None:
    order = served(world)
    change = asked(world.ben, order, bandwidth_mbps=mbps)
    act(world.lin, change, "offer", OFFER)
    lapse_changes()
    assert LineChange.objects.get().state == "offered"
    Claim.objects.filter(bundle=change["id"]).update(expires_at=now() - timedelta(seconds=1))
    LineChange.objects.update(offer_ends=now() - timedelta(seconds=1))

    def told() -> list[str]:
        answers = [act(world.ben, change, verb, status=409) for verb in ("agree", "withdraw")]
        return [f"{answer['code']}: {answer['detail']}" for answer in answers]

    before = told()
    assert [each.split(":")[0] for each in before] == ["change_offer_over"] * 2
    lapse_changes()
    assert (LineChange.objects.get().state, told()) == ("lapsed", before)
    assert set(taken().values()) == {1000}
    assert holds_of(world.ben) == (0, int(mbps > 1000))
    anew = asked(world.ben, order, bandwidth_mbps=mbps)
    act(world.lin, anew, "offer", OFFER)
    LineChange.objects.filter(id=anew["id"]).update(offer_ends=now() - timedelta(seconds=1))
    asked(world.ben, order, bandwidth_mbps=mbps)  # at once, as the refusal says


@pytest.mark.django_db
def test_the_end_of_the_order_ends_a_change_under_way(world: World) -> None:
    order = served(world)
    change = asked(world.ben, order, bandwidth_mbps=2000)
    act(world.lin, change, "offer", OFFER)
    answer = world.ben.post(f"/api/v1/orders/{order.id}:end", {"reason": "项目结束"})
    assert (answer.status_code, answer.json()["ended_early"]) == (200, True)
    assert LineChange.objects.get().state == "over"
    assert taken() == {}
    act(world.lin, change, "switch", status=409)


@pytest.mark.django_db
@pytest.mark.parametrize(("least", "owed"), [(1, 2), (6, 6)])
def test_an_early_end_owes_the_months_begun_and_the_minimum_term(world: World, least: int, owed: int) -> None:
    order = served(world)
    order.facts["bundle"]["line_terms"]["min_months"] = least
    order.advance("facts")
    assert world.ben.post(f"/api/v1/orders/{order.id}:end", {"reason": "搬迁"}).status_code == 200
    assert world.ben.post(f"/api/v1/orders/{order.id}:end", {"reason": "搬迁"}).status_code == 409
    order = Order.objects.get(id=order.id)
    assert order.billing_started_at is not None
    ended = order.billing_started_at + timedelta(hours=735)
    Order.objects.filter(id=order.id).update(ended_at=ended, generation=order.generation + 1)
    statement = settled(world, order, first=0, last=740)
    assert statement["lines"][1]["quantity"] == owed


@pytest.mark.django_db
def test_the_least_hours_of_an_offer_are_served(world: World) -> None:
    order = running(world)
    order.facts["offer"]["min_hours"] = 24
    order.advance("facts")
    answer = world.ben.post(f"/api/v1/orders/{order.id}:end", {"reason": "不需要了"})
    assert (answer.status_code, answer.json()["code"]) == (409, "too_early")
    aged(Order.objects.get(id=order.id), 25)
    assert world.ben.post(f"/api/v1/orders/{order.id}:end", {"reason": "不需要了"}).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_switch_and_the_end_of_its_order_never_leave_anything_standing(world: World) -> None:
    order = served(world)
    change = asked(world.ben, order, bandwidth_mbps=2000)
    act(world.lin, change, "offer", OFFER)
    row = LineChange.objects.get()
    agreed = race(
        lambda: agree_change(change=row, actor=world.ben.actor),
        lambda: withdraw_change(change=row, actor=world.ben.actor),
    )
    assert kinds(agreed) == {"LineChange": 1, "StateConflict": 1}
    if LineChange.objects.get().state == "agreed":
        race(lambda: switch_line(change=row, actor=world.lin.actor), lambda: end_order(order=order.id))
    else:
        end_order(order=order.id)
    assert taken() == {}
    assert set(Claim.objects.filter(resource__unit="mbps").values_list("state")) == {("released",)}
    assert made(world.ben.get(f"/api/v1/orders/{order.id}"))["state"] == "ended"
