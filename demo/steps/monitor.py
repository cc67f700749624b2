"""Step 10: four classes of monitoring data flow in; what is missing is not zero; a planted anomaly raises an alert."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from demo.client import Client, expect
from demo.world import World

FIVE_MINUTES = timedelta(minutes=5)
QUICK = 1  # second between two points of the feed that is switched off
PLACES = Decimal("0.000001")


def run(world: World) -> str:
    """Declare four feeds and one that falls silent, compute, and read the window as the regulator does."""
    regulator = world.clients["regulator-one"]
    quick = switched_off(world)
    start, end, label = resources(world)
    complain(world)
    others(world)
    classes = {feed["kind"] for feed in regulator.get("/api/v1/feeds", limit=200)["items"]}
    expect(len(classes) == 4, f"all four classes flow in: {classes}")  # noqa: PLR2004 - the scheme's four
    period = {"start": start.isoformat(), "end": end.isoformat()}
    load = regulator.post("/api/v1/indicators/accelerator_utilisation:compute", period)
    expect(load["value"] is not None, f"the indicator has a value: {load}")
    alarm = world.until("the planted anomaly raised an alert", lambda: odd(regulator))
    expect(datetime.fromisoformat(alarm["first_at"]) == label, "at the labelled moment, and not before")
    silent = world.until(
        "the feed that was switched off is silent", lambda: of_kind(regulator, "feed_silent", quick["id"])
    )
    since = datetime.fromisoformat(silent["first_at"]) - timedelta(seconds=QUICK)
    last = {"start": since.isoformat(), "end": (since + timedelta(seconds=2 * QUICK)).isoformat()}
    missing = world.until("a slot of it has passed", lambda: gap(regulator, quick["id"], last))
    unknown = regulator.post("/api/v1/indicators/accelerator_utilisation:compute", last)
    expect(
        (unknown["value"], unknown["reason"]) == (None, "low_coverage"),
        "what is missing is unknown, not zero",
    )
    told = read_window(regulator, alarm["id"])
    audit = audited(world, regulator)
    return (
        f"4 classes; utilisation {Decimal(load['value']):.1f} % from {load['coverage_percent']} % of what was due "
        f"({load['declared_percent']} % declared); one feed off: {missing} slots missing, alarm; anomaly found "
        f"at its label, counted {alarm['count']} times; regulator read event {told} as JSON and live; "
        f"fairness audit of {audit['examined']} selections: {audit['verdict']}"
    )


def switched_off(world: World) -> Any:
    """A feed of compute-yi's that reports twice, and then no more."""
    client = world.clients["compute-yi"]
    pool = world.facts["pool:fh-910b"]
    feed = client.post(
        "/api/v1/feeds",
        {"kind": "resource", "resource": pool, "interval_seconds": QUICK, "marking": "演示数据"},
    )
    now = datetime.now(UTC)
    points = [
        point(feed, metric, now, value, 1)
        for metric, value in (("cards_installed", 128), ("cards_in_use", 0))
    ]
    first = send(client, points)
    again = send(client, points)
    expect((first["stored"], again["duplicates"]) == (2, 2), "the same points again change nothing")
    return feed


def resources(world: World) -> tuple[datetime, datetime, datetime]:
    """The real utilisation sample as the load of one pool over the last hours; its span, and its label in it."""
    rows = list(csv.DictReader(io.StringIO(world.text("telemetry/ec2_cpu_utilization.csv"))))
    times = [moment(row["timestamp"]) for row in rows]
    (label,) = json.loads(world.text("telemetry/labels.json"))["anomalies"]
    now = datetime.now(UTC)
    latest = now - timedelta(seconds=now.timestamp() % FIVE_MINUTES.total_seconds())
    latest = latest.replace(microsecond=0)
    shift = latest - FIVE_MINUTES - times[-1]
    client = world.clients["compute-jia"]
    feed = client.post(
        "/api/v1/feeds",
        {
            "kind": "resource",
            "resource": world.facts["pool:wj-910b"],
            "interval_seconds": int(FIVE_MINUTES.total_seconds()),
            "method": "measured",
            "since": (times[0] + shift).isoformat(),
            "marking": "演示数据",
        },
    )
    points = []
    for time, row in zip(times, rows, strict=True):
        at, use = time + shift, Decimal(row["value"]).quantize(PLACES)
        cards = (use * 128 / 100).to_integral_value()
        points += [
            point(feed, metric, at, value, 1)
            for metric, value in (
                ("cpu_utilisation", str(use)),
                ("cards_installed", 128),
                ("cards_in_use", int(cards)),
            )
        ]
    bad = point(feed, "cards_in_use", latest, "NaN", 2)
    receipt = send(client, [*points, bad])
    expect(
        (receipt["stored"], receipt["refused"]) == (len(points), 1), "a bad point is refused, the others kept"
    )
    return times[0] + shift, latest, moment(label) + shift


