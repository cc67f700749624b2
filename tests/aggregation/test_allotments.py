"""Allotments over HTTP: set aside by the provider, sold by the reseller, given back; nobody else's, and never twice."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection

from aggregation.models import Allotment, Offer, Pool
from aggregation.selectors.gate import blocks
from aggregation.tasks import return_allotments
from kernel.clock import now
from kernel.domain.windows import Window
from kernel.models import Capacity
from kernel.selectors.capacity import free, free_over
from kernel.services.capacity import end_next, expire_next
from kernel.services.outbox import drain
from participants.models import Document, Qualification
from scheduling.models import BookingConflict, SupplyRow
from tests.aggregation.supply import allot, made, qualify, resell
from tests.kernel.ledger import let_time_pass
from tests.scheduling.live import chosen, leave_free, let_a_second_pass, open_market
from tests.support.cast import Person, World

pytestmark = pytest.mark.django_db
HERE = "/api/v1/allotments"


def SCENE(world: World) -> None:  # noqa: N802 - as tests/support/stage.py calls it
    """Of Ada's six free machines Rex has taken four to sell, one fen cheaper than she."""
    open_market(world)
    resell(world.rex, allot(world.ada, world.rex), price_cny_hour="1.00")
    let_a_second_pass()


def standing() -> Allotment:
    return Allotment.objects.get(state="active")


def part_of(row: Allotment) -> Pool:
    assert row.part is not None
    return row.part


def of_rex() -> Offer:
    return Offer.objects.get(key="wj-part-hour")


def of_ada() -> Offer:
    return Offer.objects.exclude(key="wj-part-hour").get()


def hold(person: Person, offer: Offer, quantity: int, **more: Any) -> Any:
    return person.post("/api/v1/holds", {"offer": str(offer.id), "quantity": quantity, **more})


def bought(person: Person, **wishes: Any) -> list[str]:
    """The offers that a selection shows, each once, best first."""
    return list(dict.fromkeys(each["offer"] for each in chosen(person, **wishes)["answer"]["bundles"]))


def refused(answer: Any) -> tuple[int, str, str]:
    document = answer.json()
    return answer.status_code, document["code"], (document.get("errors") or [{}])[0].get("pointer", "")


def act(person: Person, name: str, body: Any = None) -> Any:
    return person.post(f"{HERE}/{standing().id}:{name}", body)


def codes(offer: Offer) -> list[str]:
    return [block.code for block in blocks([offer.id])[offer.id]]


def test_each_sells_what_is_its_own_and_nothing_of_the_other_s(world: World) -> None:
    made(hold(world.ben, of_rex(), 3))
    assert hold(world.bea, of_rex(), 2).json()["code"] == "sold_out", "Ada's two are not Rex's"
    made(hold(world.bea, of_ada(), 2))
    assert hold(world.bea, of_ada(), 1).json()["code"] == "sold_out", "nor is Rex's last one hers"
    made(hold(world.bea, of_rex(), 1))
    whole, part = standing().pool_id, standing().part_id
    assert {row.resource: (row.total, row.standing) for row in Capacity.objects.filter(resource__in=[whole, part])} == {
        whole: (6, 6), part: (4, 4),
    }  # fmt: skip


def test_a_selection_shows_the_reseller_s_offer_at_its_price_with_what_is_left_of_its_part(
    world: World,
) -> None:
    assert bought(world.ben, quantity=2) == ["wj-part-hour", of_ada().key], "by price"
    made(hold(world.bea, of_rex(), 3))
    shown = {row.key: row.cells["available"] for row in SupplyRow.objects.filter(part=4, until=None)}
    assert shown["wj-part-hour"] == 4
    let_a_second_pass()
    shown = {row.key: row.cells["available"] for row in SupplyRow.objects.filter(part=4, until=None)}
    assert shown == {"wj-part-hour": 1, of_ada().key: 2}
    assert bought(world.ben, quantity=2) == [of_ada().key]


