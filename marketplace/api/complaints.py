"""Complaints over HTTP: between the parties of an order, and before the supervision."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.api.bodies import ReasonIn, without_body
from kernel.api.integers import PlainIntegerField
from kernel.api.pagination import PageQuery, any_code
from kernel.api.schema import page_of
from kernel.api.views import HouseView
from kernel.systems import System
from marketplace.domain.complaints import LIFE, ComplaintMatter, ComplaintState
from marketplace.models import Complaint, ComplaintStep
from marketplace.selectors.complaints import count_complaints
from marketplace.services import complaints as services

MOST_WORDS = 4000


class WordsIn(serializers.Serializer[Any]):
    """What is said, for the other side and the supervision to read."""

    words = serializers.CharField(max_length=MOST_WORDS)


class ComplaintIn(WordsIn):
    """A complaint of another party of an order."""

    order = serializers.UUIDField()
    respondent = serializers.UUIDField(
        help_text="the order's user (tenant_id), compute_provider or line_provider"
    )
    matter = serializers.ChoiceField(ComplaintMatter.choices())
    request = serializers.CharField(max_length=500, help_text="what is to be done about it")


class ConclusionIn(serializers.Serializer[Any]):
    """The end of a mediation."""

    agreed = serializers.BooleanField()
    words = serializers.CharField(max_length=MOST_WORDS, help_text="what both agreed on, or why they did not")


class ComplaintOut(serializers.ModelSerializer[Complaint]):
    """A complaint as both sides and the supervision see it. `tenant_id` is whoever complains; `due_at` says until when who has to act next must act."""

    class Meta:
        model = Complaint
        fields = (
            "id",
            "order",
            "tenant_id",
            "respondent",
            "matter",
            "request",
            "state",
            "due_at",
            "overdue",
            "created_at",
            "generation",
        )


class ComplaintStepOut(serializers.ModelSerializer[ComplaintStep]):
    """One step; `late` where its deadline had passed."""

    class Meta:
        model = ComplaintStep
        fields = ("version", "act", "after", "actor_tenant", "words", "late", "at")


class ComplaintHistoryOut(ComplaintOut):
    """A complaint with all that was said, oldest first."""

    steps = ComplaintStepOut(many=True)

    class Meta(ComplaintOut.Meta):
        fields = (*ComplaintOut.Meta.fields, "steps")  # type: ignore[assignment] # one more than the base


class ComplaintQuery(PageQuery):
    """Filters of the list."""

    order = serializers.UUIDField(required=False)
    respondent = serializers.UUIDField(required=False)
    matter = serializers.ChoiceField(ComplaintMatter.choices(), required=False)
    state = serializers.ChoiceField(ComplaintState.choices(), required=False)
    state__in = any_code(ComplaintState.choices())
    overdue = serializers.BooleanField(required=False)


class ComplaintsView(HouseView):
    """`/api/v1/complaints`."""

    system = System.SERVICE
    operations = {"GET": "marketplace.list_complaints", "POST": "marketplace.file_complaint"}

    @extend_schema(parameters=[ComplaintQuery], responses=page_of(ComplaintOut))
    def get(self, request: Request) -> Response:
        """List the complaints that the caller filed or is to answer."""
        return self.page(Complaint.objects.visible_to(self.actor), ComplaintOut, ComplaintQuery)

    @extend_schema(request=ComplaintIn, responses={201: ComplaintOut})
    def post(self, request: Request) -> Response:
        """Complain of another party of an order, which has 15 days to answer."""
        row = services.file_complaint(**self.read(ComplaintIn), actor=self.actor)
        return self.show(row, ComplaintOut, status=201, location=f"/api/v1/complaints/{row.id}")


class ComplaintView(HouseView):
    """`/api/v1/complaints/{id}`."""

    system = System.SERVICE
    operations = {"GET": "marketplace.read_complaint"}
    queryset = Complaint.objects.all()

    @extend_schema(responses=ComplaintHistoryOut)
    def get(self, request: Request, **_: Any) -> Response:
        """Read one complaint with all that was said."""
        return self.show(self.subject, ComplaintHistoryOut)


class ComplaintActView(HouseView):
    """The base of the acts on one complaint."""

    system = System.SERVICE
    queryset = Complaint.objects.all()
    visible_by = "marketplace.read_complaint"


class AnswerComplaintView(ComplaintActView):
    """`/api/v1/complaints/{id}:answer`."""

    operations = {"POST": "marketplace.answer_complaint"}
    acts = {"POST": (LIFE, "answer")}

    @extend_schema(request=WordsIn, responses={200: ComplaintOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Answer a complaint, as the party that it is about."""
        words = self.read(WordsIn)["words"]
        return self.show(
            services.answer_complaint(complaint=self.subject, words=words, actor=self.actor), ComplaintOut
        )


