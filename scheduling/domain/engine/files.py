"""JSON of a selection: one demand from an object with a reason for each bad field, one answer to an object."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from kernel.instants import read_instant
from kernel.objects import distinct
from kernel.quantities import NumberText
from scheduling.domain.demand import (
    LATENCY_LAYERS,
    PROTECTIONS,
    WANTS,
    CentreBounds,
    Compute,
    Demand,
    DemandError,
    Line,
    Providers,
)
from scheduling.domain.engine.answer import Answer, Relaxation
from scheduling.domain.engine.bundles import bundle_json
from scheduling.domain.engine.promises import LISTED, Promises
from scheduling.domain.engine.wishes import (
    DOMAINS,
    NO_ACCESS,
    STORAGE_CLASSES,
    Access,
    Storage,
    Transfer,
    Weights,
    Wishes,
)
from scheduling.domain.numbers import (
    NumberError,
    cny,
    parse_decimal,
    parse_integer,
    plain,
    scaled,
)
from scheduling.domain.rows import COMPUTE_KINDS

Json = dict[str, Any]

_PLACES = {
    "max_loss": 9,
    "max_total_cny": 4,
    "cny_per_ms": 4,
    "cny_per_kg_co2": 4,
    "cny_per_percent_unreliable": 4,
}
"""Decimals of a demand's number where they are not 6."""

_CHOICES = {
    "protection": PROTECTIONS,
    "latency_layer": LATENCY_LAYERS,
    "kind": COMPUTE_KINDS,
    "domain": DOMAINS,
    "storage_class": STORAGE_CLASSES,
}

_LEAST: dict[str, int | Decimal] = {
    "quantity": 1,
    "bandwidth_mbps": 1,
    "duration_hours": Decimal("0.000001"),
    "volume_gb": Decimal("0.000001"),
    "within_hours": 1,
    "gib": 1,
}
"""Where nothing is not a request: at least one unit, one Mbps, some time, some data."""

_LISTS = frozenset({"accelerators", "include", "exclude", "technologies", "providers", *LISTED})

_INTEGERS = frozenset(
    {
        "quantity",
        "bandwidth_mbps",
        "max_latency_us",
        "max_jitter_us",
        "max_hops",
        "max_lead_days",
        "min_accelerators",
        "min_vcpus",
        "min_mlps_level",
        "top",
        "within_hours",
        "gib",
    }
)

_GROUPS = {
    "compute": Compute,
    "centre": CentreBounds,
    "providers": Providers,
    "line": Line,
    "weights": Weights,
    "transfer": Transfer,
    "storage": Storage,
}

WISHED = ("from_centre", "weights", "transfer", "starts_at", "residency", "domain", "storage")
PROMISED = tuple(field.name for field in fields(Promises))
"""What the service reads beside the fields of the files, and within `line`."""


def load_demand(text: str) -> Json:
    """One line of a demands file as an object with numbers kept as NumberText; raises DemandError."""
    try:
        loaded = json.loads(
            text,
            parse_float=NumberText,
            parse_int=NumberText,
            parse_constant=NumberText,
            object_pairs_hook=distinct,
        )
    except (ValueError, RecursionError) as error:
        raise DemandError(
            "bad_json", "", f"该行不是有效的 JSON：{error}", f"the line is not JSON: {error}"
        ) from error
    if not isinstance(loaded, dict):
        raise DemandError("bad_json", "", "需求须为 JSON 对象", "a demand is a JSON object")
    return loaded


def parse_demand(obj: Mapping[str, Any]) -> Demand:
    """A demand from a JSON object; numbers may be int, Decimal, NumberText or (decimals) text, never float.

    Raises DemandError with code `required`, `unknown_field` or `bad_value` and the dotted field.
    """
    return Demand(**_values(Demand, obj, ""))