def test_both_parties_see_it_and_the_reseller_the_records_of_pool_and_centre_and_nothing_else(
    world: World,
) -> None:
    made(hold(world.ben, of_rex(), 3))
    here = f"{HERE}/{standing().id}"
    for person in (world.ada, world.rex, world.rhea, world.otto):
        shown = person.get(here).json()
        assert (shown["quantity"], shown["sold"], shown["state"]) == (4, 3, "active")
        assert (shown["pool"]["pool"], shown["pool"]["centre"]["centre"]) == ("wj-910b", "wujiang")
    assert [person.get(here).status_code for person in (world.cleo, world.roy, world.ben)] == [404, 404, 404]
    whole = standing().pool
    mine = world.rex.get("/api/v1/pools").json()["items"]
    assert [(row["pool"], row["part_of"], row["centre"], row["free"]) for row in mine] == [
        ("wj-part", str(whole.id), "wujiang", 1)
    ]
    assert [row["offer"] for row in world.rex.get("/api/v1/offers?centre=wujiang").json()["items"]] == [
        "wj-part-hour"
    ]
    assert world.rex.get(f"/api/v1/pools/{whole.id}").status_code == 404
    assert world.rex.get(f"/api/v1/centres/{whole.centre_id}").status_code == 404
    assert world.rex.get(f"/api/v1/offers/{of_rex().id}/gate").json() == {"sellable": True, "blocks": []}
    assert world.ada.get(f"/api/v1/offers/{of_rex().id}").status_code == 404


@pytest.mark.parametrize(
    ("changes", "pointer", "said"),
    [
        ({"quantity": 3}, "/quantity", "At most 2 machines"),
        ({"pool": "nobodys"}, "/pool", "no pool nobodys"),
        ({"reseller": str(uuid4())}, "/reseller", "certified reseller"),
        ({"end": "2020-01-01T00:00:00Z"}, "/end", "after now"),
        ({"start": "2037-01-01T00:00:00Z"}, "/end", "With start comes end"),
    ],
)
def test_what_cannot_be_set_aside_is_told_with_its_field_and_the_way_out(
    world: World, changes: dict[str, Any], pointer: str, said: str
) -> None:
    body = {"pool": "wj-910b", "reseller": str(world.rex.organisation.id), "quantity": 1, **changes}
    answer = world.ada.post(HERE, body, Accept_Language="en")
    assert refused(answer) == (400, "invalid_field", pointer)
    assert said in answer.json()["detail"]


def test_only_a_qualified_reseller_is_allotted_to_and_only_of_what_one_registered(world: World) -> None:
    for firm in (world.roy, world.cleo, world.ada):
        body = {"pool": "wj-910b", "reseller": str(firm.organisation.id), "quantity": 1}
        assert refused(world.ada.post(HERE, body)) == (400, "invalid_field", "/reseller")
    qualify(world.roy)
    body = {"pool": "wj-part", "reseller": str(world.roy.organisation.id), "quantity": 1}
    assert refused(world.rex.post(HERE, body)) == (400, "invalid_field", "/pool"), (
        "a part is not parted again"
    )
    assert refused(world.cleo.post(HERE, {**body, "pool": "wj-910b"})) == (400, "invalid_field", "/pool")


def test_a_proposal_keeps_its_machines_until_it_is_answered_or_lapses(world: World) -> None:
    whole = standing().pool_id
    answers = {"decline": (world.roy, {"reason": "价格不合适"}), "withdraw": (world.ada, None)}
    for name, (person, body) in answers.items():
        row = allot(world.ada, world.roy, quantity=2)
        assert free([whole]) == {whole: 0}
        assert act_on(world.rex, row, "accept", {"pool": "x"}).status_code == 404
        assert act_on(world.ada, row, "accept", {"pool": "x"}).status_code == 403
        made(act_on(person, row, name, body))
        assert free([whole]) == {whole: 2}
    row = allot(world.ada, world.roy, quantity=2)
    let_time_pass(UUID(row["id"]))
    assert refused(act_on(world.roy, row, "accept", {"pool": "x"}))[:2] == (409, "hold_gone")
    assert expire_next()
    drain()
    assert world.roy.get(f"{HERE}/{row['id']}").json()["state"] == "lapsed"
    assert free([whole]) == {whole: 2}
    row = allot(world.ada, world.roy, quantity=2)
    assert refused(act_on(world.roy, row, "accept", {"pool": "wj-part"})) == (409, "key_taken", "/pool")
    Qualification.objects.filter(organisation=world.roy.organisation).update(state="suspended")
    assert refused(act_on(world.roy, row, "accept", {"pool": "x"}))[:2] == (409, "allotment_refused")


