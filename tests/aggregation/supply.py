"""Supply for tests: centres, pools and offers as their providers declare them, over HTTP and through the gate."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.utils.dateparse import parse_datetime

from identifiers.domain.lifecycle import IdentifierKind
from identifiers.services.identifiers import accept_filing, apply_identifier, approve_identifier
from identifiers.services.prefixes import accept_prefix
from kernel.actor import SYSTEM
from kernel.clock import now
from participants.models import Qualification
from tests.support.cast import Person

DATA = Path(__file__).resolve().parents[2] / "demo" / "data"
ABSENT = object()


def load(name: str) -> Any:
    return json.loads((DATA / name).read_text(encoding="utf-8"))


def bodies(name: str, provider: str) -> list[dict[str, Any]]:
    """The demo's bodies of one provider: `centres`, `pools` or `offers`."""
    document = load(f"{name}.json")
    rows = [row for row in document[name] if row["provider"] == provider]
    return [changed(row, {"provider": ABSENT, "marking": document["marking"]}) for row in rows]


def centre(**changes: Any) -> dict[str, Any]:
    return changed(bodies("centres", "compute-jia")[0], changes)


def pool(**changes: Any) -> dict[str, Any]:
    return changed(bodies("pools", "compute-jia")[0], changes)


def offer(**changes: Any) -> dict[str, Any]:
    return changed(bodies("offers", "compute-jia")[0], changes)


def changed(body: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**body, **changes}.items() if value is not ABSENT}


def made(response: Any) -> Any:
    """The body of an answer that must be a success."""
    assert response.status_code < 300, response.content.decode()
    return response.json()


def declare(person: Person, *, offers: bool = True, suffix: str = "", **pool_changes: Any) -> dict[str, Any]:
    """One centre, pool and offer of a person's; the answers by noun. `suffix` makes the keys other ones."""
    names = {"centre": f"wujiang{suffix}", "pool": f"wj-910b{suffix}"}
    found = {"centre": made(person.post("/api/v1/centres", centre(centre=names["centre"])))}
    found["pool"] = made(person.post("/api/v1/pools", pool(**names, **pool_changes)))
    if offers:
        body = offer(offer=f"wj-910b-hour{suffix}", **names)
        found["offer"] = made(person.post("/api/v1/offers", body))
    return found


def identify(person: Person, kind: IdentifierKind, subject: UUID | str, *, filed: bool = True) -> Any:
    """Give a resource its identifier, filed at the national node or still waiting for that."""
    accept_prefix(prefix="86.320000", delegated_by="000000", actor=SYSTEM)
    kinds: dict[IdentifierKind, dict[str, Any]] = {
        IdentifierKind.CENTRE: {"name": "示范", "division": "320509", "design_racks": 1200},
        IdentifierKind.POOL: {
            "name": "示范",
            "division": "320509",
            "compute_kind": "intelligent",
            "capacity_full": 16,
            "capacity_unit": "machine",
        },
        IdentifierKind.APPLICATION: {"name": "示范", "category": "inference"},
    }
    row = apply_identifier(kind=kind, subject=UUID(str(subject)), attributes=kinds[kind], actor=person.actor)
    row = approve_identifier(identifier=row, actor=SYSTEM)
    return accept_filing(code=row.code or "", receipt="F-1") if filed else row


def enrol(person: Person, agent: str = "agent-1") -> Any:
    """Register an agent of a person's."""
    body = {"agent": agent, "callback_url": "https://agent.example.com/dispatch"}
    return made(person.post("/api/v1/agents", body))


def beat(
    sequence: int = 1, *, seconds_ago: float = 0, agent: str = "agent-1", **readings: Any
) -> dict[str, Any]:
    """The body of a heartbeat; `readings` are pool (with _ for -) → free machines of 16, or a whole reading."""
    pools = []
    for name, said in (readings or {"wj_910b": 6}).items():
        reading = said if isinstance(said, dict) else {"machines_total": 16, "machines_free": said}
        pools.append({"pool": name.replace("_", "-"), **reading})
    observed = now() - timedelta(seconds=seconds_ago)
    return {"agent": agent, "sequence": sequence, "observed_at": observed.isoformat(), "pools": pools}


def bring_to_market(person: Person, *, suffix: str = "", free: int = 6) -> dict[str, Any]:
    """A centre, a pool and an offer that may be sold: identified, filed, reported."""
    found = declare(person, suffix=suffix)
    identify(person, IdentifierKind.CENTRE, found["centre"]["id"])
    identify(person, IdentifierKind.POOL, found["pool"]["id"])
    if not person.get("/api/v1/agents").json()["items"]:
        enrol(person)
    readings: dict[str, Any] = {f"wj-910b{suffix}": free}
    report(person, beat(next_sequence(person), **readings))
    return found


def next_sequence(person: Person) -> int:
    return len(person.get("/api/v1/inventory/heartbeats").json()["items"]) + 1


def report(person: Person, body: dict[str, Any]) -> Any:
    return made(person.post("/api/v1/inventory/heartbeats", body))


def moment(text: str) -> Any:
    """A time of the API as a datetime."""
    return parse_datetime(text)


def qualify(person: Person) -> None:
    """A reseller's qualification, as two people granted it."""
    Qualification.objects.get_or_create(
        organisation=person.organisation, defaults={"valid_until": now() + timedelta(days=300)}
    )


def allot(provider: Person, reseller: Person, pool: str = "wj-910b", quantity: int = 4, **window: Any) -> Any:
    """The provider sets machines of a pool aside for a qualified reseller."""
    qualify(reseller)
    body = {"pool": pool, "reseller": str(reseller.organisation.id), "quantity": quantity, **window}
    return made(provider.post("/api/v1/allotments", body))


def resell(reseller: Person, allotment: Any, *, key: str = "wj-part", **changes: Any) -> Any:
    """The reseller takes an allotment, and puts up an offer of it at its own price."""
    made(reseller.post(f"/api/v1/allotments/{allotment['id']}:accept", {"pool": key}))
    body = offer(offer=f"{key}-hour", pool=key, centre=ABSENT, **changes)
    return made(reseller.post("/api/v1/offers", body))
