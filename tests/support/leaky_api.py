"""A small API whose author forgot every filter, and whose requests end in every way that a request can."""

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from uuid import UUID

from django.db import DatabaseError, connection, transaction
from django.http import HttpResponseBase, StreamingHttpResponse
from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response

from aggregation.models import Centre
from config.urls import handler404, handler500
from kernel.actor import Reach, Role
from kernel.api.views import HouseView
from kernel.errors import NotFound
from kernel.permissions import table
from participants.models import ApiKey

__all__ = ["handler404", "handler500", "urlpatterns"]

ENDS = ("answer", "problem", "mistake", "aborted", "rolled-back", "streamed")


def with_the_rows() -> dict[str, dict[str, Reach]]:
    """The permission table of the house, and the rows of this API."""
    everybody: dict[str, Reach] = {Role.COMPUTE_PROVIDER: Reach.OWN, Role.ANONYMOUS: Reach.NONE}
    return {**table(), "kernel.leak": everybody, "kernel.leak_in_an_act": everybody}


def owners() -> dict[str, int]:
    """Whose rows can be touched, with their number: a table with its own column, and one whose tenant is two joins away."""
    found = Counter(str(each) for each in Centre.objects.values_list("tenant_id", flat=True))
    found.update(str(owner) for owner in ApiKey.objects.values_list("membership__organisation_id", flat=True))
    return found


class LeakyView(HouseView):
    """Says whose rows it could touch, then ends as it was told to."""

    operations = {"GET": "kernel.leak", "POST": "kernel.leak_in_an_act"}
    natural_key = True
    seen: dict[str, dict[str, int]] = {}

    def get(self, request: Request) -> HttpResponseBase:
        """Look within the caller's reach."""
        return self._end(request.query_params["end"], request.query_params["number"])

    def post(self, request: Request) -> HttpResponseBase:
        """Look within an act, which is the node's."""
        return self._end(request.query_params["end"], request.query_params["number"])

    def _end(self, end: str, number: str) -> HttpResponseBase:
        self.seen[number] = owners()  # also when no answer will say it
        if end == "problem":
            raise NotFound
        if end == "mistake":
            raise ZeroDivisionError
        if end == "aborted":
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 / 0")
        if end == "rolled-back":
            with suppress(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SELECT 1 / 0")
            self.seen[number] = owners()
        if end == "streamed":
            return StreamingHttpResponse(self._later(number))
        return Response({})

    def _later(self, number: str) -> Iterator[bytes]:
        """What a stream reads when its request is over: nobody's rows, for nobody told it whose."""
        self.seen[f"{number} later"] = owners()
        yield b"done"


def centre(tenant: UUID, number: int) -> Centre:
    """A row of a tenant's, not saved yet."""
    return Centre(
        tenant_id=tenant, key=f"{tenant}-{number}", name="c", division="320100", lat=32, lon=118, site="s",
        design_racks=1, rack_kw=5,
    )  # fmt: skip


urlpatterns = [path("api/v1/leaks", LeakyView.as_view())]
