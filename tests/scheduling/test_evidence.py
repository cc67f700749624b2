"""Latency evidence: light judges every claim, layers never mix, and verdicts come from intervals."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from kernel.models import EventRecord
from scheduling.domain.evidence import Claim, EvidenceState, assess, verdict_of
from scheduling.domain.light import Medium, faster_than, floor_us
from scheduling.domain.verdicts import Verdict, judge
from scheduling.errors.evidence import ImpossibleLatency, MeasuredInFuture
from scheduling.models import LatencyEvidence, Span
from scheduling.selectors.told import told_of_spans
from tests.aggregation.supply import made
from tests.scheduling.live import chosen, days_ago, disclose_network, open_market
from tests.support.cast import World

SCENE = disclose_network

AT = datetime(2026, 11, 20, tzinfo=UTC)
PATH = "/api/v1/latency-evidence"
PROOF = "ab" * 32
HOLLOW = {"medium": "hollow_core", "registered": "hollow_core"}
SHOWN = {**HOLLOW, "proven": True, "shown_us": 400}


def claim(value_us: int, **changes: Any) -> Claim:
    """A sound one-way claim of so many µs, with the changes."""
    plain = {
        "layer": "optical",
        "direction": "one_way",
        "value_us": value_us,
        "clock_bound_us": 1,
        "medium": "silica",
        "registered": "silica",
        "proven": False,
        "measured_at": AT,
    }
    return Claim(**{**plain, **changes})


@pytest.mark.parametrize(
    ("value", "changes", "state"),
    [
        (490, {}, EvidenceState.ACCEPTED),
        (489, {}, EvidenceState.REVIEW),
        (489, {**HOLLOW, "proven": True}, EvidenceState.REVIEW),  # a carrier's word, thrice
        (489, SHOWN, EvidenceState.ACCEPTED),
        (399, SHOWN, EvidenceState.ACCEPTED),  # ± 1 µs
        (398, SHOWN, EvidenceState.REVIEW),  # faster than was shown
        (489, {**SHOWN, "shown_us": 489}, EvidenceState.ACCEPTED),
        (489, {**SHOWN, "shown_us": 490}, EvidenceState.REVIEW),  # of silica
        (489, {**SHOWN, "registered": "silica"}, EvidenceState.REVIEW),
        (489, {**SHOWN, "medium": "silica"}, EvidenceState.REVIEW),
        (489, {**SHOWN, "medium": "undisclosed"}, EvidenceState.REVIEW),
        (489, {**SHOWN, "proven": False}, EvidenceState.REVIEW),
        (490, {"shown_us": 400}, EvidenceState.ACCEPTED),
        (980, {"direction": "round_trip"}, EvidenceState.ACCEPTED),
        (979, {"direction": "round_trip"}, EvidenceState.REVIEW),
    ],
)
def test_over_a_hundred_kilometres_light_decides(
    value: int, changes: dict[str, Any], state: EvidenceState
) -> None:
    assert assess(claim(value, **changes), metres=Decimal(100_000), at=AT) is state


@pytest.mark.parametrize(
    ("value", "changes"),
    [
        (333, {}),
        (333, SHOWN),
        (667, {**SHOWN, "direction": "round_trip"}),
        (0, {}),
    ],
)
def test_nothing_is_faster_than_light_in_a_vacuum(value: int, changes: dict[str, Any]) -> None:
    with pytest.raises(ImpossibleLatency):
        assess(claim(value, **changes), metres=Decimal(100_000), at=AT)


def test_what_has_not_been_measured_yet_is_refused() -> None:
    with pytest.raises(MeasuredInFuture):
        assess(claim(490, measured_at=AT + timedelta(seconds=1)), metres=Decimal(100_000), at=AT)


@pytest.mark.parametrize(
    ("value", "direction", "clock", "upper"),
    [(44, "one_way", 1, 45), (45, "round_trip", 0, 23), (44, "round_trip", 2, 24)],
)
def test_the_upper_end_counts_the_clock_and_rounds_up(
    value: int, direction: str, clock: int, upper: int
) -> None:
    assert claim(value, direction=direction, clock_bound_us=clock).upper_us == upper


@given(
    value=st.integers(0, 10**6),
    metres=st.integers(0, 10**7).map(Decimal),
    medium=st.sampled_from(list(Medium)),
)
def test_the_whole_bound_decides_as_the_exact_one_does(value: int, metres: Decimal, medium: Medium) -> None:
    below = faster_than(value, metres, medium)
    assert below == (value < floor_us(metres, medium)) or value == floor_us(metres, medium)


@given(lower=st.integers(0, 5000), width=st.integers(0, 5000), bound=st.integers(1, 10_000))
def test_a_verdict_is_right_for_every_latency_in_the_interval(lower: int, width: int, bound: int) -> None:
    verdict = judge(upper_us=lower + width, lower_us=lower, below_us=bound)
    meets = {true < bound for true in (lower, lower + width)}
    assert (
        meets
        == {
            Verdict.PASS: {True},
            Verdict.FAIL: {False},
            Verdict.INCONCLUSIVE: {True, False},
        }[verdict]
    )


def record(**changes: Any) -> dict[str, Any]:
    """The demo's first measurement, of a span whose great circle is 7.055 km (24 µs in a vacuum, 35 in silica)."""
    return {
        "span": "jia-weiting-loufeng",
        "layer": "optical",
        "direction": "one_way",
        "method": "otn_delay_halved",
        "value_us": 44,
        "clock_bound_us": 1,
        "samples": 1440,
        "percentile": "99",
        "measured_at": days_ago(60),
        "declarer": "line-jia",
        **changes,
    }


