"""Selections over HTTP: ask, read again, replay."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.api.bodies import in_words, without_body
from kernel.api.documents import DocumentField
from kernel.api.pagination import PageQuery
from kernel.api.parsers import ExactParser
from kernel.api.schema import page_of
from kernel.api.views import HouseView
from kernel.durability import commit_without_waiting
from kernel.systems import System
from kernel.text import Text
from nodes.services.searches import PeerWord
from scheduling.api.answers import (
    AccessOut,
    AnswerOut,
    BundleServiceOut,
    NearMissOut,
    ScoreOut,
    SpanEvidenceOut,
)
from scheduling.api.demands import SelectionIn
from scheduling.domain.demand import PROTECTIONS
from scheduling.domain.ends import EndClass
from scheduling.domain.uses import LineUse
from scheduling.domain.working_days import DayCount
from scheduling.models import Selection
from scheduling.services.selections import replay_selection, run_selection


class OtherNodeOut(serializers.Serializer[Any]):
    """What came of asking one node; `via` passed it on. `reason` says why its answer is not believed."""

    node = serializers.CharField(help_text="GB/T 2260")
    name = serializers.CharField()
    via = serializers.CharField(allow_null=True)
    state = serializers.ChoiceField(PeerWord.choices())
    reason = serializers.CharField(allow_null=True)
    age_ms = serializers.IntegerField(
        allow_null=True, help_text="how old the answer is, by this node's clock"
    )
    bundles = serializers.IntegerField()
    left_out = serializers.IntegerField(
        default=0,
        help_text="bundles that will not do or cannot be judged here: a division outside residency, a word of a later release",
    )
    more = serializers.BooleanField(
        default=None,
        allow_null=True,
        help_text="whether it has more than the best 20, which it tells; null where it did not say",
    )


class RemoteBundleOut(serializers.Serializer[Any]):
    """A bundle of another node, which alone grants it: its checked members, as in the files; a loss is rounded up to 12 decimals.

    What an earlier release does not say is null.

    `doubted`: more than 20 times cheaper than the best of ours; it ranks after all that are not.
    """

    node = serializers.CharField()
    node_name = serializers.CharField()
    age_ms = serializers.IntegerField()
    order_at = serializers.CharField(help_text="POST order_with there, then quote and order there")
    identifier = serializers.CharField()
    offer = serializers.CharField()
    name = serializers.CharField()
    marking = serializers.CharField()
    centre = serializers.CharField()
    division = serializers.CharField(help_text="GB/T 2260, of the centre")
    lat = serializers.CharField()
    lon = serializers.CharField()
    quantity = serializers.IntegerField()
    line_provider = serializers.CharField()
    technology = serializers.CharField()
    bandwidth_mbps = serializers.IntegerField()
    billing = serializers.CharField()
    latency_us = serializers.IntegerField()
    jitter_us = serializers.IntegerField()
    loss = serializers.CharField()
    km = serializers.CharField()
    lead_days = serializers.IntegerField(help_text="of the tariff")
    end_days = serializers.IntegerField(
        required=False, allow_null=True, help_text="those of the A end beside them; null: not said"
    )
    usable_from = serializers.DateField(
        required=False,
        allow_null=True,
        help_text="in China, ordered there on the day of the answer; null: not said",
    )
    protection = serializers.ChoiceField(
        PROTECTIONS, required=False, allow_null=True, help_text="whether it is a pair; null: not said"
    )
    cny = serializers.DictField(child=serializers.CharField())
    service = BundleServiceOut(
        required=False, help_text="by its own word, where the demand requires anything of it"
    )
    score = ScoreOut(
        required=False,
        help_text="added up here by the demand's weights, of the measures that its node tells; where there are weights",
    )
    doubted = serializers.BooleanField()


class MergedOut(serializers.Serializer[Any]):
    """A place among all bundles: `index` counts those of the answer, then the remote ones; `node` is null for ours."""

    rank = serializers.IntegerField()
    index = serializers.IntegerField()
    node = serializers.CharField(allow_null=True)


class AskedFromOut(serializers.Serializer[Any]):
    """Where other nodes reckon from: the coordinates or the address of the demand, or else the site that stands for its place."""

    lat = serializers.CharField()
    lon = serializers.CharField()
    site = serializers.CharField(
        allow_null=True, help_text="of a site, a centre or a division; null: the place itself"
    )


class AcrossOut(serializers.Serializer[Any]):
    """What other nodes said by the deadline, each by its own signed word, and the ranks of all bundles together."""

    deadline_ms = serializers.IntegerField()
    asked_from = AskedFromOut(required=False, help_text="absent in selections of an earlier release")
    nodes = OtherNodeOut(many=True)
    bundles = RemoteBundleOut(many=True)
    merged = MergedOut(many=True, help_text="the first `top` places of all bundles together")
    merged_exact = serializers.IntegerField(
        required=False,
        help_text="so many of the first places have exact ranks: a node with more bundles than it told may have better ones than those after",
    )
    order_with = DocumentField(SelectionIn)


class LineServiceOut(serializers.Serializer[Any]):
    """What a line promises, by codes of the profile version named."""

    availability_class = serializers.CharField()
    protection = serializers.CharField()
    isolation = serializers.CharField()
    encryption = serializers.CharField()
    sla = serializers.CharField()
    profile = serializers.CharField()


class BundleInstallOut(serializers.Serializer[Any]):
    """The line of a bundle: what it is for, what it promises, and how soon it may be in use.

    Its days are the tariff's, and those of the A end where a tail is known.
    """

    use = serializers.ChoiceField(
        LineUse.choices(),
        source="line_terms.use",
        default=LineUse.ENTRY.value,
        help_text="dci: the place that the demand names is a compute centre, or the station of one",
    )
    lead_days = serializers.IntegerField(source="line_terms.lead_days")
    end_days = serializers.IntegerField(source="line_terms.end_days")
    counted = serializers.ChoiceField(DayCount.choices(), source="line_terms.lead_in")
    end_class = serializers.ChoiceField(EndClass.choices(), source="line_terms.end_class", allow_null=True)
    service = LineServiceOut(
        source="line_terms.service", help_text="classes that the line promises; empty: not declared"
    )
    usable_from = serializers.DateField(help_text="in China, ordered on the day of the selection")


class SelectionOut(serializers.ModelSerializer[Selection]):
    """A selection: the answer as in the files, and beside it what the files cannot say.

    `spans`: what each span's latency rests on (measured, committed, estimated); `near_misses`: centres that
    fail on latency alone, `inconclusive` (`basis` says what may decide) or `impossible` (light itself), with the numbers in µs, told where `rejected` is wanted or no bundle is found. `access`
    is where it starts: the nearest access point, and of each line provider its own (`carriers`; those farther off are its `others`),
    with the tail to it (metres of cable, µs), the class and days of such an end and what it asks once for each circuit, which totals
    include (null where a survey tells it), or the reason why it cannot reach. `from_site` of a bundle says which one it takes, and
    `protection_from_site` where the second path of a pair begins, if that is another. `extras` is the hash of what
    the files lack where the demand asked for any of it, else of the prices of lines by term, empty where there are none.
    `ranks`: for each bundle of the answer one more than how many are strictly better; bundles of equal value share a rank,
    whatever they are called, and ids only order them on the page. `tied_beyond`: how many more share the last rank.
    """

    demand = DocumentField(
        SelectionIn,
        help_text="as it was asked, its place given as the nearest site, beside from_centre where that was said",
    )
    answer = DocumentField(AnswerOut)
    spans = DocumentField(serializers.DictField(child=SpanEvidenceOut()))
    near_misses = DocumentField(NearMissOut(many=True))
    access = DocumentField(AccessOut)
    across = AcrossOut(allow_null=True, help_text="null where nobody else was asked")
    installs = BundleInstallOut(many=True, source="terms", help_text="one for each bundle, in their order")
    markings = serializers.ListField(
        child=serializers.CharField(allow_blank=True),
        help_text="one for each bundle, in their order: 演示数据 where its offer, tariff or a span is invented",
    )

    class Meta:
        model = Selection
        fields = (
            "id",
            "demand_ref",
            "demand",
            "access",
            "asked_at",
            "snapshot",
            "extras",
            "answer",
            "ranks",
            "tied_beyond",
            "spans",
            "near_misses",
            "across",
            "installs",
            "markings",
            "milliseconds",
            "created_at",
        )


class SelectionBriefOut(serializers.ModelSerializer[Selection]):
    """A selection in a list."""

    marking = serializers.CharField(help_text="of the first bundle that is marked")

    class Meta:
        model = Selection
        fields = ("id", "demand_ref", "snapshot", "bundles", "marking", "created_at")


class ReplayOut(serializers.Serializer[Any]):
    """The same demand on the version that it was answered on, and on the supply of now."""

    snapshot_then = serializers.CharField()
    snapshot_now = serializers.CharField()
    same_snapshot = serializers.BooleanField()
    same_answer = serializers.BooleanField(
        allow_null=True,
        help_text="whether the version of then gives the answer of then, to the byte; null where it is not kept",
    )
    version_kept = serializers.BooleanField(
        help_text="whether the version of then is still there: it goes after kept_days, and the answer stays"
    )
    kept_days = serializers.IntegerField()
    answer = DocumentField(
        AnswerOut,
        allow_null=True,
        help_text="of the supply of now; null where the site that it starts from is withdrawn",
    )


class SelectionQuery(PageQuery):
    """Filters of the list."""

    demand_ref = serializers.UUIDField(required=False)
    snapshot = serializers.CharField(required=False)


class SelectionsView(HouseView):
    """`/api/v1/selections`."""

    system = System.SELECTION
    operations = {"GET": "scheduling.list_selections", "POST": "scheduling.create_selection"}
    parser_classes = (ExactParser,)

    @extend_schema(parameters=[SelectionQuery], responses=page_of(SelectionBriefOut))
    def get(self, request: Request) -> Response:
        """List selections."""
        return self.page(Selection.objects.visible_to(self.actor), SelectionBriefOut, SelectionQuery)

    @extend_schema(request=SelectionIn, responses={201: SelectionOut})
    def post(self, request: Request) -> Response:
        """Choose compute and line together, with path, evidence, price split, reasons and relaxations."""
        demand = self.read(DemandDocument)
        commit_without_waiting()
        row = run_selection(demand=demand, demand_ref=None, actor=self.actor)
        return self.show(row, SelectionOut, status=201, location=f"/api/v1/selections/{row.id}")


class DemandDocument(serializers.BaseSerializer[Any]):
    """Hands the JSON object to the engine's own reader, which knows every member and names the bad one."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """The object as it came."""
        if not isinstance(data, dict):
            raise serializers.ValidationError(in_words(Text("须为 JSON 对象", "a JSON object is expected")))
        return data


class SelectionView(HouseView):
    """`/api/v1/selections/{id}`."""

    system = System.SELECTION
    operations = {"GET": "scheduling.read_selection"}
    queryset = Selection.objects.all()

    @extend_schema(responses=SelectionOut)
    def get(self, request: Request, **_: Any) -> Response:
        """Read a selection as it was answered."""
        return self.show(self.subject, SelectionOut)


class ReplaySelectionView(HouseView):
    """`/api/v1/selections/{id}:replay`."""

    system = System.SELECTION
    operations = {"POST": "scheduling.replay_selection"}
    queryset = Selection.objects.all()
    visible_by = "scheduling.read_selection"

    @without_body(responses={200: ReplayOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Ask again on the version of then, which proves the answer, and on the supply of now."""
        return Response(ReplayOut(replay_selection(selection=self.subject)).data)
