"""The qualification of resellers: two people decide each step, a last day ends it, the gate knows at once."""

from typing import Any

import pytest

from kernel.models.outbox import EventRecord
from kernel.selectors.suspensions import open_causes
from participants.models import Decision, Qualification
from participants.selectors.organisations import standings
from participants.tasks import follow_last_days
from tests.participants.newcomers import Newcomer, certified, code_of, days_ahead, renew
from tests.support.cast import World

pytestmark = pytest.mark.django_db
GRANT = {"act": "grant", "reason": "材料齐全"}


@pytest.fixture
def reseller(world: World) -> Newcomer:
    """A certified reseller whose application for the qualification is accepted."""
    firm = certified(world, kind="resale_provider")
    renew(world, firm, "qualification_application")
    return firm


def proposed(world: World, firm: Newcomer, **terms: Any) -> Any:
    return world.otto.post(f"{firm.here}:propose-qualification", {"valid_until": days_ahead(365), **terms})


def decided(world: World, firm: Newcomer, act: str) -> None:
    proposal = proposed(world, firm, act=act, reason=f"理由：{act}")
    assert proposal.status_code == 201, proposal.content
    answer = world.olga.post(f"/api/v1/proposals/{proposal.json()['id']}:approve")
    assert answer.status_code == 200, answer.content


def qualified(firm: Newcomer) -> bool:
    return standings([firm.row.id])[firm.row.id].qualified


def test_a_qualification_is_granted_suspended_restored_and_revoked_each_with_its_reason(
    world: World, reseller: Newcomer
) -> None:
    assert not qualified(reseller)
    for act, stands in (("grant", True), ("suspend", False), ("restore", True), ("revoke", False)):
        decided(world, reseller, act)
        assert qualified(reseller) is stands
        suspended = [["qualification"]] if act == "suspend" else []
        assert list(open_causes([reseller.row.id]).values()) == suspended
    history = Decision.objects.filter(organisation=reseller.id, case="qualification").order_by("id")
    assert [(row.act, row.reason) for row in history] == [
        (act, f"理由：{act}") for act in ("grant", "suspend", "restore", "revoke")
    ]
    names = EventRecord.objects.filter(name__startswith="participants.qualification").order_by("id")
    assert [row.name.rpartition("_")[2] for row in names] == ["granted", "suspended", "restored", "revoked"]
    decided(world, reseller, "grant")  # and anew
    assert qualified(reseller)


def test_who_proposes_does_not_approve_and_others_do_neither(world: World, reseller: Newcomer) -> None:
    proposal = proposed(world, reseller, **GRANT).json()["id"]
    approve = f"/api/v1/proposals/{proposal}:approve"
    assert code_of(world.otto.post(approve)) == (409, "same_person")
    assert code_of(world.owen.post(approve)) == (403, "forbidden")
    assert code_of(world.rhea.post(approve)) == (404, "not_found")
    assert code_of(reseller.post(approve)) == (404, "not_found")
    assert not qualified(reseller)
    assert code_of(proposed(world, reseller, **GRANT)) == (409, "already_proposed")


def test_what_is_missing_when_the_second_person_decides_stops_the_grant(
    world: World, reseller: Newcomer
) -> None:
    proposal = proposed(world, reseller, **GRANT).json()["id"]
    papers = reseller.row.documents.filter(kind="qualification_application")
    papers.update(valid_until=days_ahead(-1))
    approve = f"/api/v1/proposals/{proposal}:approve"
    assert code_of(world.olga.post(approve)) == (409, "not_qualifiable")
    assert not Qualification.objects.exists()
    papers.update(valid_until=days_ahead(0))
    assert world.olga.post(approve).status_code == 200
    assert qualified(reseller)


RIGHTS = [("olga", 403), ("owen", 403), ("rhea", 403), ("ada", 404), ("nobody", 401)]


@pytest.mark.parametrize(("who", "status"), RIGHTS)
def test_only_the_system_administrator_proposes(
    world: World, reseller: Newcomer, who: str, status: int
) -> None:
    answer = getattr(world, who).post(f"{reseller.here}:propose-qualification", GRANT)
    assert answer.status_code == status


WRONG = [
    ({"act": "bless"}, "/act"),
    ({"reason": ""}, "/reason"),
    ({"valid_until": None}, "/valid_until"),
    ({"valid_until": "2020-01-01"}, "/valid_until"),
]


@pytest.mark.parametrize(("change", "pointer"), WRONG, ids=str)
def test_a_wrong_proposal_names_its_field(
    world: World, reseller: Newcomer, change: dict[str, Any], pointer: str
) -> None:
    answer = proposed(world, reseller, **{**GRANT, **change})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == pointer


def test_what_cannot_be_qualified_is_told_why(world: World) -> None:
    provider = certified(world)
    uncertified = Newcomer(kind="resale_provider")
    without_application = certified(world, kind="resale_provider")
    for firm in (provider, uncertified, without_application):
        answer = proposed(world, firm, **GRANT)
        assert code_of(answer) == (409, "not_qualifiable")
    assert "转售调度资质申请（未提交）" in answer.json()["detail"]
    for act in ("suspend", "restore", "revoke"):
        assert code_of(proposed(world, provider, act=act, reason="x")) == (409, "not_qualified")


def test_a_step_that_does_not_follow_is_refused(world: World, reseller: Newcomer) -> None:
    decided(world, reseller, "grant")
    assert code_of(proposed(world, reseller, **GRANT)) == (409, "not_qualifiable")
    assert code_of(proposed(world, reseller, act="restore", reason="x")) == (409, "state_conflict")


def test_a_qualification_ends_after_its_last_day_also_a_suspended_one(
    world: World, reseller: Newcomer
) -> None:
    decided(world, reseller, "grant")
    decided(world, reseller, "suspend")
    Qualification.objects.update(valid_until=days_ahead(0))
    follow_last_days()
    assert Qualification.objects.get().state == "suspended"
    Qualification.objects.update(valid_until=days_ahead(-1))
    for _ in range(2):
        follow_last_days()
        assert Qualification.objects.get().state == "expired"
        assert open_causes([reseller.row.id]) == {}
    last = Decision.objects.filter(case="qualification").order_by("-id")[0]
    assert (last.act, last.decided_by) == ("expire", None)
    assert not qualified(reseller)
    standing = reseller.get(f"{reseller.here}/standing").json()
    assert (standing["certified"], standing["qualified"], standing["qualification_until"]) == (
        True,
        False,
        None,
    )