def measured() -> int | None:
    return Span.objects.get(key="jia-weiting-loufeng").measured_us


@pytest.mark.django_db
def test_accepted_optical_evidence_stands_for_the_estimate(world: World) -> None:
    answer = world.lin.post(PATH, record())
    assert (answer.status_code, answer.json()["state"], answer.json()["upper_us"]) == (201, "accepted", 45)
    assert measured() == 45
    world.lin.post(PATH, record(value_us=60, measured_at=days_ago(90)))
    assert measured() == 45, "an older measurement does not overwrite a newer one"
    world.lin.post(PATH, record(value_us=50, measured_at=days_ago(50)))
    assert measured() == 51


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "state"),
    [
        ({"layer": "private_ip", "method": "twamp", "value_us": 400}, "accepted"),
        ({"value_us": 30}, "review"),
        ({"value_us": 30, "medium": "hollow_core"}, "review"),
        ({"value_us": 30, "medium": "hollow_core", "file_sha256": "00" * 32}, "review"),
    ],
)
def test_other_layers_and_doubtful_claims_are_kept_and_not_used(
    world: World, change: dict[str, Any], state: str
) -> None:
    answer = world.lin.post(PATH, record(**change))
    assert (answer.status_code, answer.json()["state"]) == (201, state)
    assert measured() is None


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"value_us": 22}, "/value_us", "impossible_latency"),
        ({"value_us": -1}, "/value_us", "min_value"),
        ({"value_us": 44.5}, "/value_us", "invalid"),
        ({"layer": "radio"}, "/layer", "invalid_choice"),
        ({"samples": 0}, "/samples", "min_value"),
        ({"percentile": "101"}, "/percentile", "max_value"),
        ({"measured_at": "2099-01-01T00:00:00Z"}, "/measured_at", "measured_in_future"),
        ({"measured_at": "2026-01-01T09:00:00"}, "/measured_at", "no_offset"),
        ({"span": "nowhere"}, "/span", "unknown_span"),
        ({"file_sha256": "xyz"}, "/file_sha256", "invalid"),
        ({"layer": "private_ip"}, "/layer", "contradictory_evidence"),
        ({"method": "twamp"}, "/layer", "contradictory_evidence"),
        ({"direction": "round_trip"}, "/direction", "halved_twice"),
    ],
    ids=str,
)
def test_a_wrong_claim_names_its_field(world: World, change: dict[str, Any], pointer: str, code: str) -> None:
    answer = world.lin.post(PATH, record(**change))
    found = [(error["pointer"], error["code"]) for error in answer.json()["errors"]]
    assert (answer.status_code, found) == (400, [(pointer, code)])
    assert not LatencyEvidence.objects.exists()


