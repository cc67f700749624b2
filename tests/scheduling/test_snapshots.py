"""The snapshot: versions that follow every act, cost what changed, and can be read again as they were."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aggregation.models import Inventory, OfferPrice
from aggregation.services.inventory import mark_stale
from kernel.actor import SYSTEM
from kernel.clock import now
from kernel.models.suspensions import SuspensionCause, SuspensionScope
from kernel.services.capacity import expire_next
from kernel.services.outbox import relay
from kernel.services.suspensions import close_suspension, open_suspension
from participants.models import Case, Document
from scheduling.domain.engine.files import answer_json
from scheduling.domain.engine.selection import select
from scheduling.domain.rows import TABLES, canonical, restored, row_id
from scheduling.domain.supply.changes import PARTS, changed
from scheduling.domain.supply.snapshot import snapshot_hash
from scheduling.domain.supply.supply import Offer, Span, Supply
from scheduling.models import Span as Line
from scheduling.models import SupplyCursor, SupplyRow, SupplyVersion
from scheduling.selectors import supply as kept
from scheduling.services.holds import hold_bundle, release_bundle
from scheduling.services.supply import fresh_supply, keep_up, refresh_supply
from tests.aggregation.supply import beat, made, next_sequence, report
from tests.participants.newcomers import PDF, days_ahead
from tests.scheduling.live import chosen, first_bundle, open_whole_market
from tests.scheduling.worlds import small_demand, small_supply
from tests.support.cast import Person, World
from tests.support.licences import sound

SCENE = open_whole_market


# --- the pure part: a changed supply is the supply that would have been built -------------------------------------
@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**9))
@example(10974592)  # a pair is asked for where no path leads
def test_a_changed_supply_is_the_one_that_would_be_built(seed: int) -> None:
    rng = Random(seed)
    supply = small_supply(rng)
    for turn in range(3):
        put, dropped = _changes(rng, supply, f"new{turn}")
        supply = changed(supply, put, dropped, "")
        tables: list[Any] = [getattr(supply, name).values() for name in PARTS]
        built = Supply.build(*tables)
        supply = replace(supply, known_snapshot=built.snapshot)
        for _ in range(3):
            demand = small_demand(rng, built)
            assert answer_json(select(supply, demand)) == answer_json(select(built, demand))


def _changes(rng: Random, supply: Supply, new: str) -> tuple[dict[str, dict[str, Any]], dict[str, list[str]]]:
    put: dict[str, dict[str, Any]] = {name: {} for name in PARTS}
    dropped: dict[str, list[str]] = {name: [] for name in PARTS}
    for offer in supply.offers.values():
        chance = rng.random()
        if chance < 0.2:
            dropped["offers"].append(offer.offer)
        elif chance < 0.5:
            put["offers"][offer.offer] = _other(rng, offer)
    for some in rng.sample(sorted(supply.offers), k=min(1, len(supply.offers))):
        put["offers"][new] = replace(supply.offers[some], offer=new, accelerator=f"card {new}")
    for span in supply.spans.values():
        chance = rng.random()
        if chance < 0.2:
            put["spans"][span.span] = _otherwise(rng, span)
        elif chance < 0.3:
            dropped["spans"].append(span.span)
    for centre in rng.sample(sorted(supply.centres), k=rng.randrange(2)):
        site = rng.choice(list(supply.sites))
        put["centres"][centre] = replace(supply.centres[centre], pue=Decimal("1.33"), site=site)
    for site in rng.sample(sorted(supply.sites), k=rng.randrange(2)):
        put["sites"][site] = replace(supply.sites[site], hop_us=rng.choice((0, 7)))
    return put, dropped


def _other(rng: Random, offer: Offer) -> Offer:
    return replace(
        offer, price_cny_hour=Decimal(rng.choice(("0", "1", "2.5", "7"))), available=rng.randrange(9)
    )


def _otherwise(rng: Random, span: Span) -> Span:
    return replace(span, reserved_mbps=rng.choice((0, 500)), km=Decimal(rng.choice(("1", "0.5"))))


@pytest.mark.parametrize("seed", range(20))
def test_canonical_cells_give_the_row_back(seed: int) -> None:
    supply = small_supply(Random(seed))
    for table, name in zip(TABLES, PARTS, strict=True):
        for row in getattr(supply, name).values():
            again = restored(table, canonical(table, row))
            assert canonical(table, again) == canonical(table, row)
            assert row_id(table, again) == row_id(table, row)


# --- the store --------------------------------------------------------------------------------------------------
def number() -> int:
    """The newest version's number."""
    return fresh_supply().number


