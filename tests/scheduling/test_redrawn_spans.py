"""Imports of lines that are there: what is under contract keeps its ends, every key its kind, and what is cut below what is taken is said."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import OperationalError, connection, transaction

from kernel.clock import now
from kernel.domain.windows import Window
from kernel.models.capacity import Capacity, Claim
from kernel.services import capacity
from scheduling.models import Maintenance, Span
from scheduling.services.networks import import_network
from tests.aggregation.supply import bodies, made
from tests.scheduling.live import commit_lines, disclose, network, register_centres, send_csv, text
from tests.support.cast import World
from tests.support.races import aside

pytestmark = pytest.mark.django_db

NETWORKS, LINES = "/api/v1/networks:import", "/api/v1/committed-lines:import"
FIBRE, LINE = "jia-weiting-loufeng", "yi-sip-wujiang"
ELSEWHERE = {"b": "fenhu", "km": "90"}
HEADER, FIRST, SECOND, *_ = text("committed_lines_yi.csv").splitlines()


def scene(world: World) -> None:
    disclose(world.lin, evidence=False)
    register_centres(world)
    commit_lines(world.lou)


SCENE = scene


def sold(world: World, span: str, mbps: int = 1000, *, confirmed: bool = True) -> UUID:
    """So much of a span, held for Ben or under contract; the bundle."""
    row, bundle = Span.objects.get(key=span), uuid4()
    tenant = world.ben.organisation.id
    capacity.hold(bundle=bundle, tenant=tenant, quantities={row.id: mbps}, ttl=timedelta(minutes=9))
    if confirmed:
        capacity.confirm(bundle=bundle)
    return bundle


def changed(**changes: Any) -> dict[str, Any]:
    """Lin's network with nothing but the span, and the changes of it."""
    (row,) = (each for each in network()["spans"] if each["span"] == FIBRE)
    return network() | {"sites": [], "spans": [row | changes]}


def fibre(world: World, **changes: Any) -> list[tuple[str, str]]:
    return told(world, world.lin.post(f"{NETWORKS}?dry_run=true", changed(**changes)),
                world.lin.post(NETWORKS, changed(**changes)))  # fmt: skip


def line(world: World, row: str) -> list[tuple[str, str]]:
    body = f"{HEADER}\n{row}\n"
    return told(world, send_csv(world.lou, f"{LINES}?dry_run=true", body), send_csv(world.lou, LINES, body))


def told(world: World, dry: Any, done: Any) -> list[tuple[str, str]]:
    """What was said of it, the same by a dry run and by the act: faults, or flags."""
    report = made(dry)
    listed = report["faults"] or report["flags"]
    problem = done.json()
    assert done.status_code == (400 if report["faults"] else 200)
    found = [(each["pointer"], each["code"]) for each in listed]
    assert found == [(each["pointer"], each["code"]) for each in problem.get("errors") or problem["flags"]]
    return found


def test_a_span_under_contract_keeps_its_ends(world: World) -> None:
    hold = sold(world, FIBRE, confirmed=False)
    assert fibre(world, **ELSEWHERE) == [], "what is only held is refused when it is to be confirmed"
    capacity.confirm(bundle=hold)
    assert fibre(world) == [("/spans/0/a", "carries_contracts")]
    (fault,) = made(world.lin.post(f"{NETWORKS}?dry_run=true", changed(), Accept_Language="en"))["faults"]
    assert fault["detail"].endswith("withdraw it, and register the new line under another key")
    assert fibre(world, **ELSEWHERE, jitter_us=9) == []
    assert fibre(world, a="fenhu", b="sip-weiting", km="91") == [], "the same way, told from its other end"
    capacity.release(bundle=hold)
    assert fibre(world) == []
    assert Span.objects.get(key=FIBRE).b.key == "jia-loufeng"


def test_maintenance_is_no_contract(world: World) -> None:
    row = Span.objects.get(key=FIBRE)
    window = Window(now() + timedelta(days=1), now() + timedelta(days=2))
    body = {
        "resource": str(row.id),
        "start": window.start.isoformat(),
        "end": window.end.isoformat(),
        "reason": "x",
    }
    made(world.lin.post("/api/v1/maintenance-windows", body))
    assert Maintenance.objects.filter(resource=row.id).exists()
    assert fibre(world, **ELSEWHERE) == []


