"""What the service takes beyond the files, by hand: formulas, scores, windows, and which field is refused for what."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.domain.demand import Demand, DemandError
from scheduling.domain.engine.files import answer_json, parse_demand, parse_wished
from scheduling.domain.engine.selection import lines_of, select
from scheduling.domain.engine.wishes import HOUR_US, Access, End, Storage, Transfer, Weights, Wishes, instant
from scheduling.domain.supply.calendars import Calendars, calendars_of, changed_calendars
from scheduling.domain.supply.extras import (
    Booked,
    CentreFacts,
    Extras,
    LineGrade,
    Store,
    UnitPower,
    steps_of,
    written_steps,
)
from scheduling.domain.supply.supply import Centre, Offer, Site, Span, Supply, Tariff

ASKED = datetime(2026, 12, 1, tzinfo=UTC)
LEAST = {"demand": "d", "from_site": "s", "quantity": 1}
DEMAND = Demand("d", "s", quantity=1, bandwidth_mbps=1000, duration_hours=Decimal(100))


def offer(name: str, centre: str, price: str) -> Offer:
    """Two machines of whatever kind."""
    cells: dict[str, Any] = dict.fromkeys(Offer.__slots__)
    return Offer(
        **cells
        | {
            "offer": name,
            "centre": centre,
            "provider": "P",
            "kind": "general",
            "price_cny_hour": Decimal(price),
            "available": 2,
        }
    )


def town(*extra: Tariff, **extras: Any) -> Supply:
    """Two centres at one site, 10 km of slow span and 30 km of fast one away, with a price per km."""
    sites = [Site("s", None, None, None, "320500", None), Site("t", None, None, None, "320500", None)]
    spans = [
        Span("short", "L", "fibre", "s", "t", Decimal(10), 300, 10_000, 0),
        Span("long", "L", "fibre", "s", "t", Decimal(30), 200, 10_000, 0),
    ]
    tariffs = [Tariff("L", "otn", 1000, "any", Decimal(100), Decimal(50), Decimal(1)), *extra]
    centres = [Centre(name, None, "t", None, None, None, None) for name in ("green", "grey")]
    offers = [offer("a", "grey", "1"), offer("b", "green", "1.5")]
    supply = Supply.build(sites, spans, tariffs, centres, offers)
    facts = {
        "green": CentreFacts("green", "320509", ("science_economy",), Decimal("0.1"), None, Decimal("0.999")),
        "grey": CentreFacts("grey", "310115", ("government",), Decimal("0.7"), None, None),
    }
    powers = {name: UnitPower(name, 5000) for name in "ab"}
    known: dict[str, Any] = {"centre_facts": facts, "unit_powers": powers} | extras
    return replace(supply, extras=Extras(**known))


def asked(supply: Supply, wishes: Wishes, demand: Demand = DEMAND) -> dict[str, Any]:
    """The answer as JSON."""
    return answer_json(select(supply, demand, lines_of(supply, demand, wishes)))


def test_the_bandwidth_of_data_to_move_counts_the_frames_and_rounds_up() -> None:
    # 1 TB = 8 × 10¹² bits of data = 8.4972… × 10¹² on the wire; in 10 hours that is 236.03… Mbps.
    assert Transfer(Decimal(1000), 10).least_mbps == 237
    assert Transfer(Decimal(1000), 10).hours_at(237) == 10
    assert Transfer(Decimal(1000), 10).hours_at(236) == 11
    assert Transfer(Decimal(1000), 1).hours_at(10_000) == 1
    assert Transfer(Decimal("0.000001"), 1).least_mbps == 1


def test_data_to_move_rent_the_step_by_the_hour_where_that_is_least() -> None:
    step = Tariff("L", "otn", 10_000, "any", Decimal(0), Decimal(9000), elastic_cny_hour=Decimal(20))
    moved = Wishes(transfer=Transfer(Decimal(3000), 10))
    demand = replace(DEMAND, bandwidth_mbps=Transfer(Decimal(3000), 10).least_mbps)
    (best, _) = asked(town(step), moved, demand)["bundles"]
    # 3 TB: 709 Mbps for 10 hours at 20 CNY an hour, or 10 Gbps for one; a month of the small step is 160 CNY.
    assert (best["billing"], best["held_mbps"], best["line_hours"]) == ("elastic", 10_000, "1")
    assert best["cny"]["line"] == "20.0000"
    # The step that is just what the deadline needs is let go as soon as all has come: 1 TB takes 10 Mbps 237 h of 240.
    slow = replace(step, bandwidth_mbps=10, elastic_cny_hour=Decimal("0.1"))
    in_days = replace(DEMAND, bandwidth_mbps=10, duration_hours=Decimal(240))
    (best, _) = asked(town(slow), Wishes(transfer=Transfer(Decimal(1000), 240)), in_days)["bundles"]
    assert (best["held_mbps"], best["line_hours"]) == (10, "237")
    narrow = replace(step, elastic_cny_hour=Decimal(200))
    (best, _) = asked(town(narrow), moved, demand)["bundles"]
    assert (best["billing"], best["held_mbps"], best["cny"]["line"]) == ("term", 709, "160.0000")


@pytest.mark.parametrize(
    ("share", "percent"), [("0.99", None), (None, "99"), ("0.9", "99.000000"), ("0.99", "0")]
)
def test_a_score_is_the_total_and_each_measure_at_its_price(share: str | None, percent: str | None) -> None:
    # What is promised by a share or by a class is a promise; the higher one counts.
    wishes = Wishes(weights=Weights(Decimal(10), Decimal(2), Decimal(100)))
    stated, of_class = (None if each is None else Decimal(each) for each in (share, percent))
    grades = {"L|otn": LineGrade("L", "otn", stated, of_class)}
    first, second = asked(town(line_grades=grades), wishes)["bundles"]
    # 150 compute + 160 line; 0.3 ms; 5 kW × 100 h × 0.1 kg; 100 × (1 − 0.999 × 0.99) percent
    assert first["offer"] == "b"
    assert first["score"]["parts"] == {
        "total": {"value": None, "cny": "310.0000"},
        "latency_ms": {"value": "0.3", "cny": "3.0000"},
        "kg_co2": {"value": "50", "cny": "100.0000"},
        "percent_unreliable": {"value": "1.099", "cny": "109.9000"},
    }
    assert first["score"]["cny"] == "522.9000"
    assert (second["score"]["cny"], second["score"]["known_cny"]) == (None, "963.0000")
    assert second["score"]["unknown"] == ["percent_unreliable"]


def test_what_is_unknown_ranks_after_all_that_is_known_and_is_not_excluded() -> None:
    supply = town(unit_powers={"b": UnitPower("b", 5000)})
    plain, weighed = (
        asked(supply, wishes)["bundles"]
        for wishes in (Wishes(), Wishes(weights=Weights(cny_per_kg_co2=Decimal(1))))
    )
    assert [each["offer"] for each in plain] == ["a", "b"]
    assert [each["offer"] for each in weighed] == ["b", "a"]


def test_with_a_line_of_unknown_reliability_an_offer_of_unknown_power_ranks_by_what_is_known() -> None:
    other = Tariff("L", "srv6", 1000, "any", Decimal(100), Decimal(50), Decimal(1))
    plain = town(
        other,
        unit_powers={"c": UnitPower("c", 5000)},
        line_grades={"L|otn": LineGrade("L", "otn", Decimal("0.99"))},
    )
    offers = [offer("b", "green", "1"), offer("c", "green", "1.5")]
    built = Supply.build(
        plain.sites.values(), plain.spans.values(), plain.tariffs.values(), plain.centres.values(), offers
    )
    wishes = Wishes(weights=Weights(None, Decimal(1), Decimal(1)))
    found = asked(replace(built, extras=plain.extras), wishes)["bundles"]
    # the power of b and the reliability of srv6 are unknown: of what misses something, the less that is known costs the better
    assert [(each["offer"], each["technology"]) for each in found] == [
        ("c", "otn"), ("b", "srv6"), ("b", "otn"), ("c", "srv6"),
    ]  # fmt: skip


def test_storage_is_paid_for_the_months_begun_and_is_part_of_the_compute() -> None:
    stores = {"green|standard": Store("green", "standard", Decimal("0.25"), 100)}
    answer = asked(town(stores=stores), Wishes(storage=Storage(80, "standard")))
    (found,) = answer["bundles"]
    assert (found["offer"], found["cny"]["storage"], found["cny"]["compute"]) == ("b", "20.0000", "170.0000")
    assert answer["rejected"]["offers"] == {"storage": 1}


def test_where_data_may_lie_and_which_domain_are_hard() -> None:
    for wishes, offers, reason in (
        (Wishes(residency=("32",)), ["b"], {"residency": 1}),
        (Wishes(residency=("310000", "320500")), ["a", "b"], {}),
        (Wishes(domain="government"), ["a"], {"domain": 1}),
    ):
        answer = asked(town(), wishes)
        assert [each["offer"] for each in answer["bundles"]] == offers
        assert answer["rejected"]["offers"] == reason


def test_only_what_is_booked_within_the_window_counts() -> None:
    start = ASKED + timedelta(days=10)
    at = instant(start)
    booked = Booked("offer", "a", 2, 2, (f"{at}:2", f"{at + 5 * HOUR_US}:0"))
    supply = town(booked={"offer|a": booked})
    answer = asked(supply, Wishes(starts_at=start, asked_at=ASKED))
    assert ([each["offer"] for each in answer["bundles"]], answer["rejected"]["offers"]) == (
        ["b"],
        {"window": 1},
    )
    later = Wishes(starts_at=start + timedelta(hours=5), asked_at=ASKED)
    assert len(asked(supply, later)["bundles"]) == 2
    before = Wishes(starts_at=start - timedelta(hours=100), asked_at=ASKED)
    assert len(asked(supply, before)["bundles"]) == 2


def test_a_line_that_takes_longer_than_until_the_start_is_counted_and_the_first_start_is_named() -> None:
    supply = town()
    slow = {name: replace(row, lead_days=9) for name, row in supply.tariffs.items()}
    supply = replace(supply, tariffs=slow)
    answer = asked(supply, Wishes(starts_at=ASKED + timedelta(days=8, hours=23), asked_at=ASKED))
    assert answer["rejected"]["bundles"]["start"] == 2
    assert answer["relax"] == [
        {
            "constraint": "starts_at",
            "from": "2026-12-09T23:00:00+00:00",
            "to": "2026-12-11T00:00:00+00:00",  # who asks for it within a day has it
            "admits": 2,
        }
    ]
    assert asked(supply, Wishes(starts_at=ASKED + timedelta(days=9), asked_at=ASKED))["bundles"]


def test_the_end_is_paid_once_for_each_circuit_where_its_carrier_asks() -> None:
    near = asked(town(), Wishes())["bundles"][0]["cny"]
    far = asked(town(), Wishes(access=Access(ends=(End("L", 0, Decimal("80.25")),))))["bundles"][0]["cny"]
    assert Decimal(far["line"]) - Decimal(near["line"]) == Decimal("80.25")
    assert Decimal(far["total"]) - Decimal(near["total"]) == Decimal("80.25")


def test_less_to_move_and_another_class_of_storage_are_named_where_they_help() -> None:
    wishes = Wishes(transfer=Transfer(Decimal(5000), 10))
    demand = replace(DEMAND, bandwidth_mbps=wishes.transfer.least_mbps if wishes.transfer else 0)
    (relaxed,) = [
        each for each in asked(town(), wishes, demand)["relax"] if each["constraint"] == "transfer.volume_gb"
    ]
    assert (relaxed["from"], relaxed["admits"]) == ("5000", 2)
    most = Fraction(1000 * 10 * 3600 * 10**6, 8 * 10**9) * Fraction(1448, 1538)
    assert 0 <= most - Fraction(relaxed["to"]) < Fraction(1, 10**6)
    for hours in (10**6, 10**9):  # as quickly: no hour is looked at by itself
        long = Wishes(transfer=Transfer(Decimal(500) * hours, hours))
        patient = replace(demand, duration_hours=Decimal(hours), bandwidth_mbps=1112)
        (relaxed,) = [
            each
            for each in asked(town(), long, patient)["relax"]
            if each["constraint"] == "transfer.volume_gb"
        ]
        assert 0 <= most * hours / 10 - Fraction(relaxed["to"]) < Fraction(1, 10**6)
    stores = {"green|archive": Store("green", "archive", Decimal(1), 50)}
    hints = asked(town(stores=stores), Wishes(storage=Storage(8, "standard")))["relax"]
    assert {"constraint": "storage.storage_class", "from": "standard", "to": "archive", "admits": 1} in hints


def test_the_tail_counts_in_latency_and_days() -> None:
    access = Access(latency_us=40, ends=(End("L", 7, latency_us=40),))
    found = asked(town(), Wishes(access=access))["bundles"][0]
    assert found["latency_us"] == 340
    quick = replace(DEMAND, max_latency_us=340)
    assert asked(town(), Wishes(access=access), quick)["bundles"][0]["spans"] == ["long"]
    assert asked(town(), Wishes(access=access), replace(DEMAND, max_lead_days=6))["bundles"] == []
    assert asked(town(), Wishes(access=Access(40, ends=())))["rejected"]["bundles"]["access"] == 2


def test_steps_of_bookings_meet_without_overlap() -> None:
    steps = steps_of([(0, 10, 2), (10, 20, 3), (5, 15, 1)])
    assert steps == ((0, 2), (5, 3), (10, 4), (15, 3), (20, 0))
    columns = Calendars.of([Booked("offer", "a", 9, 9, written_steps(steps)), Booked("offer", "b", 9, 8, ())])
    windows = ((0, 5), (0, 6), (14, 16), (15, 16), (20, 99), (-9, 0))
    assert [columns.within(*window).tolist() for window in windows] == [
        [7, 8],
        [6, 8],
        [5, 8],
        [6, 8],
        [9, 8],
        [9, 8],
    ]


INSTANTS = st.integers(1, 9)
IDS = [f"{part}|{key}" for part in ("offer", "span") for key in "abcd"]
DRAWN = st.builds(
    lambda part, key, bookings, free: Booked(part, key, 5, free, written_steps(steps_of(bookings))),
    st.sampled_from(("offer", "span")),
    st.sampled_from("abcd"),
    st.lists(
        st.builds(lambda at, long, many: (at, at + long, many), INSTANTS, INSTANTS, INSTANTS), max_size=4
    ),
    st.integers(0, 9),
)


@given(st.lists(DRAWN), st.lists(DRAWN), st.sets(st.sampled_from(IDS)), INSTANTS, INSTANTS)
def test_columns_that_changed_are_those_of_the_rows_as_they_are(
    rows: list[Booked], put: list[Booked], gone: set[str], start: int, length: int
) -> None:
    before, after = ({f"{row.part}|{row.key}": row for row in each} for each in (rows, put))
    left = {key: row for key, row in before.items() if key not in gone}
    found = changed_calendars(calendars_of(before.values()), after.values(), before.keys() - left.keys())
    rebuilt = calendars_of((left | after).values())
    for part, anew in rebuilt.items():
        told = [
            {
                key: (within, always, ever, long)
                for key, within, always, ever, long in zip(
                    each.keys,
                    each.within(start, start + length),
                    each.always,
                    each.ever,
                    each.lengths,
                    strict=True,
                )
            }
            for each in (found[part], anew)
        ]
        assert (told[0], len(told[0])) == (told[1], len(found[part].keys))
        for row in (left | after).values():
            if row.part == part:
                levels = [0, *(level for _, level in row.levels)]
                assert told[0][row.key][1] == max(0, min(row.most, row.free - max(levels)))


def test_a_demand_that_wishes_nothing_is_answered_as_in_the_files() -> None:
    demand, wishes = parse_wished(LEAST | {"bandwidth_mbps": 1000}, asked_at=ASKED)
    assert demand == parse_demand(LEAST | {"bandwidth_mbps": 1000})
    assert answer_json(select(town(), demand, lines_of(town(), demand, wishes))) == answer_json(
        select(town(), demand)
    )


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"weights": {"cny_per_ms": "0.00001"}}, "weights.cny_per_ms"),
        ({"weights": {"cny_per_ms": "-1"}}, "weights.cny_per_ms"),
        ({"weights": {"cny_per_km": 1}}, "weights.cny_per_km"),
        ({"weights": 3}, "weights"),
        ({"transfer": {"volume_gb": "10", "within_hours": 5}}, "bandwidth_mbps"),
        ({"bandwidth_mbps": None, "transfer": {"volume_gb": 0, "within_hours": 5}}, "transfer.volume_gb"),
        ({"bandwidth_mbps": None, "transfer": {"volume_gb": "10"}}, "transfer.within_hours"),
        (
            {"bandwidth_mbps": None, "transfer": {"volume_gb": "10", "within_hours": 731}},
            "transfer.within_hours",
        ),
        ({"bandwidth_mbps": None}, "bandwidth_mbps"),
        ({"starts_at": "2026-12-24"}, "starts_at"),
        ({"starts_at": "2026-12-24T08:00:00"}, "starts_at"),
        ({"starts_at": "2026-12-01T08:00:00+08:00"}, "starts_at"),
        ({"starts_at": 5}, "starts_at"),
        ({"starts_at": "2027-W01-1T00:00:00Z"}, "starts_at"),
        ({"residency": ["3205", "Jiangsu"]}, "residency.1"),
        ({"residency": "32"}, "residency"),
        ({"domain": "finance"}, "domain"),
        ({"storage": {"gib": 0, "storage_class": "standard"}}, "storage.gib"),
        ({"storage": {"gib": 5}}, "storage.storage_class"),
        ({"storage": {"gib": 5, "storage_class": "tape"}}, "storage.storage_class"),
        ({"asked_at": "2026-12-01T08:00:00+08:00"}, "asked_at"),
        ({"tail": {}}, "tail"),
    ],
    ids=str,
)
def test_a_bad_wish_is_refused_by_its_dotted_name(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(DemandError) as refused:
        parse_wished(LEAST | {"bandwidth_mbps": 1000} | changes, asked_at=ASKED)
    assert refused.value.field == field


@pytest.mark.parametrize("name", ["weights", "transfer", "starts_at", "residency", "domain", "storage"])
def test_the_files_know_no_wishes(name: str) -> None:
    with pytest.raises(DemandError) as refused:
        parse_demand(LEAST | {"bandwidth_mbps": 1000, name: {}})
    assert (refused.value.code, refused.value.field) == ("unknown_field", name)
