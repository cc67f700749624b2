"""How soon a change is in the snapshot by the outbox and the clock's task alone, and how little is looked at for it."""

import time
from collections.abc import Callable
from dataclasses import fields
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from django.db.models import F

from aggregation.models import Centre
from kernel.clock import now
from kernel.locks import Lock
from kernel.services.capacity import set_totals
from kernel.services.outbox import relay
from participants.models import Document
from scheduling.domain.engine.files import answer_json, parse_demand
from scheduling.domain.engine.selection import select
from scheduling.domain.routing.network import Network
from scheduling.domain.supply.changes import PARTS
from scheduling.domain.supply.extras import Extras
from scheduling.domain.supply.supply import Supply
from scheduling.models import Site, Span, SupplyRow
from scheduling.selectors import supply as kept
from scheduling.selectors import supply_rows
from scheduling.selectors.supply_scope import Scope
from scheduling.services import supply as builder
from scheduling.services.supply import PATIENCE, fresh_supply, refresh_supply
from scheduling.tasks import keep_supply, review_supply
from tests.aggregation.supply import beat, made, next_sequence, report
from tests.scheduling.live import (
    MARKED,
    commit_lines,
    demand,
    identify_lines,
    let_a_second_pass,
    network,
    open_market,
    send_csv,
    text,
)
from tests.scheduling.test_snapshots import lines_of, number, reprice, the_look_was_enough
from tests.support.cast import World

LINES = f"/api/v1/committed-lines:import?{MARKED}"
TO_WUJIANG = "".join(text("committed_lines_yi.csv").splitlines(keepends=True)[:2])  # whose centre is there


def SCENE(world: World) -> None:  # noqa: N802 - as every module names it
    """Ada's offer in Wujiang and Lin's network are sold; Lou has prices and identifiers, and no lines yet."""
    open_market(world)
    made(send_csv(world.lou, f"/api/v1/tariffs:import?{MARKED}", text("tariffs_yi.csv")))
    identify_lines(world.lou)
    let_a_second_pass()


@pytest.mark.django_db(transaction=True)
def test_a_price_an_availability_and_a_span_are_in_the_snapshot_within_a_second(world: World) -> None:
    """By the relay and the clock's task alone, without anybody asking; the task runs once a second."""
    relay()
    keep_supply()
    for act in (reprice, reading, respan):
        before, begun = newest_number(), time.monotonic()
        act(world)
        relay()
        keep_supply()
        assert newest_number() > before, act.__name__
        assert time.monotonic() - begun < 1, act.__name__
        the_look_was_enough()