def test_a_committed_line_under_contract_keeps_its_site_and_centre(world: World) -> None:
    row = FIRST.replace(",wujiang,wujiang,", ",fenhu,fenhu,").replace(",420,", ",560,")
    hold = sold(world, LINE)
    assert line(world, row) == [("/lines/2/a_site", "carries_contracts")]
    (body,) = (each for each in bodies("centres", "compute-jia") if each["centre"] == "wujiang")
    made(world.ada.post("/api/v1/centres", body | {"centre": "wujiang-2"}))
    second = FIRST.replace(",wujiang,wujiang,", ",wujiang-2,wujiang,")
    assert line(world, second) == [("/lines/2/a_site", "carries_contracts")]
    assert line(world, FIRST.replace(",420,", ",430,")) == []
    capacity.release(bundle=hold)
    assert line(world, row) == []


def test_a_key_keeps_its_kind_whatever_it_carries(world: World) -> None:
    made(world.lou.post(NETWORKS, {"line_provider": "line-yi", "sites": [], "spans": [
        {"span": "yi-fibre", "a": "sip-weiting", "b": "wujiang", "km": "60", "capacity_mbps": 1000},
    ]}))  # fmt: skip
    assert line(world, FIRST.replace(LINE, "yi-fibre")) == [("/lines/2/line", "other_kind")]
    body = {"line_provider": "line-yi", "sites": [], "spans": [
        {"span": LINE, "a": "sip-weiting", "b": "wujiang", "km": "60", "capacity_mbps": 1000},
    ]}  # fmt: skip
    dry, done = world.lou.post(f"{NETWORKS}?dry_run=true", body), world.lou.post(NETWORKS, body)
    assert told(world, dry, done) == [("/spans/0/span", "other_kind")]
    assert Span.objects.get(key=LINE).kind == "commitment"


def test_another_s_key_says_neither_its_kind_nor_what_it_carries(world: World) -> None:
    sold(world, FIBRE)
    body = changed(**ELSEWHERE) | {"line_provider": "line-yi"}
    dry, done = world.lou.post(f"{NETWORKS}?dry_run=true", body), world.lou.post(NETWORKS, body)
    assert told(world, dry, done) == [("/spans/0/span", "key_taken")]
    assert line(world, FIRST.replace(LINE, FIBRE)) == [("/lines/2/line", "key_taken")]


def test_less_capacity_than_is_taken_is_flagged_and_nothing_more_is_granted(world: World) -> None:
    sold(world, FIBRE, 1000)
    sold(world, FIBRE, 500, confirmed=False)
    assert fibre(world, capacity_mbps=1500) == []
    assert fibre(world, capacity_mbps=1499) == [("/spans/0/capacity_mbps", "capacity_below_taken")]
    assert Capacity.objects.get(resource=Span.objects.get(key=FIBRE).id).over_committed
    sold(world, LINE, 11_000)
    cells = FIRST.split(",")
    cells[HEADER.split(",").index("capacity_mbps")] = "100"
    assert line(world, ",".join(cells)) == [("/lines/2/capacity_mbps", "capacity_below_taken")]


@pytest.mark.django_db(transaction=True)
def test_holds_and_confirmations_wait_for_the_import(world: World) -> None:
    bundle = sold(world, FIBRE, confirmed=False)

    def at_once(act: Callable[[], object]) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '50ms'")
        act()

    acts = (lambda: capacity.confirm(bundle=bundle), lambda: sold(world, FIBRE, confirmed=False))
    with transaction.atomic():
        import_network(**changed(**ELSEWHERE), dry_run=False, actor=world.lin.actor)
        for act in acts:
            with pytest.raises(OperationalError, match="lock timeout"):
                aside(lambda act=act: at_once(act))  # type: ignore[misc] # each its own
        transaction.set_rollback(True)
    assert [each.state for each in Claim.objects.filter(resource__unit="mbps")] == ["held"]
