"""Holds over HTTP: whole or nothing, in every window; bounded in time and number; given back, taken over, run out once."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.db.models import F

from aggregation.models import Offer
from kernel.clock import now
from kernel.domain.schedules import SHANGHAI
from kernel.ids import new_id
from kernel.models import Capacity, Claim, HoldAccount
from kernel.models.outbox import EventRecord
from kernel.services.capacity import expire_next
from kernel.services.hold_accounts import limit_holds
from kernel.tasks import sweep
from marketplace.models import Order
from scheduling.models import Hold, Selection
from scheduling.services.maintenance import close_conflicts
from tests.aggregation.supply import made
from tests.kernel.ledger import let_time_pass
from tests.scheduling.live import chosen, open_market
from tests.support.cast import Person, World

HOLDS, QUOTES, ORDERS = "/api/v1/holds", "/api/v1/quotes", "/api/v1/orders"
pytestmark = pytest.mark.django_db
SCENE = open_market


def offer() -> Offer:
    return Offer.objects.get()


def machines(quantity: int = 1, **more: Any) -> dict[str, Any]:
    return {"offer": str(offer().id), "quantity": quantity, **more}


def nights(weeks: int = 2, *, ahead: int = 7) -> dict[str, Any]:
    """Working nights, 20:00 to 08:00 in Shanghai, from the first Monday at least so many days ahead."""
    soon = (now() + timedelta(days=ahead)).astimezone(SHANGHAI)
    monday = (soon + timedelta(days=8 - soon.isoweekday())).replace(
        hour=20, minute=0, second=0, microsecond=0
    )
    return {
        "start": monday.isoformat(),
        "end": (monday + timedelta(hours=12)).isoformat(),
        "weekdays": [1, 2, 3, 4, 5],
        "weeks": weeks,
    }


def once(hours: int = 2, *, ahead: int = 1) -> dict[str, Any]:
    start = now() + timedelta(days=ahead)
    return {"start": start.isoformat(), "end": (start + timedelta(hours=hours)).isoformat()}


def refused(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def books() -> list[tuple[int, int]]:
    return [(row.standing, row.peak) for row in Capacity.objects.filter(resource=offer().pool_id)]


def test_machines_alone_are_held_extended_and_given_back(world: World) -> None:
    held = made(world.ben.post(HOLDS, machines(4, minutes=10)))
    assert (held["state"], held["quantity"], held["line_provider"]) == ("held", 4, None)
    assert books() == [(4, 0)]
    assert refused(world.bea.post(HOLDS, machines(3))) == (409, "sold_out")
    longer = world.ben.post(f"{HOLDS}/{held['id']}:extend", {"minutes": 600}).json()
    assert longer["expires_at"] > held["expires_at"]
    told = EventRecord.objects.count()
    for minutes, way_out in ((599, "more minutes"), (1440, "longest it may")):
        answer = world.ben.post(f"{HOLDS}/{held['id']}:extend", {"minutes": minutes}, Accept_Language="en")
        assert refused(answer) == (409, "hold_not_extended")
        assert way_out in answer.json()["detail"]
        assert answer.json()["errors"][0]["pointer"] == "/minutes"
        Hold.objects.filter(id=held["id"]).update(created_at=now() - timedelta(hours=71))  # 72 in all
    assert world.ben.get(f"{HOLDS}/{held['id']}").json()["expires_at"] == longer["expires_at"]
    assert EventRecord.objects.count() == told, "what did not happen is not told"
    given = world.ben.post(f"{HOLDS}/{held['id']}:release").json()
    assert (given["state"], books()) == ("released", [(0, 0)])
    for act in ("extend", "release"):
        assert refused(world.ben.post(f"{HOLDS}/{held['id']}:{act}", {})) == (409, "state_conflict")
    assert [each["id"] for each in world.ada.get(HOLDS).json()["items"]] == [held["id"]], (
        "its provider sees it"
    )
    assert world.cleo.get(f"{HOLDS}/{held['id']}").status_code == 404
    assert world.bea.post(f"{HOLDS}/{held['id']}:release").status_code == 404


def test_a_schedule_holds_machines_and_every_span_in_every_window_or_nothing(world: World) -> None:
    choice = chosen(world.ben, duration_hours=120, protection="one_plus_one")
    facts = Selection.objects.get(id=choice["id"]).terms[0]
    body = {"selection": choice["id"], "bundle": 0, "schedule": nights(), "minutes": 60}
    held = made(world.ben.post(HOLDS, body))
    assert held["schedule"]["windows"] == 10
    spans = {*facts["spans"], *facts["protection_spans"]}
    claims = Claim.objects.filter(bundle=held["id"])
    assert claims.count() == 10 * (1 + len(spans))
    assert {str(each) for each in claims.values_list("resource_id", flat=True)} == spans | {facts["pool"]}
    assert books() == [(0, 1)]
    made(world.bea.post(HOLDS, machines(5)))  # open-ended beside the nights
    assert refused(world.bea.post(HOLDS, machines(1))) == (409, "sold_out")
    made(world.bea.post(HOLDS, machines(1, schedule=once())))
    before = Claim.objects.count()
    assert refused(world.bea.post(HOLDS, machines(1, schedule=nights(4)))) == (409, "sold_out")
    assert Claim.objects.count() == before


def test_what_may_not_be_sold_is_not_held(world: World) -> None:
    Offer.objects.update(state="withdrawn")
    assert refused(world.ben.post(HOLDS, machines())) == (409, "not_sellable")
    assert books() == [(0, 0)]


def test_a_hold_that_runs_out_is_expired_once_and_its_provider_is_told(world: World) -> None:
    held = made(world.ben.post(HOLDS, machines(6)))
    let_time_pass(held["id"])
    Hold.objects.update(expires_at=now())
    for _ in range(2):  # it is over, whether or not the ledger has let it go: one fact has one answer
        for act in ("extend", "release"):
            assert refused(world.ben.post(f"{HOLDS}/{held['id']}:{act}", {})) == (409, "state_conflict")
        sweep()
    assert not expire_next()
    assert world.ben.get(f"{HOLDS}/{held['id']}").json()["state"] == "expired"
    assert books() == [(0, 0)]


def quoted(person: Person, choice: dict[str, Any], schedule: dict[str, Any] | None) -> dict[str, Any]:
    return dict(made(person.post(QUOTES, {"selection": choice["id"], "bundle": 0, "schedule": schedule})))


def test_an_order_takes_over_its_hold_and_runs_in_its_windows(world: World) -> None:
    choice, schedule = chosen(world.ben, duration_hours=120), nights(ahead=9)
    held = made(world.ben.post(HOLDS, {"selection": choice["id"], "bundle": 0, "schedule": schedule}))
    quote = quoted(world.ben, choice, schedule)
    wrong = {"quote": quoted(world.ben, choice, None)["id"], "client_ref": "w", "hold": held["id"]}
    assert refused(world.ben.post(ORDERS, wrong)) == (409, "hold_mismatch")
    absent = {"quote": quote["id"], "client_ref": "x", "hold": str(uuid4())}
    assert world.ben.post(ORDERS, absent).status_code == 404
    order = made(world.ben.post(ORDERS, {**absent, "client_ref": "PO", "hold": held["id"]}))
    assert order["facts"]["schedule"]["windows"] == 10
    assert world.ben.get(f"{HOLDS}/{held['id']}").json()["order"] == order["id"]
    assert set(Claim.objects.values_list("bundle", flat=True)) == {Order.objects.get().id}
    assert HoldAccount.objects.get(tenant_id=world.ben.organisation.id).live == 1
    longer = world.ben.post(f"{ORDERS}/{order['id']}:extend-hold")
    assert longer.status_code == 200, longer.content
    Order.objects.update(created_at=now() - timedelta(hours=71), generation=F("generation") + 1)
    assert refused(world.ben.post(f"{ORDERS}/{order['id']}:extend-hold")) == (409, "hold_not_extended")
    for provider in (world.ada, world.lin):
        assert provider.post(f"{ORDERS}/{order['id']}:accept").status_code == 200
    assert HoldAccount.objects.get(tenant_id=world.ben.organisation.id).live == 0
    assert refused(world.ben.post(f"{ORDERS}/{order['id']}:extend-hold")) == (409, "state_conflict")
    assert set(Claim.objects.values_list("state", flat=True)) == {"confirmed"}


def conflict(person: Person, resource: Any, start: datetime) -> Callable[[], list[str]]:
    """An hour of maintenance, of all of a resource of the person's; what to ask for whose open conflicts are with it."""
    window = {"start": start.isoformat(), "end": (start + timedelta(hours=1)).isoformat()}
    work = made(
        person.post(
            "/api/v1/maintenance-windows", {"resource": str(resource), "reason": "更换电源", **window}
        )
    )
    path = f"/api/v1/booking-conflicts?open=true&maintenance={work['id']}"
    return lambda: [each["bundle"] for each in made(person.get(path))["items"]]