def act_on(person: Person, row: Any, name: str, body: Any = None) -> Any:
    return person.post(f"{HERE}/{row['id']}:{name}", body)


def test_what_is_unsold_can_be_taken_back_at_once_and_what_is_sold_stays(world: World) -> None:
    held = made(hold(world.ben, of_rex(), 1))
    answer = world.ada.post(f"{HERE}/{standing().id}:take-back", {"quantity": 4}, Accept_Language="en")
    assert refused(answer) == (400, "invalid_field", "/quantity")
    assert "at most 3" in answer.json()["detail"]
    assert act(world.rex, "take-back", {"quantity": 1}).status_code == 403
    made(act(world.ada, "take-back", {"quantity": 2}))
    row = standing()
    assert free([row.pool_id, part_of(row).id]) == {row.pool_id: 4, part_of(row).id: 1}
    ended = made(act(world.ada, "end"))
    assert (ended["state"], ended["quantity"], ended["sold"]) == ("ending", 1, 1)
    assert codes(of_rex()) == ["allotment_over"]
    return_allotments()
    assert free([row.pool_id]) == {row.pool_id: 5}, "it is sold"
    made(world.ben.post(f"/api/v1/holds/{held['id']}:release"))
    return_allotments()
    assert free([row.pool_id]) == {row.pool_id: 6}
    row.refresh_from_db()
    assert (row.state, row.quantity, part_of(row).machines) == ("ended", 0, 0)
    assert refused(world.ada.post(f"{HERE}/{row.id}:end"))[:2] == (409, "state_conflict")


def test_a_window_is_sold_within_and_nothing_at_other_times(world: World) -> None:
    start = now() + timedelta(days=60)
    window = {"start": start.isoformat(), "end": (start + timedelta(days=2)).isoformat()}
    offer = resell(
        world.roy, allot(world.ada, world.roy, quantity=2, **window), key="week", price_cny_hour="0.50"
    )
    row = Offer.objects.get(id=offer["id"])
    assert hold(world.ben, row, 1).json()["code"] == "sold_out", "an open-ended sale needs every instant"

    def at(first: int, last: int) -> dict[str, Any]:
        times = {"start": start + timedelta(days=first), "end": start + timedelta(days=last)}
        return {"schedule": {name: value.isoformat() for name, value in times.items()}}

    assert hold(world.ben, row, 1, **at(-1, 1)).json()["code"] == "sold_out"
    assert hold(world.ben, row, 1, **at(1, 3)).json()["code"] == "sold_out"
    made(hold(world.ben, row, 1, **at(0, 1)))
    assert hold(world.ben, row, 2, **at(0, 2)).json()["code"] == "sold_out"
    made(hold(world.ben, row, 2, **at(1, 2)))
    whole = standing_of(row).pool_id
    assert free_over([whole], [Window(start, start + timedelta(days=1))]) == {whole: 0}
    assert free_over([whole], [Window(start + timedelta(days=3), start + timedelta(days=4))]) == {whole: 2}
    shown = world.ada.get(f"{HERE}/{standing_of(row).id}").json()
    assert (shown["quantity"], shown["sold"]) == (2, 2)
    let_a_second_pass()
    assert SupplyRow.objects.get(part=4, key="week-hour", until=None).cells["available"] == 0
    for days, first in ((0, "week-hour"), (1, "wj-part-hour"), (3, "wj-part-hour")):
        begins = (start + timedelta(days=days, hours=1)).isoformat()
        assert bought(world.bea, starts_at=begins, duration_hours=4, quantity=1)[0] == first, days


def standing_of(offer: Offer) -> Allotment:
    return Allotment.objects.get(part=offer.pool_id)


def test_a_pool_that_is_cut_below_what_was_promised_sells_nothing_more_of_its_parts(world: World) -> None:
    leave_free(world.ada, 3)
    assert codes(of_rex()) == ["whole_short"]
    let_a_second_pass()
    assert not SupplyRow.objects.filter(part=4, key="wj-part-hour", until=None).exists()
    leave_free(world.ada, 4)
    assert codes(of_rex()) == []
    let_a_second_pass()
    assert SupplyRow.objects.filter(part=4, key="wj-part-hour", until=None).exists()


