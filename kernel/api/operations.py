"""Operations over HTTP: what the caller's organisation asked for, and what came of it."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.api.bodies import without_body
from kernel.api.deferral import SECONDS_TO_ASK_AGAIN, OperationOut
from kernel.api.pagination import PageQuery, any_code
from kernel.api.schema import page_of
from kernel.api.views import HouseView
from kernel.models.operations import LIFE, Operation, OperationState
from kernel.services.operations import cancel_operation


class OperationQuery(PageQuery):
    """Filters of the list."""

    kind = serializers.CharField(required=False)
    state = serializers.ChoiceField(OperationState.choices(), required=False)
    state__in = any_code(OperationState.choices())


class OperationsView(HouseView):
    """`/api/v1/operations`."""

    operations = {"GET": "kernel.list_operations"}

    @extend_schema(parameters=[OperationQuery], responses=page_of(OperationOut))
    def get(self, request: Request) -> Response:
        """List what the caller's organisation asked to be answered later."""
        return self.page(Operation.objects.visible_to(self.actor), OperationOut, OperationQuery)


class OperationView(HouseView):
    """`/api/v1/operations/{id}`."""

    operations = {"GET": "kernel.read_operation"}
    queryset = Operation.objects.all()
    sends = ("Retry-After",)

    @extend_schema(responses=OperationOut)
    def get(self, request: Request, **_: Any) -> Response:
        """Read an operation; while it is not done, Retry-After says when to ask again."""
        response = self.show(self.subject, OperationOut)
        if OperationState(self.subject.state) not in LIFE.terminal:
            response["Retry-After"] = str(SECONDS_TO_ASK_AGAIN)
        return response


class CancelOperationView(HouseView):
    """`/api/v1/operations/{id}:cancel`."""

    operations = {"POST": "kernel.cancel_operation"}
    queryset = Operation.objects.all()
    visible_by = "kernel.read_operation"
    acts = {"POST": (LIFE, "cancel")}

    @without_body(responses={200: OperationOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Take back what has not begun."""
        return self.show(cancel_operation(operation=self.subject, actor=self.actor), OperationOut)
