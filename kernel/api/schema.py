"""How views become OpenAPI 3.1: explicit operation ids, the headers of the house, problems for every error."""

from typing import Any, cast

from drf_spectacular.hooks import postprocess_schema_enums
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.settings import spectacular_settings
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.views import APIView

from kernel.actor import Reach, Role
from kernel.api.deferral import OperationOut
from kernel.api.problems import ProblemDocument
from kernel.api.shapes import WHOLE, expansions_of, members_of
from kernel.errors import CODES
from kernel.models.base import Entity
from kernel.permissions import masked_roles, masks, table
from kernel.text import Vocabulary

EVERY_PROBLEM = {
    "400": "输入有误 / Invalid input",
    "401": "需要登录 / Sign-in required",
    "403": "没有权限 / Not allowed",
    "404": "未找到 / Not found",
    "405": "方法不被支持 / Method not allowed",
    "406": "无法提供所要求的格式 / Not acceptable",
    "429": "请求过多 / Too many requests",
    "500": "内部错误 / Internal error",
    "503": "系统繁忙 / Busy",
}
WRITE_PROBLEMS = {
    "409": "冲突 / Conflict",
    "413": "请求体过大 / Body too large",
    "415": "不支持的内容类型 / Unsupported media type",
    "422": "幂等键已用 / Key used before",
}
IF_MATCH = (
    "所依据的版本：对象的 ETag，或列表中该行的 generation（加引号） / the version it is based on: the ETag of the object, or the "
    '`generation` of its row in a list, in quotes: `"3"`; `*` is any'
)
VERSION_PROBLEMS = {"412": "版本已变 / Stale", "428": "需要 If-Match / If-Match required"}
HEADERS = {
    "X-Request-Id": "请求编号 / id of the request",
    "Content-Language": "答复所用语言 / language of the answer: zh-hans, en",
    "RateLimit-Policy": "限额：w 秒内 q 次 / the quota: q requests in w seconds",
    "RateLimit": "剩余：r 次，t 秒后恢复 / what is left: r requests, more in t seconds",
    "Retry-After": "多少秒后再来 / seconds to wait",
    "Location": "新对象的地址 / address of what was made",
    "ETag": "版本；以 If-None-Match 送回，未变则 304；修改时作为 If-Match / version; sent as If-None-Match it gives 304 if nothing "
    "changed, and as If-Match it is what a change is based on",
    "Link": '下一页，无则为末页 / the next page (`rel="next"`); the last one has none',
    "Idempotent-Replayed": "true：此前同一幂等键的答复 / true: the answer that this key had before",
    "Preference-Applied": "respond-async：已按 Prefer 受理 / it is answered later because Prefer asked so",
    "WWW-Authenticate": "可用的认证方式 / the ways to sign in",
    "Accept-Signature": "须签名的内容（RFC 9421） / what a signature has to cover",
    "Content-Disposition": "文件名 / the name of the file",
    "Content-Digest": "字节的摘要（RFC 9530） / digest of the bytes",
    "Cin-Keyid": "签名所用密钥 / the key that signed",
    "Cin-Signature": "对字节的签名，base64 / signature over the bytes",
    "Deprecation": "停用公告日（RFC 9745）/ since when its end is announced",
    "Sunset": "停用日（RFC 8594）/ until when it is answered",
}
ALWAYS_SENT = ("X-Request-Id", "Content-Language", "RateLimit-Policy", "RateLimit")
SENT_WITH = {
    "201": ("Location",),
    "202": ("Location", "Retry-After", "Preference-Applied"),
    "401": ("WWW-Authenticate", "Accept-Signature"),
    "429": ("Retry-After",),
    "503": ("Retry-After",),
}


def page_of(item: type[serializers.BaseSerializer[Any]]) -> type[serializers.Serializer[Any]]:
    """The envelope of one keyset page of `item`, for `extend_schema(responses=…)`."""
    members = {
        "__doc__": "One page, newest first.",
        "items": item(many=True),
        "next": serializers.CharField(allow_null=True, help_text="URL of the next page"),
        "count": serializers.IntegerField(required=False, help_text="only with count=true"),
    }
    name = item.__name__.removesuffix("Out") + "Page"
    page = cast("type[serializers.Serializer[Any]]", type(name, (serializers.Serializer,), members))
    page.item = item  # type: ignore[attr-defined] # read by HouseSchema
    return page


PARTS: dict[str, list[tuple[str, str]]] = {}
LEFT_OUT: dict[str, frozenset[str]] = {}  # answer → the members that a masked reading is not told


def part_of(name: str, *members: Vocabulary) -> list[tuple[str, str]]:
    """Some members of a vocabulary as choices, and the name of that part in the contract."""
    PARTS[f"{name}Enum"] = [(member.value, member.label.zh) for member in members]
    return PARTS[f"{name}Enum"]


