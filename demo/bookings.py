"""Nights that are booked ahead, and a provider's maintenance in one of them: nothing is taken back, and nobody is left unaware."""

from datetime import UTC, datetime, timedelta

from demo.client import expect
from demo.world import World

OFFER, POOL, MACHINES = "ks-t4-hour", "ks-t4", 3
NIGHT = timedelta(hours=12)
SOLD_OUT = 409


def book_nights(world: World) -> str:
    """Book five working nights, let their provider declare maintenance in one, and call it off; in words."""
    firm, provider = world.clients["imaging"], world.clients["compute-jia"]
    offer, pool = world.facts[f"offer:{OFFER}"], world.facts[f"pool:{POOL}"]
    calendar = f"/api/v1/catalogue/offers/{offer}/availability"
    first = next_monday()
    nights = {
        "start": first.isoformat(),
        "end": (first + NIGHT).isoformat(),
        "weekdays": [1, 2, 3, 4, 5],
        "weeks": 1,
    }
    hold = firm.post("/api/v1/holds", {"offer": offer, "quantity": MACHINES, "schedule": nights})
    tuesday = first + timedelta(days=1)
    window = {"start": tuesday.isoformat(), "end": (tuesday + NIGHT).isoformat()}

    def free() -> list[int]:
        asked = firm.get(calendar, start=window["start"], end=window["end"])
        return [step["free"] for step in asked["steps"]]

    before = min(free())
    out = provider.post(
        "/api/v1/maintenance-windows", {**window, "resource": pool, "reason": "更换交换机（演示数据）"}
    )
    during = max(free())
    expect(during == 0 < before, f"maintenance leaves nothing of {before} machines to book: {during}")
    once = {"offer": offer, "quantity": 1, "schedule": window}
    refused = world.clients["materials"].send("POST", "/api/v1/holds", json=once)
    expect(refused.status_code == SOLD_OUT, f"nothing more is sold in it: {refused.text[:200]}")
    told = [each["bundle"] for each in firm.get("/api/v1/booking-conflicts")["items"]]
    expect(hold["id"] in told, "the firm is told that its Tuesday is hit")
    stands = firm.get(f"/api/v1/holds/{hold['id']}")
    expect(stands["state"] == "held", f"and its booking stands: {stands['state']}")
    provider.post(f"/api/v1/maintenance-windows/{out['id']}:cancel")
    after = min(free())
    expect(after == before, f"called off, it leaves as much as before: {after}")
    firm.post(f"/api/v1/holds/{hold['id']}:release")
    return f"5 nights booked; maintenance left {during} of {before} on Tuesday, the booking stood and its firm was told"


def next_monday() -> datetime:
    """20:00 in Shanghai on a Monday, a week ahead or more."""
    week_ahead = datetime.now(UTC) + timedelta(days=8)
    monday = week_ahead + timedelta(days=7 - week_ahead.weekday())
    return monday.replace(hour=12, minute=0, second=0, microsecond=0)
