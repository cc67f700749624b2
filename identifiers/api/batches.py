"""Many applications in one call."""

from collections.abc import Sequence
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from identifiers.api.identifiers import IdentifierIn, description_of
from identifiers.domain.lifecycle import IdentifierKind
from identifiers.services.applications import ROWS_AT_ONCE, Application, apply_identifiers
from kernel.api.batches import BatchOut, BatchView, Outcome, batch_of, ids_of
from kernel.systems import System

MOST_APPLICATIONS = 10_000


class IdentifiersBatchView(BatchView):
    """`/api/v1/identifiers:batch`."""

    system = System.IDENTIFIERS
    operations = {"POST": "identifiers.batch_identifiers"}
    item = IdentifierIn
    most_items = MOST_APPLICATIONS

    @extend_schema(request=batch_of(IdentifierIn, MOST_APPLICATIONS), responses={200: BatchOut})
    def post(self, request: Request) -> Response:
        """Apply for many identifiers; each has its result. More than 1,000 are answered later, with their progress."""
        return self.batch()

    def act(self, items: Sequence[Any]) -> list[Outcome]:
        """Apply, a thousand at a time."""
        found: list[Outcome] = []
        for first in range(0, len(items), ROWS_AT_ONCE):
            some = [_application(item) for item in items[first : first + ROWS_AT_ONCE]]
            found += ids_of(apply_identifiers(applications=some, actor=self.actor))
            self.report(len(found), len(items))
        return found


def _application(item: dict[str, Any]) -> Application:
    return Application(IdentifierKind(item["kind"]), item["subject"], **description_of(item))