def the_look_was_enough() -> None:
    """What a look at everything finds beyond what events and the clock told: it must be nothing."""
    version = fresh_supply()
    refresh_supply(everything=True)
    assert SupplyVersion.objects.order_by("-number").values_list("number", flat=True)[0] == version.number
    tables: list[Any] = [getattr(version.supply, name).values() for name in PARTS]
    assert snapshot_hash(Supply.build(*tables)) == version.supply.snapshot


def reprice(world: World) -> None:
    change_offer(world, price_cny_hour="1.5")


def withdraw(world: World) -> None:
    change_offer(world, state="withdrawn")


def change_offer(world: World, **change: str) -> None:
    here = f"/api/v1/offers/{made_offer(world)}"
    version = world.ada.get(here)["ETag"]
    made(world.ada.send("PATCH", here, change, If_Match=version))


def made_offer(world: World) -> UUID:
    """The id of the cheapest offer on the market."""
    row = SupplyRow.objects.filter(part=4, until=None, owner=world.ada.organisation.id).order_by("key")[0]
    return row.source


def hold(world: World) -> None:
    facts = first_bundle(world.ben)
    hold_bundle(
        bundle=uuid4(), facts=facts, tenant=facts.tenant, ttl=timedelta(minutes=5), actor=world.ben.actor
    )


def hold_and_release(world: World) -> None:
    facts, bundle = first_bundle(world.ben), uuid4()
    hold_bundle(
        bundle=bundle, facts=facts, tenant=facts.tenant, ttl=timedelta(minutes=5), actor=world.ben.actor
    )
    number()
    release_bundle(bundle=bundle, actor=world.ben.actor)


def hold_and_expire(world: World) -> None:
    facts = first_bundle(world.ben)
    hold_bundle(
        bundle=uuid4(), facts=facts, tenant=facts.tenant, ttl=timedelta(seconds=0), actor=world.ben.actor
    )
    number()
    assert expire_next()


def suspend(world: World) -> None:
    party = world.ada.organisation.id
    _suspend(party)


def suspend_and_lift(world: World) -> None:
    party = world.lin.organisation.id
    _suspend(party)
    number()
    close_suspension(
        subject=party, tenant=party, cause=SuspensionCause.INSTRUCTION, reference=party, actor=SYSTEM
    )


def _suspend(party: UUID) -> None:
    open_suspension(
        subject=party,
        tenant=party,
        cause=SuspensionCause.INSTRUCTION,
        scope=SuspensionScope.NEW_SALE,
        reference=party,
        actor=SYSTEM,
    )


def fall_silent(_: World) -> None:
    Inventory.objects.update(observed_at=now() - timedelta(seconds=299, milliseconds=900))
    number()
    Inventory.objects.update(observed_at=now() - timedelta(seconds=301))
    mark_stale()


def come_back(world: World) -> None:
    fall_silent(world)
    number()
    readings: dict[str, Any] = {"wj-910b": 6}
    report(world.ada, beat(next_sequence(world.ada), **readings))


def price_ends(world: World) -> None:
    begin = now()
    soon = begin + timedelta(milliseconds=50)
    OfferPrice.objects.create(
        offer_id=made_offer(world), price_cny_hour=2, valid_from=begin, valid_until=soon
    )
    while now() <= soon:
        pass


def compute_licence_ends(world: World) -> None:
    last_day_passes(world.ada, "telecom_licence_b11")


def line_licence_ends(world: World) -> None:
    last_day_passes(world.lin, "telecom_licence_basic")


def last_day_passes(person: Person, kind: str) -> None:
    """It was valid when the builder last looked, yesterday; nothing but the date says that it is not any more."""
    papers = Document.objects.filter(organisation=person.organisation, kind=kind)
    assert papers.update(valid_until=days_ahead(-1))
    SupplyCursor.objects.update(looked_at=now() - timedelta(days=1))


def line_licence_is_renewed(world: World) -> None:
    line_licence_ends(world)
    gone = fresh_supply()
    assert not lines_of(world.lin) & set(gone.supply.spans)
    here = f"/api/v1/organisations/{world.lin.organisation.id}/documents"
    for kind in ("business_licence", "authorisation", "telecom_licence_basic"):
        facts = json.dumps(sound(kind, world.lin.organisation.code))
        form = {"kind": kind, "valid_until": days_ahead(365), "particulars": facts}
        made(world.lin.upload(here, form, PDF))
    relay()
    keep_up()
    assert number() == gone.number  # what nobody has accepted sells nothing
    case = f"/api/v1/cases/{Case.objects.get(organisation=world.lin.organisation).id}"
    made(world.otto.post(f"{case}:assign", {}))
    made(world.otto.post(f"{case}:check"))
    made(world.olga.post(f"{case}:certify"))
    assert set(fresh_supply().supply.spans) >= lines_of(world.lin)


def lines_of(person: Person) -> set[str]:
    keys = Line.objects.filter(tenant_id=person.organisation.id).values_list("key", flat=True)
    return set(keys)


