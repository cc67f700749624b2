"""The reference adapter `http-1`: four signed POSTs of JSON below one URL (docs/carriers.md)."""

import json
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from kernel.domain.windows import Window
from kernel.egress import NoAnswerError, post
from kernel.errors import Problem
from nodes.services.signing import signed_request
from scheduling.domain.carriers import CarrierRefusedError, CarrierSilentError, LineAsk, LineWord

MOST = 2**14  # bytes of an answer
OK, REFUSED = 200, {404, 409, 410, 422}
LONGEST_US, LONGEST_DAYS = 10**9, 3650


class HttpCarrier:
    """A carrier behind a URL. 200 is yes, 404, 409, 410 and 422 are no; whatever else is silence."""

    def __init__(self, url: str) -> None:
        """Talk to the carrier at this URL."""
        self.url = url.rstrip("/")

    def query(self, key: UUID, ask: LineAsk) -> LineWord:
        """`POST …/query`."""
        told = self._call("query", {"key": str(key), **_written(ask)})
        try:
            word = LineWord(
                reachable=_typed(told["reachable"], bool),
                latency_us=_whole(told.get("latency_us"), LONGEST_US),
                one_off_cny=_money(told.get("one_off_cny")),
                monthly_cny=_money(told.get("monthly_cny")),
                days=_whole(told.get("days"), LONGEST_DAYS),
            )
        except (KeyError, TypeError, ValueError, InvalidOperation) as error:
            raise CarrierSilentError(f"an answer that cannot be read: {error!r}") from error
        return word

    def preoccupy(self, key: UUID, ask: LineAsk, until: datetime) -> datetime:
        """`POST …/preoccupy`."""
        told = self._call("preoccupy", {"key": str(key), **_written(ask), "until": until.isoformat()})
        try:
            expires = datetime.fromisoformat(_typed(told["expires_at"], str))
        except (KeyError, TypeError, ValueError) as error:
            raise CarrierSilentError(f"an answer that cannot be read: {error!r}") from error
        if expires.tzinfo is None:
            raise CarrierSilentError("expires_at has no time zone")
        return expires

    def confirm(self, key: UUID, windows: Sequence[Window] = ()) -> None:
        """`POST …/confirm`."""
        self._call("confirm", {"key": str(key), **_when(windows)})

    def release(self, key: UUID) -> None:
        """`POST …/release`; a carrier that knows nothing of the key has nothing to let go."""
        try:
            self._call("release", {"key": str(key)})
        except CarrierRefusedError:
            return

    def _call(self, verb: str, document: dict[str, Any]) -> dict[str, Any]:
        body = json.dumps(document, sort_keys=True, separators=(",", ":")).encode()
        url = f"{self.url}/{verb}"
        try:
            headers = signed_request(method="POST", url=url, body=body)
            answer = post(url, body=body, headers=headers, pointer="/url", keep=MOST)
        except (NoAnswerError, Problem) as error:
            raise CarrierSilentError(f"{type(error).__name__}: {error}") from error
        if answer.status in REFUSED:
            raise CarrierRefusedError(_reason(answer.head))
        if answer.status != OK:
            raise CarrierSilentError(f"HTTP {answer.status}")
        told = _document(answer.head)
        if told is None:
            raise CarrierSilentError("an answer that is no JSON object")
        return told


def _document(head: bytes) -> dict[str, Any] | None:
    try:
        told = json.loads(head, parse_float=Decimal, parse_constant=_typed_never)
    except (ValueError, RecursionError):
        return None
    return told if isinstance(told, dict) else None


def _typed_never(constant: str) -> Any:
    raise ValueError(constant)


def _reason(head: bytes) -> str:
    """What a refusal says of itself, as far as it can be printed."""
    said = (_document(head) or {}).get("reason", "")
    return "".join(sign for sign in str(said) if sign.isprintable())[:200]


def _written(ask: LineAsk) -> dict[str, Any]:
    asked: dict[str, Any] = {
        "a": ask.a,
        "z": ask.z,
        "bandwidth_mbps": ask.bandwidth_mbps,
        "technology": ask.technology,
        "protection": ask.protection,
    }
    if ask.protection_a is not None:
        asked["protection_a"] = ask.protection_a
    if ask.replaces is not None:
        asked["replaces"] = str(ask.replaces)
    return asked | _when(ask.windows)


def _when(windows: Sequence[Window]) -> dict[str, Any]:
    written = [{"start": each.start.isoformat(), "end": each.end.isoformat()} for each in windows]
    return {"windows": written} if written else {}


def _typed(value: Any, kind: type) -> Any:
    if not isinstance(value, kind):
        raise TypeError(f"{value!r} is no {kind.__name__}")
    return value


def _whole(value: Any, most: int) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise ValueError(f"{value!r} is no whole number up to {most}")
    return value


def _money(value: Any) -> Decimal | None:
    """A price as text, of at most two decimals and not negative."""
    if value is None:
        return None
    amount = Decimal(_typed(value, str))
    if not amount.is_finite() or amount < 0 or amount != amount.quantize(Decimal("0.01")) or amount > 10**12:
        raise ValueError(f"{value!r} is no price")
    return amount
