"""Vouchers over HTTP: a policy by two authorities, one claim a contract, under the year's cap."""

from typing import Any

import pytest

from marketplace.models import Order, VoucherBalance, VoucherClaim, VoucherYear
from tests.aggregation.supply import made, moment
from tests.marketplace.trade import (
    POLICY,
    aged,
    metered,
    ordered,
    policy_in_force,
    running,
    settled,
    sized,
)
from tests.scheduling.live import open_market
from tests.support.cast import World

pytestmark = pytest.mark.django_db
SCENE = open_market
CLAIMS = "/api/v1/voucher-claims"


def ready(world: World, **policy: Any) -> dict[str, Any]:
    """Ben's order, with a policy in force and Ben small enough."""
    sized(world.ben)
    policy_in_force(world, **policy)
    return ordered(world.ben)


def balance(world: World, **changes: Any) -> Any:
    body = {
        "enterprise": world.ben.organisation.code,
        "claimed_on": f"{this_year()}-03-02",
        "contract_ref": "外部合同-1",
        "claimed_fen": 124_000_000,
        "redeemed_fen": 124_000_000,
        "evidence": "档案 2026-17",
    }
    return world.otto.post("/api/v1/voucher-balances", body | changes)


def taken_over(world: World, **changes: Any) -> Any:
    """What Olga is answered, who lets Otto's balance count."""
    return world.olga.post(f"/api/v1/proposals/{made(balance(world, **changes))['id']}:approve")


def this_year() -> int:
    from kernel.clock import now, shanghai_year  # the database's clock is asked when the test runs

    return shanghai_year(now())


def test_the_operator_proposes_a_policy_and_the_authority_puts_it_in_force(world: World) -> None:
    assert world.rhea.post("/api/v1/voucher-policies", POLICY).status_code == 403
    row = made(world.otto.post("/api/v1/voucher-policies", POLICY))
    assert row["state"] == "proposed"
    path = f"/api/v1/voucher-policies/{row['id']}:approve"
    assert world.otto.post(path).status_code == 403
    assert world.rhea.post(path).json()["state"] == "in_force"
    assert world.rhea.post(path).json()["code"] == "state_conflict"
    taken = world.otto.post("/api/v1/voucher-policies", POLICY)
    assert taken.json()["errors"][0]["pointer"] == "/version"
    policy_in_force(world, version="demo-2026.2")
    states = {
        item["version"]: item["state"]
        for item in world.nobody.get("/api/v1/voucher-policies").json()["items"]
    }
    assert states == {"demo-2026.1": "replaced", "demo-2026.2": "in_force"}


def test_a_policy_with_the_line_in_its_base_is_refused_by_name(world: World) -> None:
    answer = world.otto.post("/api/v1/voucher-policies", POLICY | {"base": ["intelligent_compute", "line"]})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/base")


def test_a_claim_is_a_fifth_of_the_compute_and_nothing_of_the_line(world: World) -> None:
    order = ready(world)
    claim = made(world.ben.post(CLAIMS, {"order": order["id"]}))
    assert order["line_fen"] > 0
    assert claim["eligible_fen"] == order["compute_fen"]
    assert claim["amount_fen"] == order["compute_fen"] // 5
    again = world.ben.post(CLAIMS, {"order": order["id"]})
    assert (again.status_code, again.json()["code"]) == (409, "voucher_claimed")


def test_what_was_drawn_elsewhere_counts_in_its_year(world: World) -> None:
    order = ready(world)
    made(taken_over(world))
    made(taken_over(world, contract_ref="外部合同-2", claimed_fen=75_400_000, redeemed_fen=0))
    made(taken_over(world, contract_ref="外部合同-3", claimed_on="2020-05-01"))
    twice = balance(world)
    assert (twice.status_code, twice.json()["code"]) == (409, "voucher_claimed")
    over = taken_over(world, contract_ref="外部合同-4", claimed_fen=600_001, redeemed_fen=0)
    assert (over.status_code, over.json()["code"]) == (409, "voucher_cap_reached")
    assert made(world.ben.post(CLAIMS, {"order": order["id"]}))["amount_fen"] == 600_000
    other = ordered(world.ben)
    answer = world.ben.post(CLAIMS, {"order": other["id"]})
    assert (answer.status_code, answer.json()["code"]) == (409, "voucher_cap_reached")
    assert VoucherYear.objects.get(year=this_year()).claimed_fen == 200_000_000


