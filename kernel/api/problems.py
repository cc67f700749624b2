"""Every error as an RFC 9457 problem document, in the caller's language, with its stable code."""

import logging
from collections.abc import Callable, Iterator
from typing import Any

from django.conf import settings
from django.core.exceptions import DisallowedHost, PermissionDenied, RequestDataTooBig, ValidationError
from django.core.validators import RegexValidator
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, JsonResponse
from django.utils.translation import get_language
from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema_field
from rest_framework import exceptions, serializers
from rest_framework.response import Response
from rest_framework.views import set_rollback

from kernel import errors
from kernel.api.bodies import in_words
from kernel.crypto.messages import WANTED
from kernel.logs import request_id
from kernel.text import Text, token

logger = logging.getLogger(__name__)

PROBLEM_JSON = "application/problem+json"
MOST_SHOWN = 40
"""Of the choices of a field; all of them are in the contract."""
CHALLENGES = 'Api-Key realm="node", Bearer realm="node"'  # the schemes of a 401 (RFC 9110 §11.6.1)


class FieldFault(serializers.Serializer[Any]):
    """One wrong member of the body."""

    pointer = serializers.CharField(help_text="JSON pointer into the body; empty: the whole body")
    code = serializers.CharField()
    detail = serializers.CharField()


class ParameterFault(serializers.Serializer[Any]):
    """One wrong parameter of the query or the path."""

    parameter = serializers.CharField(help_text="its name; empty: the whole query")
    code = serializers.CharField()
    detail = serializers.CharField()


class HeaderFault(serializers.Serializer[Any]):
    """One wrong header of the request."""

    header = serializers.CharField(help_text="its name")
    code = serializers.CharField()
    detail = serializers.CharField()


@extend_schema_field(
    PolymorphicProxySerializer(
        component_name="ProblemItem",
        serializers=[FieldFault, ParameterFault, HeaderFault],
        resource_type_field_name=None,
        many=True,
    )
)
class Faults(serializers.ListField):
    """What is wrong, each fault with exactly one of `pointer`, `parameter` and `header`."""

    child = serializers.DictField()


class ProblemDocument(serializers.Serializer[Any]):
    """An RFC 9457 problem document."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.CharField(help_text="Stable; listed at /api/v1/problems")
    request_id = serializers.CharField()
    errors = Faults(required=False)  # type: ignore[assignment] # RFC 9457 names it


def document(
    problem: errors.Problem,
    items: list[dict[str, str]] | None = None,
    is_parameter: Callable[[str], bool] | None = None,
) -> dict[str, Any]:
    """The problem as JSON: type, title, status, detail, code, errors[] with what is at fault, request_id.

    What lies in a member for which `is_parameter` is named by it; all else by its pointer into the body.
    """
    language = get_language()
    body: dict[str, Any] = {
        "type": f"/api/v1/problems#{problem.code}",
        "title": problem.title.within(language),
        "status": problem.status,
        "detail": problem.text.within(language),
        "code": problem.code,
        "request_id": request_id.get(),
    }
    items = [*(items or []), *problem.items]
    here = {"pointer": problem.pointer, "parameter": problem.parameter, "header": problem.header}
    if place := {kind: name for kind, name in here.items() if name is not None}:
        fault = str(problem.params.get("fault", problem.code))
        items = [{**place, "code": fault, "detail": body["detail"]}, *items]
    if items:
        body["errors"] = [_placed(item, is_parameter) for item in items] if is_parameter else items
    return body


def _placed(item: dict[str, str], is_parameter: Callable[[str], bool]) -> dict[str, str]:
    """The fault, of a parameter where its pointer begins with the name of one."""
    pointer = item.get("pointer")
    if pointer is None or not is_parameter(name := pointer[1:].split("/", 1)[0]):
        return item
    return {"parameter": name, "code": item["code"], "detail": item["detail"]}


def handle(exc: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: roll back, and answer with a problem document. Unknown errors stay unknown."""
    parsers = getattr(context.get("view"), "parser_classes", ())
    translated = translate(exc, takes=", ".join(each.media_type for each in parsers))
    if translated is None:
        return None
    problem, items = translated
    if getattr(context.get("view"), "atomic", True):
        set_rollback()
    headers = {"Content-Language": get_language() or "zh-hans"}
    if problem.retry_after is not None:
        headers["Retry-After"] = str(problem.retry_after)
    if problem.status == errors.Unauthenticated.status:
        headers["WWW-Authenticate"] = CHALLENGES
    if isinstance(problem, errors.SignatureRefused):
        headers["Accept-Signature"] = WANTED
    told = document(problem, items, getattr(context.get("view"), "is_parameter", None))
    return Response(told, problem.status, headers=headers, content_type=PROBLEM_JSON)