def parse_wished(
    obj: Mapping[str, Any], *, asked_at: datetime, access: Access = NO_ACCESS
) -> tuple[Demand, Wishes]:
    """A demand with what the service takes beyond the files; `asked_at` and `access` are the service's own.

    Data to move stand in place of `bandwidth_mbps`. Raises DemandError as parse_demand does.
    """
    rest = {name: value for name, value in obj.items() if name not in WISHED}
    values = _values(Wishes, {name: obj.get(name) for name in WISHED}, "")
    wishes = Wishes(**values, promises=_promises(rest), access=access)
    if wishes.starts_at is not None:
        if wishes.starts_at <= asked_at:
            raise DemandError("bad_value", "starts_at", "须晚于现在", "it must lie in the future")
        wishes = replace(wishes, asked_at=asked_at)
    transfer = wishes.transfer
    if transfer is None:
        return parse_demand(rest), wishes
    if rest.get("bandwidth_mbps") is not None:
        zh, en = "已给 transfer，带宽由其算出，请去掉", "transfer fixes the bandwidth: leave this out"
        raise DemandError("bad_value", "bandwidth_mbps", zh, en)
    try:
        demand = parse_demand(rest | {"bandwidth_mbps": transfer.least_mbps})
    except DemandError as error:
        if error.field != "bandwidth_mbps":
            raise
        zh, en = "数据量过大，within_hours 内无法传完", "too much to move within within_hours over any line"
        raise DemandError("bad_value", "transfer.volume_gb", zh, en) from error
    if transfer.within_hours > demand.duration_hours:
        zh, en = "不得超过 duration_hours", "the compute would be gone: at most duration_hours"
        raise DemandError("bad_value", "transfer.within_hours", zh, en)
    return demand, wishes


def _promises(rest: Json) -> Promises | None:
    """What a demand requires of its line beyond the files, which is taken out of it; None for nothing."""
    if not isinstance(line := rest.get("line"), Mapping):
        return None
    rest["line"] = {name: value for name, value in line.items() if name not in PROMISED}
    promises = Promises(**_values(Promises, {name: line.get(name) for name in PROMISED}, "line."))
    least = promises.min_availability_percent
    if least is not None and least > 100:  # noqa: PLR2004 - percent
        raise DemandError("bad_value", "line.min_availability_percent", "不得大于 100", "at most 100")
    return None if promises == Promises() else promises


def demand_id(obj: Mapping[str, Any]) -> str | None:
    """The id to answer under where a demand is refused; None where it has no usable one."""
    found = obj.get("demand")
    return found if isinstance(found, str) and not isinstance(found, NumberText) and _is_text(found) else None


def error_json(demand: str | None, error: DemandError) -> Json:
    """What stands in the place of an answer to a demand that was refused."""
    return {
        "demand": demand,
        "error": {"code": error.code, "field": error.field, "detail": f"{error.text.en} {error.text.zh}"},
    }


def answer_json(answer: Answer) -> Json:
    """An answer as JSON: decimals as text, CNY rounded half-even to 4 decimals, unwanted parts absent.

    What the files do not know stands in it only where the demand asked for something beyond them, or there are prices by term.
    """
    wished = answer.wished
    written: Json = {"demand": answer.demand, "snapshot": answer.snapshot}
    if answer.extras is not None:
        written["extras"] = answer.extras
    written["bundles"] = [bundle_json(bundle, wished=wished) for bundle in answer.bundles]
    if answer.pareto is not None:
        written["pareto"] = [bundle_json(bundle, wished=wished) for bundle in answer.pareto]
    if answer.rejected is not None:
        rejected = answer.rejected
        written["rejected"] = {"offers": dict(rejected.offers), "bundles": dict(rejected.bundles)}
    if answer.relax is not None:
        written["relax"] = [_relaxation(relaxation) for relaxation in answer.relax]
    if answer.start_before is not None:
        written["relax_stopped"] = {"constraint": "starts_at", "before": answer.start_before.isoformat()}
    return written


def answer_bytes(answer: Mapping[str, Any]) -> bytes:
    """An answer's JSON as bytes that are the same for the same answer."""
    return json.dumps(answer, sort_keys=True, ensure_ascii=False).encode()


def _values(kind: type[Any], obj: Mapping[str, Any], prefix: str) -> Json:
    """The constructor arguments of a demand or of one of its groups; null is the same as absent."""
    known = {field.name: field for field in fields(kind)}
    for name in obj:
        if name not in known:
            raise DemandError("unknown_field", f"{prefix}{name}", "没有该字段", "no such field")
    values = {}
    for name, field in known.items():
        value = obj.get(name)
        if value is not None:
            values[name] = _value(name, value, f"{prefix}{name}")
        elif field.default is MISSING and field.default_factory is MISSING:
            raise DemandError("required", f"{prefix}{name}", "必填", "a value is required")
    return values


