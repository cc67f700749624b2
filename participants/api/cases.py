"""Certification cases over HTTP: the queue, the questions, and the acts of reviewer, applicant and second person."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.api.bodies import ReasonIn, without_body
from kernel.api.pagination import PageQuery
from kernel.api.schema import page_of
from kernel.api.views import HouseView
from kernel.systems import System
from participants.domain.cases import LIFE, CaseState
from participants.models import Case, Question
from participants.services import cases, certification


class CaseOut(serializers.ModelSerializer[Case]):
    """One round of certification; its documents and decisions are the organisation's that name it."""

    class Meta:
        model = Case
        fields = (
            "id",
            "organisation",
            "state",
            "reviewer",
            "checked_by",
            "decided_by",
            "decided_at",
            "reason",
            "created_at",
            "generation",
        )


class QuestionOut(serializers.ModelSerializer[Question]):
    """A question in a case, and its answer."""

    class Meta:
        model = Question
        fields = (
            "id",
            "case",
            "text",
            "asked_by",
            "created_at",
            "answer",
            "answered_by",
            "answered_at",
        )


class CaseQuery(PageQuery):
    """Filters of the list."""

    organisation = serializers.UUIDField(required=False)
    state = serializers.ChoiceField(CaseState.choices(), required=False)
    reviewer = serializers.UUIDField(required=False)


class AssignmentIn(serializers.Serializer[Any]):
    """Who reviews."""

    reviewer = serializers.UUIDField(required=False, help_text="a person; without one, the caller")


class QuestionIn(serializers.Serializer[Any]):
    """What the applicant is asked."""

    text = serializers.CharField(max_length=1000)


class AnswerIn(serializers.Serializer[Any]):
    """What the applicant answers."""

    answer = serializers.CharField(max_length=2000)


class CasesView(HouseView):
    """`/api/v1/cases`."""

    system = System.SERVICE
    operations = {"GET": "participants.list_cases"}

    @extend_schema(parameters=[CaseQuery], responses=page_of(CaseOut))
    def get(self, request: Request) -> Response:
        """List certification cases: the reviewers' queue, and an organisation's own."""
        return self.page(Case.objects.visible_to(self.actor), CaseOut, CaseQuery)


class OneCaseView(HouseView):
    """The base of what concerns one case."""

    system = System.SERVICE
    queryset = Case.objects.all()
    visible_by = "participants.read_case"


class CaseView(OneCaseView):
    """`/api/v1/cases/{id}`."""

    operations = {"GET": "participants.read_case"}

    @extend_schema(responses=CaseOut)
    def get(self, request: Request, **_: Any) -> Response:
        """Read one case."""
        return self.show(self.subject, CaseOut)


class QuestionsView(OneCaseView):
    """`/api/v1/cases/{id}/questions`."""

    operations = {"GET": "participants.list_questions"}

    @extend_schema(parameters=[PageQuery], responses=page_of(QuestionOut))
    def get(self, request: Request, **_: Any) -> Response:
        """List the questions and answers of a case."""
        return self.page(self.subject.questions.all(), QuestionOut)


class AssignView(OneCaseView):
    """`/api/v1/cases/{id}:assign`."""

    operations = {"POST": "participants.assign_case"}
    acts = {"POST": (LIFE, "assign")}

    @extend_schema(request=AssignmentIn, responses={200: CaseOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Give the case to a reviewer, or take it."""
        reviewer = self.read(AssignmentIn).get("reviewer")
        row = cases.assign_case(case=self.subject, reviewer=reviewer, actor=self.actor)
        return self.show(row, CaseOut)


class AskView(OneCaseView):
    """`/api/v1/cases/{id}:ask`."""

    operations = {"POST": "participants.ask_question"}
    acts = {"POST": (LIFE, "ask")}

    @extend_schema(request=QuestionIn, responses={200: CaseOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Ask the applicant a question; the case waits for the answer."""
        text = self.read(QuestionIn)["text"]
        return self.show(cases.ask_question(case=self.subject, text=text, actor=self.actor), CaseOut)


class AnswerView(OneCaseView):
    """`/api/v1/cases/{id}:answer`."""

    operations = {"POST": "participants.answer_question"}
    acts = {"POST": (LIFE, "answer")}

    @extend_schema(request=AnswerIn, responses={200: CaseOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Answer the question that the case waits for; further documents are submitted before or after."""
        answer = self.read(AnswerIn)["answer"]
        return self.show(cases.answer_question(case=self.subject, answer=answer, actor=self.actor), CaseOut)


class CheckView(OneCaseView):
    """`/api/v1/cases/{id}:check`."""

    operations = {"POST": "participants.check_case"}
    acts = {"POST": (LIFE, "check")}

    @without_body(responses={200: CaseOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Find the evidence complete, as the reviewer; the answer names what is missing where it is not."""
        return self.show(certification.check_case(case=self.subject, actor=self.actor), CaseOut)


class CertifyView(OneCaseView):
    """`/api/v1/cases/{id}:certify`."""

    operations = {"POST": "participants.certify_case"}
    acts = {"POST": (LIFE, "certify")}

    @without_body(responses={200: CaseOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Certify as the second person; what the case brought counts from now on."""
        return self.show(certification.certify_case(case=self.subject, actor=self.actor), CaseOut)


class RefuseView(OneCaseView):
    """`/api/v1/cases/{id}:refuse`."""

    operations = {"POST": "participants.refuse_case"}
    acts = {"POST": (LIFE, "refuse")}

    @extend_schema(request=ReasonIn, responses={200: CaseOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Refuse the application with a reason; a certification that stands, stands."""
        reason = self.read(ReasonIn)["reason"]
        row = certification.refuse_case(case=self.subject, reason=reason, actor=self.actor)
        return self.show(row, CaseOut)


class WithdrawView(OneCaseView):
    """`/api/v1/cases/{id}:withdraw`."""

    operations = {"POST": "participants.withdraw_case"}
    acts = {"POST": (LIFE, "withdraw")}

    @without_body(responses={200: CaseOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Take one's case back, with what was submitted in it."""
        return self.show(certification.withdraw_case(case=self.subject, actor=self.actor), CaseOut)
