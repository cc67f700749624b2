"""Transfers of identifiers over HTTP: offer, accept, decline, withdraw."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from identifiers.domain.lifecycle import LIFE as IDENTIFIERS
from identifiers.domain.transfers import LIFE, TransferState
from identifiers.models import Identifier, Transfer
from identifiers.services import transfers as services
from kernel.api.bodies import ReasonIn, without_body
from kernel.api.pagination import PageQuery, any_code
from kernel.api.schema import page_of
from kernel.api.views import HouseView
from kernel.systems import System


class TransferOfferIn(serializers.Serializer[Any]):
    """An offer to another organisation."""

    receiver = serializers.UUIDField(help_text="id of the organisation that is to hold it")
    reason = serializers.CharField(max_length=500)


class TransferAcceptIn(serializers.Serializer[Any]):
    """The resource as the receiver knows it."""

    subject = serializers.UUIDField(
        required=False, help_text="id of the receiver's own centre, pool, line …; left out: the giver's"
    )


class TransferOut(serializers.ModelSerializer[Transfer]):
    """A transfer as both sides and the supervision see it."""

    giver = serializers.UUIDField(source="tenant_id")
    receiver = serializers.UUIDField(source="receiver_id")

    class Meta:
        model = Transfer
        fields = (
            "id",
            "identifier",
            "giver",
            "receiver",
            "subject",
            "new_subject",
            "reason",
            "answer",
            "state",
            "created_at",
            "ended_at",
            "generation",
        )


class TransferQuery(PageQuery):
    """Filters of the list."""

    identifier = serializers.UUIDField(required=False)
    state = serializers.ChoiceField(TransferState.choices(), required=False)
    state__in = any_code(TransferState.choices())


class OfferTransferView(HouseView):
    """`/api/v1/identifiers/{id}:offer-transfer`."""

    system = System.IDENTIFIERS
    operations = {"POST": "identifiers.offer_transfer"}
    queryset = Identifier.objects.all()
    visible_by = "identifiers.read_identifier"
    acts = {"POST": (IDENTIFIERS, "transfer")}

    @extend_schema(request=TransferOfferIn, responses={201: TransferOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Offer the identifier to another organisation; it changes hands when that one accepts."""
        data = self.read(TransferOfferIn)
        row = services.offer_transfer(
            identifier=self.subject, receiver=data["receiver"], reason=data["reason"], actor=self.actor
        )
        return self.show(row, TransferOut, status=201, location=f"/api/v1/identifier-transfers/{row.id}")


class TransfersView(HouseView):
    """`/api/v1/identifier-transfers`."""

    system = System.IDENTIFIERS
    operations = {"GET": "identifiers.list_transfers"}

    @extend_schema(parameters=[TransferQuery], responses=page_of(TransferOut))
    def get(self, request: Request) -> Response:
        """List transfers that the caller gave or was offered."""
        return self.page(Transfer.objects.visible_to(self.actor), TransferOut, TransferQuery)


class TransferView(HouseView):
    """`/api/v1/identifier-transfers/{id}`."""

    system = System.IDENTIFIERS
    operations = {"GET": "identifiers.read_transfer"}
    queryset = Transfer.objects.all()

    @extend_schema(responses=TransferOut)
    def get(self, request: Request, **_: Any) -> Response:
        """Read one transfer."""
        return self.show(self.subject, TransferOut)


class TransferActView(HouseView):
    """The base of what ends a transfer."""

    system = System.IDENTIFIERS
    queryset = Transfer.objects.all()
    visible_by = "identifiers.read_transfer"


class AcceptTransferView(TransferActView):
    """`/api/v1/identifier-transfers/{id}:accept`."""

    operations = {"POST": "identifiers.accept_transfer"}

    @extend_schema(request=TransferAcceptIn, responses={200: TransferOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Take the identifier: from now on it is the caller's, under the same code."""
        subject = self.read(TransferAcceptIn).get("subject")
        row = services.accept_transfer(transfer=self.subject, subject=subject, actor=self.actor)
        return self.show(row, TransferOut)


class DeclineTransferView(TransferActView):
    """`/api/v1/identifier-transfers/{id}:decline`."""

    operations = {"POST": "identifiers.decline_transfer"}

    @extend_schema(request=ReasonIn, responses={200: TransferOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Refuse what was offered, with a reason that its giver reads."""
        reason = self.read(ReasonIn)["reason"]
        row = services.decline_transfer(transfer=self.subject, reason=reason, actor=self.actor)
        return self.show(row, TransferOut)


class WithdrawTransferView(TransferActView):
    """`/api/v1/identifier-transfers/{id}:withdraw`."""

    operations = {"POST": "identifiers.withdraw_transfer"}
    acts = {"POST": (LIFE, "withdraw")}

    @without_body(responses={200: TransferOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Take the offer back."""
        return self.show(services.withdraw_transfer(transfer=self.subject, actor=self.actor), TransferOut)
