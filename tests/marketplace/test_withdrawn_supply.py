"""What a carrier took off the market is sold at no step, whatever the selection said; what was sold goes on."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction

from kernel.models.capacity import Capacity, Claim
from marketplace.models import Order
from scheduling.errors.lines import LineChanged
from scheduling.models import Hold, LineTariff, MetroBoundary, Site, Span
from scheduling.selectors.circles import ground_of
from scheduling.selectors.gazetteer import gazetteer
from scheduling.selectors.metro import metros
from scheduling.selectors.sites import access_points
from scheduling.services.networks import import_spans
from scheduling.services.reservations import Wish, place_hold
from scheduling.services.supply import fresh_supply
from scheduling.services.withdrawals import withdraw_site, withdraw_span
from tests.aggregation.supply import made
from tests.marketplace.test_changed_facts import (
    HOLDS,
    QUOTES,
    WORDS,
    body_of,
    order_of,
    refused,
    step_by_step,
)
from tests.marketplace.trade import aged, metered, quoted, running, settled
from tests.scheduling.live import (
    PAIR,
    SOMEWHERE,
    chosen,
    demand,
    let_a_second_pass,
    network,
    open_entered_market,
    send_csv,
    text,
    withdraw,
)
from tests.scheduling.test_snapshots import the_look_was_enough
from tests.support.cast import Person, World
from tests.support.races import aside, race

pytestmark = pytest.mark.django_db
SCENE = open_entered_market

ON_THE_WAY = "jia-loufeng-tongli"
SPARE = {
    "site": "jia-spare", "name": "备用站", "city": "320509", "lat": "31.1", "lon": "120.7", "role": "core", "oxc": True,
    "hop_us": 50,
}  # fmt: skip
TO_SPARE = (
    "span,a,b,medium,km,capacity_mbps,jitter_us,loss\njia-to-spare,jia-tongli,jia-spare,silica,30,1000,1,0\n"
)
STEP = {"technology": "otn", "bandwidth_mbps": 1000, "zone": "same_city", "state": "listed"}


def off(person: Person, noun: str = "spans", **which: Any) -> dict[str, Any]:
    """What the person took off the market, as it is answered."""
    return dict(made(withdraw(person, noun, **which)))


def spare(person: Person) -> None:
    """A station of the person's where nothing ends."""
    body = {"line_provider": "line-jia", "sites": [SPARE], "spans": []}
    made(person.post("/api/v1/networks:import", body))


@pytest.mark.parametrize("stage", ["hold", "line hold", "order", "held order", "accept"])
def test_a_span_that_is_withdrawn_is_sold_at_no_step(world: World, stage: str) -> None:
    before = body_of(world.ben)
    code, detail = refused(step_by_step(world, before, stage, lambda: off(world.lin, span=ON_THE_WAY)))
    assert (code, ON_THE_WAY in detail, "下架；请重新选择" in detail) == ("line_changed", True, True)
    assert not Order.objects.filter(state="opening").exists()
    if stage == "hold":
        assert not Hold.objects.exists()
        assert not Claim.objects.exists()
        _, english = refused(world.ben.post(QUOTES, before, Accept_Language="en"))
        assert f"its span {ON_THE_WAY} was withdrawn at 20" in english


def test_a_tariff_that_is_withdrawn_is_priced_by_no_more_and_quotes_are_kept_to(world: World) -> None:
    before, quote = body_of(world.ben), quoted(world.ben)
    gone = off(world.lin, "tariffs", **STEP)
    for path in (HOLDS, QUOTES, WORDS):
        code, detail = refused(world.ben.post(path, before))
        assert (code, "1000 Mbps，same_city" in detail, "listed → withdrawn" in detail) == (
            "price_changed", True, True,
        )  # fmt: skip
    assert not Claim.objects.exists()
    assert made(order_of(world.ben, quote))["line_fen"] == quote["line_fen"]
    assert not fresh_supply().supply.tariffs.keys() & {"line-jia|otn|1000|same_city"}
    made(send_csv(world.lin, "/api/v1/tariffs:import", text("tariffs_jia.csv")))
    (anew,) = made(world.lin.get("/api/v1/tariffs?state=listed&zone=same_city&bandwidth_mbps=1000"))["items"]
    assert anew["id"] != gone["id"]
    assert made(world.ben.post(QUOTES, body_of(world.ben)))["line_fen"] == quote["line_fen"]
    row = LineTariff.objects.get(id=anew["id"])
    row.id = UUID(int=1)
    with pytest.raises(IntegrityError, match="line_tariff_once_a_step_zone_and_term"), transaction.atomic():
        row.save(force_insert=True)


