"""Invitations and members: who comes in, in which roles, and how somebody leaves."""

from contextlib import suppress
from datetime import timedelta
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from kernel.actor import SYSTEM, Actor, Role
from kernel.clock import now
from kernel.models import EventRecord
from participants.domain.duties import DUTIES_APART, require_duties_apart
from participants.domain.organisations import ROLES_OF_KIND, OrganisationKind
from participants.errors import DutiesCombined, InvitationUnknown, LinkUnknown
from participants.models import Invitation, Membership, User
from participants.services import people
from participants.services.invitations import (
    accept_invitation,
    invitation_link,
    offer_seat,
    read_link,
)
from tests.participants.newcomers import Newcomer, code_of
from tests.support.caller import Caller
from tests.support.cast import Person, World
from tests.support.races import race

pytestmark = pytest.mark.django_db


def invited(host: Caller, here: str, **changes: Any) -> Any:
    body = {"email": "dora@example.org", "roles": ["compute_provider"], **changes}
    return host.post(f"{here}/invitations", body)


def accepted(token: str, **body: str) -> Any:
    return Caller().post(f"/api/v1/invitations/{token}:accept", {"name": "Dora", **body})


def administrator(person: Person) -> str:
    Membership.objects.filter(id=person.membership.id).update(administers=True)
    return f"/api/v1/organisations/{person.organisation.id}"


def test_an_administrator_gives_herself_no_duty_by_inviting_her_own_address(world: World) -> None:
    here, before = administrator(world.otto), world.otto.membership.roles
    for email in (world.otto.user.email, world.otto.user.email.upper()):
        answer = invited(world.otto, here, email=email, roles=["operator_security"])
        assert code_of(answer) == (409, "own_roles")
        assert answer.json()["errors"][0]["pointer"] == "/email"
    assert Membership.objects.get(id=world.otto.membership.id).roles == before
    assert not Invitation.objects.exists()


def test_an_invited_person_takes_the_seat_once_and_holds_a_key() -> None:
    firm = Newcomer()
    token = invited(firm, firm.here).json()["token"]
    answer = accepted(token)
    assert answer.status_code == 201
    dora = Caller(answer.json()["api_key"])
    assert dora.get("/api/v1/me").json()["organisation"] == firm.id
    assert code_of(dora.post(f"{firm.here}/invitations", {})) == (400, "invalid_input")
    assert code_of(invited(dora, firm.here)) == (403, "not_administrator")
    assert code_of(accepted(token)) == (404, "invitation_unknown")
    assert Membership.objects.filter(organisation=firm.id).count() == 2
    listed = firm.get(f"{firm.here}/invitations")
    assert token.encode() not in listed.content
    assert listed.json()["items"][0]["accepted_at"] is not None
    assert {row["name"] for row in firm.get(f"{firm.here}/members").json()["items"]} >= {"Dora"}


@pytest.mark.parametrize("how", ["unknown", "expired", "closed"])
def test_a_token_that_is_wrong_late_or_of_a_closed_firm_is_the_same_answer(how: str) -> None:
    firm = Newcomer()
    token = invited(firm, firm.here).json()["token"]
    match how:
        case "unknown":
            token = token[::-1]
        case "expired":
            Invitation.objects.update(expires_at=now() - timedelta(seconds=1))
        case "closed":
            firm.post(f"{firm.here}:close")
    assert code_of(accepted(token)) == (404, "invitation_unknown")
    assert not User.objects.filter(email="dora@example.org").exists()


def test_an_invitation_that_was_taken_back_opens_nothing_by_token_or_by_link(world: World) -> None:
    firm = Newcomer()
    told = invited(firm, firm.here).json()
    path = f"/api/v1/invitations/{told['id']}:withdraw"
    assert code_of(world.ada.post(path)) == (404, "not_found")
    colleague = Caller(
        accepted(invited(firm, firm.here, email="eve@example.org").json()["token"]).json()["api_key"]
    )
    assert code_of(colleague.post(path)) == (403, "not_administrator")
    for _ in range(2):
        assert firm.post(path).json()["withdrawn_at"] is not None
    assert EventRecord.objects.filter(name="participants.invitation_withdrawn").count() == 1
    assert code_of(accepted(told["token"])) == (404, "invitation_unknown")
    row = Invitation.objects.get(id=told["id"])
    with pytest.raises(LinkUnknown):
        read_link(invitation_link(row).rpartition("/")[2])
    assert not User.objects.filter(email="dora@example.org").exists()


