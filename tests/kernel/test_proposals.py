"""A9, four eyes: who proposed may not approve, and the act runs in the approval's own transaction."""

from collections.abc import Iterator
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction

from kernel import proposals
from kernel.actor import Actor
from kernel.errors import Forbidden, SamePerson
from kernel.ids import new_id
from kernel.models import EventRecord, Proposal
from kernel.services.proposals import AlreadyProposed, ProposalClosed, approve_act, propose_act, withdraw_act
from tests.support.cast import World
from tests.support.races import kinds, race

quick = pytest.mark.django_db
real = pytest.mark.django_db(transaction=True)
Done = list[tuple[UUID, dict[str, Any], Actor]]


@pytest.fixture
def done() -> Iterator[Done]:
    """What the act of these tests has done."""
    acts: Done = []

    def act(subject: UUID, terms: dict[str, Any], actor: Actor) -> None:
        acts.append((subject, terms, actor))
        if terms.get("fails"):
            raise RuntimeError("the act failed")

    proposals.four_eyes("tests.retire", operation="identifiers.propose_retirement")(act)
    yield acts
    del proposals.KINDS["tests.retire"]


def proposed(world: World, **terms: Any) -> Proposal:
    return propose_act(kind="tests.retire", subject=new_id(), terms=terms, actor=world.rhea.actor)


@quick
def test_a_second_person_approves_and_the_act_runs_with_its_terms(world: World, done: Done) -> None:
    proposal = proposed(world, reason="gone")
    assert done == []
    approve_act(proposal=proposal, actor=world.ron.actor)
    assert done == [(proposal.subject, {"reason": "gone"}, world.ron.actor)]
    proposal.refresh_from_db()
    assert (proposal.state, proposal.approver, proposal.generation) == ("approved", world.ron.user.id, 2)
    names = list(
        EventRecord.objects.filter(subject=proposal.id).order_by("id").values_list("name", flat=True)
    )
    assert names == ["kernel.act_proposed", "kernel.act_approved"]


@quick
def test_the_proposer_may_not_approve(world: World, done: Done) -> None:
    with pytest.raises(SamePerson):
        approve_act(proposal=proposed(world), actor=world.rhea.actor)
    assert done == []


@quick
def test_the_database_itself_refuses_one_pair_of_eyes(world: World, done: Done) -> None:
    proposal = proposed(world)
    with pytest.raises(IntegrityError), transaction.atomic():
        Proposal.objects.filter(id=proposal.id).update(approver=proposal.proposer)


@quick
def test_somebody_without_the_operation_may_not_approve(world: World, done: Done) -> None:
    with pytest.raises(Forbidden):
        approve_act(proposal=proposed(world), actor=world.otto.actor)
    assert done == []


@quick
def test_an_act_that_fails_leaves_the_proposal_open(world: World, done: Done) -> None:
    proposal = proposed(world, fails=True)
    with pytest.raises(RuntimeError):
        approve_act(proposal=proposal, actor=world.ron.actor)
    proposal.refresh_from_db()
    assert (proposal.state, proposal.approver) == ("open", None)


@quick
def test_a_closed_proposal_stays_closed(world: World, done: Done) -> None:
    proposal = withdraw_act(proposal=proposed(world), actor=world.rhea.actor)
    for act in (approve_act, withdraw_act):
        with pytest.raises(ProposalClosed):
            act(proposal=proposal, actor=world.ron.actor)
    assert done == []


@quick
def test_the_same_act_is_proposed_once_at_a_time(world: World, done: Done) -> None:
    proposal = proposed(world)
    again = partial(propose_act, kind=proposal.kind, subject=proposal.subject, terms={})
    with pytest.raises(AlreadyProposed):
        again(actor=world.ron.actor)
    withdraw_act(proposal=proposal, actor=world.rhea.actor)
    assert again(actor=world.ron.actor).state == "open"


@real
def test_two_approvals_at_once_run_the_act_once(world: World, done: Done) -> None:
    proposal, ron = proposed(world), world.ron.actor
    results = race(*[partial(approve_act, proposal=proposal, actor=ron)] * 4)
    assert kinds(results) == {"Proposal": 1, "ProposalClosed": 3}
    assert len(done) == 1


@quick
def test_over_http_the_colleague_approves_and_others_see_nothing(world: World, done: Done) -> None:
    proposal = proposed(world)
    address = f"/api/v1/proposals/{proposal.id}"
    assert world.otto.post(f"{address}:approve").status_code == 404
    assert world.ada.post(f"{address}:approve").status_code == 404
    alone = world.rhea.post(f"{address}:approve")
    assert (alone.status_code, alone.json()["code"]) == (409, "same_person")
    approved = world.ron.post(f"{address}:approve")
    assert (approved.status_code, approved.json()["state"]) == (200, "approved")
    late = world.ron.post(f"{address}:withdraw")
    assert (late.status_code, late.json()["code"]) == (409, "proposal_closed")
    assert len(done) == 1
