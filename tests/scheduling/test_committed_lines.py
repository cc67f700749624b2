"""Committed lines that only hollow-core fibre could keep to: taken, told, and not sold before evidence is accepted on review."""

from typing import Any

import pytest

from scheduling.domain.light import Medium, floor_us
from scheduling.models import LatencyEvidence, Site, Span
from scheduling.selectors.sites import point_of
from tests.aggregation.supply import made
from tests.scheduling.live import chosen, open_whole_market, send_csv, text
from tests.scheduling.test_circles_drawn import boundary
from tests.scheduling.test_evidence import PROOF, record
from tests.support.cast import World

pytestmark = pytest.mark.django_db
SCENE = open_whole_market

LINES, EVIDENCE = "/api/v1/committed-lines:import", "/api/v1/latency-evidence"
LINE = "yi-sip-wujiang"  # 17.184 km by the great circle: 57 µs in a vacuum, 84 in silica
HEADER, FIRST, *_ = text("committed_lines_yi.csv").splitlines()
HELD = [("/lines/2/committed_latency_us", "awaits_review")]


def commit(
    world: World, latency_us: int, *, z: str = "wujiang", dry_run: bool = False
) -> list[tuple[str, str]]:
    """Lou commits to so much between the park and a centre; what the import remarks."""
    row = FIRST.replace(",420,", f",{latency_us},").replace(",wujiang,wujiang,", f",{z},{z},")
    told = made(send_csv(world.lou, f"{LINES}?dry_run={dry_run}", f"{HEADER}\n{row}\n"))
    assert told["faults"] == []
    return [(each["pointer"], each["code"]) for each in told["flags"]]


def sold(world: World) -> set[int]:
    """At how many µs the answer has Lou's line to Wujiang."""
    return {
        answer["latency_us"] for answer in [each for each in [chosen(world.ben)["spans"].get(LINE)] if each]
    }


def measure(world: World, value_us: int, **changes: Any) -> dict[str, Any]:
    return dict(made(world.lou.post(EVIDENCE, record(span=LINE, value_us=value_us, **changes))))


def accept(world: World, row: dict[str, Any]) -> None:
    said = {"reason": "现场查验空芯光缆", "proof_sha256": PROOF}
    made(world.rhea.post(f"{EVIDENCE}/{row['id']}:accept", said))


def waits(world: World) -> bool:
    (row,) = made(world.lou.get(f"/api/v1/spans?span={LINE}"))["items"]
    return bool(row["awaits_review"])


def test_a_commitment_below_silica_is_not_sold_before_its_review(world: World) -> None:
    assert (sold(world), waits(world)) == ({420}, False)
    assert commit(world, 61, dry_run=True) == HELD
    assert commit(world, 61) == HELD
    assert (sold(world), waits(world)) == (set(), True)
    row = measure(world, 60, medium="hollow_core", file_sha256=PROOF)
    assert (row["state"], sold(world)) == ("review", set()), "nobody has said so but the carrier"
    accept(world, row)
    assert (sold(world), waits(world)) == ({61}, False)
    shown = chosen(world.ben)["spans"][LINE]
    assert (shown["basis"], shown["medium"], shown["evidence"]) == ("committed", "hollow_core", row["id"])


@pytest.mark.parametrize("latency_us", [85, 84])
def test_silica_s_own_speed_is_the_bound(world: World, latency_us: int) -> None:
    held = latency_us < 85  # 17.184 km × 4.9 = 84.2
    assert commit(world, latency_us) == (HELD if held else [])
    assert sold(world) == (set() if held else {latency_us})


def test_evidence_of_more_than_is_committed_shows_nothing(world: World) -> None:
    commit(world, 61)
    accept(world, measure(world, 61))  # ± 1 µs
    assert waits(world)
    assert measure(world, 85)["state"] == "accepted"
    assert waits(world)
    assert Span.objects.get(key=LINE).measured_us == 61, "evidence changes no commitment"


def test_what_is_refused_on_review_stays_unsold(world: World) -> None:
    commit(world, 61)
    row = measure(world, 60)
    made(world.rhea.post(f"{EVIDENCE}/{row['id']}:refuse", {"reason": "没有空芯光缆"}))
    assert (waits(world), sold(world)) == (True, set())


def test_a_lower_commitment_or_another_end_has_to_be_shown_anew(world: World) -> None:
    commit(world, 61)
    accept(world, measure(world, 60))
    assert commit(world, 61) == []
    assert commit(world, 62) == []
    assert commit(world, 61) == HELD
    accept(world, measure(world, 60))
    assert commit(world, 61) == []
    fenhu = Site.objects.get(key="fenhu")
    metres = point_of(Site.objects.get(key="sip-weiting")).metres_to(point_of(fenhu))
    assert commit(world, floor_us(metres, Medium.SILICA), z="fenhu") == HELD, "it was shown of other ends"


def test_circles_do_not_count_what_awaits_review(world: World) -> None:
    made(world.rhea.post("/api/v1/metro-boundaries", boundary()))
    body = {"city": "320500", "line_provider": "line-yi"}

    def reached() -> Any:
        drawn = made(world.otto.post("/api/v1/latency-circles", body))
        return {each["centre"]: each["access_points"] for each in drawn["numbers"]["circles"]}

    made(world.lou.post("/api/v1/networks:import", {
        "line_provider": "line-yi", "spans": [],
        "sites": [{"site": "yi-park", "name": "示范站（演示数据）", "city": "320571", "lat": "31.34652", "lon": "120.69399", "role": "access_point"}],
    }))  # fmt: skip
    row = FIRST.replace(LINE, "yi-own").replace(",sip-weiting,", ",yi-park,")
    made(send_csv(world.lou, LINES, f"{HEADER}\n{row}\n"))
    assert reached()["wujiang"] == 1
    made(send_csv(world.lou, LINES, f"{HEADER}\n{row.replace(',420,', ',61,')}\n"))
    assert reached()["wujiang"] == 0


def test_light_refutes_on_review_too_what_has_moved_away_since(world: World) -> None:
    commit(world, 60)
    row = measure(world, 58)
    assert commit(world, 560, z="fenhu") == []  # 49 km
    said = {"reason": "现场查验空芯光缆", "proof_sha256": PROOF}
    answer = world.rhea.post(f"{EVIDENCE}/{row['id']}:accept", said)
    assert (answer.status_code, answer.json()["code"]) == (400, "impossible_latency")
    assert LatencyEvidence.objects.get(id=row["id"]).standing == "review"
