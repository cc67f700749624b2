"""Holds over HTTP: keep machines, alone or with a line, for a while; extend, give back; and how many one may have."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.api.batches import BatchOut, BatchView, Outcome, batch_of, ids_of
from kernel.api.bodies import in_words, without_body
from kernel.api.integers import PlainIntegerField
from kernel.api.pagination import PageQuery, any_code
from kernel.api.schedules import ScheduleIn, schedule_in
from kernel.api.schema import page_of
from kernel.api.views import HouseView
from kernel.systems import System
from kernel.text import Text
from scheduling.domain.holds import LIFE, HoldState
from scheduling.models import Hold
from scheduling.selectors.profiles import hold_profile
from scheduling.services import reservations

MOST_MACHINES = 10**6
LINE, MACHINES = {"selection", "bundle"}, {"offer", "quantity"}


class HoldTimeIn(serializers.Serializer[Any]):
    """For how long."""

    minutes = PlainIntegerField(
        min_value=1,
        max_value=int(hold_profile().longest / timedelta(minutes=1)),
        required=False,
        help_text="from now; default 30",
    )


class HoldIn(HoldTimeIn):
    """Either a bundle of a selection (compute and every span of its line) or machines of an offer; now, or on a schedule."""

    selection = serializers.UUIDField(required=False)
    bundle = PlainIntegerField(
        min_value=0, max_value=10_000, required=False, help_text="index in the answer, from 0"
    )
    offer = serializers.UUIDField(required=False)
    quantity = PlainIntegerField(min_value=1, max_value=MOST_MACHINES, required=False, help_text="machines")
    schedule = ScheduleIn(required=False, allow_null=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The wish. Raises ValidationError unless it names exactly one of the two."""
        given = (LINE | MACHINES) & set(attrs)
        if given not in (LINE, MACHINES):
            text = Text(
                "须恰填 selection 与 bundle，或 offer 与 quantity",
                "give selection and bundle, or offer and quantity",
            )
            raise serializers.ValidationError(in_words(text), "one_of")
        return attrs


class MachineHoldIn(HoldTimeIn):
    """Machines of an offer, from now on."""

    offer = serializers.UUIDField()
    quantity = PlainIntegerField(min_value=1, max_value=MOST_MACHINES, help_text="machines")


class HoldOut(serializers.ModelSerializer[Hold]):
    """A hold. While it is `held`, its quantities are nobody else's until `expires_at`."""

    class Meta:
        model = Hold
        fields = (
            "id",
            "tenant_id",
            "compute_provider",
            "line_provider",
            "offer",
            "quantity",
            "bandwidth_mbps",
            "selection",
            "bundle",
            "schedule",
            "state",
            "expires_at",
            "order",
            "created_at",
            "generation",
        )


class HoldQuery(PageQuery):
    """Filters of the list."""

    state = serializers.ChoiceField(HoldState.choices(), required=False)
    state__in = any_code(HoldState.choices())
    offer = serializers.UUIDField(required=False)
    selection = serializers.UUIDField(required=False)
    order = serializers.UUIDField(required=False)


class HoldsView(HouseView):
    """`/api/v1/holds`."""

    system = System.SELECTION
    operations = {"GET": "scheduling.list_holds", "POST": "scheduling.place_hold"}

    @extend_schema(parameters=[HoldQuery], responses=page_of(HoldOut))
    def get(self, request: Request) -> Response:
        """List the holds that the caller has, or is a provider of."""
        return self.page(Hold.objects.visible_to(self.actor), HoldOut, HoldQuery)

    @extend_schema(request=HoldIn, responses={201: HoldOut})
    def post(self, request: Request) -> Response:
        """Hold all of it in every window, or nothing; an order of the same may take the hold over.

        It keeps capacity, not a price: where that moves meanwhile, a quote with this `hold` has the one of now.
        """
        data = self.read(HoldIn)
        wish = reservations.Wish(
            selection=data.get("selection"),
            bundle=data.get("bundle"),
            offer=data.get("offer"),
            quantity=data.get("quantity"),
            schedule=schedule_in(data),
            ttl=_time(data),
        )
        row = reservations.place_hold(wish=wish, actor=self.actor)
        return self.show(row, HoldOut, status=201, location=f"/api/v1/holds/{row.id}")


class HoldsBatchView(BatchView):
    """`/api/v1/holds:batch`."""

    system = System.SELECTION
    operations = {"POST": "scheduling.batch_holds"}
    item = MachineHoldIn

    @extend_schema(request=batch_of(MachineHoldIn), responses={200: BatchOut})
    def post(self, request: Request) -> Response:
        """Hold machines of many offers, each wish a hold of its own; with `atomic`, all or nothing."""
        return self.batch()

    def act(self, items: Sequence[Any]) -> list[Outcome]:
        """Hold them."""
        wishes = [reservations.MachineWish(item["offer"], item["quantity"], _time(item)) for item in items]
        return ids_of(reservations.place_holds(wishes=wishes, actor=self.actor))


class HoldView(HouseView):
    """`/api/v1/holds/{id}`."""

    system = System.SELECTION
    operations = {"GET": "scheduling.read_hold"}
    queryset = Hold.objects.all()

    @extend_schema(responses=HoldOut)
    def get(self, request: Request, **_: Any) -> Response:
        """Read one hold."""
        return self.show(self.subject, HoldOut)


class ExtendHoldView(HouseView):
    """`/api/v1/holds/{id}:extend`."""

    system = System.SELECTION
    operations = {"POST": "scheduling.extend_hold"}
    queryset = Hold.objects.all()
    visible_by = "scheduling.read_hold"
    acts = {"POST": (LIFE, "extend")}

    @extend_schema(request=HoldTimeIn, responses={200: HoldOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Let it run longer, from now; never beyond 72 hours in all, nor beyond the end of its first window.

        Where it would run no longer than it does, `hold_not_extended` says until when it runs.
        """
        ttl = _time(self.read(HoldTimeIn))
        return self.show(reservations.extend_hold(hold=self.subject, ttl=ttl, actor=self.actor), HoldOut)


class ReleaseHoldView(HouseView):
    """`/api/v1/holds/{id}:release`."""

    system = System.SELECTION
    operations = {"POST": "scheduling.release_hold"}
    queryset = Hold.objects.all()
    visible_by = "scheduling.read_hold"
    acts = {"POST": (LIFE, "release")}

    @without_body(responses={200: HoldOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Give it back before it runs out."""
        return self.show(reservations.release_hold(hold=self.subject, actor=self.actor), HoldOut)


def _time(data: Mapping[str, Any]) -> timedelta:
    """The time that was asked for, or the usual one."""
    return timedelta(minutes=data["minutes"]) if "minutes" in data else hold_profile().default