def test_maintenance_of_the_pool_is_a_conflict_of_the_allotment_and_of_what_is_sold_of_it(
    world: World,
) -> None:
    start = now() + timedelta(days=3)

    def at(hours: int) -> dict[str, Any]:
        return {"start": start.isoformat(), "end": (start + timedelta(hours=hours)).isoformat()}

    sold = made(hold(world.ben, of_rex(), 1, schedule=at(4)))
    row = allot(world.ada, world.roy, quantity=1)
    body = {"resource": str(standing().pool_id), "quantity": 5, "reason": "演示维护", **at(2)}
    work = made(world.ada.post("/api/v1/maintenance-windows", body))
    hit = dict(BookingConflict.objects.values_list("bundle", "tenant_id"))
    assert hit == {
        standing().id: world.rex.organisation.id,
        UUID(row["id"]): world.roy.organisation.id,
        UUID(sold["id"]): world.ben.organisation.id,
    }
    assert hold(world.bea, of_rex(), 1, schedule=at(1)).json()["code"] == "sold_out"
    assert refused(act_on(world.roy, row, "accept", {"pool": "x"}))[:2] == (409, "allotment_refused")
    later = start + timedelta(days=1)
    after = {"start": later.isoformat(), "end": (later + timedelta(hours=1)).isoformat()}
    made(hold(world.bea, of_rex(), 1, schedule=after))
    made(world.ada.post(f"/api/v1/maintenance-windows/{work['id']}:cancel"))
    made(hold(world.bea, of_rex(), 1, schedule=at(1)))
    made(act_on(world.roy, row, "accept", {"pool": "x"}))


@pytest.mark.parametrize("house", ["ada", "rex"])
def test_both_parties_must_be_licensed_and_certified_for_a_part_to_be_sold(world: World, house: str) -> None:
    whose = getattr(world, house).organisation
    Document.objects.filter(organisation=whose, kind="telecom_licence_b11").update(kind="retired")
    assert codes(of_rex()) == ["party_not_licensed"]
    assert world.rex.get(f"/api/v1/offers/{of_rex().id}/gate").json()["sellable"] is False
    whose.state = "closed"
    whose.save()
    assert codes(of_rex()) == ["party_not_certified", "party_not_licensed"]


def test_a_reseller_s_agent_reports_no_more_of_a_part_than_was_allotted(world: World) -> None:
    made(
        world.rex.post("/api/v1/agents", {"agent": "a", "callback_url": "https://agent.example.com/dispatch"})
    )
    said = {"pool": "wj-part", "machines_total": 16, "machines_free": 16}
    body = {"agent": "a", "sequence": 1, "observed_at": now().isoformat(), "pools": [said]}
    assert refused(world.rex.post("/api/v1/inventory/heartbeats", body))[1] == "heartbeat_refused"
    assert Capacity.objects.get(resource=part_of(standing()).id).total == 4


def test_storage_of_the_centre_does_not_go_with_a_reseller_s_machines(world: World) -> None:
    centre = standing().pool.centre_id
    body = {"storage_class": "standard", "gib": 100, "price_cny_gib_month": "0.10"}
    made(world.ada.post(f"/api/v1/centres/{centre}:set-storage", body))
    let_a_second_pass()
    assert bought(world.ben, quantity=1, storage={"gib": 10, "storage_class": "standard"}) == [of_ada().key]


def test_the_end_of_its_window_ends_the_allotment(world: World) -> None:
    start = now() + timedelta(days=2)
    window = {"start": start.isoformat(), "end": (start + timedelta(days=2)).isoformat()}
    row = Allotment.objects.get(id=allot(world.ada, world.roy, quantity=2, **window)["id"])
    made(act_on(world.roy, {"id": row.id}, "accept", {"pool": "week"}))
    long_ago(row)
    while end_next():
        pass
    drain()
    row.refresh_from_db()
    assert (row.state, row.quantity) == ("ended", 0)
    assert free([row.pool_id]) == {row.pool_id: 2}


def long_ago(row: Allotment) -> None:
    """Its window on the pool lies behind us."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE claim SET period = tstzrange(lower(period) - '9 years'::interval, upper(period) - '9 years'::interval) "
            "WHERE bundle = %s AND resource_id = %s",
            [row.id, row.pool_id],
        )
