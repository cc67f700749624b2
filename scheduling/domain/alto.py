"""Questions of ALTO clients (RFC 7285 §11.3), read from their JSON."""

import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from kernel.text import Text
from scheduling.domain.cost_maps import COST_TYPES, METRIC, MODE
from scheduling.errors.cost_maps import AltoFieldMissing, AltoFieldType, AltoFieldValue

KINDS: Mapping[type, Text] = {
    dict: Text("对象", "an object"),
    list: Text("文本列表", "a list of texts"),
    str: Text("文本", "a text"),
}
OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    name: getattr(operator, name) for name in ("gt", "lt", "ge", "le", "eq")
}
_TEST = re.compile(r"(gt|lt|ge|le|eq) +([0-9]{1,15}(\.[0-9]{1,9})?)", re.ASCII)
_SHOWN = 100  # characters of a wrong value


@dataclass(frozen=True, slots=True)
class MapFilter:
    """Which PIDs of the network map, and which types of their addresses; None is all."""

    pids: frozenset[str] | None
    address_types: frozenset[str] | None

    def of(self, network_map: Mapping[str, Mapping[str, list[str]]]) -> dict[str, dict[str, list[str]]]:
        """The map as far as it is asked for; what nobody knows is left out."""
        return {
            name: {
                kind: each
                for kind, each in addresses.items()
                if self.address_types is None or kind in self.address_types
            }
            for name, addresses in network_map.items()
            if self.pids is None or name in self.pids
        }


@dataclass(frozen=True, slots=True)
class CostFilter:
    """Which costs: the name of their type, sources and destinations (None is all), and tests that a cost has to pass."""

    cost_type: str
    srcs: tuple[str, ...] | None
    dsts: tuple[str, ...] | None
    tests: tuple[tuple[str, Decimal], ...]

    def admits(self, cost: int) -> bool:
        """Whether a cost passes all tests."""
        return all(OPERATORS[name](cost, bound) for name, bound in self.tests)


def read_map_filter(body: object) -> MapFilter:
    """A filter of the network map (§11.3.1.3). Raises AltoFieldMissing, AltoFieldType."""
    asked = _object(body)
    pids, kinds = _names(asked, "pids"), _names(asked, "address-types", needed=False)
    return MapFilter(*(None if each is None else frozenset(each) for each in (pids, kinds)))


def read_cost_filter(body: object) -> CostFilter:
    """A filter of the cost map (§11.3.2.3). Raises AltoFieldMissing, AltoFieldType, AltoFieldValue."""
    asked = _object(body)
    name = _cost_type(_member(asked, "cost-type", dict))
    pids = _member(asked, "pids", dict) if "pids" in asked else None
    srcs, dsts = (None if pids is None else _names(pids, each, "pids/") for each in ("srcs", "dsts"))
    tests = map(_test, _names(asked, "constraints", needed=False) or ())
    return CostFilter(name, srcs, dsts, _strictest(tests))


def _cost_type(given: Mapping[str, Any]) -> str:
    """The name of the type that is asked for: of those with its mode and metric the one with its context, or the first."""
    for member, takes in (("cost-mode", MODE), ("cost-metric", METRIC)):
        value = _member(given, member, str, "cost-type/")
        if value != takes:
            raise _wrong(f"cost-type/{member}", value, takes)
    if "cost-context" not in given:
        return next(iter(COST_TYPES))
    context = _member(given, "cost-context", dict, "cost-type/")
    for name, each in COST_TYPES.items():
        if each.context == context:
            return name
    takes = "; ".join(str(each.context) for each in COST_TYPES.values())
    raise _wrong("cost-type/cost-context", str(context), takes)


def _test(text: str) -> tuple[str, Decimal]:
    found = _TEST.fullmatch(text)
    if found is None:
        raise _wrong("constraints", text, f"{'|'.join(OPERATORS)} µs")
    return found[1], Decimal(found[2])


_STRICTER = (("lt", min), ("le", min), ("gt", max), ("ge", max), ("eq", min), ("eq", max))


def _strictest(tests: Iterable[tuple[str, Decimal]]) -> tuple[tuple[str, Decimal], ...]:
    """Tests that pass the same costs, six at most, however many are asked: each is asked of every cost of the map."""
    asked: dict[str, list[Decimal]] = {}
    for name, value in tests:
        asked.setdefault(name, []).append(value)
    return tuple(dict.fromkeys((name, first(asked[name])) for name, first in _STRICTER if name in asked))


def _object(body: object) -> Mapping[str, Any]:
    if not isinstance(body, dict):
        raise _other_type("", dict)
    return body


def _member(asked: Mapping[str, Any], name: str, kind: type, at: str = "") -> Any:
    if name not in asked:
        raise AltoFieldMissing(pointer=f"/{at}{name}", field=f"{at}{name}")
    if not isinstance(asked[name], kind):
        raise _other_type(f"{at}{name}", kind)
    return asked[name]


def _names(
    asked: Mapping[str, Any], name: str, at: str = "", *, needed: bool = True
) -> tuple[str, ...] | None:
    """A list of texts; None where it is empty, or absent and not needed: then all are meant."""
    if not needed and name not in asked:
        return None
    listed = _member(asked, name, list, at)
    if not all(isinstance(each, str) for each in listed):
        raise _other_type(f"{at}{name}", list)
    return tuple(listed) or None


def _other_type(field: str, kind: type) -> AltoFieldType:
    text = KINDS[kind]
    return AltoFieldType(pointer=f"/{field}", field=field or "body", kind_zh=text.zh, kind_en=text.en)


def _wrong(field: str, value: str, takes: str) -> AltoFieldValue:
    return AltoFieldValue(pointer=f"/{field}", field=field, value=value[:_SHOWN], takes=takes)
