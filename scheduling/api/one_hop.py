"""One-hop access to compute over HTTP."""

from collections.abc import Mapping, Sequence
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.api.batches import BatchOut, BatchView, Outcome, batch_of, ids_of
from kernel.api.bodies import without_body
from kernel.api.instants import InstantField
from kernel.api.pagination import PageQuery, any_code
from kernel.api.schema import page_of
from kernel.api.views import HouseView
from kernel.systems import System
from scheduling.domain.one_hop import LIFE, OneHopState
from scheduling.domain.topologies.elements import KEY
from scheduling.models import OneHopAccess
from scheduling.services import one_hop as services

DIGEST = r"^[0-9a-f]{64}$"


class OneHopIn(serializers.Serializer[Any]):
    """One capability that the caller declares of its own network, with the test that shows it."""

    site = serializers.RegexField(f"^{KEY}$", help_text="key of the integrated access point")
    centre = serializers.RegexField(f"^{KEY}$", help_text="key of the compute centre")
    tested_at = InstantField()
    declarer = serializers.CharField(max_length=100, help_text="who tested")
    evidence_sha256 = serializers.RegexField(DIGEST, help_text="SHA-256 of the test's record, hex")
    marking = serializers.CharField(max_length=40, default="", allow_blank=True)


class FindingIn(serializers.Serializer[Any]):
    """What the supervision found."""

    finding = serializers.CharField(max_length=500)
    finding_sha256 = serializers.RegexField(
        f"{DIGEST}|^$", default="", help_text="SHA-256 of its record, hex"
    )


class OneHopOut(serializers.ModelSerializer[OneHopAccess]):
    """A declared capability of (access point, carrier, centre), and what was found of it."""

    site = serializers.CharField(source="site.key")
    carrier = serializers.UUIDField(source="tenant_id")

    class Meta:
        model = OneHopAccess
        fields = (
            "id",
            "site",
            "carrier",
            "centre",
            "state",
            "tested_at",
            "declarer",
            "evidence_sha256",
            "decided_at",
            "finding",
            "finding_sha256",
            "marking",
            "created_at",
            "generation",
        )


class OneHopQuery(PageQuery):
    """Filters of the list."""

    orders = {"tested_at": "tested_at"}

    site = serializers.CharField(required=False, source="site__key")
    city__startswith = serializers.CharField(required=False, source="site__city__startswith")
    carrier = serializers.UUIDField(required=False, source="tenant_id")
    centre = serializers.CharField(required=False)
    state = serializers.ChoiceField(OneHopState.choices(), required=False)
    state__in = any_code(OneHopState.choices())


def declared(data: Mapping[str, Any]) -> services.Declaration:
    """The declaration that validated input makes."""
    return services.Declaration(
        site=data["site"],
        centre=data["centre"],
        tested_at=data["tested_at"],
        declarer=data["declarer"],
        evidence_sha256=data["evidence_sha256"],
        marking=data["marking"],
    )


class OneHopsView(HouseView):
    """`/api/v1/one-hop-accesses`."""

    system = System.SELECTION
    operations = {"GET": "scheduling.list_one_hops", "POST": "scheduling.declare_one_hop"}
    alongside = ("site",)  # an access point may be another's

    @extend_schema(parameters=[OneHopQuery], responses=page_of(OneHopOut))
    def get(self, request: Request) -> Response:
        """List one-hop accesses to compute, as declared and as verified."""
        return self.page(OneHopAccess.objects.visible_to(self.actor), OneHopOut, OneHopQuery)

    @extend_schema(request=OneHopIn, responses={201: OneHopOut})
    def post(self, request: Request) -> Response:
        """Declare that an access point reaches a centre in one hop; it counts when the supervision has verified it."""
        row = services.declare_one_hop(declaration=declared(self.read(OneHopIn)), actor=self.actor)
        return self.show(row, OneHopOut, status=201, location=f"/api/v1/one-hop-accesses/{row.id}")


class OneHopBatchView(BatchView):
    """`/api/v1/one-hop-accesses:batch`."""

    system = System.SELECTION
    operations = {"POST": "scheduling.batch_one_hops"}
    item = OneHopIn

    @extend_schema(request=batch_of(OneHopIn), responses={200: BatchOut})
    def post(self, request: Request) -> Response:
        """Declare many; each has its result, or, with `atomic`, all or nothing."""
        return self.batch()

    def act(self, items: Sequence[Any]) -> list[Outcome]:
        """Declare them in one act."""
        found = services.declare_one_hops(declarations=[declared(item) for item in items], actor=self.actor)
        return ids_of(found)


class OneHopView(HouseView):
    """`/api/v1/one-hop-accesses/{id}`."""

    system = System.SELECTION
    operations = {"GET": "scheduling.read_one_hop"}
    queryset = OneHopAccess.objects.all()
    alongside = ("site",)

    @extend_schema(responses=OneHopOut)
    def get(self, request: Request, **_: Any) -> Response:
        """Read one."""
        return self.show(self.subject, OneHopOut)


class OneHopActView(HouseView):
    """The base of the acts on one."""

    system = System.SELECTION
    queryset = OneHopAccess.objects.all()
    visible_by = "scheduling.read_one_hop"


class VerifyOneHopView(OneHopActView):
    """`/api/v1/one-hop-accesses/{id}:verify`."""

    operations = {"POST": "scheduling.verify_one_hop"}
    acts = {"POST": (LIFE, "verify")}

    @extend_schema(request=FindingIn, responses={200: OneHopOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Verify it, saying what was seen."""
        row = services.verify_one_hop(access=self.subject, actor=self.actor, **self.read(FindingIn))
        return self.show(row, OneHopOut)


class RefuseOneHopView(OneHopActView):
    """`/api/v1/one-hop-accesses/{id}:refuse`."""

    operations = {"POST": "scheduling.refuse_one_hop"}
    acts = {"POST": (LIFE, "refuse")}

    @extend_schema(request=FindingIn, responses={200: OneHopOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Refuse it, also one that was verified, saying why; the carrier may declare it again with better evidence."""
        row = services.refuse_one_hop(access=self.subject, actor=self.actor, **self.read(FindingIn))
        return self.show(row, OneHopOut)


class WithdrawOneHopView(OneHopActView):
    """`/api/v1/one-hop-accesses/{id}:withdraw`."""

    operations = {"POST": "scheduling.withdraw_one_hop"}
    acts = {"POST": (LIFE, "withdraw")}

    @without_body(responses={200: OneHopOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Withdraw one's own declaration."""
        return self.show(services.withdraw_one_hop(access=self.subject, actor=self.actor), OneHopOut)