def test_an_invitation_that_was_taken_is_not_taken_back() -> None:
    firm = Newcomer()
    told = invited(firm, firm.here).json()
    assert accepted(told["token"]).status_code == 201
    refused = firm.post(f"/api/v1/invitations/{told['id']}:withdraw")
    assert code_of(refused) == (409, "state_conflict")
    assert Membership.objects.filter(organisation=firm.id, ended_at=None).count() == 2


@pytest.mark.django_db(transaction=True)
def test_an_invitation_is_taken_or_taken_back_and_never_both(world: World) -> None:
    firm = Newcomer()
    told = invited(firm, firm.here).json()
    came = race(
        lambda: accepted(told["token"]).status_code,
        lambda: firm.post(f"/api/v1/invitations/{told['id']}:withdraw").status_code,
    )
    row = Invitation.objects.get(id=told["id"])
    assert sorted(came) in ([201, 409], [200, 404])
    assert (row.accepted_at is None) != (row.withdrawn_at is None)


@pytest.mark.django_db(transaction=True)
def test_one_token_taken_by_eight_at_once_makes_one_member() -> None:
    firm = Newcomer()
    token = invited(firm, firm.here).json()["token"]
    acts = [lambda: accept_invitation(token=token, name="Dora", email="") for _ in range(8)]
    came = race(*acts)
    assert sum(isinstance(result, InvitationUnknown) for result in came) == 7
    assert Membership.objects.filter(organisation=firm.id).count() == 2


WRONG = [
    ({"email": "dora"}, "/email"),
    ({"roles": []}, "/roles"),
    ({"roles": ["king"]}, "/roles/0"),
    ({"roles": ["line_provider"]}, "/roles"),
    ({"roles": ["compute_provider", "operator_system"]}, "/roles"),
    ({"roles": ["regulator"]}, "/roles"),
]


@pytest.mark.parametrize(("change", "pointer"), WRONG, ids=str)
def test_nobody_is_invited_into_a_role_that_is_not_of_the_kind(change: dict[str, Any], pointer: str) -> None:
    firm = Newcomer()
    answer = invited(firm, firm.here, **change)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert not Invitation.objects.exists()


def test_an_organisation_mails_so_many_invitations_and_then_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("participants.services.invitations.MOST_MAILED", 3)
    firm, other = Newcomer(), Newcomer()
    tokens = [invited(firm, firm.here, email=f"p{n}@example.org").json()["token"] for n in range(3)]
    answer = invited(firm, firm.here)
    assert code_of(answer) == (409, "too_many_invitations")
    assert "3 份" in answer.json()["detail"]
    assert Invitation.objects.filter(organisation=firm.id).count() == 3
    assert invited(other, other.here).status_code == 201  # each organisation has its own
    assert accepted(tokens[0]).status_code == 201
    assert code_of(invited(firm, firm.here)) == (409, "too_many_invitations")  # it was mailed today
    Invitation.objects.update(created_at=now() - timedelta(days=2))
    assert invited(firm, firm.here).status_code == 201
    assert code_of(invited(firm, firm.here)) == (409, "too_many_invitations")
    Invitation.objects.update(expires_at=now() - timedelta(seconds=1), created_at=now() - timedelta(days=8))
    assert invited(firm, firm.here).status_code == 201


@pytest.mark.django_db(transaction=True)
def test_inviting_at_once_does_not_pass_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("participants.services.invitations.MOST_MAILED", 3)
    firm = Newcomer()
    came = race(*[lambda n=n: invited(firm, firm.here, email=f"p{n}@example.org") for n in range(6)])
    assert sorted(answer.status_code for answer in came) == [201] * 3 + [409] * 3


