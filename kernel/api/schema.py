"""How views become OpenAPI 3.1: explicit operation ids, the headers of the house, problems for every error."""

from typing import Any, cast

from drf_spectacular.hooks import postprocess_schema_enums
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.settings import spectacular_settings
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from kernel.actor import Reach, Role
from kernel.permissions import table
from kernel.text import Vocabulary

PROBLEM_STATUSES = {
    "400": "输入有误 / Invalid input",
    "401": "需要登录 / Sign-in required",
    "403": "没有权限 / Not allowed",
    "404": "未找到 / Not found",
    "429": "请求过多 / Too many requests",
}


class ProblemItem(serializers.Serializer[Any]):
    """One wrong field."""

    pointer = serializers.CharField(help_text="JSON pointer of the field")
    code = serializers.CharField()
    detail = serializers.CharField()


class ProblemDocument(serializers.Serializer[Any]):
    """An RFC 9457 problem document."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.CharField(help_text="Stable; listed at /api/v1/problems")
    request_id = serializers.CharField()
    errors = ProblemItem(many=True, required=False)  # type: ignore[assignment] # RFC 9457 names it


def page_of(item: type[serializers.BaseSerializer[Any]]) -> type[serializers.Serializer[Any]]:
    """The envelope of one keyset page of `item`, for `extend_schema(responses=…)`."""
    members = {
        "__doc__": "One page, newest first.",
        "items": item(many=True),
        "next": serializers.CharField(allow_null=True, help_text="URL of the next page"),
        "count": serializers.IntegerField(required=False, help_text="only with count=true"),
    }
    name = item.__name__.removesuffix("Out") + "Page"
    return cast("type[serializers.Serializer[Any]]", type(name, (serializers.Serializer,), members))


def name_vocabularies(result: Any, generator: Any, **_: Any) -> Any:
    """Name every enumeration of the contract after its vocabulary, so that two floors' `state` stay two."""
    names: dict[str, list[tuple[str, str]]] = {}
    for kind in sorted(Vocabulary.__subclasses__(), key=lambda kind: kind.__module__):
        if kind.choices() not in names.values():
            floor = kind.__module__.split(".", 1)[0].title()
            name = f"{kind.__name__}Enum"
            names[name if name not in names else floor + name] = kind.choices()
    spectacular_settings.ENUM_NAME_OVERRIDES = names  # type: ignore[attr-defined] # its settings are untyped
    return postprocess_schema_enums(result, generator)  # type: ignore[no-untyped-call]


class HouseSchema(AutoSchema):
    """drf-spectacular, told what every operation of the house has in common."""

    view: Any  # a HouseView

    def get_operation_id(self) -> str:
        """The operation id that the view declares: the same as in the permission table."""
        return str(self.view.operations[self.method])

    def get_auth(self) -> list[dict[str, list[str]]]:
        """An API key, unless the permission table lets anybody in."""
        anybody = table().get(self.get_operation_id(), {}).get(Role.ANONYMOUS, Reach.NONE) is not Reach.NONE
        return [{}] if anybody else [{"ApiKey": []}]

    def get_tags(self) -> list[str]:
        """The floor that serves the operation."""
        return [self.get_operation_id().split(".", 1)[0]]

    def get_override_parameters(self) -> list[Any]:
        """The headers that writes need."""
        parameters: list[Any] = list(super().get_override_parameters())
        if self.method not in ("GET", "HEAD") and not self.view.natural_key:
            parameters.append(
                OpenApiParameter(
                    "Idempotency-Key",
                    str,
                    OpenApiParameter.HEADER,
                    required=True,
                    description="1–200 个可见字符；重试用同一值 / the same value on every retry",
                )
            )
        if self.method in self.view.if_match:
            parameters.append(OpenApiParameter("If-Match", str, OpenApiParameter.HEADER, required=True))
        return parameters

    def get_response_serializers(self) -> Any:
        """The declared answers, and a problem document for the errors that every operation has."""
        declared = super().get_response_serializers()
        answers: dict[Any, Any] = (
            dict(declared) if isinstance(declared, dict) else {self._success_code(): declared}
        )
        statuses = dict(PROBLEM_STATUSES)
        if self.method not in ("GET", "HEAD"):
            statuses |= {"409": "冲突 / Conflict", "422": "幂等键已用 / Key used before"}
        if self.method in self.view.if_match:
            statuses |= {"412": "版本已变 / Stale", "428": "需要 If-Match / If-Match required"}
        for status, description in statuses.items():
            key: Any = (status, "application/problem+json")
            answers.setdefault(key, OpenApiResponse(ProblemDocument, description))
        return answers

    def _success_code(self) -> str:
        return "201" if self.method == "POST" else "200"