def finish_contract(result: Any, generator: Any, **_: Any) -> Any:
    """Name every enumeration after its vocabulary, so that two floors' `state` stay two; describe headers and problems."""
    names = dict(PARTS)
    for kind in sorted(Vocabulary.__subclasses__(), key=lambda kind: kind.__module__):
        if kind.choices() not in names.values():
            floor = kind.__module__.split(".", 1)[0].title()
            name = f"{kind.__name__}Enum"
            names[name if name not in names else floor + name] = kind.choices()
    spectacular_settings.ENUM_NAME_OVERRIDES = names  # type: ignore[attr-defined] # its settings are untyped
    result = postprocess_schema_enums(result, generator)  # type: ignore[no-untyped-call]
    components = result["components"]
    for name, schema in components["schemas"].items():
        asked_for = (
            {WHOLE}
            | LEFT_OUT.get(name, frozenset())
            | (set(schema["properties"]) if name.endswith("ExpandedOut") else set())
        )
        if left := [each for each in schema.get("required", []) if each not in asked_for]:
            schema["required"] = left
        else:
            schema.pop("required", None)
    _drop_empty_defaults(result)
    _drop_anything_or_null(result)
    components["headers"] = {
        name: {"schema": {"type": "string"}, "description": text} for name, text in HEADERS.items()
    }
    components["responses"] = {
        f"Problem{status}": _problem(status, text)
        for status, text in sorted((EVERY_PROBLEM | WRITE_PROBLEMS | VERSION_PROBLEMS).items())
    } | {
        "NotModified": {
            "description": "未变：与 If-None-Match 所述一致 / Not modified: what If-None-Match names",
            "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in (*ALWAYS_SENT, "ETag")},
        }
    }
    return result


def _drop_empty_defaults(part: Any) -> None:
    """Leave out the default of a text that may be left out and not be empty: it is none that anybody may send."""
    inner = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    for each in inner:
        _drop_empty_defaults(each)
    if (
        isinstance(part, dict)
        and part.get("default") == ""
        and part.keys() & {"minLength", "pattern", "format"}
    ):
        del part["default"]


def _drop_anything_or_null(part: Any) -> None:
    """Leave out "anything, or null": null is anything too, so that of `oneOf` both would match, and none does."""
    inner = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    for each in inner:
        _drop_anything_or_null(each)
    if isinstance(part, dict) and part.get("oneOf") == [{}, {"type": "null"}]:
        del part["oneOf"]


def _problem(status: str, description: str) -> dict[str, Any]:
    """A response of one status: a problem document, with an example in Chinese."""
    schema = {"$ref": "#/components/schemas/ProblemDocument"}
    codes = [
        kind
        for _, kind in sorted(CODES.items())
        if kind.status == int(status) and kind.__module__ == "kernel.errors"
    ]
    kind = next((each for each in codes if "{" not in each.detail.zh), codes[0])
    example = {
        "type": f"/api/v1/problems#{kind.code}",
        "title": kind.title.zh,
        "status": kind.status,
        "detail": kind.detail.zh,
        "code": kind.code,
        "request_id": "0199c2de-7a10-7b7c-8f2e-3f1f6a1c0001",
    }
    return {
        "description": description,
        "headers": {
            name: {"$ref": f"#/components/headers/{name}"}
            for name in (*ALWAYS_SENT, *SENT_WITH.get(status, ()))
        },
        "content": {"application/problem+json": {"schema": schema, "example": example}},
    }