def test_the_operators_administrators_are_never_one_person(world: World) -> None:
    here = administrator(world.otto)
    both = invited(world.otto, here, roles=["operator_system", "operator_audit"])
    assert code_of(both) == (409, "duties_combined")
    # one after the other, into a further duty of the same person, comes to the same
    token = invited(world.otto, here, email=world.olga.user.email, roles=["operator_audit"]).json()["token"]
    assert accepted(token).status_code == 201  # her duty was changed, not added to
    assert Membership.objects.get(id=world.olga.membership.id).roles == ["operator_audit"]
    other = administrator(world.rhea)
    token = invited(world.rhea, other, email=world.otto.user.email, roles=["regulator"]).json()["token"]
    assert code_of(accepted(token)) == (409, "duties_combined")
    assert Invitation.objects.filter(accepted_at=None).count() == 1  # refused, so the seat is still free
    with (
        pytest.raises(IntegrityError, match="membership_operator_system_not_operator_security"),
        transaction.atomic(),
    ):
        Membership.objects.filter(id=world.otto.membership.id).update(
            roles=[Role.OPERATOR_SYSTEM, Role.OPERATOR_SECURITY]
        )


@given(st.lists(st.sampled_from(list(Role)), max_size=6))
def test_duties_are_combined_exactly_when_two_of_them_meet(roles: list[Role]) -> None:
    try:
        require_duties_apart(roles)
    except DutiesCombined:
        assert len(set(roles) & set(DUTIES_APART)) > 1
    else:
        assert len(set(roles) & set(DUTIES_APART)) <= 1


def test_every_kind_has_its_roles_and_no_role_has_two_kinds() -> None:
    assert set(ROLES_OF_KIND) == set(OrganisationKind)
    listed = [role for roles in ROLES_OF_KIND.values() for role in roles]
    assert len(listed) == len(set(listed))


def test_an_invitation_reaches_the_person_who_has_the_address(world: World) -> None:
    firm = Newcomer(kind="resale_provider")
    token = invited(firm, firm.here, email=world.ada.user.email, roles=["resale_provider"]).json()["token"]
    answer = accepted(token, name="somebody else")
    assert answer.json()["person"] == str(world.ada.user.id)
    assert User.objects.get(id=world.ada.user.id).name == "Ada"


RIGHTS = [("cleo", 404, 404), ("otto", 403, 403), ("rhea", 403, 403), ("nobody", 401, 401), ("abe", 200, 403)]


@pytest.mark.parametrize(("who", "reads", "invites"), RIGHTS)
def test_people_are_the_firms_own_affair(world: World, who: str, reads: int, invites: int) -> None:
    person, here = getattr(world, who), f"/api/v1/organisations/{world.ada.organisation.id}"
    for page in ("members", "invitations"):
        assert person.get(f"{here}/{page}").status_code == reads
    assert invited(person, here).status_code == invites


def changed(host: Caller, member: str, body: Any, **headers: str) -> Any:
    return host.send("PATCH", f"/api/v1/members/{member}", body, **{"If_Match": '"1"', **headers})


def test_an_administrator_changes_a_colleague_s_roles_and_her_keys_follow(world: World) -> None:
    here = administrator(world.otto)
    member = str(world.olga.membership.id)
    assert world.olga.get("/api/v1/me").json()["roles"][0]["code"] == "operator_security"
    told = changed(world.otto, member, {"roles": ["operator_audit"]})
    assert (told.status_code, told.json()["roles"], told.json()["administers"]) == (
        200,
        ["operator_audit"],
        False,
    )
    assert world.olga.get("/api/v1/me").json()["roles"][0]["code"] == "operator_audit"
    assert changed(world.otto, member, {"administers": True}).status_code == 412
    assert changed(world.otto, member, {"administers": True}, If_Match='"2"').json()["administers"] is True
    events = EventRecord.objects.filter(name="participants.member_changed").order_by("id")
    assert [each.payload["administers"] for each in events] == [False, True]
    assert {each.actor_user for each in events} == {world.otto.user.id}
    both = changed(world.otto, member, {"roles": ["operator_audit", "operator_system"]}, If_Match='"3"')
    assert code_of(both) == (409, "duties_combined")
    assert world.otto.get(f"{here}/members").json()["items"][0]["generation"] >= 1


