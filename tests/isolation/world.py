"""A full house: at least one object of every kind, for two tenants of each kind where the kind has tenants."""

import json
from datetime import timedelta
from typing import Any

from identifiers.models import Identifier
from kernel.api.idempotency import NOBODY
from kernel.clock import now, shanghai_year
from kernel.crypto.suite import INTERNATIONAL as SUITE
from kernel.ids import new_id
from kernel.models import Capacity
from kernel.models.idempotency import StoredReply
from kernel.services.outbox import relay
from marketplace.models import JournalEntry, Order
from marketplace.services.orders import note_dispatched, note_line_accepted
from monitoring.domain.alarms import AlarmKind
from monitoring.models import Feed
from monitoring.services.alarms import raise_alarm
from participants.domain.cases import CaseState
from participants.domain.organisations import APPOINTED
from participants.domain.organisations import OrganisationKind as Kind
from participants.models import ApiKey, Case, Decision, Mandate, Membership, Question, WebhookAttempt
from security.services.audit import append_checkpoint
from tests.aggregation.supply import allot, bring_to_market, made
from tests.isolation.addresses import INDICATOR
from tests.isolation.handing import SEVERAL, handed_over
from tests.isolation.peering import federation
from tests.marketplace.trade import SHEET, aged, period, policy_in_force, reading, sized
from tests.monitoring.readings import declared, minute, point, sent
from tests.nodes.far import FarNode
from tests.participants.newcomers import PDF, days_ahead
from tests.scheduling.live import (
    CLASSES,
    COVERED,
    commit_lines,
    demand,
    disclose,
    identify_lines,
    send_csv,
    text,
)
from tests.scheduling.test_circles_drawn import boundary
from tests.scheduling.test_evidence import record
from tests.security.reports import asset, grype, imported
from tests.support.cast import CAST, Person, World
from tests.support.licences import sound

SELLERS = ("ada", "cleo", "rex", "roy")
BUYERS = ("ben", "bea", "ann", "amy", "rex", "roy")
CARRIERS = ("lin", "lou")
ANOTHERS = "a-key-of-another-house"
FEEDS = [
    *((name, "resource", "cards_in_use") for name in SELLERS),
    *((name, "application", "calls") for name in ("ann", "amy")),
    *((name, "dispatch", "lines_ordered") for name in CARRIERS),
]
NO_DOCUMENTS = {Kind.REGULATOR, Kind.OPERATOR, *APPOINTED}


def canary(name: str) -> str:
    """What stands in the private texts of a person's house, and nowhere else."""
    return f"canary-of-{name}"


def furnish(world: World) -> FarNode:
    """Build everything, each thing by the one who may; gives the peer node."""
    for name in CAST:
        settle_in(getattr(world, name), name)
    for name in SELLERS:
        supply(getattr(world, name), name)
    for name in CARRIERS:
        lines(world, name)
    handed_over(world)
    allotted(world)
    one_hops(world)
    doubted(world)
    circles(world)
    entries(world)
    enquiries(world)
    for further in SEVERAL:
        supply(world.ada, f"ada-{further}")
        policy_in_force(world, version=f"canary-{further}")
        proposed = made(world.otto.post("/api/v1/voucher-balances", balance(world, further)))
        made(world.olga.post(f"/api/v1/proposals/{proposed['id']}:approve"))
    for turn, name in enumerate(BUYERS):
        trade(world, name, bundle=turn % 2)
    for name in (*SELLERS, *CARRIERS):
        maintain(getattr(world, name), name)
    settle(world)
    proposals(world)
    watched(world)
    secured(world)
    for number in SEVERAL:
        mandated(world, number)
    applications(world)
    first, *_ = [federation(world, FarNode(f"32000{number}", role="industry")) for number in SEVERAL]
    for _ in SEVERAL:  # something to log each time
        made(world.ben.post("/api/v1/demands", {"title": canary("ben"), "terms": demand()}))
        relay()
        append_checkpoint()
    over(world)
    answered()
    unnoted()
    return first


def answered() -> None:
    """Under one Idempotency-Key answers lie for a tenant that nobody of the cast is of, and for nobody."""
    for tenant in (new_id(), NOBODY):
        StoredReply.objects.create(
            tenant_id=tenant, key=ANOTHERS, fingerprint=b"x" * 32, status=200, headers={},
            body=canary("another").encode(),
        )  # fmt: skip


def unnoted() -> None:
    """Every key was used just now, so that no call differs by noting the minute."""
    ApiKey.objects.update(last_used_at=now() + timedelta(hours=1))


