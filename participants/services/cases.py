"""A certification case on its way: opened, assigned to a reviewer, asked about, answered."""

from uuid import UUID

from django.db import IntegrityError, transaction

from kernel.actor import Actor
from kernel.clock import now
from kernel.errors import InvalidField
from kernel.services.outbox import publish
from participants import events
from participants.domain import organisations
from participants.domain.cases import LIFE, UNDECIDED, CaseState
from participants.domain.notices import QUESTION
from participants.domain.organisations import OrganisationState
from participants.errors import AlreadyRegistered, NotYourCase
from participants.models import Case, Membership, Organisation, Question
from participants.selectors.profiles import certification_profile
from participants.services.mail import write_to_administrators


@transaction.atomic
def open_case(*, organisation: Organisation, actor: Actor) -> Case:
    """The organisation's undecided case; where there is none, a new one. After a refusal it applies again.

    Raises AlreadyRegistered where the entity was refused and somebody has registered it since.
    """
    row = Organisation.objects.select_for_update().get(id=organisation.id)
    case = row.cases.filter(state__in=UNDECIDED).first()
    if case is not None:
        return case
    if row.state == OrganisationState.REFUSED:
        row.state = organisations.LIFE.after("amend", row.state)
        try:
            with transaction.atomic():
                row.advance("state")
        except IntegrityError as error:
            raise AlreadyRegistered(written=row.code) from error
    case = Case.objects.create(organisation=row)
    publish(events.CaseOpened(subject=case.id, tenant=row.id), actor=actor)
    return case


def locked(case: Case, act: str) -> Case:
    """The row, locked, in its next state (not saved); the organisation first, as every act on a case does."""
    Organisation.objects.select_for_update().get(id=case.organisation_id)
    row = Case.objects.select_for_update().select_related("organisation").get(id=case.id)
    row.state = LIFE.after(act, row.state)
    return row


@transaction.atomic
def assign_case(*, case: Case, reviewer: UUID | None, actor: Actor) -> Case:
    """Give the case to a reviewer: a person whose role checks by the profile; without one, to the actor.

    Raises InvalidField for a person who is none.
    """
    profile = certification_profile()
    profile.require_decider("assign_case", actor.roles)
    person = reviewer or actor.person
    checks = list(profile.deciders["check_case"])
    if not Membership.objects.filter(user=person, ended_at=None, roles__overlap=checks).exists():
        raise InvalidField(
            pointer="/reviewer",
            reason_zh=f"该人员不能审核；审核人须担任：{'、'.join(checks)}。",
            reason_en=f"This person cannot review; a reviewer holds one of: {', '.join(checks)}.",
        )
    row = locked(case, "assign")
    row.reviewer = person
    row.advance("state", "reviewer")
    publish(events.CaseAssigned(subject=row.id, tenant=row.organisation_id, reviewer=person), actor=actor)
    return row


@transaction.atomic
def ask_question(*, case: Case, text: str, actor: Actor) -> Case:
    """Ask the applicant; the case waits for the answer. Raises NotYourCase for neither its reviewer nor who certifies."""
    row = locked(case, "ask")
    if not certification_profile().deciders["certify_case"] & actor.roles:
        require_reviewer(row, actor)
    question = Question.objects.create(case=row, text=text, asked_by=actor.person)
    row.checked_by = None
    row.advance("state", "checked_by")
    publish(
        events.QuestionAsked(subject=row.id, tenant=row.organisation_id, question=question.id), actor=actor
    )
    party = row.organisation
    write_to_administrators(
        organisation=party.id,
        letter=QUESTION,
        supervision=True,
        name=party.name,
        text=text,
        case=row.id,
    )
    return row


@transaction.atomic
def answer_question(*, case: Case, answer: str, actor: Actor) -> Case:
    """Answer the question that the case waits for; it goes back to its reviewer."""
    row = locked(case, "answer")
    question = row.questions.filter(answered_at=None).latest("id")
    question.answer, question.answered_by, question.answered_at = answer, actor.person, now()
    question.advance("answer", "answered_by", "answered_at")
    row.advance("state")
    publish(
        events.QuestionAnswered(subject=row.id, tenant=row.organisation_id, question=question.id), actor=actor
    )
    return row


@transaction.atomic
def start_anew(*, organisation: Organisation, actor: Actor) -> Case:
    """The particulars changed: whoever had the case, it waits for a reviewer again."""
    case = open_case(organisation=organisation, actor=actor)
    row = locked(case, "amend")
    row.reviewer = row.checked_by = None
    row.advance("state", "reviewer", "checked_by")
    return row


@transaction.atomic
def reopen_case(*, case: Case) -> None:
    """The evidence changed: a case that was checked goes back to its reviewer, any other stays where it is.

    The event is the one of the document that came in or was refused.
    """
    if case.state != CaseState.CHECKED:
        return
    row = locked(case, "reopen")
    row.checked_by = None
    row.advance("state", "checked_by")


def require_reviewer(case: Case, actor: Actor) -> None:
    """Raise NotYourCase unless the actor is the reviewer who has the case."""
    if case.reviewer != actor.person:
        raise NotYourCase
