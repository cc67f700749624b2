"""Transfers, mergers and splits: nothing without both sides or two people, and every tombstone shows the way on."""

import uuid
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from identifiers.domain.successions import Heir, require_succession
from identifiers.errors import SuccessionRefused
from identifiers.models import Identifier, Succession, Transfer
from identifiers.selectors.identifiers import standings
from identifiers.selectors.successions import successors_of
from identifiers.services import transfers as services
from kernel.errors import Problem, StateConflict
from tests.identifiers.test_identifiers import CENTRE, active, applied
from tests.support.cast import World
from tests.support.races import kinds, race

pytestmark = pytest.mark.django_db


def offered(world: World, row: dict[str, Any]) -> dict[str, Any]:
    """An open offer of Ada's to Cleo's house."""
    body = {"receiver": str(world.cleo.organisation.id), "reason": "机房转让"}
    answer = world.ada.post(f"/api/v1/identifiers/{row['id']}:offer-transfer", body)
    assert answer.status_code == 201, answer.content
    return dict(answer.json())


def test_a_transfer_needs_both_and_keeps_the_code(world: World) -> None:
    row, resource = active(world), str(uuid.uuid4())
    offer = offered(world, row)
    here = f"/api/v1/identifier-transfers/{offer['id']}"
    assert world.ben.get(here).status_code == 404
    assert world.lin.get(here).status_code == 404
    assert world.ada.post(f"{here}:accept").status_code == 403, "nobody gives to herself"
    assert world.cleo.get(f"/api/v1/identifiers/{row['id']}").status_code == 404
    taken = world.cleo.post(f"{here}:accept", {"subject": resource}).json()
    assert (taken["state"], taken["new_subject"]) == ("accepted", resource)
    mine = world.cleo.get(f"/api/v1/identifiers/{row['id']}").json()
    assert (mine["code"], mine["state"], mine["subject"]) == (row["code"], "active", resource)
    assert world.ada.get(f"/api/v1/identifiers/{row['id']}").status_code == 404
    both = standings(subjects=[uuid.UUID(resource), uuid.UUID(row["subject"])])
    assert set(both) == {(world.cleo.organisation.id, uuid.UUID(resource))}
    history = world.ada.get(f"/api/v1/identifier-transfers?identifier={row['id']}").json()["items"]
    assert [each["id"] for each in history] == [offer["id"]]
    assert (world.cleo.post(f"{here}:decline", {"reason": "x"})).status_code == 409
    applied(world.ada, subject=row["subject"])  # Ada's own record of it is free again


def test_what_is_not_active_or_offered_already_is_not_offered(world: World) -> None:
    row = active(world)
    here = f"/api/v1/identifiers/{row['id']}:offer-transfer"
    to_herself = world.ada.post(here, {"receiver": str(world.ada.organisation.id), "reason": "x"})
    assert (to_herself.status_code, to_herself.json()["code"]) == (409, "transfer_refused")
    assert world.cleo.post(here, {"receiver": str(uuid.uuid4()), "reason": "x"}).status_code == 404
    offer = offered(world, row)
    again = world.ada.post(here, {"receiver": str(uuid.uuid4()), "reason": "x"})
    assert (again.status_code, again.json()["code"]) == (409, "transfer_refused")
    Identifier.objects.filter(id=row["id"]).update(state="suspended")
    taken = world.cleo.post(f"/api/v1/identifier-transfers/{offer['id']}:accept")
    assert (taken.status_code, taken.json()["code"]) == (409, "state_conflict")
    gone = world.ada.post(f"/api/v1/identifier-transfers/{offer['id']}:withdraw")
    assert gone.json()["state"] == "withdrawn"
    assert world.ada.post(here, {"receiver": str(uuid.uuid4()), "reason": "x"}).status_code == 409


def test_one_resource_of_the_receiver_s_has_one_identifier(world: World) -> None:
    row = active(world)
    offer, mine = offered(world, row), str(uuid.uuid4())
    applied(world.cleo, subject=mine)
    taken = world.cleo.post(f"/api/v1/identifier-transfers/{offer['id']}:accept", {"subject": mine})
    assert (taken.status_code, taken.json()["code"]) == (409, "already_identified")
    assert taken.json()["errors"][0]["pointer"] == "/subject"
    assert Identifier.objects.get(id=row["id"]).tenant_id == world.ada.organisation.id


@pytest.mark.django_db(transaction=True)
def test_accepting_and_withdrawing_at_once_ends_one_way(world: World) -> None:
    row = active(world)
    transfer = Transfer.objects.get(id=offered(world, row)["id"])
    ada, cleo = world.ada.actor, world.cleo.actor
    results = race(
        lambda: services.withdraw_transfer(transfer=transfer, actor=ada),
        *(lambda: services.accept_transfer(transfer=transfer, subject=None, actor=cleo) for _ in range(2)),
    )
    assert kinds(results) == {"Transfer": 1, "StateConflict": 2}
    transfer.refresh_from_db()
    held = Identifier.objects.get(id=row["id"]).tenant_id
    assert (transfer.state == "accepted") == (held == world.cleo.organisation.id)


def decided(world: World, row: dict[str, Any], act: str, body: dict[str, Any]) -> Any:
    """What comes of a proposal of Rhea's that Ron approves."""
    proposal = world.rhea.post(f"/api/v1/identifiers/{row['id']}:propose-{act}", body)
    if proposal.status_code != 201:
        return proposal
    return world.ron.post(f"/api/v1/proposals/{proposal.json()['id']}:approve")