def over(world: World) -> None:
    """What has ended is no more a stranger's than what stands: a key, a seat, an offer, a proposal, a mandate."""
    for name in ("ada", "cleo", "ben", "lin"):
        person = getattr(world, name)
        here = f"/api/v1/organisations/{person.organisation.id}"
        made(person.post(f"{here}/keys", {"name": "ended", "scopes": ["kernel"]}))
        ended = ApiKey.objects.filter(membership=person.membership, name="ended").latest("id")
        made(person.post(f"/api/v1/keys/{ended.id}:revoke"))
    mandate = Mandate.objects.filter(organisation=world.sue.organisation).latest("id")
    made(world.ron.post(f"/api/v1/mandates/{mandate.id}:end"))


def settle_in(person: Person, name: str) -> None:
    """Every house has an administrator, a further key, an open invitation and a document; Ada's has several of each."""
    several = SEVERAL if name == "ada" else SEVERAL[:1]
    Membership.objects.filter(id=person.membership.id).update(administers=True)
    here = f"/api/v1/organisations/{person.organisation.id}"
    made(person.post(f"{here}/keys", {"name": canary(name), "scopes": ["kernel"]}))
    for number in several:
        webhook(person, name, number)
        machine(person, canary(name), number)
    email = f"{canary(name)}@example.org"
    made(person.post(f"{here}/invitations", {"email": email, "roles": list(person.membership.roles)}))
    if person.organisation.kind in NO_DOCUMENTS:
        return
    for kind in ("business_licence", "authorisation", "business_licence")[: len(several)]:
        facts = json.dumps(sound(kind, person.organisation.code))
        form = {"kind": kind, "number": canary(name), "valid_until": days_ahead(365), "particulars": facts}
        made(person.upload(f"{here}/documents", form, PDF))
        Decision.objects.create(
            organisation=person.organisation,
            case="certification",
            act="check",
            reason=canary(name),
            profile="1",
        )
    case = Case.objects.get(organisation=person.organisation, state=CaseState.OPEN)  # opened by the documents
    for _ in SEVERAL:
        Question.objects.create(case=case, text=canary(name), asked_by=person.user.id, answer=canary(name))
    for state in (CaseState.REFUSED, CaseState.WITHDRAWN):
        Case.objects.create(organisation=person.organisation, state=state, reason=canary(name))


def webhook(person: Person, name: str, number: int) -> None:
    """A subscription; to the first, deliveries were tried."""
    body = {
        "url": f"https://{canary(name)}.example.org/{number}", "event_types": ["participants.*"],
        "description": canary(name),
    }  # fmt: skip
    row = made(person.post("/api/v1/webhooks", body))["webhook"]
    for _ in SEVERAL if number == 1 else ():
        sent = person.post(f"/api/v1/webhooks/{row['id']}:test").json()
        WebhookAttempt.objects.create(
            delivery_id=sent["id"], status=500, duration_ms=1, error="HTTP 500", answer=canary(name)
        )


def machine(person: Person, name: str, number: int) -> None:
    """An OAuth client of the house, and a key to sign with."""
    body = {
        "name": name if number == 1 else f"{name}-{number}",
        "roles": list(person.membership.roles),
        "scopes": ["kernel"],
    }
    here = f"/api/v1/organisations/{person.organisation.id}"
    made(person.post(f"{here}/clients", body))
    key = SUITE.jwk(SUITE.public_key(SUITE.new_private_key()))
    made(person.post(f"{here}/signing-keys", {"name": name, "key": key}))


def lines(world: World, name: str) -> None:
    """Lin discloses a network, Lou sells committed lines; both have identifiers."""
    person = getattr(world, name)
    if name == "lin":
        disclose(person)
    else:
        header, first, *_ = text("committed_lines_yi.csv").splitlines()
        commit_lines(person, f"{header}\n{first.replace(',wujiang,', ',wujiang-ada,', 1)}\n")
    identify_lines(person)


def one_hops(world: World) -> None:
    """Each carrier declares that it reaches the centres of Ada's and of Cleo's houses in one hop; one is verified."""
    for carrier in CARRIERS:
        for centre in ("wujiang-ada", "wujiang-cleo"):
            body = {
                "site": "sip-weiting", "centre": centre, "tested_at": "2026-10-01T00:00:00Z",
                "declarer": canary(carrier), "evidence_sha256": "cd" * 32,
            }  # fmt: skip
            row = made(getattr(world, carrier).post("/api/v1/one-hop-accesses", body))
    made(world.rhea.post(f"/api/v1/one-hop-accesses/{row['id']}:verify", {"finding": "核验属实"}))


def doubted(world: World) -> None:
    """Lin claims what only hollow-core fibre could do: one claim was refused on review, one waits."""
    body = record(value_us=30, declarer=canary("lin"))
    row, _ = (made(world.lin.post("/api/v1/latency-evidence", body)) for _ in range(2))
    made(world.rhea.post(f"/api/v1/latency-evidence/{row['id']}:refuse", {"reason": "没有空芯光缆"}))