@pytest.mark.django_db
def test_nobody_measures_another_s_span(world: World) -> None:
    answer = world.lou.post(PATH, record())
    assert (answer.status_code, answer.json()["code"]) == (400, "unknown_span")
    assert world.ben.post(PATH, record()).status_code == 403


@pytest.fixture
def doubtful(world: World) -> dict[str, Any]:
    """30 µs over 7.055 km: more than light needs in a vacuum, less than in silica."""
    row: dict[str, Any] = made(world.lin.post(PATH, record(value_us=30)))
    assert (row["state"], row["review"], measured()) == ("review", None, None)
    return row


def beyond_silica() -> set[str]:
    """The spans on which light may be faster than in silica."""
    spans = list(Span.objects.all())
    told = told_of_spans(spans, all_=True)
    return {span.key for span in spans if "beyond_silica" in told[span.id]}


@pytest.mark.django_db
def test_the_supervision_accepts_on_a_proof_and_then_it_stands(
    world: World, doubtful: dict[str, Any]
) -> None:
    here = f"{PATH}/{doubtful['id']}"
    said = {"reason": "现场查验空芯光缆", "proof_sha256": PROOF}
    for stranger in (world.lin, world.otto):
        assert stranger.post(f"{here}:accept", said).status_code == 403
    assert world.lou.post(f"{here}:accept", said).status_code == 404
    bare = world.rhea.post(f"{here}:accept", {"reason": "可信"})
    assert [each["pointer"] for each in bare.json()["errors"]] == ["/proof_sha256"]
    row = made(world.rhea.post(f"{here}:accept", said))
    assert (row["state"], row["review"]["reason"], measured()) == ("accepted", "现场查验空芯光缆", 31)
    again = world.sue.post(f"{here}:refuse", {"reason": "再看"})
    assert (again.status_code, again.json()["code"]) == (409, "state_conflict")
    assert beyond_silica() == {"jia-weiting-loufeng"}
    assert [each["id"] for each in made(world.lin.get(f"{PATH}?state=accepted"))["items"]] == [row["id"]]
    assert made(world.lin.get(f"{PATH}?state=review"))["items"] == []
    assert EventRecord.objects.get(name="scheduling.evidence_reviewed").payload["state"] == "accepted"


@pytest.mark.django_db
def test_what_is_refused_on_review_is_kept_and_never_stands(world: World, doubtful: dict[str, Any]) -> None:
    here = f"{PATH}/{doubtful['id']}"
    row = made(world.sue.post(f"{here}:refuse", {"reason": "没有空芯光缆"}))
    assert (row["state"], measured()) == ("refused", None)
    assert made(world.lin.get(here))["review"]["decision"] == "refused"
    assert made(world.lin.get(f"{here}/verdict?below_us=1000"))["verdict"] == "inconclusive"
    assert beyond_silica() == set()


@pytest.mark.django_db
def test_an_older_record_that_is_accepted_late_does_not_overwrite_a_newer_one(
    world: World, doubtful: dict[str, Any]
) -> None:
    made(world.lin.post(PATH, record(value_us=50, measured_at=days_ago(50))))
    said = {"reason": "查验", "proof_sha256": PROOF}
    made(world.rhea.post(f"{PATH}/{doubtful['id']}:accept", said))
    assert measured() == 51


@pytest.mark.django_db
def test_what_does_not_wait_for_review_is_not_reviewed(world: World) -> None:
    row = made(world.lin.post(PATH, record()))
    answer = world.rhea.post(f"{PATH}/{row['id']}:refuse", {"reason": "不信"})
    assert (answer.status_code, answer.json()["code"]) == (409, "state_conflict")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("below", "verdict"),
    [(46, "pass"), (45, "inconclusive"), (44, "inconclusive"), (43, "fail"), (1, "fail")],
)
def test_a_record_passes_fails_or_says_nothing_of_a_bound(world: World, below: int, verdict: str) -> None:
    row = made(world.lin.post(PATH, record()))  # 44 ± 1 µs
    told = made(world.rhea.get(f"{PATH}/{row['id']}/verdict?below_us={below}"))
    assert told == {
        "layer": "optical", "state": "accepted", "lower_us": 43, "upper_us": 45, "below_us": below, "verdict": verdict,
    }  # fmt: skip