def test_two_merge_into_one_and_one_splits_into_two(world: World) -> None:
    old, other, new, third = (active(world) for _ in range(4))
    body = {"predecessors": [old["id"], other["id"]], "reason": "合并"}
    assert world.ada.post(f"/api/v1/identifiers/{new['id']}:propose-merger", body).status_code == 403
    assert decided(world, new, "merger", body).status_code == 200
    assert decided(world, new, "split", {"successors": [third["id"]], "reason": "拆分"}).status_code == 200
    told = [world.nobody.get(f"/api/v1/identifiers/{row['code']}").json() for row in (old, other, new, third)]
    assert [(each["state"], each["successors"]) for each in told] == [
        ("retired", [new["code"]]),
        ("retired", [new["code"]]),
        ("retired", [third["code"]]),
        ("active", []),
    ]
    way = successors_of([uuid.UUID(row["id"]) for row in (old, other, new, third)])
    assert way == {
        uuid.UUID(old["id"]): (new["code"],),
        uuid.UUID(other["id"]): (new["code"],),
        uuid.UUID(new["id"]): (third["code"],),
    }
    public = world.nobody.get(f"/api/v1/successors?code={old['code'].lower()}")
    assert public.json() == {"code": old["code"], "successors": [new["code"]]}
    assert world.nobody.get(f"/api/v1/successors?code={third['code']}").json()["successors"] == []
    assert world.nobody.get("/api/v1/successors?code=86.320000/000000000000C").status_code == 404
    with pytest.raises(DatabaseError), transaction.atomic():
        Succession.objects.all().delete()


def test_a_merger_that_became_wrong_meanwhile_is_not_done(world: World) -> None:
    old, new = active(world), active(world)
    body = {"predecessors": [old["id"]], "reason": "合并"}
    proposal = world.rhea.post(f"/api/v1/identifiers/{new['id']}:propose-merger", body).json()
    Identifier.objects.filter(id=new["id"]).update(state="suspended")
    answer = world.ron.post(f"/api/v1/proposals/{proposal['id']}:approve")
    assert (answer.status_code, answer.json()["code"]) == (409, "succession_refused")
    assert Identifier.objects.get(id=old["id"]).state == "active"


def test_an_unknown_predecessor_is_named(world: World) -> None:
    body = {"predecessors": [str(uuid.uuid4())], "reason": "合并"}
    answer = decided(world, active(world), "merger", body)
    assert answer.json()["errors"][0]["pointer"] == "/predecessors/0"


ONE, TWO, HOUSE, OTHER = (uuid.UUID(int=number) for number in range(4))
HEIR = Heir(ONE, HOUSE, "centre", "active")
PAIRS: list[tuple[Heir, Heir, type[Problem] | None]] = [
    (HEIR, Heir(TWO, HOUSE, "centre", "active"), None),
    (Heir(ONE, HOUSE, "centre", "suspended"), Heir(TWO, HOUSE, "centre", "active"), None),
    (HEIR, HEIR, SuccessionRefused),
    (HEIR, Heir(TWO, OTHER, "centre", "active"), SuccessionRefused),
    (HEIR, Heir(TWO, HOUSE, "pool", "active"), SuccessionRefused),
    (HEIR, Heir(TWO, HOUSE, "centre", "filing"), SuccessionRefused),
    (HEIR, Heir(TWO, HOUSE, "centre", "retired"), SuccessionRefused),
    (Heir(ONE, HOUSE, "centre", "retired"), Heir(TWO, HOUSE, "centre", "active"), StateConflict),
    (Heir(ONE, HOUSE, "centre", "applied"), Heir(TWO, HOUSE, "centre", "active"), StateConflict),
]


@pytest.mark.parametrize(("before", "after", "refusal"), PAIRS)
def test_who_may_follow_whom(before: Heir, after: Heir, refusal: type[Problem] | None) -> None:
    if refusal is None:
        require_succession([before], [after])
        return
    with pytest.raises(refusal):
        require_succession([before], [after])


def test_every_version_is_kept_with_its_validity_and_evidence(world: World) -> None:
    row = applied(
        world.ada, evidence=[{"kind": "acceptance_report", "sha256": "ab" * 32}], valid_until="2027-01-31"
    )
    here = f"/api/v1/identifiers/{row}"
    assert (
        world.ada.put(here, {"attributes": {**CENTRE, "design_racks": 9}}, If_Match='"1"').status_code == 200
    )
    versions = world.ada.get(f"{here}/descriptors").json()
    assert {
        each["version"]: (each["attributes"]["design_racks"], each["valid_until"], len(each["evidence"]))
        for each in versions
    } == {
        1: (1200, "2027-01-31", 1),
        2: (9, None, 0),
    }
    assert world.cleo.get(f"{here}/descriptors").status_code == 404
    wrong = world.ada.post(
        "/api/v1/identifiers",
        {
            "kind": "centre",
            "subject": str(uuid.uuid4()),
            "attributes": CENTRE,
            "evidence": [{"kind": "x", "sha256": "AB"}],
        },
    )
    assert wrong.json()["errors"][0]["pointer"] == "/evidence/0/sha256"
