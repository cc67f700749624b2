"""What is shown of a line: registered hollow core, evidence of it, and the acceptance test, which is evidence like any other."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from kernel.models.jobs import Job
from scheduling.models import LineOpening, Span
from tests.aggregation.supply import made
from tests.scheduling.live import chosen, days_ago, open_market
from tests.scheduling.test_evidence import PATH, PROOF, record
from tests.scheduling.test_openings import act, opened, report
from tests.support.cast import World

pytestmark = pytest.mark.django_db
SCENE = open_market

HALVES = ("jia-half-1", "jia-half-2")
HALFWAY = {"site": "jia-halfway", "name": "中途站（演示数据）", "city": "320506", "lat": "31.26991", "lon": "120.705785", "role": "core"}  # fmt: skip


def configured(world: World, ends: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """An opening of Ben's that waits for its test."""
    opening = opened(world, ends, **changes)
    act(world.lin, opening, "take-on")
    act(world.lin, opening, "configure")
    return opening


def lay(world: World, *, km: str = "9.6") -> tuple[UUID, ...]:
    """Lin's fibre straight from the park to Wujiang, in two halves of 8.6 km that she registers as hollow core."""
    ends = zip(HALVES, ("sip-weiting", "jia-halfway"), ("jia-halfway", "wujiang"), strict=True)
    spans = [
        {"span": key, "a": a, "b": b, "medium": "hollow_core", "km": km, "capacity_mbps": 10000}
        for key, a, b in ends
    ]
    made(
        world.lin.post(
            "/api/v1/networks:import", {"line_provider": "line-jia", "sites": [HALFWAY], "spans": spans}
        )
    )
    return tuple(Span.objects.get(key=key).id for key in HALVES)


def measure(world: World, span: str, value_us: int = 40, **changes: Any) -> str:
    """Lin says that light takes so much over one of the halves: 29 µs are needed in a vacuum, 43 in silica."""
    return str(made(world.lin.post(PATH, record(span=span, value_us=value_us, **changes)))["id"])


def review(world: World, evidence: str, verb: str) -> None:
    said = {"reason": "现场查验", "proof_sha256": PROOF}
    made(world.rhea.post(f"{PATH}/{evidence}:{verb}", said))


def test_registered_hollow_core_is_estimated_as_silica_until_it_was_shown_on_a_review(world: World) -> None:
    lay(world)
    key, said = HALVES[0], {"medium": "hollow_core", "file_sha256": PROOF}

    def sold() -> tuple[int, str, str]:
        told = chosen(world.ben)["spans"][key]
        return told["latency_us"], told["basis"], told["medium"]

    assert sold() == (48, "estimated", "hollow_core")  # 9.6 km × 4.9
    first = measure(world, key, 35, **said)
    assert sold() == (48, "estimated", "hollow_core"), "a carrier's word, thrice"
    review(world, first, "accept")
    assert sold() == (36, "measured", "hollow_core")
    for value, changes, state, stands in [
        (37, {}, "review", 36),
        (34, said, "review", 36),  # faster than was shown
        (37, said, "accepted", 38),
    ]:
        body = record(span=key, value_us=value, measured_at=days_ago(40), **changes)
        assert (made(world.lin.post(PATH, body))["state"], sold()[0]) == (state, stands)
    lay(world, km="9.7")
    assert sold() == (48, "estimated", "hollow_core"), "it runs elsewhere now"
    body = record(span=key, value_us=37, **said)
    assert made(world.lin.post(PATH, body))["state"] == "review"