def test_a_selection_for_a_window_is_held_quoted_and_ordered_for_it(world: World) -> None:
    start = (now() + timedelta(days=40)).replace(microsecond=0)
    choice = chosen(world.ben, duration_hours=48, starts_at=start.isoformat())
    held = made(world.ben.post(HOLDS, {"selection": choice["id"], "bundle": 0}))
    assert held["schedule"]["start"] == start.isoformat()
    hit = conflict(world.ada, offer().pool_id, start)
    assert hit() == [held["id"]]
    order = {"quote": quoted(world.ben, choice, None)["id"], "client_ref": "PO", "hold": held["id"]}
    placed = made(world.ben.post(ORDERS, order))
    assert placed["facts"]["schedule"] == held["schedule"]
    assert (close_conflicts(), hit()) == (0, [placed["id"]]), "the order has what the hold had"
    assert {
        (claim.period.lower, claim.period.upper) for claim in Claim.objects.filter(bundle=placed["id"])
    } == {(start, start + timedelta(hours=48))}
    later = start + timedelta(days=9)
    Claim.objects.filter(bundle=placed["id"]).update(period=(later, later + timedelta(hours=48)))
    assert (close_conflicts(), hit()) == (1, [])


def test_a_hold_is_not_taken_over_twice_nor_by_another(world: World) -> None:
    choice = chosen(world.ben)
    held = made(world.ben.post(HOLDS, {"selection": choice["id"], "bundle": 0}))
    first, second = (quoted(world.ben, choice, None)["id"] for _ in range(2))
    made(world.ben.post(ORDERS, {"quote": first, "client_ref": "1", "hold": held["id"]}))
    again = world.ben.post(ORDERS, {"quote": second, "client_ref": "2", "hold": held["id"]})
    assert refused(again) == (409, "state_conflict")
    theirs = chosen(world.bea)
    other = {"quote": quoted(world.bea, theirs, None)["id"], "client_ref": "3", "hold": held["id"]}
    assert world.bea.post(ORDERS, other).status_code == 404
    assert Order.objects.count() == 1