def _value(name: str, value: Any, path: str) -> Any:
    if name in _GROUPS and "." not in path:
        if not isinstance(value, Mapping):
            raise DemandError("bad_value", path, "须为对象", "an object is expected")
        return _GROUPS[name](**_values(_GROUPS[name], value, f"{path}."))
    if name in _CHOICES:
        return _choice(_text(value, path), _CHOICES[name], path)
    if name in _LISTS:
        return _texts(value, path)
    reader = _READERS.get(name)
    return reader(value, path) if reader else _number(name, value, path)


def _number(name: str, value: Any, path: str) -> int | Decimal:
    """A whole number is never given as a JSON string; a decimal may be."""
    whole = name in _INTEGERS
    accepted = (int, NumberText) if whole else (int, Decimal, str)
    if isinstance(value, bool) or not isinstance(value, accepted):
        zh, en = (
            ("须为整数", "a whole number is expected")
            if whole
            else ("须为十进制数", "a number is expected, or a text of one")
        )
        raise DemandError("bad_value", path, zh, en)
    try:
        number = parse_integer(str(value)) if whole else parse_decimal(str(value), _PLACES.get(name, 6))
    except NumberError as error:
        raise DemandError("bad_value", path, error.text.zh, error.text.en) from error
    if number < _LEAST.get(name, 0):
        raise DemandError("bad_value", path, f"不得小于 {_LEAST[name]}", f"at least {_LEAST[name]}")
    return number


def _boolean(value: Any, path: str) -> bool:
    if not isinstance(value, bool):
        raise DemandError("bad_value", path, "须为 true 或 false", "true or false is expected")
    return value


def _wants(value: Any, path: str) -> tuple[str, ...]:
    return tuple(_choice(part, WANTS, f"{path}.{at}") for at, part in enumerate(_texts(value, path)))


_LONE = re.compile("[\ud800-\udfff]")


def _is_text(value: str) -> bool:
    """Whether it can be written again: a lone surrogate cannot."""
    return _LONE.search(value) is None


def _text(value: Any, path: str) -> str:
    if not isinstance(value, str) or isinstance(value, NumberText) or not value or not _is_text(value):
        raise DemandError("bad_value", path, "须为非空文本", "a text is expected")
    return value


def _texts(value: Any, path: str) -> tuple[str, ...]:
    if not isinstance(value, (list, tuple)):
        raise DemandError("bad_value", path, "须为文本列表", "a list of texts is expected")
    return tuple(_text(part, f"{path}.{at}") for at, part in enumerate(value))


def _choice(value: str, choices: tuple[str, ...], path: str) -> str:
    if value not in choices:
        known = ", ".join(choices)
        raise DemandError(
            "bad_value", path, f"{value!r} 不在取值范围内：{known}", f"{value!r} is not one of {known}"
        )
    return value


def _instant(value: Any, path: str) -> datetime:
    """RFC 3339 with an offset."""
    text = _text(value, path)
    zh, en = "须为带时区的 RFC 3339 时间", "a time as in RFC 3339, with its offset, is expected"
    try:
        return read_instant(text).astimezone(UTC)
    except (ValueError, OverflowError) as error:  # the latter at either end of the calendar
        raise DemandError("bad_value", path, zh, en) from error


def _divisions(value: Any, path: str) -> tuple[str, ...]:
    """Codes of GB/T 2260, or the two or four digits that they begin with."""
    found = _texts(value, path)
    for at, each in enumerate(found):
        if not re.fullmatch(r"([0-9]{2}){1,3}", each, re.ASCII):
            zh, en = (
                "须为 2、4 或 6 位 GB/T 2260 代码",
                "a code of GB/T 2260 with 2, 4 or 6 digits is expected",
            )
            raise DemandError("bad_value", f"{path}.{at}", zh, en)
    return found


_READERS: dict[str, Callable[[Any, str], Any]] = {
    "demand": _text,
    "from_site": _text,
    "from_centre": _text,
    "domestic": _boolean,
    "want": _wants,
    "starts_at": _instant,
    "residency": _divisions,
}


def _relaxation(relaxation: Relaxation) -> Json:
    name = relaxation.constraint
    return {
        "constraint": name,
        "from": _bound(name, relaxation.stated),
        "to": None if relaxation.nearest is None else _bound(name, relaxation.nearest),
        "admits": relaxation.admits,
    }


def _bound(name: str, value: Any) -> Any:
    if isinstance(value, Decimal):
        return cny(scaled(value, 4), 10**4) if name == "max_total_cny" else plain(value)
    if isinstance(value, datetime):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value