@given(
    value=st.integers(0, 2000),
    clock=st.integers(0, 300),
    bound=st.integers(1, 2000),
    state=st.sampled_from(EvidenceState),
)
def test_a_verdict_is_right_for_every_latency_that_the_record_allows(
    value: int, clock: int, bound: int, state: EvidenceState
) -> None:
    row = LatencyEvidence(direction="round_trip", value_us=value, clock_bound_us=clock, state=state)
    upper = claim(value, direction="round_trip", clock_bound_us=clock).upper_us
    verdict = verdict_of(state=state, lower_us=row.lower_us, upper_us=upper, below_us=bound)
    true = [max(Fraction(0), Fraction(value, 2) + sign * clock) for sign in (-1, 0, 1)]
    if verdict is Verdict.PASS:
        assert state is EvidenceState.ACCEPTED
        assert all(each < bound for each in true)
    if verdict is Verdict.FAIL:
        assert state is EvidenceState.ACCEPTED
        assert all(each >= bound for each in true)


@pytest.mark.django_db
def test_fresh_evidence_is_in_the_next_snapshot_and_so_is_what_was_accepted_on_review(world: World) -> None:
    open_market(world)

    def told() -> tuple[str, dict[str, Any]]:
        answer = chosen(world.ben)["answer"]
        return answer["snapshot"], {each["offer"]: each["latency_us"] for each in answer["bundles"]}

    before, rows = told()
    for span in Span.objects.filter(kind="fibre"):
        made(world.lin.post(PATH, record(span=span.key, value_us=10**6, measured_at=days_ago(50))))
    after, none = told()
    assert rows
    assert (after != before, none) == (True, {})


def changed(row: Span) -> tuple[int | None, int]:
    row.refresh_from_db()
    return row.measured_us, row.generation


@pytest.mark.django_db
def test_of_many_the_newest_accepted_stands_and_a_refuted_one_fails_alone(world: World) -> None:
    span = Span.objects.get(key="jia-weiting-loufeng")
    items = [
        record(value_us=60, measured_at=days_ago(49)),
        record(value_us=50, measured_at=days_ago(50)),
        record(value_us=22),
        record(span="nowhere"),
        record(value_us=70, layer="private_ip", method="rtt_halved", measured_at=days_ago(48)),
        {},
    ]
    before = span.generation
    answer = made(world.lin.post(f"{PATH}:batch", {"items": items}))
    told = [each["problem"] and each["problem"]["code"] for each in answer["items"]]
    assert told == [None, None, "impossible_latency", "unknown_span", None, "invalid_input"]
    assert changed(span) == (61, before + 1)
    kept = [str(row.id) for row in LatencyEvidence.objects.order_by("id")]
    assert sorted(each["id"] for each in answer["items"] if each["id"]) == sorted(kept)
    refused = world.lin.post(f"{PATH}:batch", {"items": [record(value_us=44), {}], "atomic": True})
    assert (refused.status_code, LatencyEvidence.objects.count()) == (409, 3)


@pytest.mark.django_db
def test_more_measurements_cost_no_more_statements(world: World) -> None:
    days = [days_ago(each) for each in range(150, 80, -1)]

    def cost(items: list[dict[str, Any]]) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert made(world.lin.post(f"{PATH}:batch", {"items": items}))["failed"] == 0
        return len(queries)

    cost([record(measured_at=days[0])])
    assert cost([record(measured_at=days[1])]) == cost([record(measured_at=day) for day in days[2:62]])
    assert EventRecord.objects.filter(name="scheduling.evidence_recorded").count() == 62


@pytest.mark.django_db
def test_a_latency_that_was_accepted_on_review_tells_its_proof(world: World) -> None:
    row = made(world.lin.post(PATH, record(value_us=30)))
    assert "evidence" not in told()
    made(world.rhea.post(f"{PATH}/{row['id']}:accept", {"reason": "现场查验空芯光缆", "proof_sha256": PROOF}))
    assert (told()["evidence"], told()["beyond_silica"]) == (row["id"], True)
    assert told()["medium"] == "hollow_core", "what was found on review, not what the carrier registered"


def told() -> dict[str, Any]:
    span = Span.objects.get(key=record()["span"])
    return told_of_spans([span], all_=False)[span.id]