def test_below_silica_a_test_is_believed_where_accepted_evidence_shows_hollow_core(world: World) -> None:
    other = Span.objects.get(key="jia-weiting-loufeng").id
    halves = lay(world)
    opening = configured(world, {"spans": (other,), "protection_spans": halves}, circuits=2)

    def least(path: str, us: int) -> None:
        """A test of the path is believed from so much on; that it loses everything lets the line wait for the next."""
        body = report(path=path, latency_us=us - 1)
        answer = act(world.lin, opening, "report-test", body, status=400)
        assert (answer["code"], answer["errors"][0]["pointer"]) == ("faster_than_shown", "/latency_us")
        assert all(
            key in answer["detail"] for key in (HALVES if path == "protection" else ["jia-weiting-loufeng"])
        )
        act(world.lin, opening, "report-test", body | {"latency_us": us, "loss": "1"})

    least("protection", 85)  # 17.184 km, registered as hollow core: a carrier's word
    at = days_ago(50)
    measure(world, HALVES[1], 43, measured_at=at)  # as in silica: it stands
    first, second = measure(world, HALVES[0]), measure(world, HALVES[1], measured_at=at)
    least("protection", 85)  # in review
    review(world, second, "refuse")
    routed = measure(world, HALVES[1], layer="private_ip", method="rtt_halved", measured_at=at)
    review(world, routed, "accept")
    least("protection", 85)  # refused, or of another layer
    review(world, first, "accept")
    least("protection", 71)  # one half of it
    review(world, measure(world, HALVES[1], measured_at=days_ago(40)), "accept")
    assert act(world.lin, opening, "report-test", report(path="protection", latency_us=57), status=400)["code"] == "impossible_latency"  # fmt: skip
    after = act(world.lin, opening, "report-test", report(path="protection", latency_us=58))
    assert (after["state"], after["tests"][-1]["verdict"]) == ("configured", "pass")
    least("working", 85)  # it runs elsewhere
    lay(world, km="9.7")
    least("protection", 85)  # it was measured on another route
    assert not Job.objects.filter(name="scheduling.deem_line").exists()


def test_an_opening_of_an_earlier_release_has_no_route_that_evidence_could_show(world: World) -> None:
    opening = configured(world)
    LineOpening.objects.update(routes=None)
    answer = act(world.lin, opening, "report-test", report(latency_us=84), status=400)
    assert answer["code"] == "faster_than_shown"
    assert act(world.lin, opening, "report-test", report(latency_us=85))["state"] == "delivered"


def test_a_test_passes_fails_or_decides_nothing_and_only_a_pass_delivers(world: World) -> None:
    """Sold below 1000 µs and without loss; the clock is good to 2 µs."""
    opening = configured(world)
    table: list[tuple[dict[str, Any], str]] = [
        ({"latency_us": 998}, "inconclusive"),
        ({"latency_us": 1001}, "inconclusive"),
        ({"latency_us": 1002}, "fail"),
        ({"clock_bound_us": 850}, "inconclusive"),
        ({"loss": "0.000000001"}, "fail"),
        ({"loss": "0.000000001", "latency_us": 998}, "fail"),
        ({"latency_us": 997}, "pass"),
    ]
    for change, verdict in table:
        after = act(world.lin, opening, "report-test", report(**change))
        test = after["tests"][-1]
        assert (test["verdict"], test["met"]) == (verdict, verdict == "pass"), change
        assert after["state"] == ("delivered" if verdict == "pass" else "configured"), change


def test_a_test_has_to_show_as_much_as_other_evidence(world: World) -> None:
    opening = configured(world)
    contracted = datetime.fromisoformat(opening["contracted_at"])
    before = (contracted - timedelta(microseconds=1)).isoformat()
    table: list[tuple[dict[str, Any], tuple[str, str] | None]] = [
        ({"samples": 99}, ("/samples", "too_few_samples")),
        ({"measured_at": days_ago(1)}, ("/measured_at", "tested_before_configured")),
        ({"measured_at": before}, ("/measured_at", "tested_before_contract")),
        ({"measured_at": opening["contracted_at"], "loss": "1"}, None),
        ({"method": "rtt_halved"}, ("/method", "invalid_choice")),
        ({"method": "cable_record"}, ("/method", "invalid_choice")),
        ({"samples": 1, "method": "otdr", "loss": "1"}, None),
        ({"samples": 100, "loss": "1"}, None),
    ]
    for change, fault in table:
        body = report(**change)
        answer = act(world.lin, opening, "report-test", body, status=400 if fault else 200)
        if fault:
            assert [(each["pointer"], each["code"]) for each in answer["errors"]] == [fault]