def circles(world: World) -> None:
    """Rhea and Ron declare boundaries of a city, and Otto and Rhea have its circles drawn."""
    for person, drawer in ((world.rhea, world.otto), (world.ron, world.rhea), (world.rhea, world.otto)):
        made(person.post("/api/v1/metro-boundaries", boundary()))
        made(drawer.post("/api/v1/latency-circles", {"city": "320500"}))


def entries(world: World) -> None:
    """Each carrier enters the centres of both houses, classes its ends, and covers an address of its own."""
    for carrier in CARRIERS:
        person = getattr(world, carrier)
        for centre in ("wujiang-ada", "wujiang-cleo"):
            made(person.post("/api/v1/centre-entries", {"centre": centre}))
        for _ in SEVERAL:
            made(person.post("/api/v1/line-end-profiles", {"classes": CLASSES}))
        made(
            send_csv(
                person,
                "/api/v1/covered-addresses:import",
                f"{COVERED}\n{canary(carrier)},31.3,120.7,sip-weiting\n{canary(carrier)}-2,31.3,120.7,sip-weiting\n",
            )
        )


def enquiries(world: World) -> None:
    """Carriers were asked by interfaces of their own on behalf of every buyer; now they are asked no more."""
    for carrier, key in (("lin", "line-jia"), ("lou", "line-yi")):
        person = getattr(world, carrier)
        url = f"https://{canary(carrier)}.example.org/lines"
        made(person.post("/api/v1/line-interfaces", {"url": url}))
        for name in BUYERS:
            body = {
                "line_provider": key, "a": "sip-weiting", "z": "wujiang", "bandwidth_mbps": 1000, "technology": "otn",
            }  # fmt: skip
            made(getattr(world, name).post("/api/v1/line-enquiries", body))
        made(person.post("/api/v1/line-interfaces", {"url": url, "active": False}))


def allotted(world: World) -> None:
    """Each provider's pool is allotted to both resellers: one took its part, one proposal waits, and one was withdrawn."""
    for number, (name, taker, other) in enumerate((("ada", "rex", "roy"), ("cleo", "roy", "rex"))):
        provider = getattr(world, name)
        for reseller in (taker, other, other):
            row = allot(provider, getattr(world, reseller), f"wj-910b-{name}", 1)
        made(provider.post(f"/api/v1/allotments/{row['id']}:withdraw"))
        first = getattr(world, taker).get("/api/v1/allotments?state=proposed").json()["items"][-1]
        key = {"pool": f"part-{number}"}
        made(getattr(world, taker).post(f"/api/v1/allotments/{first['id']}:accept", key))


def supply(person: Person, suffix: str) -> None:
    """A centre, a pool, an offer and an agent, all sellable, and a batch that waits to be done."""
    bring_to_market(person, suffix=f"-{suffix}", free=16)
    made(person.post("/api/v1/offers:batch", {"items": [{"offer": suffix}]}, Prefer="respond-async"))


def trade(world: World, name: str, *, bundle: int) -> None:
    """From a demand to a metered service, between the buyer and whoever sells that bundle of the answer."""
    person = getattr(world, name)
    sized(person)
    wish = made(person.post("/api/v1/demands", {"title": canary(name), "terms": demand()}))
    chosen = made(person.post(f"/api/v1/demands/{wish['id']}:select"))
    made(person.post("/api/v1/line-quotes", {"selection": chosen["selection"], "bundle": bundle}))
    quote = made(person.post("/api/v1/quotes", {"selection": chosen["selection"], "bundle": bundle}))
    made(person.post("/api/v1/holds", {"selection": chosen["selection"], "bundle": bundle}))
    order = made(person.post("/api/v1/orders", {"quote": quote["id"], "client_ref": canary(name)}))
    if name not in ("rex", "roy"):  # who sells again is given no voucher
        made(person.post("/api/v1/voucher-claims", {"order": order["id"]}))
    parties = {getattr(world, each).organisation.id: getattr(world, each) for each in (*SELLERS, *CARRIERS)}
    row = Order.objects.get(id=order["id"])
    for party in (row.compute_provider, row.line_provider):
        made(parties[party].post(f"/api/v1/orders/{row.id}:accept"))
    note_line_accepted(order=row.id)
    note_dispatched(order=row.id)
    made(person.post(f"/api/v1/orders/{row.id}:accept-compute", SHEET))
    row.refresh_from_db()
    made(person.post("/api/v1/line-changes", {"order": order["id"], "bandwidth_mbps": 500}))
    complaint = {"order": order["id"], "respondent": str(row.compute_provider), "matter": "compute"}
    made(person.post("/api/v1/complaints", {**complaint, "words": canary(name), "request": canary(name)}))
    made(parties[row.compute_provider].post("/api/v1/meter-records", reading(aged(row, 10), first=0, last=4)))


