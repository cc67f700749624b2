"""A machine is never one of four eyes: every act that counts people refuses an OAuth client (A9)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from kernel.actor import Actor
from kernel.clock import now
from kernel.errors import PersonNeeded
from kernel.ids import new_id
from kernel.proposals import KINDS
from kernel.services.proposals import approve_act, propose_act
from marketplace.models import VoucherPolicy
from marketplace.services.vouchers import approve_policy, propose_policy
from nodes.services.drafts import draft_report
from nodes.services.reports import review_report
from participants.models import Case
from participants.services.certification import certify_case, check_case
from tests.laws.house import import_every_floor
from tests.marketplace.trade import POLICY
from tests.participants.newcomers import Newcomer
from tests.support.cast import Person, World

pytestmark = pytest.mark.django_db
import_every_floor()
COUNTED = sorted(KINDS)


def machine_beside(person: Person) -> Actor:
    """A machine that may whatever the person may."""
    return replace(person.actor, user_id=None, credential=new_id())


def test_the_table_of_kinds_is_whole() -> None:
    assert len(COUNTED) >= 8


@pytest.mark.parametrize("kind", COUNTED)
def test_a_machine_neither_proposes_nor_approves(world: World, kind: str) -> None:
    proposer, approver = world.otto, world.olga
    with pytest.raises(PersonNeeded):
        propose_act(kind=kind, subject=new_id(), terms={}, actor=machine_beside(proposer))
    proposal = propose_act(kind=kind, subject=new_id(), terms={}, actor=proposer.actor)
    with pytest.raises(PersonNeeded):
        approve_act(proposal=proposal, actor=machine_beside(approver))
    proposal.refresh_from_db()
    assert proposal.state == "open"


def test_a_machine_neither_checks_nor_certifies(world: World) -> None:
    firm = Newcomer()
    firm.submit_all()
    assert world.otto.post(f"{firm.case}:assign", {}).status_code == 200
    with pytest.raises(PersonNeeded):
        check_case(case=case_of(firm), actor=machine_beside(world.otto))
    assert firm.state == "applied"
    assert world.otto.post(f"{firm.case}:check").status_code == 200
    with pytest.raises(PersonNeeded):
        certify_case(case=case_of(firm), actor=machine_beside(world.olga))
    assert firm.case_state == "checked"


def case_of(firm: Newcomer) -> Case:
    """The firm's only case."""
    return Case.objects.get(organisation=firm.id)


def test_a_machine_neither_proposes_nor_approves_a_voucher_policy(world: World) -> None:
    with pytest.raises(PersonNeeded):
        propose_policy(body=POLICY, actor=machine_beside(world.otto))
    policy = propose_policy(body=POLICY, actor=world.otto.actor)
    with pytest.raises(PersonNeeded):
        approve_policy(policy=policy, actor=machine_beside(world.rhea))
    assert VoucherPolicy.objects.get(id=policy.id).approver is None


def test_a_machine_reviews_no_report(world: World) -> None:
    end = now() - timedelta(minutes=1)
    report = draft_report(
        section="nodes.traffic", start=end - timedelta(hours=1), end=end, actor=machine_beside(world.otto)
    )
    with pytest.raises(PersonNeeded):
        review_report(report=report, actor=machine_beside(world.rhea))
