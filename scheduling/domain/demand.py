"""What a buyer asks for: compute, a centre, a line to it, a budget, and how much of an answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from kernel.text import Text

PROTECTIONS = ("none", "one_plus_one")
LATENCY_LAYERS = ("optical", "service")
WANTS = ("rejected", "relax", "pareto")

LONGEST_TEXT, LONGEST_LIST = 200, 1000
"""What the service keeps of a demand: no text has more characters, no list more entries. Files know no such bound."""
MOST_BUNDLES = 200
"""The most that the service answers."""


@dataclass(frozen=True, slots=True)
class Compute:
    """Bounds on one unit of compute; None or an empty tuple is no bound."""

    kind: str | None = None
    accelerators: tuple[str, ...] = ()
    min_accelerators: int | None = None
    min_accelerator_memory_gib: Decimal | None = None
    min_vcpus: int | None = None
    min_memory_gib: Decimal | None = None
    min_fp16_tflops: Decimal | None = None
    min_fp32_tflops: Decimal | None = None
    min_fp64_tflops: Decimal | None = None
    domestic: bool | None = None


@dataclass(frozen=True, slots=True)
class CentreBounds:
    """Bounds on the centre: PUE and green share as shares, MLPS level 1–4, centre ids."""

    max_pue: Decimal | None = None
    min_green_share: Decimal | None = None
    min_mlps_level: int | None = None
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Providers:
    """Compute providers to take from, or to leave out."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """Technologies and line providers to take from; empty is all."""

    technologies: tuple[str, ...] = ()
    providers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Demand:
    """One question. Latency and jitter are µs one way, bandwidth Mbps, money CNY with at most 4 decimals.

    `max_latency_us` is strict, every other bound includes its value.
    """

    demand: str
    from_site: str
    quantity: int
    bandwidth_mbps: int
    duration_hours: Decimal = Decimal(730)
    protection: str = "none"
    latency_layer: str = "optical"
    max_latency_us: int | None = None
    max_jitter_us: int | None = None
    max_loss: Decimal | None = None
    max_hops: int | None = None
    max_lead_days: int | None = None
    compute: Compute = field(default_factory=Compute)
    centre: CentreBounds = field(default_factory=CentreBounds)
    providers: Providers = field(default_factory=Providers)
    line: Line = field(default_factory=Line)
    max_total_cny: Decimal | None = None
    top: int = 10
    want: tuple[str, ...] = ("rejected", "relax")


class DemandError(ValueError):
    """A demand that cannot be answered: a stable code, the dotted field, and why in both languages, apart."""

    def __init__(self, code: str, field_name: str, zh: str, en: str) -> None:
        self.code, self.field, self.text = code, field_name, Text(zh, en)
        super().__init__(f"{field_name}: {en} {zh}")


def require_short(value: Any, path: str = "") -> None:
    """Look through a demand that was read for what the service does not keep. Raises DemandError with the dotted field."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            require_short(inner, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        if len(value) > LONGEST_LIST:
            raise DemandError("bad_value", path, f"至多 {LONGEST_LIST} 项", f"at most {LONGEST_LIST} entries")
        for at, inner in enumerate(value):
            require_short(inner, f"{path}.{at}")
    elif isinstance(value, str) and len(value) > LONGEST_TEXT:
        raise DemandError(
            "bad_value", path, f"至多 {LONGEST_TEXT} 个字符", f"at most {LONGEST_TEXT} characters"
        )
