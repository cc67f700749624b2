"""A live market for tests: the demo's networks, tariffs and evidence over HTTP, identified and filed."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

from identifiers.domain.lifecycle import IdentifierKind
from identifiers.services.identifiers import accept_filing, apply_identifier, approve_identifier
from identifiers.services.prefixes import accept_prefix
from kernel.actor import SYSTEM
from kernel.clock import now
from kernel.services.outbox import drain
from scheduling.models import LineProduct, Selection
from scheduling.selectors.selections import BundleFacts, bundle
from scheduling.services.supply import keep_up
from tests.aggregation.supply import (
    beat,
    bodies,
    bring_to_market,
    enrol,
    identify,
    made,
    next_sequence,
    report,
)
from tests.support.cast import Person, World

DATA = Path(__file__).resolve().parents[2] / "demo" / "data"
DEMANDS = json.loads((DATA / "demand.json").read_text(encoding="utf-8"))
MARKED = urlencode({"marking": "演示数据"})
LINE = {
    "name": "示范专线",
    "from_division": "320571",
    "to_division": "320509",
    "technology": "otn",
    "bandwidth_mbps": 1000,
}

CLASSES = [
    {"code": "pre_covered", "up_to_m": 500, "days": 1},
    {"code": "extension", "up_to_m": 5000, "days": 10},
    {"code": "new_build", "up_to_m": 30000, "days": 45},
]
POINT = {"lat": "31.3500", "lon": "120.7000"}  # 690 m from Lin's station in the park, 12 km from Shengpu
PAIR = {
    "from_site": None,
    "from_coordinates": POINT,
    "protection": "one_plus_one",
    "max_latency_us": None,
}
SOMEWHERE = {"from_site": None, "from_coordinates": POINT}
"""A start on earth, which a demand may have before there is any supply."""
COVERED = "address,lat,lon,site"


def network() -> dict[str, Any]:
    """The demo's disclosed network, fresh for changes."""
    return dict(json.loads((DATA / "network_jia.json").read_text(encoding="utf-8")))


def text(name: str) -> str:
    return (DATA / name).read_text(encoding="utf-8")


def send_csv(person: Person, path: str, body: str) -> Any:
    return person.send("POST", path, body.encode(), Content_Type="text/csv")


def days_ago(days: int) -> str:
    """So many days before now, as the API reads it: evidence may not be too old."""
    return (now() - timedelta(days=days)).isoformat()


def disclose(person: Person, *, evidence: bool = True) -> None:
    """The network, the tariffs and the measurements of 示范线路商甲, as the person's."""
    made(person.post("/api/v1/networks:import", network()))
    made(send_csv(person, "/api/v1/tariffs:import", text("tariffs_jia.csv")))
    if evidence:
        for record in json.loads(text("latency_evidence.json"))["evidence"]:
            made(person.post("/api/v1/latency-evidence", {**record, "measured_at": days_ago(60)}))


def disclose_network(world: World) -> None:
    """Lin's network and tariffs, of which nothing is measured yet."""
    disclose(world.lin, evidence=False)


def share_a_duct(person: Person) -> None:
    """From now on all ways out of the person's station in the park lie in one duct: a PAIR begins at two access points."""
    net = network()
    for span in net["spans"]:
        if "sip-weiting" in (span["a"], span["b"]):
            span["srlg"] = ["one duct"]
    made(person.post("/api/v1/networks:import", net))


def enter(person: Person, centre: str = "wujiang") -> dict[str, Any]:
    """The person's entry to a centre, without which no word on a line there is firm."""
    return dict(made(person.post("/api/v1/centre-entries", {"centre": centre})))


def price_ends(person: Person, extension: str = "800") -> None:
    """The person says what each of its ends costs, so that farther ones can be chosen too."""
    prices = zip(CLASSES, ("0", extension, "901"), strict=True)
    classes = [{**each, "one_off_cny": price} for each, price in prices]
    made(person.post("/api/v1/line-end-profiles", {"classes": classes}))


def register_centres(world: World) -> None:
    """The demo's eight centres of Ada's and Cleo's, without identifiers: a committed line reaches one that is there."""
    for person, provider in ((world.ada, "compute-jia"), (world.cleo, "compute-yi")):
        for body in bodies("centres", provider):
            made(person.post("/api/v1/centres", body))


