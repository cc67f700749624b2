"""Fairness audits over HTTP: whether whose a resource is, or what it is called, changed any selection."""

import json
from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.api.documents import DocumentField
from kernel.api.instants import InstantField
from kernel.api.integers import PlainIntegerField
from kernel.api.pagination import PageQuery
from kernel.api.schema import page_of
from kernel.api.views import HouseView
from kernel.systems import System
from monitoring.domain.fairness import GROUPS, MOST_SELECTIONS, AuditState, FairnessVerdict
from monitoring.models import FairnessAudit
from monitoring.services.fairness import open_audit
from scheduling.services.fairness import COMPUTE, LINE

SIDES = [COMPUTE, LINE]


class FairnessAuditIn(serializers.Serializer[Any]):
    """The half-open period, and which of its selections."""

    start = InstantField()
    end = InstantField(help_text="not later than now")
    sample = PlainIntegerField(
        min_value=1,
        max_value=MOST_SELECTIONS,
        default=None,
        allow_null=True,
        help_text="so many, drawn by the seed; null: all",
    )
    seed = serializers.RegexField(
        r"^[\x21-\x7e]{0,64}\Z",
        default="",
        allow_blank=True,
        help_text="draws the sample and deals the labels; empty: the node draws one and publishes it",
    )


class FiguresOut(serializers.Serializer[Any]):
    """In how many of the replayed selections; `relabelled` where labels said nothing, so by price, latency and the buyer's weights alone."""

    eligible = serializers.IntegerField(help_text="a bundle with it met every constraint")
    shown = serializers.IntegerField(help_text="it was on the page")
    shown_relabelled = serializers.IntegerField()
    first = serializers.IntegerField(help_text="it was of the first rank, which several may share")
    first_relabelled = serializers.IntegerField()
    ordered = serializers.IntegerField(help_text="a bundle with it was ordered")


class GroupFiguresOut(FiguresOut):
    """The figures of the operator's own and affiliated parties, and of all others, summed by party."""

    side = serializers.ChoiceField(SIDES)
    group = serializers.ChoiceField(list(GROUPS))


class PartyFiguresOut(GroupFiguresOut):
    """The figures of one party."""

    party = serializers.CharField(help_text="a compute provider's 统一社会信用代码, a line provider's key")


class FairnessFindingOut(serializers.Serializer[Any]):
    """One selection that was not neutral."""

    selection = serializers.UUIDField()
    outcome = serializers.CharField()
    differences = serializers.ListField(
        child=serializers.CharField(),
        help_text="what differed once only labels did: ranks, pareto, rejected, relax",
    )


class FairnessResultOut(serializers.Serializer[Any]):
    """What was found."""

    verdict = serializers.ChoiceField(FairnessVerdict.choices())
    examined = serializers.IntegerField()
    replayed = serializers.IntegerField()
    outcomes = serializers.DictField(
        child=serializers.IntegerField(),
        help_text="same, differs; and what could not be replayed: forgotten (snapshot not kept), outdated, unreadable",
    )
    differences = serializers.DictField(
        child=serializers.IntegerField(), help_text="in how many selections other labels changed what"
    )
    cut = serializers.IntegerField(
        help_text="whose last rank did not fit on the page: ids decide who of it is shown, so shown may differ there"
    )
    alone = serializers.IntegerField(help_text="with one provider and one carrier only: no label to exchange")
    groups = GroupFiguresOut(many=True)
    parties = PartyFiguresOut(many=True)
    findings = FairnessFindingOut(many=True, help_text="the first hundred")


class FairnessAuditBriefOut(serializers.ModelSerializer[FairnessAudit]):
    """A fairness audit in a list; `examined` of `size` selections are done."""

    size = serializers.IntegerField()

    class Meta:
        model = FairnessAudit
        fields = (
            "id",
            "start",
            "end",
            "seed",
            "sample",
            "population",
            "size",
            "examined",
            "state",
            "verdict",
            "created_at",
            "ended_at",
            "generation",
        )


class FairnessAuditOut(FairnessAuditBriefOut):
    """A fairness audit; once it is done with its result, and the very text that the node signed it in."""

    owned = DocumentField(
        serializers.DictField(child=serializers.ListField(child=serializers.CharField())),
        help_text="the operator's own parties and its declared affiliates, by side",
    )
    result = serializers.SerializerMethodField()

    class Meta(FairnessAuditBriefOut.Meta):
        fields = (
            *FairnessAuditBriefOut.Meta.fields,
            "owned",
            "result",
            "document",
            "digest",
            "signature",
            "key_id",
        )  # type: ignore[assignment]

    @extend_schema_field(FairnessResultOut(allow_null=True))
    def get_result(self, row: FairnessAudit) -> Any:
        """The member `result` of the document; null until it is done."""
        return json.loads(row.document)["result"] if row.document else None


class FairnessAuditQuery(PageQuery):
    """Filters of the list."""

    state = serializers.ChoiceField(AuditState.choices(), required=False)
    verdict = serializers.ChoiceField(FairnessVerdict.choices(), required=False)


class FairnessAuditsView(HouseView):
    """`/api/v1/fairness-audits`."""

    system = System.SELECTION
    operations = {"GET": "monitoring.list_fairness_audits", "POST": "monitoring.open_fairness_audit"}

    @extend_schema(parameters=[FairnessAuditQuery], responses=page_of(FairnessAuditBriefOut))
    def get(self, request: Request) -> Response:
        """List the fairness audits, newest first."""
        rows = FairnessAudit.objects.visible_to(self.actor)
        return self.page(rows.defer("document", "tally"), FairnessAuditBriefOut, FairnessAuditQuery)

    @extend_schema(request=FairnessAuditIn, responses={201: FairnessAuditOut})
    def post(self, request: Request) -> Response:
        """Have the selections of a period replayed, and asked again under other names and owners; a job examines them."""
        row = open_audit(actor=self.actor, **self.read(FairnessAuditIn))
        return self.show(row, FairnessAuditOut, status=201, location=f"/api/v1/fairness-audits/{row.id}")


class FairnessAuditView(HouseView):
    """`/api/v1/fairness-audits/{id}`."""

    system = System.SELECTION
    operations = {"GET": "monitoring.read_fairness_audit"}
    queryset = FairnessAudit.objects.all()

    @extend_schema(responses=FairnessAuditOut)
    def get(self, request: Request, **_: Any) -> Response:
        """Read a fairness audit: how far it has come, and once it is done what it found."""
        return self.show(self.subject, FairnessAuditOut)