def test_what_runs_goes_on_at_its_price_and_gets_no_more_of_what_is_withdrawn(world: World) -> None:
    order = running(world, duration_hours=8760)
    off(world.lin, span=ON_THE_WAY)
    off(world.lin, "tariffs", **STEP)
    span = Span.objects.get(key=ON_THE_WAY)
    assert Capacity.objects.get(resource=span.id).peak == 1000
    asked = {"order": str(order.id), "bandwidth_mbps": 2000}
    offer = {"one_off_cny": "0", "monthly_cny": "1", "notice_days": 0}
    more = made(world.ben.post("/api/v1/line-changes", asked))["id"]
    code, detail = refused(world.lin.post(f"/api/v1/line-changes/{more}:offer", offer))
    assert (code, ON_THE_WAY in detail) == ("line_not_sellable", True)
    made(world.ben.post(f"/api/v1/line-changes/{more}:withdraw"))
    less = made(world.ben.post("/api/v1/line-changes", asked | {"bandwidth_mbps": 500}))["id"]
    made(world.lin.post(f"/api/v1/line-changes/{less}:offer", offer))
    order = aged(order, 10)
    metered(world, order, first=0, last=4)
    statement = settled(world, order, first=0, last=10)
    assert order.state == "running"
    assert {each["part"]: each["amount_fen"] for each in statement["lines"]}["line"] == 1701912


def test_the_next_snapshot_is_without_it_and_earlier_answers_stay(world: World) -> None:
    before = chosen(world.ben)
    assert ON_THE_WAY in before["answer"]["bundles"][0]["spans"]
    off(world.lin, span=ON_THE_WAY)
    assert ON_THE_WAY not in fresh_supply().supply.spans
    after = chosen(world.ben)["answer"]["bundles"]
    assert not [each for each in after if ON_THE_WAY in each["spans"]]
    again = made(world.ben.post(f"/api/v1/selections/{before['id']}:replay"))
    assert (again["same_answer"], again["answer"]["bundles"]) == (True, after)


def test_an_answer_from_a_site_that_is_withdrawn_replays_and_nothing_begins_there(world: World) -> None:
    before, near = chosen(world.ben), chosen(world.ben, **PAIR | {"protection": "none"})
    for span in ("jia-weiting-loufeng", "jia-weiting-suzhou", "jia-weiting-shengpu"):
        off(world.lin, span=span)
    off(world.lin, "sites", site="sip-weiting")
    for selection in (before, near):
        again = made(world.ben.post(f"/api/v1/selections/{selection['id']}:replay"))
        assert (again["same_answer"], again["same_snapshot"], again["answer"]) == (True, False, None)
    answer = world.ben.post("/api/v1/selections", demand())
    assert (answer.status_code, answer.json()["code"]) == (400, "demand_refused")
    there = made(world.ben.post("/api/v1/selections", demand(**SOMEWHERE)))
    assert there["access"]["site"] == "sip-shengpu"
    assert [each.key for each in access_points()] == ["sip-shengpu"]
    ground = ground_of(MetroBoundary(city="320500"), "")
    assert [each.key for each in ground.points] == ["sip-shengpu"]
    assert not {"jia-weiting-loufeng", "jia-weiting-suzhou"} & set(ground.networks[0].ids)
    (suzhou,) = metros(city="320500")
    assert {each.rule.code: each.part and each.part.whole for each in suzhou.indicators}["otn_100g"] == 1
    assert "示范苏州工业园区站（演示数据）" not in {place.name for place in gazetteer().places}