ACTS: list[Callable[[World], None]] = [
    reprice,
    withdraw,
    hold,
    hold_and_release,
    hold_and_expire,
    suspend,
    suspend_and_lift,
    fall_silent,
    come_back,
    compute_licence_ends,
    line_licence_ends,
    line_licence_is_renewed,
]


@pytest.mark.django_db
@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.__name__)
@pytest.mark.parametrize("relayed", [False, True], ids=["at once", "once relayed"])
def test_the_snapshot_follows_the_act_and_a_look_at_everything_finds_no_more(
    world: World, act: Callable[[World], None], *, relayed: bool
) -> None:
    relay()
    keep_up()
    before = fresh_supply()
    act(world)
    if relayed:
        relay()
        keep_up()
    assert number() > before.number
    the_look_was_enough()


@pytest.mark.django_db(transaction=True)
def test_the_snapshot_follows_the_clock_where_a_price_ends_and_a_process_that_starts_then_reads_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process reads it without a transaction of its own."""
    relay()
    keep_up()
    before = fresh_supply()
    price_ends(world)
    assert number() > before.number
    the_look_was_enough()
    built = fresh_supply()
    monkeypatch.setattr(kept, "_last", None)
    assert fresh_supply().supply.snapshot == built.supply.snapshot


@pytest.mark.django_db
def test_where_nothing_happened_a_reader_asks_twice_and_writes_nothing(world: World) -> None:
    first = fresh_supply()
    assert world.ben.key  # she has her key, which is an event too
    relay()
    keep_up()
    chosen(world.ben)  # an event that changes no supply
    with CaptureQueriesContext(connection) as seen:
        assert fresh_supply() is first or fresh_supply().number == first.number
    assert not [each["sql"] for each in seen if each["sql"].startswith(("INSERT", "UPDATE"))]
    assert len([each for each in seen if "SAVEPOINT" not in each["sql"]]) == 2


@pytest.mark.django_db
def test_a_process_that_is_behind_catches_up_by_what_changed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    behind = fresh_supply()
    reprice(world)
    hold(world)
    ahead = fresh_supply()
    monkeypatch.setattr(kept, "_last", behind)
    caught_up = fresh_supply()
    assert (caught_up.number, caught_up.supply.snapshot) == (ahead.number, ahead.supply.snapshot)
    assert caught_up.supply.offers == ahead.supply.offers
    assert caught_up.supply.spans == ahead.supply.spans
    tables: list[Any] = [getattr(caught_up.supply, name).values() for name in PARTS]
    assert snapshot_hash(Supply.build(*tables)) == ahead.supply.snapshot


@pytest.mark.django_db
def test_a_version_of_another_history_is_not_gone_on_from(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a restore from a backup the numbers are given again, to other contents."""
    mine = fresh_supply()
    stranger = replace(mine.supply, known_snapshot="sha256:0", offers={})
    monkeypatch.setattr(kept, "_last", replace(mine, supply=stranger))
    assert fresh_supply().supply.offers == mine.supply.offers
    monkeypatch.setattr(kept, "_last", replace(mine, number=mine.number + 5))
    assert fresh_supply().number == mine.number


@pytest.mark.django_db
def test_a_change_of_one_offer_writes_one_row_and_rehashes_one_bucket(world: World) -> None:
    first = number()
    reprice(world)
    second = number()
    assert second == first + 1
    assert SupplyRow.objects.filter(since=second).count() == 1
    assert SupplyRow.objects.filter(until=second).count() == 1


@pytest.mark.django_db
def test_an_older_version_is_read_as_it_was(world: World) -> None:
    first = fresh_supply()
    reprice(world)
    fresh_supply()
    extras = first.supply.extras
    assert extras.terms
    for beside in (extras.terms, extras.snapshot):  # as an answer names what it rests on
        again = kept.supply_of(first.supply.snapshot, beside)
        assert again is not None
        assert again.supply.offers == first.supply.offers
    assert kept.supply_of(first.supply.snapshot) is None, "it has prices by term"
    assert kept.supply_of("sha256:none", extras.terms) is None


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("cities", "sold"), [(["110000"], False), (["320500", "110000"], True), (["320571"], True)]
)
def test_lines_leave_the_snapshot_where_their_licence_covers_none_of_their_cities(
    world: World, cities: list[str], *, sold: bool
) -> None:
    paper = Document.objects.get(organisation=world.lin.organisation, kind="telecom_licence_basic")
    paper.particulars["cities"] = cities
    paper.save(update_fields=["particulars"])
    refresh_supply(everything=True)
    supply = fresh_supply().supply
    assert (lines_of(world.lin) <= set(supply.spans)) is sold
    assert lines_of(world.lin).isdisjoint(supply.spans) is not sold
    assert lines_of(world.lou) <= set(supply.spans)  # whose licence is the nation's
