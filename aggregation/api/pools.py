"""Pools of machines over HTTP, with how many are free and how fresh that is."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any

from drf_spectacular.utils import (
    OpenApiExample,
    extend_schema,
    extend_schema_field,
    extend_schema_serializer,
)
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from aggregation.api.centres import CentreOut
from aggregation.api.fields import KeyField, PlainField, amount
from aggregation.domain.inventory import Freshness
from aggregation.domain.pools import MachineSpec, PoolKind
from aggregation.models import Centre, Pool
from aggregation.selectors.inventory import freshness_of, inventory_of, stale_after
from aggregation.services.pools import PoolDraft, register_pool, register_pools
from kernel.api.batches import BatchOut, BatchView, Outcome, batch_of, ids_of
from kernel.api.integers import PlainIntegerField
from kernel.api.pagination import PageQuery, any_code
from kernel.api.schema import page_of
from kernel.api.shapes import Related, expanded
from kernel.api.views import HouseView
from kernel.clock import now
from kernel.systems import System

MOST = 10**6


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Machines",
            summary="十六台整机 / Sixteen machines",
            value={
                "pool": "example-910b",
                "centre": "example-hub",
                "kind": "intelligent",
                "accelerator": "Ascend 910B",
                "domestic": True,
                "accelerators": 8,
                "accelerator_memory_gib": "64",
                "vcpus": 192,
                "memory_gib": "1536",
                "power_w": 5600,
                "machines": 16,
            },
            request_only=True,
        )
    ]
)
class PoolIn(serializers.Serializer[Any]):
    """A pool as its provider declares it: one machine's specification, and how many; null is unknown."""

    pool = KeyField(help_text="human key, unique in the node")
    centre = KeyField(help_text="key of a centre of the caller's")
    kind = serializers.ChoiceField(PoolKind.choices())
    accelerator = PlainField(max_length=80, allow_null=True, help_text="name or alias in the dictionary")
    domestic = serializers.BooleanField()
    accelerators = PlainIntegerField(min_value=0, max_value=1024, help_text="cards in one machine")
    accelerator_memory_gib = amount(12, 6, required=False, allow_null=True)
    vcpus = PlainIntegerField(min_value=0, max_value=MOST)
    memory_gib = amount(14, 6)
    fp64_tflops = amount(16, 6, required=False, allow_null=True, help_text="of one machine")
    fp32_tflops = amount(16, 6, required=False, allow_null=True, help_text="of one machine")
    fp16_tflops = amount(16, 6, required=False, allow_null=True, help_text="of one machine")
    power_w = PlainIntegerField(
        min_value=0,
        max_value=MOST,
        required=False,
        allow_null=True,
        help_text="W that one machine draws, without the cooling",
    )
    machines = PlainIntegerField(min_value=1, max_value=MOST, help_text="installed")
    marking = PlainField(max_length=40, required=False, allow_blank=True)


class InventoryOut(serializers.Serializer[Any]):
    """The newest reading of a pool, and whether it still counts; counts are null before the first."""

    state = serializers.ChoiceField(Freshness.choices())
    stale_since = serializers.DateTimeField(allow_null=True)
    observed_at = serializers.DateTimeField(allow_null=True)
    machines_total = serializers.IntegerField(allow_null=True)
    machines_free = serializers.IntegerField(allow_null=True)
    machines_serving = serializers.IntegerField(allow_null=True)
    faulty = serializers.IntegerField(allow_null=True)