def test_the_notice_of_the_offer_and_the_days_of_the_line_are_kept(world: World) -> None:
    choice = chosen(world.ben, duration_hours=2)
    lead = Selection.objects.get(id=choice["id"]).terms[0]["line_terms"]["lead_days"]
    assert lead > 1
    body = {"selection": choice["id"], "bundle": 0, "schedule": once()}
    assert refused(world.ben.post(HOLDS, body)) == (409, "too_soon")
    made(world.ben.post(HOLDS, {**body, "schedule": once(ahead=lead + 1)}))
    made(world.ben.post(HOLDS, machines(schedule=once())))
    Offer.objects.update(notice_hours=48)
    assert refused(world.ben.post(HOLDS, machines(schedule=once()))) == (409, "too_soon")
    made(world.ben.post(HOLDS, machines(schedule=once(ahead=3))))


def test_a_schedule_is_what_was_priced(world: World) -> None:
    choice = chosen(world.ben, duration_hours=100)
    for schedule in (nights(), once(100, ahead=900)):
        answer = world.ben.post(QUOTES, {"selection": choice["id"], "bundle": 0, "schedule": schedule})
        assert refused(answer) in ((409, "schedule_unpriced"), (400, "invalid_field"))
    far_apart = nights(40) | {"weekdays": [1], "weeks": 40}
    long = chosen(world.ben, duration_hours=480)
    assert Selection.objects.get(id=long["id"]).terms[0]["line_terms"]["billing"] == "term"
    answer = world.ben.post(QUOTES, {"selection": long["id"], "bundle": 0, "schedule": far_apart})
    assert refused(answer) == (409, "schedule_unpriced")


QUOTA = "/api/v1/hold-quota"


