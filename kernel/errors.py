"""Typed errors with stable codes and both languages; every one becomes an RFC 9457 problem document."""

from collections.abc import Sequence
from typing import ClassVar

from kernel.text import Text

CODES: dict[str, type["Problem"]] = {}


class Problem(Exception):  # noqa: N818 - RFC 9457 calls it a problem
    """Base of every error that a caller can cause or must know of.

    A subclass states `status` (HTTP), `code` (stable for ever), `title` and `detail` in both languages;
    `detail` names the thing and the way out, its `{parameters}` are given when it is raised.
    What is at fault, where it is one thing: `pointer`, a member of what is given (JSON pointer; the base of the views
    tells the query's from the body's), `parameter` or `header`; its `params["fault"]` is a finer code than the problem's.
    """

    status: ClassVar[int]
    code: ClassVar[str]
    title: ClassVar[Text]
    detail: ClassVar[Text]

    def __init_subclass__(cls) -> None:
        """List the code; two errors with one code are a mistake in the program."""
        if CODES.setdefault(cls.code, cls) is not cls:
            raise TypeError(f"error code {cls.code} is taken by {CODES[cls.code].__qualname__}")

    def __init__(
        self,
        *,
        pointer: str | None = None,
        parameter: str | None = None,
        header: str | None = None,
        retry_after: int | None = None,
        items: Sequence[dict[str, str]] = (),
        **params: object,
    ) -> None:
        """Raise with the parameters that the detail text names; `retry_after` is in seconds.

        `items` are single wrong fields, each with pointer, code and detail in the caller's language.
        """
        self.text = self.detail.format(**params)
        self.params = params
        self.pointer, self.parameter, self.header = pointer, parameter, header
        self.retry_after, self.items = retry_after, items
        super().__init__(f"{self.code}: {self.text.en}")


class Unauthenticated(Problem):
    """Nobody is signed in and the operation needs somebody."""

    status = 401
    code = "unauthenticated"
    title = Text("需要登录", "Sign-in required")
    detail = Text(
        "请在请求头 Authorization 中提供有效的 API 密钥（Api-Key …）或 OAuth 2 访问令牌（Bearer …）；"
        "也请核对其是否过期、吊销，或仅限其他网段使用。",
        "Send a valid API key (Api-Key …) or OAuth 2 access token (Bearer …) in the Authorization header; "
        "also check whether it has expired, was revoked, or is for other networks.",
    )


class SignatureRefused(Problem):
    """A request is not signed as it must be (RFC 9421); `params["refusal"]` is the stable reason."""

    status = 401
    code = "signature_refused"
    title = Text("签名未被接受", "Signature refused")
    detail = Text("{label_zh}（{refusal}）。{reason_zh}", "{label_en} ({refusal}). {reason_en}")


class PersonNeeded(Problem):
    """A machine called; the act is a person's, because it counts as one of four eyes or changes who may sign in."""

    status = 403
    code = "person_needed"
    title = Text("须由自然人办理", "A person must do this")
    detail = Text(
        "该操作须由自然人以本人密钥或登录会话办理；OAuth 客户端不能代替。",
        "A person does this, with a key or a session of their own; an OAuth client cannot stand in.",
    )


class Throttled(Problem):
    """Too many requests in the window."""

    status = 429
    code = "throttled"
    title = Text("请求过多", "Too many requests")
    detail = Text("请在 {seconds} 秒后重试。", "Try again in {seconds} seconds.")


class NotFound(Problem):
    """The object does not exist, or not for this caller: the two are the same answer."""

    status = 404
    code = "not_found"
    title = Text("未找到", "Not found")
    detail = Text(
        "该地址或标识下没有您可见的对象；请核对标识，或从列表接口重新获取。",
        "Nothing that you can see is at this address or under that id; check the id, or take it from the list again.",
    )


class NotRunHere(Problem):
    """The system that serves this address runs on another node."""

    status = 404
    code = "not_run_here"
    title = Text("本节点不运行该系统", "This system does not run here")
    detail = Text(
        "系统 {system} 由 {where} 运行，请向其提交。", "System {system} is run by {where}; ask there."
    )


class Forbidden(Problem):
    """The role does not hold the operation."""

    status = 403
    code = "forbidden"
    title = Text("没有权限", "Not allowed")
    detail = Text(
        "您的角色不能执行 {operation}；请由有权限的人员操作，或向本主体管理员申请。",
        "Your role may not do {operation}; ask somebody who may, or your administrator.",
    )