def others(world: World) -> None:
    """Platform, dispatch and application business, from what their sources can count."""
    operator, line = world.clients["operator-system"], world.clients["line-jia"]
    openings = line.get("/api/v1/line-openings", limit=200)["items"]
    report(
        operator,
        "platform",
        {
            "parties": len(operator.get("/api/v1/organisations", limit=200)["items"]),
            "listings": len(operator.get("/api/v1/catalogue/offers", limit=200)["items"]),
            "demands": len(operator.get("/api/v1/demands", limit=200)["items"]),
            "orders": len(operator.get("/api/v1/orders", limit=200)["items"]),
            "complaints": sum(
                month["complaints"] for month in operator.get("/api/v1/complaint-counts")["items"]
            ),
            "uptime": "100",
        },
    )
    opened = sum(bool(row.get("accepted_at")) or row["state"] == "accepted" for row in openings)
    report(
        line,
        "dispatch",
        {"lines_ordered": len(openings), "lines_opened": opened, "latency_compliance": "100"},
    )
    use = {"products": 2, "users": 41, "calls": 1280, "compute_used": "36.5"}
    report(world.clients["application"], "application", use, filing_number="演示备案号-1")


def complain(world: World) -> None:
    """The firm complains of its line's carrier, which answers in time, and it is put right."""
    firm, carrier = world.clients["imaging"], world.clients[world.facts["line-party"]]
    order = world.facts["order"]
    body = {"order": order["id"], "respondent": order["line_provider"], "matter": "line"}
    words = {"words": "割接时中断三分钟，未提前告知（演示）", "request": "今后提前告知"}
    complaint = firm.post("/api/v1/complaints", body | words)
    carrier.post(f"/api/v1/complaints/{complaint['id']}:answer", {"words": "已纳入告知流程（演示）"})
    settled = firm.post(f"/api/v1/complaints/{complaint['id']}:settle")
    expect(settled["state"] == "settled", f"the complaint is over: {settled}")


def report(client: Client, kind: str, values: dict[str, Any], **more: str) -> None:
    """Declare a feed of a class, and send one point for each of its metrics."""
    feed = client.post(
        "/api/v1/feeds", {"kind": kind, "interval_seconds": 300, "marking": "演示数据", **more}
    )
    now = datetime.now(UTC)
    receipt = send(client, [point(feed, metric, now, value, 1) for metric, value in values.items()])
    expect(receipt["stored"] == len(values), f"every point of {kind} is stored: {receipt}")


def read_window(regulator: Client, alarm: str) -> int:
    """Find the alarm among the events, as JSON and live from just before it; its position."""
    events = regulator.get("/api/v1/monitoring/events", name="monitoring.alarm_raised")["items"]
    (event,) = [each for each in events if each["subject"] == alarm]
    headers = {"Accept": "text/event-stream", "Last-Event-ID": str(event["position"] - 1)}
    with regulator.http.stream("GET", "/api/v1/monitoring/live?seconds=2", headers=headers) as stream:
        lines = (line for line in stream.iter_lines() if line.startswith("data: "))
        live = json.loads(next(lines).removeprefix("data: "))
    expect(live == event, "the live feed tells the same event")
    return int(event["position"])


def audited(world: World, regulator: Client) -> Any:
    """A fairness audit of the selections of today: whose an offer is counts for nothing."""
    now = datetime.now(UTC)
    period = {"start": (now - timedelta(days=1)).isoformat(), "end": (now - timedelta(seconds=1)).isoformat()}
    opened = regulator.post("/api/v1/fairness-audits", {**period, "sample": 5, "seed": "demo"})
    path = f"/api/v1/fairness-audits/{opened['id']}"
    done = world.until("the fairness audit is done", lambda: finished(regulator.get(path)))
    expect(done["verdict"] == "neutral", f"labels change nothing: {done['result']}")
    return done


def finished(audit: Any) -> Any:
    """The audit, once it is done."""
    return audit if audit["state"] == "done" else None


def odd(regulator: Client) -> Any:
    """The anomaly alarm, once all of its points were looked at."""
    found = regulator.get("/api/v1/monitoring/alarms", kind="anomaly")["items"]
    return found[0] if found and found[0]["count"] > 1 else None


def of_kind(regulator: Client, kind: str, feed: str) -> Any:
    """The open alarm of a kind on a feed."""
    return next(
        iter(regulator.get("/api/v1/monitoring/alarms", kind=kind, feed=feed, state="open")["items"]), None
    )


def gap(regulator: Client, feed: str, period: dict[str, str]) -> int:
    """How many slots of a feed are missing over a period."""
    found = regulator.get(f"/api/v1/feeds/{feed}/coverage", start=period["start"], end=period["end"])
    return int(found["expected"] - found["received"])


def send(client: Client, points: list[dict[str, Any]]) -> Any:
    """One batch; its receipt."""
    return client.post("/api/v1/telemetry", {"points": points})


def point(feed: Any, metric: str, ts: datetime, value: object, sequence: int) -> dict[str, Any]:
    """One point as the API takes it."""
    return {
        "feed": feed["id"],
        "metric": metric,
        "ts": ts.isoformat(),
        "value": value,
        "source_seq": sequence,
    }


def moment(text: str) -> datetime:
    """A time of the benchmark's files, which are in UTC."""
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