def commit_lines(person: Person, lines: str = "") -> None:
    """The committed lines and tariffs of 示范线路商乙, as the person's, or other lines; sites and centres must be there."""
    body = lines or text("committed_lines_yi.csv")
    made(send_csv(person, f"/api/v1/committed-lines:import?{MARKED}", body))
    made(send_csv(person, f"/api/v1/tariffs:import?{MARKED}", text("tariffs_yi.csv")))


def identify_lines(person: Person, *, filed: bool = True) -> None:
    """Identifiers for every line product of the person's."""
    accept_prefix(prefix="86.320000", delegated_by="000000", actor=SYSTEM)
    for product in LineProduct.objects.filter(provider__tenant_id=person.organisation.id):
        row = apply_identifier(
            kind=IdentifierKind.LINE, subject=product.id, attributes=LINE, actor=person.actor
        )
        row = approve_identifier(identifier=row, actor=SYSTEM)
        if filed:
            accept_filing(code=row.code or "", receipt=f"L-{product.id.hex[-8:]}")


def open_market(world: World, *, free: int = 6) -> None:
    """One offer of Ada's in Wujiang (8 × Ascend 910B a machine, so many free) and Lin's network, all sellable; Ben may buy."""
    assert world.ben.organisation
    disclose(world.lin)
    identify_lines(world.lin)
    bring_to_market(world.ada, free=free)
    let_a_second_pass()


def let_a_second_pass() -> None:
    """What the node does every second: everybody is told of what happened, and the supply is brought up to date."""
    drain()
    keep_up()


def open_entered_market(world: World) -> None:
    """The same, and Lin enters the centre in Wujiang."""
    open_market(world)
    enter(world.lin)


def withdraw(person: Person, noun: str, **which: Any) -> Any:
    """What comes of the person's taking the one of its rows off the market that the filter names: `sites`, `spans`, `tariffs`."""
    (row,) = made(person.get(f"/api/v1/{noun}?{urlencode(which)}"))["items"]
    path = f"/api/v1/{noun}/{row['id']}:withdraw"
    return person.send("POST", path, {"reason": "停止销售"}, If_Match=f'"{row["generation"]}"')


def leave_free(person: Person, machines: int) -> None:
    """The next report of the person's agent: so many machines of the offer in Wujiang are free."""
    report(person, beat(next_sequence(person), wj_910b=machines))


def open_whole_market(world: World) -> None:
    """The demo's eight centres of Ada's and Cleo's, and the lines of Lin's and Lou's, all sellable; Ben may buy."""
    assert world.ben.organisation
    disclose(world.lin)
    register_centres(world)
    commit_lines(world.lou)
    identify_lines(world.lin)
    identify_lines(world.lou)
    for person, provider in ((world.ada, "compute-jia"), (world.cleo, "compute-yi")):
        readings: dict[str, Any] = {}
        for centre in made(person.get("/api/v1/centres?limit=200"))["items"]:
            identify(person, IdentifierKind.CENTRE, centre["id"])
        for body in bodies("pools", provider):
            found = made(person.post("/api/v1/pools", body))
            identify(person, IdentifierKind.POOL, found["id"])
            readings[body["pool"]] = {
                "machines_total": body["machines"],
                "machines_free": body["machines"],
            }
        for body in bodies("offers", provider):
            made(person.post("/api/v1/offers", body))
        enrol(person)
        if provider == "compute-yi":
            made(send_csv(person, "/api/v1/offers:import", text("offers_yi.csv")))
        report(person, beat(**readings))
    let_a_second_pass()


def demand(**changes: Any) -> dict[str, Any]:
    """The imaging firm's demand, with the changes."""
    return {**DEMANDS["main"], **changes}


def chosen(person: Person, **changes: Any) -> dict[str, Any]:
    """The answer to the demand with the changes, as the person gets it."""
    return dict(made(person.post("/api/v1/selections", demand(**changes))))


def first_bundle(person: Person, **changes: Any) -> BundleFacts:
    """The facts of the best bundle for the demand with the changes."""
    row = Selection.objects.get(id=UUID(chosen(person, **changes)["id"]))
    return bundle(row.id, 0)


def some_order() -> UUID:
    return uuid4()