class ScopeMissing(Problem):
    """The role holds the operation, but the key's scopes leave it out."""

    status = 403
    code = "scope_missing"
    title = Text("密钥的授权范围不足", "The key's scopes leave this out")
    detail = Text(
        "您的角色可以执行 {operation}，但本密钥的授权范围（{scopes}）不含它；请换用含该范围的密钥，或向本主体管理员申请。",
        "Your role may do {operation}, but this key's scopes ({scopes}) do not cover it; use a key whose scopes do, or ask your administrator for one.",
    )


class UnknownHost(Problem):
    """The request names a host that this node does not answer for."""

    status = 400
    code = "unknown_host"
    title = Text("未知的主机名", "Unknown host")
    detail = Text(
        "本节点不以该主机名应答；请使用节点公布的地址，运营方可在 ALLOWED_HOSTS 中增列。",
        "This node does not answer by that host name; use the address that it publishes. Its operator lists names in ALLOWED_HOSTS.",
    )


class MethodNotAllowed(Problem):
    """The address does not take this method."""

    status = 405
    code = "method_not_allowed"
    title = Text("方法不被支持", "Method not allowed")
    detail = Text("该地址不支持 {method}。", "This address does not take {method}.")


class NotAcceptable(Problem):
    """No representation that the client accepts."""

    status = 406
    code = "not_acceptable"
    title = Text("无法提供所要求的格式", "Not acceptable")
    detail = Text("请接受 application/json。", "Accept application/json.")


class UnsupportedMediaType(Problem):
    """The body's content type is not one that this address reads."""

    status = 415
    code = "unsupported_media_type"
    title = Text("不支持的内容类型", "Unsupported media type")
    detail = Text("此处接受的 Content-Type 为：{takes}。", "The Content-Type that is read here: {takes}.")


class IdempotencyKeyMissing(Problem):
    """A write came without its key."""

    status = 400
    code = "idempotency_key_missing"
    title = Text("缺少幂等键", "Idempotency key missing")
    detail = Text(
        "请在请求头 Idempotency-Key 中提供 1 至 200 个可见字符的唯一值（如 UUID）；重试时使用同一个值。",
        "Send a unique value (a UUID, say) of 1 to 200 visible characters in the Idempotency-Key header, and the same one when you retry.",
    )


class IdempotencyKeyReused(Problem):
    """The key was used with another request."""

    status = 422
    code = "idempotency_key_reused"
    title = Text("幂等键已用于其他请求", "Idempotency key used before")
    detail = Text(
        "该键曾用于内容不同的请求；请换一个新键。",
        "This key came with another request before; use a new one.",
    )


class RequestInFlight(Problem):
    """The same key is being worked on at this moment."""

    status = 409
    code = "request_in_flight"
    title = Text("相同请求正在处理", "The same request is in flight")
    detail = Text("请稍后用同一幂等键重试。", "Try again shortly with the same key.")


class IfMatchMissing(Problem):
    """A change to one object came without the version it was based on."""

    status = 428
    code = "if_match_missing"
    title = Text("缺少 If-Match", "If-Match required")
    detail = Text(
        "If-Match 须为 ETag 或带引号的 generation。", "If-Match takes its ETag, or generation in quotes."
    )


class StaleGeneration(Problem):
    """Somebody changed the object since it was read."""

    status = 412
    code = "stale_generation"
    title = Text("对象已被修改", "Changed since you read it")
    detail = Text(
        "当前版本为 {current}；请重新读取后再提交。",
        "Its version is now {current}; read it again, then send.",
    )


class StateConflict(Problem):
    """The object's state does not allow the act."""

    status = 409
    code = "state_conflict"
    title = Text("当前状态不允许该操作", "Not in this state")
    detail = Text(
        "当前状态为“{state_zh}”，不能执行该操作；该操作适用于：{allowed_zh}。",
        "It is now “{state_en}”, which does not allow this; it is possible when: {allowed_en}.",
    )


class SamePerson(Problem):
    """Four eyes: who proposed may not approve."""

    status = 409
    code = "same_person"
    title = Text("须由另一人办理", "Another person must do this")
    detail = Text(
        "提出与批准须为不同的自然人。", "Who proposed may not approve: two different people are needed."
    )


class InvalidInput(Problem):
    """One or more fields are wrong; `errors[]` names each."""

    status = 400
    code = "invalid_input"
    title = Text("输入有误", "Invalid input")
    detail = Text(
        "请按 errors 中逐项说明更正后重新提交。", "Correct each field named in errors and send again."
    )