@pytest.mark.django_db
def test_who_asks_while_another_builds_waits_and_the_clock_does_not(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A builder who is soon done is waited for; after PATIENCE the version before is used."""
    before, waited = number(), []

    def busy(_: Lock, *, patience: float = 0) -> bool:
        waited.append(patience)
        return False

    monkeypatch.setattr(builder, "try_lock", busy)
    reprice(world)
    assert number() == before
    keep_supply()
    assert waited == [PATIENCE, 0, 0]
    monkeypatch.undo()
    assert number() > before


@pytest.mark.django_db
def test_who_looks_at_everything_is_the_builder_of_what_differs_only(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So nobody waits for the look itself, which takes seconds; where nothing differs it is no builder at all."""
    before = number()
    turns: list[Lock] = []
    looked: list[Scope] = []

    def wanted(scope: Scope) -> list[supply_rows.Wanted]:
        looked.append(scope)
        return supply_rows.wanted_rows(scope)

    monkeypatch.setattr(builder, "take_lock", turns.append)
    monkeypatch.setattr(builder, "wanted_rows", wanted)
    review_supply()
    assert (newest_number(), turns, len(looked)) == (before, [], 1)
    owner = world.lin.organisation.id
    Span.objects.filter(key="jia-tongli-wujiang").update(
        jitter_us=F("jitter_us") + 1
    )  # behind the node's back
    assert number() == before
    review_supply()
    assert (newest_number(), turns) == (before + 1, [Lock.SNAPSHOT])
    assert [(scope.everything, scope.owners) for scope in looked[1:]] == [(True, set()), (False, {owner})]
    monkeypatch.undo()
    the_look_was_enough()


def newest_number() -> int:
    """The number of the version that a reader takes without looking for more."""
    with transaction.atomic():
        version = kept.newest_supply()
    assert version is not None
    return version.number


def reading(world: World) -> None:
    """A heartbeat with fewer machines free."""
    readings: dict[str, Any] = {"wj-910b": 3}
    report(world.ada, beat(next_sequence(world.ada), **readings))


def respan(world: World) -> None:
    """The network again, one span narrower."""
    again = network()
    again["spans"][0]["capacity_mbps"] -= 1000
    made(world.lin.post("/api/v1/networks:import", again))


def longer(world: World) -> None:
    """One span takes another way, of which the ledger hears nothing."""
    again = network()
    again["spans"][2] |= {"km": "21.5", "srlg": ["a duct"]}
    made(world.lin.post("/api/v1/networks:import", again))


def another_span(world: World) -> None:
    here = network()
    span = here["spans"][0] | {"span": "jia-second-way", "km": "12.5"}
    made(world.lin.post("/api/v1/networks:import", here | {"sites": [], "spans": [span]}))


def another_end(world: World) -> None:
    """A span joins other sites than before."""
    here = network()
    span = here["spans"][0] | {"b": "jia-suzhou", "km": "15.5"}
    made(world.lin.post("/api/v1/networks:import", here | {"sites": [], "spans": [span]}))


def slower_site(world: World) -> None:
    """A pass through one site takes longer."""
    again = network()
    again["sites"][2] |= {"hop_us": 70, "name": "别名"}
    made(world.lin.post("/api/v1/networks:import", again))


def no_row_of_a_site(world: World) -> None:
    """What no row holds of a site changes, and a span with it."""
    again = network()
    again["sites"][0]["oxc"] = True
    again["spans"][0]["jitter_us"] = 3
    made(world.lin.post("/api/v1/networks:import", again))


def measured(world: World) -> None:
    evidence = {
        "span": "jia-loufeng-suzhou", "layer": "optical", "direction": "one_way", "method": "otn_delay_halved", "value_us": 99,
        "clock_bound_us": 1, "samples": 900, "percentile": "99",
        "measured_at": (now() - timedelta(days=9)).isoformat(),
        "declarer": "line-jia",
    }  # fmt: skip
    made(world.lin.post("/api/v1/latency-evidence", evidence))


def dearer_line(world: World) -> None:
    rows = text("tariffs_yi.csv").replace("14500", "14600")
    made(send_csv(world.lou, f"/api/v1/tariffs:import?{MARKED}", rows))


def narrower_line(world: World) -> None:
    made(send_csv(world.lou, LINES, TO_WUJIANG.replace("20000,420", "20000,430")))


ONE: list[tuple[Callable[[World], None], set[str], int]] = [
    (longer, {"jia-weiting-shengpu"}, 0),
    (another_span, {"jia-second-way", "jia-weiting-loufeng"}, 0),  # side by side they share a risk
    (another_end, {"jia-weiting-loufeng", "jia-weiting-suzhou"}, 0),
    (slower_site, set(), 1),
    (no_row_of_a_site, {"jia-weiting-loufeng"}, 1),
    (measured, {"jia-loufeng-suzhou"}, 0),
    (dearer_line, set(), 0),
    (narrower_line, {"yi-sip-wujiang"}, 0),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("act", "spans", "sites"), ONE, ids=lambda each: getattr(each, "__name__", ""))
def test_a_line_is_looked_at_by_itself(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    act: Callable[[World], None],
    spans: set[str],
    sites: int,
) -> None:
    commit_lines(world.lou, TO_WUJIANG)
    let_a_second_pass()
    refresh_supply(everything=True)
    before, scopes = fresh_supply(), looked_at(monkeypatch)
    act(world)
    assert fresh_supply().number > before.number
    (scope,) = scopes
    assert (scope.everything, scope.owners) == (False, set())
    assert set(Span.objects.filter(id__in=scope.resources).values_list("key", flat=True)) == spans
    assert len(scope.sites) == sites
    monkeypatch.undo()
    as_if_built()


@pytest.mark.django_db
def test_a_carrier_whose_first_lines_open_its_gate_comes_whole(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, scopes = fresh_supply(), looked_at(monkeypatch)
    assert "line-yi" not in before.supply.networks
    made(send_csv(world.lou, LINES, TO_WUJIANG))
    after = fresh_supply().supply
    assert lines_of(world.lou) <= set(after.spans)
    assert "line-yi" in after.networks
    assert after.networks["line-jia"] is before.supply.networks["line-jia"]
    assert [(each.everything, each.owners) for each in scopes] == [(False, {world.lou.organisation.id})]
    monkeypatch.undo()
    as_if_built()


@pytest.mark.django_db
def test_a_new_site_brings_the_centre_that_waited_for_it(world: World) -> None:
    Centre.objects.filter(site="wujiang").update(site="not-yet")
    relay()
    refresh_supply(everything=True)
    assert not fresh_supply().supply.offers
    here = network()
    (site,) = (each | {"site": "not-yet"} for each in here["sites"] if each["site"] == "wujiang")
    made(world.lin.post("/api/v1/networks:import", here | {"sites": [site], "spans": []}))
    assert fresh_supply().supply.offers
    as_if_built()


@pytest.mark.django_db
def test_a_site_that_came_with_a_span_is_looked_at_once_its_carrier_is(world: World) -> None:
    """A span is looked at between two imports: its new end comes along, and the centre that waits there does not yet."""
    Centre.objects.filter(site="wujiang").update(site="not-yet")
    relay()
    refresh_supply(everything=True)
    span, site = Span.objects.get(key="jia-tongli-wujiang"), Site.objects.get(key="wujiang")
    site.pk, site.key = uuid4(), "not-yet"
    site.save(force_insert=True)
    Span.objects.filter(pk=span.pk).update(b=site, generation=F("generation") + 1)
    set_totals(totals={span.id: 99_000}, tenant=span.tenant_id, unit="mbps", actor=world.lin.actor)
    relay()
    supply = fresh_supply().supply
    assert "not-yet" in supply.sites
    assert not supply.offers
    here = network()
    (row,) = (each | {"site": "not-yet"} for each in here["sites"] if each["site"] == "wujiang")
    assert (
        made(world.lin.post("/api/v1/networks:import", here | {"sites": [row], "spans": []}))["updated"] == 0
    )
    assert fresh_supply().supply.offers
    as_if_built()


@pytest.mark.django_db
def test_a_site_in_another_city_lets_others_sell_there(world: World) -> None:
    """Lou is licensed in one city alone; it is Lin's site that comes to lie there."""
    for paper in Document.objects.filter(organisation=world.lou.organisation, kind__startswith="telecom"):
        paper.particulars["cities"] = ["110000"]
        paper.save(update_fields=["particulars"])
    commit_lines(world.lou, TO_WUJIANG)
    relay()
    refresh_supply(everything=True)
    assert lines_of(world.lou).isdisjoint(fresh_supply().supply.spans)
    for city, sold in (("110000", True), ("320509", False)):
        moved = network()
        moved["sites"] = [each | {"city": city} for each in moved["sites"] if each["site"] == "wujiang"]
        made(world.lin.post("/api/v1/networks:import", moved | {"spans": []}))
        relay()
        assert (lines_of(world.lou) <= set(fresh_supply().supply.spans)) is sold
        as_if_built()


@pytest.mark.django_db
def test_rows_of_a_release_before_are_looked_at_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """They say no generation: the first import looks at all that the carrier has, the next at what it changes."""
    SupplyRow.objects.update(generation=None)
    scopes = looked_at(monkeypatch)
    for km in ("21.5", "21.6"):
        again = network()
        again["spans"][2]["km"] = km
        made(world.lin.post("/api/v1/networks:import", again))
        relay()
        fresh_supply()
    assert [len(each.sites) for each in scopes] == [20, 0]
    assert [len(each.resources) for each in scopes] == [24, 1]
    monkeypatch.undo()
    as_if_built()


def looked_at(monkeypatch: pytest.MonkeyPatch) -> list[Scope]:
    """What the builder looks at from now on."""
    scopes: list[Scope] = []

    def noted(scope: Scope) -> list[supply_rows.Wanted]:
        scopes.append(scope)
        return supply_rows.wanted_rows(scope)

    monkeypatch.setattr(builder, "wanted_rows", noted)
    return scopes


def as_if_built() -> None:
    """The supply that changed is the one that a build of all rows gives, in its networks and its answer too."""
    the_look_was_enough()
    supply = fresh_supply().supply
    tables: list[Any] = [getattr(supply, name).values() for name in PARTS]
    built = Supply.build(*tables, extras=Extras(term_tariffs=supply.extras.term_tariffs))
    assert (built.snapshot, built.extras.terms) == (supply.snapshot, supply.extras.terms)
    assert {name: told(each) for name, each in supply.networks.items()} == {
        name: told(each) for name, each in built.networks.items()
    }
    question = parse_demand({**demand(), "want": ["rejected"]})
    assert answer_json(select(supply, question)) == answer_json(select(built, question))


def told(network: Network) -> dict[str, Any]:
    """All that a network is made of."""
    made = {each.name: getattr(network, each.name) for each in fields(network) if each.name != "derived"}
    return made | {"free": network.free.tolist()}