def maintain(person: Person, name: str) -> None:
    """A window of maintenance of whatever is the person's, which hits what is sold of it."""
    for resource in Capacity.objects.filter(tenant_id=person.organisation.id, total__gt=0)[:3]:
        start = now() + timedelta(days=30)
        body = {"resource": str(resource.resource), "start": start.isoformat(), "reason": canary(name)}
        body["end"] = (start + timedelta(hours=4)).isoformat()
        made(person.post("/api/v1/maintenance-windows", body))


def balance(world: World, number: int) -> dict[str, Any]:
    """A claim that Bea drew elsewhere, before this node was there."""
    drawn = {"claimed_fen": 100, "redeemed_fen": 100, "evidence": "档案"}
    claimed = f"{shanghai_year(now())}-01-0{number}"
    whose = {"enterprise": world.bea.organisation.code, "contract_ref": f"外部合同-{number}"}
    return drawn | whose | {"claimed_on": claimed}


def settle(world: World) -> None:
    """Periods of everybody's orders, one after another."""
    earliest = Order.objects.order_by("billing_started_at").first()
    assert earliest is not None
    for number in SEVERAL:
        made(world.otto.post("/api/v1/settlements", period(earliest, first=number * 2 - 2, last=number * 2)))


def proposals(world: World) -> None:
    """One open proposal of the supervision's and one of the operator's."""
    code = Identifier.objects.filter(tenant_id=world.ada.organisation.id).latest("id")
    path = f"/api/v1/identifiers/{code.id}:propose-suspension"
    made(world.rhea.post(path, {"reason": canary("rhea")}))
    entry = JournalEntry.objects.latest("id")
    path = f"/api/v1/journal-entries/{entry.id}:propose-reversal"
    made(world.otto.post(path, {"reason": canary("otto")}))


def watched(world: World) -> None:
    """Feeds with points and an alarm, and instructions in force."""
    for number, (name, kind, metric) in enumerate(FEEDS):
        person = getattr(world, name)
        feed = declared(person, kind=kind, filing_number=canary(name))
        sent(person, *(point(feed, metric=metric, ts=minute(ago).isoformat()) for ago in SEVERAL))
        row = Feed.objects.get(id=feed["id"])
        raise_alarm(
            feed=row, kind=AlarmKind.ANOMALY, metric="x", at=now(), value=None, rule=canary(name)[:20]
        )
        if name in ("cleo", "lou", "roy", "amy"):
            instruct(world, person, number=f"苏通信〔2026〕{number}号", reason=canary(name))
    for name in ("ada", "cleo"):  # a feed of one resource, so that naming a stranger's is tried too
        person = getattr(world, name)
        declared(person, resource=made(person.get("/api/v1/pools"))["items"][0]["id"])
    for number in SEVERAL:
        times = {"start": minute(60 * number).isoformat(), "end": minute(0).isoformat()}
        made(world.rhea.post(f"/api/v1/indicators/{INDICATOR}:compute", times))
        made(world.rhea.post("/api/v1/fairness-audits", times))


def mandated(world: World, number: int) -> None:
    """Rhea and Ron let Sue's house do one thing more, for a case of its own."""
    body = {
        "operations": ["monitoring.close_alarm"], "case": f"苏通信委〔2026〕1{number}号", "reason": "保障",
        "last_day": days_ahead(30),
    }  # fmt: skip
    asked = made(world.rhea.post(f"/api/v1/organisations/{world.sue.organisation.id}:propose-mandate", body))
    made(world.ron.post(f"/api/v1/proposals/{asked['id']}:approve"))


def instruct(world: World, party: Person, **words: Any) -> None:
    """An instruction to a party, drafted by Rhea and issued by Ron."""
    body = {
        "organisation": str(party.organisation.id), "legal_basis": "《电信条例》", "effect": "整改",
        "scope": "new_sale", **words,
    }  # fmt: skip
    row = made(world.rhea.post("/api/v1/instructions", body))
    made(world.ron.post(f"/api/v1/proposals/{row['proposal']}:approve"))


def secured(world: World) -> None:
    """An asset and a scan with a finding for every provider, and two more for Ada."""
    for number, name in enumerate((*SELLERS, *CARRIERS, "ann", "amy", "ada", "ada")):
        person = getattr(world, name)
        target = asset(person, asset=f"image-{number}", name=canary(name))
        imported(person, target, grype(f"CVE-2026-000{number}"), "grype")


def applications(world: World) -> None:
    """The node's own applications, with a person to call."""
    for _ in SEVERAL:
        contact = {"name": canary("otto"), "phone": "025-12345678"}
        made(world.otto.post("/api/v1/node-applications", {"kind": "node-region", "contact": contact}))
