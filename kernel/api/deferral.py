"""Answering later (RFC 7240 `Prefer: respond-async`): 202 with an operation, and doing it without the caller waiting."""

import json
import re
from io import BytesIO
from typing import Any

from django.core.handlers.wsgi import WSGIRequest
from django.db import transaction
from django.urls import resolve
from django.utils.translation import get_language, override
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request

from kernel.api import problems
from kernel.api.rendering import JsonRenderer
from kernel.errors import Internal
from kernel.models.operations import Operation, OperationState
from kernel.services.operations import Answered, Asked, actor_of, progress_of

LATER = re.compile(r"(?:^|[,;\s])respond-async(?:$|[,;\s])", re.IGNORECASE)
SECONDS_TO_ASK_AGAIN = 1


class Later(Exception):  # noqa: N818 - not an error: the caller asked for it
    """Every question was answered well, and the caller does not want to wait."""


class ProgressOut(serializers.Serializer[Any]):
    """How far it has come."""

    done = serializers.IntegerField()
    total = serializers.IntegerField()


class OperationOut(serializers.ModelSerializer[Operation]):
    """A request that is answered later; `status`, `location` and `result` or `problem` are its answer."""

    progress = serializers.SerializerMethodField()
    result = serializers.JSONField(allow_null=True, help_text="the answer's body")
    problem = problems.ProblemDocument(allow_null=True)

    class Meta:
        model = Operation
        fields = (
            "id",
            "kind",
            "state",
            "progress",
            "status",
            "location",
            "result",
            "problem",
            "created_at",
            "started_at",
            "ended_at",
            "expires_at",
            "generation",
        )

    @extend_schema_field(ProgressOut(allow_null=True))
    def get_progress(self, row: Operation) -> dict[str, int] | None:
        """How far a running one has come, where it says so."""
        found = progress_of(row.id) if row.state == OperationState.RUNNING else None
        return {"done": found[0], "total": found[1]} if found else None


def is_wanted(request: Request) -> bool:
    """Whether the caller prefers an answer later."""
    return LATER.search(request.headers.get("Prefer", "")) is not None


def asked(request: Request) -> Asked:
    """The request as it came."""
    http = request._request  # noqa: SLF001 - the raw bytes, before any parser
    return Asked(
        method=str(http.method),
        path=http.path,
        query=http.META.get("QUERY_STRING", ""),
        content_type=http.content_type or "",
        language=get_language() or "zh-hans",
        body=http.body,
    )


def perform(row: Operation) -> Answered:
    """Do what was asked, with the rights of who asked; what is refused is rolled back and told.

    Raises what is no refusal: the job comes again.
    """
    match = resolve(row.path)
    view: Any = match.func.view_class()  # type: ignore[attr-defined] # every address of the API is a view
    with override(row.language):
        try:
            with transaction.atomic():
                response = view.perform(_request(row), actor_of(row), row.id, **match.kwargs)
        except Exception as error:
            translated = problems.translate(error)
            if translated is None or translated[0].status >= Internal.status:
                raise
            problem, items = translated
            told = problems.document(problem, items, view.is_parameter)
            return Answered(status=problem.status, problem=told)
    result = json.loads(JsonRenderer().render(response.data))
    return Answered(status=response.status_code, location=response.get("Location", ""), result=result)


def gave_up(row: Operation) -> Answered:
    """The answer where no worker came to an end."""
    with override(row.language):
        return Answered(status=Internal.status, problem=problems.document(Internal()))


def _request(row: Operation) -> WSGIRequest:
    body = bytes(row.body)
    return WSGIRequest(
        {
            "REQUEST_METHOD": row.method,
            "PATH_INFO": row.path,
            "QUERY_STRING": row.query,
            "CONTENT_TYPE": row.content_type,
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_ACCEPT_LANGUAGE": row.language,
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "wsgi.url_scheme": "http",
            "wsgi.input": BytesIO(body),
        }
    )
