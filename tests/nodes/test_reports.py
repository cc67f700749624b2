"""The rules of reports: periods without gaps, the same facts in the same bytes, differences line by line."""

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.objects import canonical_json
from nodes.adapters.reports.formats import as_table
from nodes.domain.completeness import SectionLine, compose_completeness, read_completeness
from nodes.domain.periods import SHANGHAI, PeriodLength, gaps, last_closed
from nodes.domain.records import root_of
from nodes.domain.reports import (
    Correction,
    ReportMessage,
    compose_report,
    difference,
    differences,
    read_report,
)
from nodes.selectors.profiles import upstream_profiles

START = datetime(2026, 5, 1, tzinfo=SHANGHAI)
HOURS = 24 * 70
spans = st.lists(st.tuples(st.integers(0, HOURS), st.integers(1, 500)), max_size=6)


def hour(number: int) -> datetime:
    return START + timedelta(hours=number)


@given(known=spans, at=st.integers(24 * 40, HOURS), length=st.sampled_from(PeriodLength))
def test_drafts_and_what_is_there_cover_every_closed_hour_once_and_cross_no_period(
    known: list[tuple[int, int]], at: int, length: PeriodLength
) -> None:
    covered = [(hour(start), hour(start + hours)) for start, hours in known]
    found = gaps(covered, at=hour(at), length=length)
    first, until = last_closed(hour(at), length)
    since = min([first, *(start for start, _ in covered)])
    for start, end in found:
        assert length.start_of(start) <= start < end <= length.after(length.start_of(start))
    edges = {since, until, *(edge for span in (*covered, *found) for edge in span)}
    for moment in edges | {edge - timedelta(hours=1) for edge in edges}:
        holders = sum(start <= moment < end for start, end in found)
        there = any(start <= moment < end for start, end in covered)
        assert holders == (since <= moment < until and not there), moment


def test_periods_are_those_of_the_shanghai_calendar() -> None:
    at = datetime(2026, 3, 1, 1, tzinfo=SHANGHAI)
    assert last_closed(at, PeriodLength.MONTH) == (
        datetime(2026, 2, 1, tzinfo=SHANGHAI),
        datetime(2026, 3, 1, tzinfo=SHANGHAI),
    )
    assert last_closed(at, PeriodLength.DAY)[0] == datetime(2026, 2, 28, tzinfo=SHANGHAI)


RECORDS = [{"pool": "p1", "cards": 8}, {"pool": "p2", "cards": 4}]


def message(records: list[dict[str, Any]] = RECORDS, **changed: Any) -> ReportMessage:
    fields: dict[str, Any] = {
        "node": "320000",
        "profile": "national/2026.1",
        "kind": "resource",
        "section": "test.cards",
        "start": hour(0),
        "end": hour(24),
        "count": len(records),
        "sums": {"cards": sum(each["cards"] for each in records)},
        "root": root_of(records),
    }
    return ReportMessage(**(fields | changed))


def test_what_is_composed_is_read_again_and_the_same_facts_are_the_same_bytes() -> None:
    before = message()
    corrected = message(RECORDS[:1], correction=Correction(before.root, "漏报", {"cards": -4, "records": -1}))
    for each, records in ((before, RECORDS), (corrected, RECORDS[:1])):
        body = compose_report(each, records)
        assert read_report(body) == each
        assert compose_report(each, [dict(reversed(record.items())) for record in records]) == body
    assert difference(before, corrected) == {"cards": -4, "records": -1}


def changed(**fields: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda document: document | fields


@pytest.mark.parametrize(
    "harm",
    [
        changed(root="0" * 64),
        changed(count=3),
        changed(sums={"records": 2, "cards": 13}),
        changed(records=RECORDS[::-1]),
        changed(records=[{"pool": "p1", "cards": 7}, {"pool": "p2", "cards": 5}]),
        changed(start=hour(24).isoformat()),
        changed(start="2026-05-01T00:00:00"),
        changed(schema="cin-report/9"),
        changed(node=320000),
        changed(correction={"of": "x", "reason": " ", "delta": {}}),
        changed(correction={"of": "x", "reason": "r", "delta": {"cards": "1"}}),
        changed(correction={"of": "x"}),
        changed(correction=[]),
    ],
)
def test_a_report_that_is_not_whole_is_read_as_none(harm: Callable[[dict[str, Any]], Any]) -> None:
    whole = json.loads(compose_report(message(), RECORDS))
    assert read_report(json.dumps(whole).encode()) is not None
    assert read_report(json.dumps(harm(whole)).encode()) is None


def test_a_report_of_the_version_before_is_still_read() -> None:
    old = json.loads(compose_report(message(), RECORDS))
    old = {name: old[name] for name in old if name not in ("root", "profile")} | {"schema": "cin-report/1"}
    read = read_report(json.dumps(old).encode())
    assert read is not None
    assert (read.root, read.profile) == (root_of(RECORDS), "")


@pytest.mark.parametrize(
    ("now", "lines"),
    [
        (RECORDS, []),
        (RECORDS[::-1], []),
        ([{"pool": "p1", "cards": 6}, RECORDS[1]], [("/records/0/cards", 8, 6)]),
        (RECORDS[:1], [("/records/1", RECORDS[1], None)]),
        ([*RECORDS, {"pool": "p3", "cards": 1}], [("/records/-", None, {"pool": "p3", "cards": 1})]),
        (
            [RECORDS[0], {"pool": "p9", "cards": 4}],
            [("/records/-", None, {"pool": "p9", "cards": 4}), ("/records/1", RECORDS[1], None)],
        ),
    ],
)
def test_each_line_that_differs_is_named(now: list[dict[str, Any]], lines: list[Any]) -> None:
    found = differences(RECORDS, now, ("cards",))
    assert [(line.pointer, line.then, line.now) for line in found] == lines


def test_the_word_on_a_period_is_read_only_in_its_own_form() -> None:
    lines = [
        SectionLine(name, "resource", n, 2, {"records": 2}, "0" * 64) for n, name in ((2, "b"), (1, "a"))
    ]
    word = compose_completeness("320000", "national/2026.1", hour(0), hour(24), lines)
    assert [line.section for line in word.sections] == ["a", "b"]
    assert read_completeness(word.encode()) == word
    odd: list[dict[str, Any]] = [{"section": ["a"]}, {"root": None}, {"sums": []}]
    harms: list[dict[str, Any]] = [
        {"sections": []},
        {"end": hour(0).isoformat()},
        {"extra": 1},
        {"sums": {"periods": 1}},
        *({"sections": [asdict(lines[0]) | each], "sums": {"periods": 1, "reports": 1}} for each in odd),
    ]
    for harm in harms:
        assert read_completeness(canonical_json(json.loads(word.encode()) | harm).encode()) is None


def test_a_table_says_what_it_is_about_and_runs_nothing() -> None:
    records = [{"pool": "=HYPERLINK(1)", "cards": 8}, {"pool": "p2", "cards": 4, "state": None}]
    text = as_table(compose_report(message(records), records)).decode("utf-8-sig")
    lines = text.splitlines()
    assert "# profile,national/2026.1" in lines
    assert "# sum of cards,12" in lines
    assert lines[-3:] == [
        "pool,cards,state".replace("pool,cards", "cards,pool"),
        "8,'=HYPERLINK(1),",
        "4,p2,",
    ]


def test_the_profiles_of_upstreams_are_whole() -> None:
    profiles = upstream_profiles()
    assert profiles["national"].wants("any.section")
    assert not profiles["capacity"].wants("trade.totals")
    assert {each.status for each in profiles.values()} == {"provisional"}