def test_the_operator_gives_a_firm_limits_of_its_own(world: World) -> None:
    house = world.ben.get(QUOTA).json()
    assert (house["live"], house["most"], house["most_lapsed"]) == (0, 50, 100)
    mine = {"organisation": str(world.ben.organisation.id), "most": 1, "most_lapsed": None}
    assert world.ben.put(QUOTA, mine).status_code == 403
    assert world.otto.put(QUOTA, mine).json()["most"] == 1
    made(world.ben.post(HOLDS, machines()))
    said = world.ben.get(QUOTA).json()
    assert (said["live"], said["most"], said["most_lapsed"]) == (1, 1, 100)
    named = f"{QUOTA}?organisation={world.ben.organisation.id}"
    for watching in (world.ben, world.otto, world.rhea):
        assert made(watching.get(named)) == said
    assert made(world.otto.get(f"{named}&fields=most"))["most"] == 1
    assert made(world.otto.get(f"{QUOTA}?organisation={world.bea.organisation.id}"))["live"] == 0
    for asker, path in ((world.bea, named), (world.otto, f"{QUOTA}?organisation={new_id()}")):
        answer = asker.get(path)
        assert refused(answer) == (404, "not_found")
        assert answer.json()["errors"][0]["parameter"] == "organisation"
    assert world.ada.get(named).status_code == 403
    assert refused(world.ben.post(HOLDS, machines())) == (409, "hold_quota_reached")
    world.otto.put(QUOTA, {**mine, "most": None})
    made(world.ben.post(HOLDS, machines()))
    for wrong in ({"most": -1}, {"most": "NaN"}, {"organisation": str(new_id())}, {"most_lapsed": 10**9}):
        assert world.otto.put(QUOTA, {**mine, **wrong}).status_code == 400, wrong


def test_nobody_hoards(world: World) -> None:
    ben = world.ben.organisation.id
    limit_holds(tenant=ben, most=2, most_lapsed=2)
    first, _ = (made(world.ben.post(HOLDS, machines())) for _ in range(2))
    assert refused(world.ben.post(HOLDS, machines())) == (409, "hold_quota_reached")
    made(world.bea.post(HOLDS, machines()))  # others are not concerned
    world.ben.post(f"{HOLDS}/{first['id']}:release")
    late = made(world.ben.post(HOLDS, machines()))
    let_time_pass(late["id"])
    sweep()
    answer = world.ben.post(HOLDS, machines())
    assert refused(answer) == (429, "holds_lapse")
    assert 3500 < int(answer.headers["Retry-After"]) <= 3600
    HoldAccount.objects.filter(tenant_id=ben).update(lapsed_since=now() - timedelta(hours=1))
    made(world.ben.post(HOLDS, machines()))
    account = HoldAccount.objects.get(tenant_id=ben)
    assert (account.live, books()) == (2, [(3, 0)])


def test_many_are_held_at_once_each_by_itself_and_in_their_order(world: World) -> None:
    wishes = [
        {"offer": str(offer().id), "quantity": 4},
        {"offer": str(offer().id), "quantity": 3},
        {"offer": str(offer().id), "quantity": 2, "minutes": 5},
        {"offer": str(new_id()), "quantity": 1},
        {"offer": str(offer().id), "quantity": 0},
    ]
    answer = world.ben.post(f"{HOLDS}:batch", {"items": wishes}).json()
    told = [(item["status"], (item["problem"] or {}).get("code")) for item in answer["items"]]
    assert told == [
        (201, None),
        (409, "sold_out"),
        (201, None),
        (400, "invalid_field"),
        (400, "invalid_input"),
    ]
    assert answer["items"][1]["problem"]["detail"].startswith("算力（台）需要 3，可用 2")
    assert books() == [(6, 0)]
    assert HoldAccount.objects.get(tenant_id=world.ben.organisation.id).live == 2
    held = world.ben.get(f"{HOLDS}?state=held").json()["items"]
    assert {each["id"] for each in held} == {item["id"] for item in answer["items"] if item["id"]}
    for each in held:
        world.ben.post(f"{HOLDS}/{each['id']}:release")
    limit_holds(tenant=world.ben.organisation.id, most=1, most_lapsed=None)
    twice = {"items": [{"offer": str(offer().id), "quantity": 1}] * 2}
    assert refused(world.ben.post(f"{HOLDS}:batch", {**twice, "atomic": True})) == (409, "batch_refused")
    assert books() == [(0, 0)]
    answer = world.ben.post(f"{HOLDS}:batch", twice).json()
    assert answer["items"][1]["problem"]["code"] == "hold_quota_reached"
    assert "已有 1 个未成交的预占，上限 1 个" in answer["items"][1]["problem"]["detail"]
    Offer.objects.update(state="withdrawn")
    answer = world.bea.post(f"{HOLDS}:batch", twice).json()
    assert {item["problem"]["code"] for item in answer["items"]} == {"not_sellable"}
    assert books() == [(1, 0)]


def calendar(person: Person, schedule: dict[str, Any]) -> list[int]:
    """How many are free, step by step, of the days around a schedule's first window."""
    start = datetime.fromisoformat(schedule["start"]).replace(hour=0)
    period = urlencode({"start": start.isoformat(), "end": (start + timedelta(days=2)).isoformat()})
    answer = person.get(f"/api/v1/catalogue/offers/{offer().id}/availability?{period}")
    assert answer.status_code == 200, answer.content
    steps = answer.json()["steps"]
    assert all(one["end"] == other["start"] for one, other in pairwise(steps))
    return [step["free"] for step in steps]


