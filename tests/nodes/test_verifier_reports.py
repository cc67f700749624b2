"""The stand-alone verifier on a stream of reports: every harm to figures, records, periods and corrections is named."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from demo.verify_federation import verify
from nodes.domain.parts import labelled, part_of
from nodes.domain.periods import SHANGHAI
from nodes.domain.records import root_of
from nodes.domain.reports import Correction, ReportMessage, compose_report, difference, read_report
from tests.nodes.export import REGION, write_export

START = datetime(2026, 5, 1, tzinfo=SHANGHAI)
Sent = tuple[bytes, int | None]  # the body, and the number that it supersedes


def said(cards: int, *, day: int = 0, **changed: Any) -> ReportMessage:
    records = [{"pool": "p1", "cards": cards}]
    start = START + timedelta(days=day)
    fields: dict[str, Any] = {
        "node": REGION,
        "profile": "national/2026.1",
        "kind": "resource",
        "section": "resource.pools",
    }
    span = {"start": start, "end": start + timedelta(days=1)}
    figures: dict[str, Any] = {"count": 1, "sums": {"cards": cards}, "root": root_of(records)}
    return ReportMessage(**(fields | span | figures | changed))


def body(message: ReportMessage, **forged: Any) -> bytes:
    """A message's bytes, signed afterwards whatever they say: the sender itself may lie."""
    whole = json.loads(compose_report(message, [{"pool": "p1", "cards": message.sums["cards"]}]))
    return json.dumps(whole | forged).encode()


def correction(before: int, after: int, *, day: int = 0, **changed: Any) -> bytes:
    old, new = said(before, day=day), said(after, day=day)
    told: dict[str, Any] = {"of": old.root, "reason": "漏报", "delta": difference(old, new)}
    return body(said(after, day=day, correction=Correction(**(told | changed))))


HONEST: list[Sent] = [
    (body(said(8)), None),
    (body(said(9, day=1)), None),
    (correction(8, 6), 1),
    (correction(6, 7), 3),
]


def exported(folder: Path, messages: list[Sent]) -> Path:
    return write_export(folder, stream="reports.resource", sent=messages, refused=0)


def test_an_honest_stream_of_reports_and_corrections_is_verified(tmp_path: Path) -> None:
    report = verify(exported(tmp_path / "export", HONEST))
    assert report.failures == []
    assert report.counts["reports"] == 3 * len(HONEST)
    assert report.counts["corrections"] == len(HONEST) + 2


def of_a_region(**forged: Any) -> bytes:
    """A region's report with its own records, those of one industry node, and another that has not reported."""
    own, theirs = [{"pool": "p1", "cards": 5}], [{"pool": "p9", "cards": 3}, {"pool": "p8", "cards": 1}]
    records = [*own, *labelled("320571", theirs)]
    parts = (
        part_of(REGION, own, ["cards"]),
        part_of("320571", theirs, ["cards"], sequence=4),
        part_of("320572", [], ["cards"], complete=False),
    )
    message = said(9, day=1, count=3, root=root_of(records), parts=parts)
    return json.dumps(json.loads(compose_report(message, records)) | forged).encode()


def parts(**changed: Any) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = json.loads(of_a_region())["parts"]
    return [told[0], told[1] | changed, told[2]]


def test_what_each_node_contributed_to_a_region_s_report_is_verified_too(tmp_path: Path) -> None:
    assert read_report(of_a_region()) is not None
    assert verify(exported(tmp_path / "export", replaced(1, of_a_region()))).failures == []


@pytest.mark.parametrize(
    "forged",
    [
        {"parts": parts(sums={"cards": 5, "records": 2})},
        {"parts": parts(count=3)},
        {"parts": parts(root="0" * 64)},
        {"parts": parts(node="320573")},
        {"parts": parts()[:1]},
        {"parts": [parts()[0], *parts()]},
    ],
)
def test_a_part_that_is_not_its_records_is_found_by_the_verifier_and_refused_by_the_node(
    forged: dict[str, Any], tmp_path: Path
) -> None:
    lie = of_a_region(**forged)
    failures = verify(exported(tmp_path / "export", replaced(1, lie))).failures
    assert any(" reports: " in failure for failure in failures), failures
    assert read_report(lie) is None


def replaced(index: int, message: bytes, supersedes: int | None = None) -> list[Sent]:
    return [*HONEST[:index], (message, supersedes), *HONEST[index + 1 :]]


@pytest.mark.parametrize(
    ("messages", "title"),
    [
        (replaced(1, body(said(9, day=1), count=2)), "reports"),
        (replaced(1, body(said(9, day=1), sums={"records": 1, "cards": 90})), "reports"),
        (replaced(1, body(said(9, day=1), root="0" * 64)), "reports"),
        (replaced(1, body(said(9, day=1), records=[{"pool": "p2", "cards": 9}])), "reports"),
        (replaced(1, body(said(9, day=1), node="330000")), "reports"),
        (replaced(1, body(said(9, day=1), kind="trade")), "reports"),
        (replaced(1, body(said(9, day=1), records=None)), "files"),
        (replaced(1, body(said(9))), "corrections"),
        (replaced(1, body(said(9, start=START + timedelta(hours=3)))), "corrections"),
        (replaced(2, correction(8, 6, of="0" * 64), 1), "corrections"),
        (replaced(2, correction(8, 6, reason=" "), 1), "corrections"),
        (replaced(2, correction(8, 6, delta={"cards": -1, "records": 0}), 1), "corrections"),
        (replaced(2, correction(8, 6, day=1), 1), "corrections"),
        (replaced(2, body(said(6)), 1), "files"),
        (replaced(3, correction(8, 7), 1), "corrections"),
        (replaced(3, correction(6, 7), None), "corrections"),
        ([*HONEST[:2], (correction(8, 6), 2)], "corrections"),
    ],
)
def test_a_lie_that_its_sender_signed_is_found(messages: list[Sent], title: str, tmp_path: Path) -> None:
    failures = verify(exported(tmp_path / "export", messages)).failures
    assert any(f" {title}: " in failure for failure in failures), failures


@pytest.mark.parametrize(
    "harm",
    [
        lambda folder: (folder / "messages/3.body").unlink(),
        lambda folder: (folder / "messages/3.json").unlink(),
        lambda folder: (folder / "messages/3.body").write_bytes(HONEST[0][0]),
        lambda folder: (folder / "messages/3.body").rename(folder / "messages/9.body"),
    ],
)
def test_a_correction_that_was_taken_out_or_moved_is_missed(
    harm: Callable[[Path], object], tmp_path: Path
) -> None:
    folder = exported(tmp_path / "export", HONEST)
    harm(folder)
    assert verify(folder).failures != []