class HouseSchema(AutoSchema):
    """drf-spectacular, told what every operation of the house has in common."""

    view: Any  # a HouseView

    def get_operation_id(self) -> str:
        """The operation id that the view declares: the same as in the permission table."""
        return str(self.view.operations[self.method])

    def get_auth(self) -> list[dict[str, list[str]]]:
        """A key, a client's token or a session, unless anybody may; a peer node signs and shows nothing else."""
        if table().get(self.get_operation_id(), {}).get(Role.ANONYMOUS, Reach.NONE) is not Reach.NONE:
            return [{}]
        if self.view.authentication_classes != APIView.authentication_classes:
            return [{"Signature": []}]
        session: dict[str, list[str]] = {"Session": []}
        if self.method not in ("GET", "HEAD"):
            session["Csrf"] = []
        return [{"ApiKey": []}, {"OAuth2": []}, session]

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
        if self.method not in ("GET", "HEAD") and self.view.may_wait:
            parameters.append(
                OpenApiParameter(
                    "Prefer",
                    str,
                    OpenApiParameter.HEADER,
                    description="respond-async：受理后稍后答复（202）/ answer later (202), as an operation",
                )
            )
        if self.method in self.view.if_match:
            parameters.append(
                OpenApiParameter(
                    "If-Match", str, OpenApiParameter.HEADER, required=True, description=IF_MATCH
                )
            )
        return parameters

    def _map_basic_serializer(self, serializer: Any, direction: str) -> dict[str, Any]:
        """A body has the members that are named and no others, unless the view lets them be."""
        schema: dict[str, Any] = super()._map_basic_serializer(serializer, direction)  # type: ignore[no-untyped-call] # it is untyped
        if direction == "request" and not self.view.tolerant:
            schema["additionalProperties"] = False
        return schema

    def is_deprecated(self) -> bool:
        """Whether the view gives notice of the operation's end."""
        return self.method in self.view.deprecated or bool(super().is_deprecated())

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        """The operation with what is common to all: how answers are shaped, problems, headers."""
        operation: dict[str, Any] | None = super().get_operation(*args, **kwargs)
        if operation is None:
            return None
        if self.method == "GET" and (out := self._object()):
            self._tell_masks(operation, out)
            operation.setdefault("parameters", []).extend(_shape(out))
        if self.method not in ("GET", "HEAD") and self.view.may_wait:
            later = self.resolve_serializer(OperationOut, "response").ref
            operation["responses"]["202"] = {"content": {"application/json": {"schema": later}}}
        if self.method == "GET" and "200" in operation["responses"]:
            operation["responses"]["304"] = {"$ref": "#/components/responses/NotModified"}
        self._add_problems(operation["responses"])
        for status, answer in operation["responses"].items():
            if "$ref" not in answer:
                answer["description"] = answer.get("description") or SUCCESS.get(status, "成功 / Done")
                answer["headers"] = answer.get("headers", {}) | self._headers(status)
        return operation

    def map_parsers(self) -> list[str]:
        """The types of a body; of several that are JSON the first, for a client has one name for one schema. The others are read too."""
        types = list(super().map_parsers())
        also = [each for each in types if each.endswith("json")][1:]
        return [each for each in types if each not in also]

    def _object(self) -> type[serializers.BaseSerializer[Any]] | None:
        """What a reading shows one or a page of, if it is rows of the node."""
        out: Any = self.get_response_serializers()
        item = getattr(out, "item", out)
        return item if isinstance(item, type) and issubclass(item, serializers.ModelSerializer) else None

    def _tell_masks(self, operation: dict[str, Any], out: type[serializers.BaseSerializer[Any]]) -> None:
        """Say who reads this masked, and without which members."""
        if hidden := masks().get(self.get_operation_id()):
            LEFT_OUT[out.__name__] = LEFT_OUT.get(out.__name__, frozenset()) | hidden
            roles, members = ", ".join(masked_roles(self.get_operation_id())), ", ".join(sorted(hidden))
            operation["x-masked"] = {
                "roles": masked_roles(self.get_operation_id()),
                "members": sorted(hidden),
            }
            operation["description"] += (
                f"\n\nMasked for {roles}: without {members}, unless the row is of the caller's own house. "
                "A masked reading has no `expand`, and no filter or order by what it lacks."
            )

    def _add_problems(self, responses: dict[str, Any]) -> None:
        statuses = dict(EVERY_PROBLEM)
        if self.method not in ("GET", "HEAD"):
            statuses |= WRITE_PROBLEMS
        if self.method in self.view.if_match:
            statuses |= VERSION_PROBLEMS
        self.resolve_serializer(ProblemDocument, "response")
        for status in statuses:
            responses.setdefault(status, {"$ref": f"#/components/responses/Problem{status}"})

    def _headers(self, status: str) -> dict[str, Any]:
        names = [*ALWAYS_SENT, *SENT_WITH.get(status, ()), *(self.view.sends if status == "200" else ())]
        out: Any = self.get_response_serializers()
        if status == "200" and self.method == "GET":
            names += ["ETag", "Link"] if hasattr(out, "item") else ["ETag"]
        elif status.startswith("2"):
            out = out.get(int(status)) if isinstance(out, dict) else out
            names += ["ETag"] if _is_of_an_entity(out) else []
        if self.method not in ("GET", "HEAD") and status.startswith("2") and not self.view.natural_key:
            names.append("Idempotent-Replayed")
        if self.method in self.view.deprecated:
            names += ["Deprecation", "Sunset"]
        return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _is_of_an_entity(out: object) -> bool:
    """Whether an answer shows one row that has a version."""
    meta = getattr(out, "Meta", None)
    return issubclass(getattr(meta, "model", object), Entity)


SUCCESS = {"201": "已创建 / Created", "202": "已受理 / Accepted", "204": "无内容 / No content"}


def _shape(out: type[serializers.BaseSerializer[Any]]) -> list[dict[str, Any]]:
    """The parameters `fields` and `expand` of a reading."""
    told = [
        (
            "fields",
            members_of(out),
            "Only these members, and the id; all if absent. What else the schema requires is not there then, so read such an answer as plain JSON.",
        )
    ]
    if relations := expansions_of(out):
        told.append(("expand", list(relations), "Relations to show whole under `expanded`."))
    return [
        {
            "in": "query",
            "name": name,
            "schema": {"type": "array", "items": {"type": "string", "enum": names}},
            "description": text + " Repeat it, or separate by commas.",
        }
        for name, names, text in told
    ]