def test_the_calendar_shows_what_is_free_hour_by_hour(world: World) -> None:
    made(world.ben.post(HOLDS, machines(4, schedule=nights())))
    made(world.bea.post(HOLDS, machines(1)))
    assert calendar(world.ben, nights()) == [5, 1, 5, 1]
    Offer.objects.update(available=3)
    assert calendar(world.ben, nights()) == [3, 1, 3, 1]
    Offer.objects.update(available=1)
    assert calendar(world.ben, nights()) == [1], "when others book is not told where it changes nothing"
    Offer.objects.update(available=3)
    path = f"/api/v1/catalogue/offers/{offer().id}/availability"
    for start, end, wrong in (
        ("2027-01-02T00:00:00Z", "2027-01-01T00:00:00Z", ("end", "invalid")),
        ("2027-01-01T00:00:00Z", "2029-01-01T00:00:00Z", ("end", "invalid")),
        ("2027-01-01", "2027-01-02T00:00:00Z", ("start", "no_offset")),  # of which clock?
    ):
        answer = world.ben.get(f"{path}?start={start}&end={end}")
        (error,) = answer.json()["errors"]
        assert (answer.status_code, error["parameter"], error["code"]) == (400, *wrong)
    assert world.nobody.get(path).status_code == 401
    assert len(world.ben.get(path).json()["steps"]) > 10, "a month by default"
    Offer.objects.update(state="withdrawn")
    assert calendar(world.ben, nights()) == [0]


WRONG: list[tuple[dict[str, Any], str]] = [
    ({}, "/"),
    ({"offer": str(new_id())}, "/"),
    ({"quantity": 1, "selection": str(new_id())}, "/"),
    ({"quantity": 0}, "/quantity"),
    ({"quantity": -1}, "/quantity"),
    ({"quantity": 10**9}, "/quantity"),
    ({"quantity": 7}, "/quantity"),
    ({"quantity": "NaN"}, "/quantity"),
    ({"quantity": 1.5}, "/quantity"),
    ({"quantity": True}, "/quantity"),
    ({"quantity": 1, "offer": str(new_id())}, "/offer"),
    ({"quantity": 1, "offer": "no-id"}, "/offer"),
    ({"quantity": 1, "minutes": 0}, "/minutes"),
    ({"quantity": 1, "minutes": 1441}, "/minutes"),
    ({"quantity": 1, "schedule": {"start": "yesterday", "end": "never"}}, "/schedule/start"),
    ({"quantity": 1, "schedule": {"start": "2027-01-02T09:00:00", "end": "2027-01-02T10:00:00+08:00"}}, "/schedule/start"),
    ({"quantity": 1, "schedule": {"start": "2020-01-01T00:00:00Z", "end": "2020-01-02T00:00:00Z"}}, "/schedule/start"),
    ({"quantity": 1, "schedule": {"start": "2126-01-01T00:00:00Z", "end": "2126-01-02T00:00:00Z"}}, "/schedule/end"),
    ({"quantity": 1, "schedule": {"start": "9999-12-31T00:00:00Z", "end": "9999-12-31T01:00:00Z", "weeks": 2, "weekdays": [5]}}, "/schedule/end"),
    ({"quantity": 1, "schedule": {"start": "2027-01-02T00:00:00Z", "end": "2027-01-01T00:00:00Z"}}, "/schedule/end"),
    ({"quantity": 1, "schedule": {"start": "2027-01-02T00:00:00Z", "end": "2027-01-03T00:00:00Z", "weeks": 2}}, "/schedule/weekdays"),
    ({"quantity": 1, "schedule": {"start": "2027-01-02T00:00:00Z", "end": "2027-01-03T00:00:00Z", "weeks": 2, "weekdays": [9]}}, "/schedule/weekdays"),
]  # fmt: skip


def test_bad_input_is_told_by_its_field_and_holds_nothing(world: World) -> None:
    for given, pointer in WRONG:
        whole = (
            {**given, "offer": given.get("offer", str(offer().id))}
            if "quantity" in given and "selection" not in given
            else given
        )
        answer = world.ben.post(HOLDS, whole)
        problem = answer.json()
        assert answer.status_code == 400, (given, problem)
        named = [each["pointer"] for each in problem["errors"]] or [problem.get("pointer")]
        assert any((each or "/").startswith(pointer) for each in named), (given, problem)
    assert not Claim.objects.exists()
    assert books() == [(0, 0)]