def nothing_sold(world: World) -> None:
    """Lin withdraws all of her tariffs."""
    for row in made(world.lin.get("/api/v1/tariffs?state=listed"))["items"]:
        off(world.lin, "tariffs", **{name: row[name] for name in ("technology", "bandwidth_mbps", "zone")})


ACTS: list[Callable[[World], object]] = [
    lambda world: off(world.lin, span=ON_THE_WAY),
    lambda world: off(world.lin, "tariffs", **STEP),
    lambda world: off(world.lin, "sites", site="jia-spare"),
    nothing_sold,
]


@pytest.mark.parametrize("relayed", [False, True], ids=["at once", "once relayed"])
def test_a_look_at_everything_finds_no_more_than_a_withdrawal_told(world: World, *, relayed: bool) -> None:
    spare(world.lin)
    for act in ACTS:
        let_a_second_pass()
        before = fresh_supply()
        act(world)
        if relayed:
            let_a_second_pass()
        assert fresh_supply().number > before.number
        the_look_was_enough()


def test_once_more_changes_nothing_and_the_version_has_to_be_the_newest(world: World) -> None:
    here = f"/api/v1/spans/{Span.objects.get(key=ON_THE_WAY).id}:withdraw"
    assert world.lin.post(here, {"reason": "x"}).status_code == 428
    first = off(world.lin, span=ON_THE_WAY)
    assert world.lin.send("POST", here, {"reason": "x"}, If_Match='"1"').status_code == 412
    assert off(world.lin, span=ON_THE_WAY) == first
    assert (first["state"], first["withdrawal_reason"], first["free_mbps"]) == ("withdrawn", "停止销售", 0)
    assert first["withdrawn_at"]
    no_reason = world.lin.send("POST", here, {"reason": " "}, If_Match=f'"{first["generation"]}"')
    assert (no_reason.status_code, no_reason.json()["errors"][0]["pointer"]) == (400, "/reason")


def test_whose_it_is_withdraws_it_and_who_may_see_it_sees_why(world: World) -> None:
    row = off(world.lin, span=ON_THE_WAY)
    spare(world.lin)
    site = Site.objects.get(key="jia-spare")
    for person, path, status in (
        (world.lou, f"/api/v1/spans/{row['id']}:withdraw", 404),
        (world.lou, f"/api/v1/sites/{site.id}:withdraw", 403),
        (world.ben, f"/api/v1/spans/{row['id']}:withdraw", 403),
        (world.rhea, f"/api/v1/spans/{row['id']}:withdraw", 403),
    ):
        assert person.send("POST", path, {"reason": "x"}, If_Match="*").status_code == status
    path = "/api/v1/spans?state=withdrawn&count=true"
    mine, regulators = (made(each.get(path)) for each in (world.lin, world.rhea))
    assert mine == regulators
    assert (mine["count"], mine["items"][0]["withdrawal_reason"]) == (1, "停止销售")
    (masked,) = made(world.ben.get(path))["items"]
    assert masked["state"] == "withdrawn"
    assert "withdrawal_reason" not in masked
    assert len(made(world.lin.get("/api/v1/spans?state=listed&limit=200"))["items"]) == 23