class AppealComplaintView(ComplaintActView):
    """`/api/v1/complaints/{id}:appeal`."""

    operations = {"POST": "marketplace.appeal_complaint"}
    acts = {"POST": (LIFE, "appeal")}

    @extend_schema(request=ReasonIn, responses={200: ComplaintOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Ask the supervision: the answer does not do, or none came within its days. It decides within 5 working days."""
        reason = self.read(ReasonIn)["reason"]
        return self.show(
            services.appeal_complaint(complaint=self.subject, reason=reason, actor=self.actor), ComplaintOut
        )


class TakeUpComplaintView(ComplaintActView):
    """`/api/v1/complaints/{id}:accept`."""

    operations = {"POST": "marketplace.take_up_complaint"}
    acts = {"POST": (LIFE, "accept")}

    @without_body(responses={200: ComplaintOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Take an appeal up, as the supervision: it is mediated within 30 days."""
        return self.show(services.take_up_complaint(complaint=self.subject, actor=self.actor), ComplaintOut)


class DismissComplaintView(ComplaintActView):
    """`/api/v1/complaints/{id}:dismiss`."""

    operations = {"POST": "marketplace.dismiss_complaint"}
    acts = {"POST": (LIFE, "dismiss")}

    @extend_schema(request=ReasonIn, responses={200: ComplaintOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Do not take an appeal up, with the reason."""
        reason = self.read(ReasonIn)["reason"]
        return self.show(
            services.dismiss_complaint(complaint=self.subject, reason=reason, actor=self.actor), ComplaintOut
        )


class SayToMediationView(ComplaintActView):
    """`/api/v1/complaints/{id}:say`."""

    operations = {"POST": "marketplace.say_to_mediation"}
    acts = {"POST": (LIFE, "say")}

    @extend_schema(request=WordsIn, responses={200: ComplaintOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Say something to the mediation, as either side or as the supervision."""
        words = self.read(WordsIn)["words"]
        return self.show(
            services.say_to_mediation(complaint=self.subject, words=words, actor=self.actor), ComplaintOut
        )


class ConcludeMediationView(ComplaintActView):
    """`/api/v1/complaints/{id}:conclude`."""

    operations = {"POST": "marketplace.conclude_mediation"}
    acts = {"POST": (LIFE, "agree")}

    @extend_schema(request=ConclusionIn, responses={200: ComplaintOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Write down what both sides agreed on, or that mediation came to nothing."""
        data = self.read(ConclusionIn)
        row = services.conclude_mediation(
            complaint=self.subject, agreed=data["agreed"], words=data["words"], actor=self.actor
        )
        return self.show(row, ComplaintOut)


class SettleComplaintView(ComplaintActView):
    """`/api/v1/complaints/{id}:settle`."""

    operations = {"POST": "marketplace.settle_complaint"}
    acts = {"POST": (LIFE, "settle")}

    @without_body(responses={200: ComplaintOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Say that it is put right, as whoever complained."""
        return self.show(services.settle_complaint(complaint=self.subject, actor=self.actor), ComplaintOut)


class WithdrawComplaintView(ComplaintActView):
    """`/api/v1/complaints/{id}:withdraw`."""

    operations = {"POST": "marketplace.withdraw_complaint"}
    acts = {"POST": (LIFE, "withdraw")}

    @extend_schema(request=ReasonIn, responses={200: ComplaintOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Ask no more, as whoever complained."""
        reason = self.read(ReasonIn)["reason"]
        return self.show(
            services.withdraw_complaint(complaint=self.subject, reason=reason, actor=self.actor), ComplaintOut
        )


class ComplaintCountsQuery(serializers.Serializer[Any]):
    """How far back."""

    months = PlainIntegerField(min_value=1, max_value=120, default=12)


class MonthOfComplaintsOut(serializers.Serializer[Any]):
    """The complaints filed in a month in China, and how they stand now."""

    month = serializers.DateField(help_text="its first day")
    complaints = serializers.IntegerField()
    complainants = serializers.IntegerField(help_text="parties that filed them")
    respondents = serializers.IntegerField(help_text="parties that they are about")
    answered_in_time = serializers.IntegerField()
    answered_late = serializers.IntegerField()
    appealed = serializers.IntegerField()
    settled = serializers.IntegerField()
    unsettled = serializers.IntegerField()
    dismissed = serializers.IntegerField()
    withdrawn = serializers.IntegerField()
    open = serializers.IntegerField()
    overdue = serializers.IntegerField(
        source="overdue_now", help_text="of the open ones, those whose deadline has passed"
    )


class ComplaintCountsOut(serializers.Serializer[Any]):
    """Months with complaints, newest first."""

    items = MonthOfComplaintsOut(many=True)


class ComplaintCountsView(HouseView):
    """`/api/v1/complaint-counts`."""

    system = System.SERVICE
    operations = {"GET": "marketplace.count_complaints"}

    @extend_schema(parameters=[ComplaintCountsQuery], responses=ComplaintCountsOut)
    def get(self, request: Request) -> Response:
        """Count the complaints of each month by what came of them; who complained of what is not told."""
        items = count_complaints(**self.query(ComplaintCountsQuery))
        return Response(ComplaintCountsOut({"items": items}).data)