def test_what_was_drawn_elsewhere_counts_only_once_a_second_person_has_let_it(world: World) -> None:
    policy_in_force(world)
    asked = made(balance(world))
    assert (asked["kind"], asked["terms"]["claimed_fen"]) == ("marketplace.import_balance", 124_000_000)
    again = balance(world, claimed_fen=1, redeemed_fen=0)
    assert (again.status_code, again.json()["code"]) == (409, "already_proposed")
    approve = f"/api/v1/proposals/{asked['id']}:approve"
    alone = world.otto.post(approve)
    assert (alone.status_code, alone.json()["code"]) == (409, "same_person")
    assert world.rhea.post(approve).status_code == 404
    assert not VoucherBalance.objects.exists()
    assert not VoucherYear.objects.exists()
    made(world.olga.post(approve))
    (row,) = world.rhea.get("/api/v1/voucher-balances").json()["items"]
    assert (row["contract_ref"], row["redeemed_fen"]) == ("外部合同-1", 124_000_000)
    assert VoucherYear.objects.get().claimed_fen == 124_000_000


def test_a_balance_that_was_withdrawn_counts_nothing_and_can_be_proposed_again(world: World) -> None:
    policy_in_force(world)
    asked = made(balance(world))
    assert world.olga.post(f"/api/v1/proposals/{asked['id']}:withdraw").status_code == 200
    assert not VoucherBalance.objects.exists()
    made(taken_over(world, claimed_fen=1, redeemed_fen=0))


def test_the_year_turns_in_shanghai(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    order = ready(world)
    monkeypatch.setattr("marketplace.services.vouchers.now", lambda: moment("2027-12-31T16:00:00Z"))
    assert made(world.ben.post(CLAIMS, {"order": order["id"]}))["year"] == 2028


def test_large_enterprises_and_affiliates_are_refused(world: World) -> None:
    order = ready(world)
    sized(world.ben, "large")
    assert world.ben.post(CLAIMS, {"order": order["id"]}).json()["code"] == "voucher_refused"
    sized(world.ben)
    world.ada.organisation.affiliate_entities = [world.ben.organisation.legal_entity]
    world.ada.organisation.save(update_fields=["affiliate_entities"])
    assert world.ben.post(CLAIMS, {"order": order["id"]}).json()["code"] == "voucher_refused"
    assert not VoucherClaim.objects.exists()


def test_nothing_is_claimed_without_a_policy_or_on_anothers_order_or_on_a_dead_one(world: World) -> None:
    sized(world.ben)
    order = ordered(world.ben)
    assert world.ben.post(CLAIMS, {"order": order["id"]}).json()["code"] == "no_policy"
    policy_in_force(world)
    sized(world.bea)
    assert world.bea.post(CLAIMS, {"order": order["id"]}).json()["errors"][0]["pointer"] == "/order"
    world.ben.post(f"/api/v1/orders/{order['id']}:cancel", {"reason": "不要了"})
    assert world.ben.post(CLAIMS, {"order": order["id"]}).json()["code"] == "voucher_refused"
    assert world.ada.post(CLAIMS, {"order": order["id"]}).status_code == 403


def test_an_order_that_does_not_come_about_gives_its_claim_back(world: World) -> None:
    order = ready(world)
    claim = made(world.ben.post(CLAIMS, {"order": order["id"]}))
    assert VoucherYear.objects.get().claimed_fen == claim["amount_fen"]
    world.lin.post(f"/api/v1/orders/{order['id']}:reject", {"reason": "无纤"})
    assert VoucherYear.objects.get().claimed_fen == 0
    assert VoucherClaim.objects.get().state == "released"


def test_a_redemption_follows_what_is_billed_and_a_reversal_takes_it_back(world: World) -> None:
    sized(world.ben)
    policy_in_force(world)
    order: Order = aged(running(world), 100)
    claim = made(world.ben.post(CLAIMS, {"order": str(order.id)}))
    metered(world, order, first=0, last=10)
    statement = settled(world, order, first=0, last=20)
    assert statement["voucher_fen"] == 112_800 // 5
    assert VoucherYear.objects.get().redeemed_fen == statement["voucher_fen"]
    path = f"/api/v1/journal-entries/{statement['entry']}:propose-reversal"
    proposal = made(world.otto.post(path, {"reason": "x"}))
    assert world.olga.post(f"/api/v1/proposals/{proposal['id']}:approve").status_code == 200
    assert VoucherYear.objects.get().redeemed_fen == 0
    assert VoucherClaim.objects.get(id=claim["id"]).redeemed_fen == 0
    assert VoucherYear.objects.get().claimed_fen == claim["amount_fen"]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"enterprise": "91"}, "/enterprise"),
        ({"claimed_fen": 0}, "/claimed_fen"),
        ({"claimed_fen": 1.5}, "/claimed_fen"),
        ({"redeemed_fen": 124_000_001}, "/redeemed_fen"),
        ({"claimed_on": "gestern"}, "/claimed_on"),
        ({"evidence": ""}, "/evidence"),
    ],
)
def test_a_wrong_balance_is_named(world: World, change: dict[str, object], pointer: str) -> None:
    policy_in_force(world)
    answer = balance(world, **change)
    assert [item["pointer"] for item in answer.json()["errors"]] == [pointer]