class PoolOut(serializers.ModelSerializer[Pool]):
    """A pool; `free` is what the ledger can still grant."""

    pool = serializers.CharField(source="key")
    provider = serializers.UUIDField(source="tenant_id")
    part_of = serializers.UUIDField(
        source="part_of_id", allow_null=True, help_text="the pool of which a reseller's pool is a part"
    )
    centre = serializers.CharField(source="centre.key")
    free = serializers.IntegerField(allow_null=True)
    inventory = serializers.SerializerMethodField()

    expanded = expanded(
        "Pool",
        centre=Related("centre_id", "aggregation.read_centre", Centre.objects.all(), CentreOut),
    )

    class Meta:
        model = Pool
        fields = (
            "id",
            "pool",
            "provider",
            "part_of",
            "centre",
            "kind",
            "accelerator",
            "domestic",
            "accelerators",
            "accelerator_memory_gib",
            "vcpus",
            "memory_gib",
            "fp64_tflops",
            "fp32_tflops",
            "fp16_tflops",
            "power_w",
            "machines",
            "free",
            "inventory",
            "marking",
            "created_at",
            "generation",
            "expanded",
        )

    @cached_property
    def at(self) -> datetime:
        """The database's time, read once for a page."""
        return now()

    @extend_schema_field(InventoryOut)
    def get_inventory(self, pool: Pool) -> dict[str, Any]:
        """The newest reading, judged at the time of the request."""
        row, state = inventory_of(pool), freshness_of(pool, self.at)
        return {
            "state": state.value,
            "stale_since": row.observed_at + stale_after() if row and state is Freshness.STALE else None,
            "observed_at": row.observed_at if row else None,
            "machines_total": row.total if row else None,
            "machines_free": row.idle if row else None,
            "machines_serving": row.serving if row else None,
            "faulty": row.faulty if row else None,
        }


class PoolQuery(PageQuery):
    """Filters of the list."""

    orders = {"pool": "key", "machines": "machines"}

    kind = serializers.ChoiceField(PoolKind.choices(), required=False)
    centre = serializers.CharField(required=False, source="centre__key")
    pool = serializers.CharField(required=False, source="key")
    provider = serializers.UUIDField(required=False, source="tenant_id")
    kind__in = any_code(PoolKind.choices())
    accelerator = serializers.CharField(required=False)
    domestic = serializers.BooleanField(required=False)
    machines__gte = PlainIntegerField(required=False)


def draft_of(data: Mapping[str, Any]) -> PoolDraft:
    """The draft that validated input says."""
    return PoolDraft(
        key=data["pool"],
        centre=data["centre"],
        kind=data["kind"],
        machines=data["machines"],
        marking=data.get("marking", ""),
        spec=MachineSpec(
            accelerator=data["accelerator"],
            domestic=data["domestic"],
            accelerators=data["accelerators"],
            accelerator_memory_gib=data.get("accelerator_memory_gib"),
            vcpus=data["vcpus"],
            memory_gib=data["memory_gib"],
            fp64_tflops=data.get("fp64_tflops"),
            fp32_tflops=data.get("fp32_tflops"),
            fp16_tflops=data.get("fp16_tflops"),
            power_w=data.get("power_w"),
        ),
    )


class PoolsView(HouseView):
    """`/api/v1/pools`."""

    system = System.AGGREGATION
    operations = {"GET": "aggregation.list_pools", "POST": "aggregation.register_pool"}

    @extend_schema(parameters=[PoolQuery], responses=page_of(PoolOut))
    def get(self, request: Request) -> Response:
        """List the pools that the caller may see."""
        rows = Pool.objects.visible_to(self.actor).with_free().select_related("centre", "inventory")
        return self.page(rows, PoolOut, PoolQuery)

    @extend_schema(request=PoolIn, responses={201: PoolOut})
    def post(self, request: Request) -> Response:
        """Register a pool in a centre of the caller's; it is offered once its agent reports."""
        row = register_pool(draft=draft_of(self.read(PoolIn)), actor=self.actor)
        return self.show(row, PoolOut, status=201, location=f"/api/v1/pools/{row.id}")


class PoolsBatchView(BatchView):
    """`/api/v1/pools:batch`."""

    system = System.AGGREGATION
    operations = {"POST": "aggregation.batch_pools"}
    item = PoolIn

    @extend_schema(request=batch_of(PoolIn), responses={200: BatchOut})
    def post(self, request: Request) -> Response:
        """Register many pools; each has its result, or, with `atomic`, all or nothing."""
        return self.batch()

    def act(self, items: Sequence[Any]) -> list[Outcome]:
        """Register the pools."""
        return ids_of(register_pools(drafts=[draft_of(item) for item in items], actor=self.actor))


class PoolView(HouseView):
    """`/api/v1/pools/{id}`."""

    system = System.AGGREGATION
    operations = {"GET": "aggregation.read_pool"}
    queryset = Pool.objects.with_free().select_related("centre", "inventory")

    @extend_schema(responses=PoolOut)
    def get(self, request: Request, **_: Any) -> Response:
        """Read one pool."""
        return self.show(self.subject, PoolOut)