def test_nobody_gives_roles_to_herself_and_no_plain_member_to_anybody(world: World) -> None:
    administrator(world.otto)
    own = changed(world.otto, str(world.otto.membership.id), {"roles": ["operator_audit"]})
    assert code_of(own) == (409, "own_roles")
    assert code_of(changed(world.olga, str(world.otto.membership.id), {"administers": False})) == (
        403,
        "not_administrator",
    )
    assert code_of(changed(world.ada, str(world.otto.membership.id), {})) == (404, "not_found")
    wrong = changed(world.otto, str(world.olga.membership.id), {"roles": ["regulator"]})
    assert wrong.json()["errors"][0]["pointer"] == "/roles"
    Membership.objects.filter(id=world.olga.membership.id).update(ended_at=now())
    assert code_of(changed(world.otto, str(world.olga.membership.id), {})) == (404, "not_found")


@pytest.mark.django_db(transaction=True)
def test_two_administrators_do_not_unseat_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    firm = Newcomer()
    told = accepted(invited(firm, firm.here, administers=True).json()["token"]).json()
    dora, meeting, honest = Caller(told["api_key"]), Barrier(2), people.require_administrator

    def both_are_asked(actor: Actor) -> None:
        honest(actor)
        with suppress(BrokenBarrierError):  # the other waits for the organisation's row, and does not come
            meeting.wait(0.2)

    monkeypatch.setattr(people, "require_administrator", both_are_asked)
    came = race(
        lambda: changed(firm, told["member"], {"administers": False}).status_code,
        lambda: changed(dora, firm.told["member"], {"administers": False}).status_code,
    )
    assert sorted(came) == [200, 403]
    assert Membership.objects.filter(organisation=firm.id, administers=True).count() == 1


def test_a_member_leaves_or_is_let_go_and_the_last_administrator_stays(world: World) -> None:
    firm = Newcomer()
    told = accepted(invited(firm, firm.here).json()["token"]).json()
    dora = Caller(told["api_key"])
    first = f"/api/v1/members/{firm.told['member']}:end"
    assert code_of(dora.post(first)) == (403, "not_administrator")
    assert code_of(firm.post(first)) == (409, "last_administrator")
    assert code_of(world.ada.post(first)) == (404, "not_found")
    assert firm.post(f"/api/v1/members/{told['member']}:end").status_code == 204
    assert code_of(dora.get("/api/v1/me")) == (401, "unauthenticated")
    back = accepted(invited(firm, firm.here, administers=True).json()["token"]).json()
    assert back["person"] == told["person"]
    assert firm.post(first).status_code == 204  # another administrator is there now


def test_a_list_of_members_asks_the_same_for_two_and_for_ten(django_assert_num_queries: Any) -> None:
    firm = Newcomer()
    firm.get(firm.here)  # notes the key's first use
    for more in range(2):
        for number in range(1 + 7 * more):
            accepted(invited(firm, firm.here, email=f"{more}-{number}@example.org").json()["token"])
        with django_assert_num_queries(5):
            firm.get(f"{firm.here}/members")


def test_the_last_administrator_is_not_made_a_plain_member_by_an_invitation() -> None:
    firm = Newcomer()
    own = Membership.objects.get(organisation=firm.id)
    assert code_of(invited(firm, firm.here, email=own.user.email)) == (409, "own_roles")
    _, token = offer_seat(  # by an administrator who left before it was taken
        organisation=own.organisation,
        email=own.user.email,
        roles=["compute_provider"],
        administers=False,
        actor=SYSTEM,
    )
    assert code_of(accepted(token)) == (409, "last_administrator")
    own.refresh_from_db()
    assert own.administers
    second = invited(firm, firm.here, administers=True).json()["token"]
    assert accepted(second).status_code == 201
    assert accepted(token).status_code == 201
    own.refresh_from_db()
    assert not own.administers