class InvalidField(Problem):
    """One field is wrong, for a reason that a rule of the domain gives."""

    status = 400
    code = "invalid_field"
    title = Text("字段有误", "Invalid field")
    detail = Text("{reason_zh}", "{reason_en}")


class CallbackRefused(Problem):
    """The address is not one that the node may send to."""

    status = 400
    code = "callback_refused"
    title = Text("回调地址不可用", "The callback address is refused")
    detail = Text("{reason_zh}", "{reason_en}")


class MalformedBody(Problem):
    """The body cannot be read at all."""

    status = 400
    code = "malformed_body"
    title = Text("请求体无法解析", "The body cannot be read")
    detail = Text("请求体不是有效的 {media_type}。", "The body is not valid {media_type}.")


class BodyTooLarge(Problem):
    """The body is longer than the node reads."""

    status = 413
    code = "body_too_large"
    title = Text("请求体过大", "Body too large")
    detail = Text("请求体不得超过 {limit} 字节；请分批提交。", "At most {limit} bytes; send it in parts.")


class UnknownParameter(Problem):
    """A query parameter that this list does not know."""

    status = 400
    code = "unknown_parameter"
    title = Text("未知的查询参数", "Unknown parameter")
    detail = Text("未知参数：{names}；可用参数：{known}。", "Unknown: {names}. This list takes: {known}.")


class MaskedParameter(Problem):
    """A filter or an order by a member that the caller's reading leaves out: it would say what is hidden."""

    status = 400
    code = "masked_parameter"
    title = Text("脱敏视图不支持该参数", "Not in a masked reading")
    detail = Text(
        "您的角色读到的是脱敏内容，不能按 {names} 筛选或排序；可用参数：{known}。",
        "Your role reads this masked: it is not filtered or ordered by {names}. It takes: {known}.",
    )


class SoldOut(Problem):
    """The ledger cannot grant the quantity; who knows what the resource is to the caller names the `part`."""

    status = 409
    code = "sold_out"
    title = Text("余量不足", "Sold out")
    detail = Text(
        "{part_zh}需要 {wanted}，可用 {free}（所求时段内自始至终）；请减少数量、改期（如在他人预订之前结束的 schedule）或重新选择。",
        "{part_en}: {wanted} wanted, {free} free throughout; ask for less, another time (a schedule that ends before others book), or select again.",
    )

    def __init__(self, *, resource: object, wanted: int, free: int, part: Text | None = None) -> None:
        """So much was wanted of a resource of the ledger, of which so much is free."""
        part = part or Text(f"资源 {resource} ", f"Resource {resource}")
        super().__init__(part_zh=part.zh, part_en=part.en, wanted=wanted, free=free)
        self.resource, self.wanted, self.free = resource, wanted, free


class HoldQuotaReached(Problem):
    """The tenant holds as much as it may without having bought any of it."""

    status = 409
    code = "hold_quota_reached"
    title = Text("预占数已达上限", "Too many holds")
    detail = Text(
        "本主体已有 {live} 个未成交的预占，上限 {most} 个；请先释放或成交其中一部分，或向运营主体申请提高上限。",
        "You have {live} holds that are not bought yet, of {most} that you may have: release or buy some, or ask the operator for more.",
    )


class HoldsLapse(Problem):
    """Too many of the tenant's holds were given back or ran out within the hour."""

    status = 429
    code = "holds_lapse"
    title = Text("预占频繁失效", "Too many holds lapsed")
    detail = Text(
        "一小时内已有 {lapsed} 个预占未成交即释放或过期，上限 {most} 个；请在 {seconds} 秒后再预占。",
        "{lapsed} holds were given back or ran out within the hour, of {most} that may: hold again in {seconds} seconds.",
    )


class HoldGone(Problem):
    """The reservation is not held any more."""

    status = 409
    code = "hold_gone"
    title = Text("预占已失效", "The hold is gone")
    detail = Text(
        "预占已过期或已释放；请重新选择并预占。",
        "The hold has expired or was released; select and hold again.",
    )


class Busy(Problem):
    """The database asked to try again."""

    status = 503
    code = "busy"
    title = Text("系统繁忙", "Busy")
    detail = Text("请用同一幂等键稍后重试。", "Try again shortly with the same key.")


class Internal(Problem):
    """A mistake of ours."""

    status = 500
    code = "internal"
    title = Text("内部错误", "Internal error")
    detail = Text(
        "请向节点运营方提供本次请求的 request_id。",
        "Tell the node's operator the request_id of this request.",
    )