def test_a_key_that_was_withdrawn_is_never_used_again(world: World) -> None:
    off(world.lin, span=ON_THE_WAY)
    spare(world.lin)
    off(world.lin, "sites", site="jia-spare")
    body = network() | {"sites": [SPARE]}
    report = made(world.lin.post("/api/v1/networks:import?dry_run=true", body))
    assert [(each["pointer"], each["code"]) for each in report["faults"]] == [
        ("/sites/0/site", "withdrawn"), ("/spans/4/span", "withdrawn"),
    ]  # fmt: skip
    yi = body | {"line_provider": "line-yi", "sites": []}
    report = made(world.lou.post("/api/v1/networks:import?dry_run=true", yi))
    assert {each["code"] for each in report["faults"]} == {"key_taken"}, "what another withdrew is not told"
    answer = send_csv(world.lin, "/api/v1/spans:import?line_provider=line-jia", TO_SPARE)
    (fault,) = answer.json()["errors"]
    assert (answer.status_code, fault["pointer"]) == (400, "/lines/2/b")
    assert "jia-spare 已于" in fault["detail"]
    assert not Site.objects.filter(key="jia-spare", state="listed").exists()


def test_a_site_goes_last_and_what_is_in_the_way_is_named(world: World) -> None:
    answer = withdraw(world.lin, "sites", site="wujiang")
    assert answer.status_code == 409
    problem = answer.json()
    assert problem["code"] == "site_in_use"
    assert "线路 jia-suzhou-wujiang、jia-tongli-wujiang；在售的算力中心 wujiang" in problem["detail"]
    for span in ("jia-suzhou-wujiang", "jia-tongli-wujiang"):
        off(world.lin, span=span)
    assert "线路" not in withdraw(world.lin, "sites", site="wujiang").json()["detail"]
    spare(world.lin)
    assert "jia-spare" in fresh_supply().supply.sites
    off(world.lin, "sites", site="jia-spare")
    assert "jia-spare" not in fresh_supply().supply.sites


def test_others_one_hop_accesses_are_counted_where_a_site_is_to_go(world: World) -> None:
    access = {"tested_at": "2026-10-01T00:00:00Z", "declarer": "x", "evidence_sha256": "cd" * 32}
    here = access | {"site": "sip-weiting", "centre": "wujiang"}
    made(world.lou.post("/api/v1/one-hop-accesses", here | {"declarer": "line-yi"}))
    detail = withdraw(world.lin, "sites", site="sip-weiting").json()["detail"]
    assert ("一跳入算 1 项" in detail, "wujiang" in detail) == (True, False)
    made(world.lin.post("/api/v1/one-hop-accesses", here))
    detail = withdraw(world.lin, "sites", site="sip-weiting").json()["detail"]
    assert "一跳入算 wujiang 等另 1 项" in detail


@pytest.mark.django_db(transaction=True)
def test_a_hold_is_before_a_withdrawal_or_is_refused_whole(world: World) -> None:
    selection = UUID(body_of(world.ben)["selection"])
    span, site = Span.objects.get(key=ON_THE_WAY), SPARE["site"]
    spare(world.lin)
    actor = world.lin.actor

    def hold() -> Hold:
        wish = Wish(ttl=timedelta(minutes=5), selection=selection, bundle=0)
        return place_hold(wish=wish, actor=world.ben.actor)

    def at_once(act: Any) -> Any:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '50ms'")
        return act()

    def to_spare() -> Any:
        return import_spans(line_provider="line-jia", marking="", text=TO_SPARE, dry_run=False, actor=actor)

    with transaction.atomic():
        withdraw_span(span=span, reason="x", actor=actor)
        with pytest.raises(OperationalError, match="lock timeout"):
            aside(lambda: at_once(hold))
        transaction.set_rollback(True)
    with transaction.atomic():
        withdraw_site(site=Site.objects.get(key=site), reason="x", actor=actor)
        with pytest.raises(OperationalError, match="lock timeout") as waited:
            aside(lambda: at_once(to_spare))
        assert "KEY SHARE" not in str(waited.value)  # it waits to look at the site, not only to refer to it
        transaction.set_rollback(True)
    results = race(hold, hold, lambda: withdraw_span(span=span, reason="x", actor=actor), hold, hold)
    assert {type(each) for each in results} <= {Hold, LineChanged, Span}
    claimed = Claim.objects.values_list("bundle", flat=True)
    held = [each.id for each in results if isinstance(each, Hold)]
    assert sorted(claimed) == sorted(held * 4)