def translate(  # noqa: C901, PLR0911, PLR0912 - one table
    exc: Exception, takes: str = "application/json"
) -> tuple[errors.Problem, list[dict[str, str]] | None] | None:
    """The problem that an exception of ours, of DRF's or of the database means; None for a mistake of ours.

    `takes` are the content types that the address reads.
    """
    match exc:
        case errors.Problem():
            return exc, None
        case exceptions.ValidationError():
            return errors.InvalidInput(items=list(pointers(exc.detail))), None
        case ValidationError():
            items = [{"pointer": "", "code": "invalid", "detail": message} for message in exc.messages]
            return errors.InvalidInput(items=items), None
        case exceptions.NotAuthenticated() | exceptions.AuthenticationFailed():
            return errors.Unauthenticated(), None
        case exceptions.PermissionDenied() | PermissionDenied():
            return errors.Forbidden(operation="?"), None
        case exceptions.Throttled():
            wait = int(getattr(exc, "wait", None) or 1)
            return errors.Throttled(seconds=wait, retry_after=wait), None
        case exceptions.NotFound() | Http404():
            return errors.NotFound(), None
        case exceptions.MethodNotAllowed():
            return errors.MethodNotAllowed(method=exc.detail), None
        case exceptions.NotAcceptable():
            return errors.NotAcceptable(), None
        case exceptions.UnsupportedMediaType():
            return errors.UnsupportedMediaType(takes=takes), None
        case DisallowedHost():
            return errors.UnknownHost(), None
        case RequestDataTooBig():
            return errors.BodyTooLarge(limit=settings.DATA_UPLOAD_MAX_MEMORY_SIZE), None
        case exceptions.ParseError():
            return errors.MalformedBody(media_type="JSON"), None
        case OperationalError() | InterfaceError():
            logger.warning("database asked to try again", extra={"reason": str(exc)})
            return errors.Busy(retry_after=1), None
    return None


def response_outside_views(problem: errors.Problem) -> JsonResponse:
    """The same document where no DRF view is at hand: unknown addresses, and errors at commit."""
    headers = {"Content-Language": get_language() or "zh-hans"}
    if problem.retry_after is not None:
        headers["Retry-After"] = str(problem.retry_after)
    return JsonResponse(
        document(problem),
        status=problem.status,
        headers=headers,
        content_type=PROBLEM_JSON,
        json_dumps_params={"ensure_ascii": False},
    )


def bad_request(request: HttpRequest, exception: Exception) -> JsonResponse:  # noqa: ARG001 - Django's signature
    """Django's handler400."""
    known = translate(exception)
    return response_outside_views(known[0] if known else errors.MalformedBody(media_type="form"))


def not_found(request: HttpRequest, exception: Exception) -> JsonResponse:  # noqa: ARG001 - Django's signature
    """Django's handler404."""
    return response_outside_views(errors.NotFound())


def internal_error(request: HttpRequest) -> JsonResponse:  # noqa: ARG001 - Django's signature
    """Django's handler500."""
    return response_outside_views(errors.Internal())


def pointers(detail: Any, at: str = "", field: Any = None) -> Iterator[dict[str, str]]:
    """Each wrong field of DRF's nested details: its JSON pointer, code and words, with what it takes where that is a list or a pattern.

    `field` is what the details are of; DRF's own say their serializer.
    """
    field = getattr(detail, "serializer", field)
    if isinstance(detail, dict):
        for name, inner in detail.items():
            here = at if name == "non_field_errors" else f"{at}/{token(str(name))}"
            yield from pointers(inner, here, _within(field, name))
    elif isinstance(detail, list):
        for index, inner in enumerate(detail):
            nested = isinstance(inner, dict | list)
            yield from pointers(
                inner, f"{at}/{index}" if nested else at, _within(field, index) if nested else field
            )
    else:
        words = str(detail) + _takes(field, detail)
        yield {"pointer": at, "code": getattr(detail, "code", "invalid"), "detail": words}


def _within(field: Any, name: Any) -> Any:
    """The field of a member of a serializer, or of each of a list's or an object's; None where nothing declares it."""
    if isinstance(field, serializers.Serializer):
        return field.fields.get(name)
    return getattr(field, "child", None)


def _takes(field: Any, detail: Any) -> str:
    """What a field takes, for a fault that is about just that: its choices, or its pattern."""
    code = getattr(detail, "code", None)
    if code == "invalid_choice" and isinstance(field, serializers.ChoiceField):
        choices = list(map(str, field.choices))
        shown = ", ".join(choices[:MOST_SHOWN]) + ("…" if len(choices) > MOST_SHOWN else "")
        return in_words(Text(f"可选：{shown}", f" One of: {shown}"))
    if code == "invalid" and isinstance(field, serializers.RegexField):
        (form, *_) = [each.regex for each in field.validators if isinstance(each, RegexValidator)]
        pattern = form.pattern  # type: ignore[union-attr] # compiled by then
        return in_words(Text(f"格式为：{pattern}", f" The pattern is: {pattern}"))
    return ""
