"""Pools of equal machines: their kinds, and the check of a declaration against the published data sheets."""

from dataclasses import dataclass
from decimal import Decimal

from aggregation.domain.accelerators import Accelerators
from aggregation.domain.faults import Fault, FaultCode
from kernel.text import Vocabulary

UNIT = "machine"
PRECISIONS = ("fp64", "fp32", "fp16")


class PoolKind(Vocabulary):
    """The three kinds of compute (SCHEME §3)."""

    GENERAL = "general", "通算", "General"
    INTELLIGENT = "intelligent", "智算", "Intelligent"
    SUPER = "super", "超算", "Super"


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineSpec:
    """One machine of a pool: cards, GiB of memory, TFLOPS at each precision, W that it draws; None is unknown."""

    accelerator: str | None
    domestic: bool
    accelerators: int
    accelerator_memory_gib: Decimal | None
    vcpus: int
    memory_gib: Decimal
    fp64_tflops: Decimal | None
    fp32_tflops: Decimal | None
    fp16_tflops: Decimal | None
    power_w: int | None


def faults_of_machine(spec: MachineSpec, dictionary: Accelerators) -> list[Fault]:
    """What a declared machine contradicts: the dictionary, a data sheet, or itself."""
    if (spec.accelerator is None) != (spec.accelerators == 0):
        return [Fault.of(FaultCode.WITHOUT_ACCELERATOR, "accelerators")]
    if spec.accelerator is None:
        return []
    card = dictionary.find(spec.accelerator)
    if card is None:
        known = "、".join(dictionary.names)
        return [Fault.of(FaultCode.UNKNOWN_ACCELERATOR, "accelerator", value=spec.accelerator, known=known)]
    found = []
    if card.domestic != spec.domestic:
        published = "domestic" if card.domestic else "not domestic"
        found.append(Fault.of(FaultCode.DIFFERS_FROM_SHEET, "domestic", published=published))
    if None not in (card.memory_gib, spec.accelerator_memory_gib) and (
        card.memory_gib != spec.accelerator_memory_gib
    ):
        published = f"{card.memory_gib} GiB"
        found.append(Fault.of(FaultCode.DIFFERS_FROM_SHEET, "accelerator_memory_gib", published=published))
    for precision in PRECISIONS:
        one, machine = card.tflops[precision], getattr(spec, f"{precision}_tflops")
        if one is not None and machine is not None and machine > one * spec.accelerators:
            published = f"{one * spec.accelerators} TFLOPS"
            found.append(Fault.of(FaultCode.ABOVE_SHEET, f"{precision}_tflops", published=published))
    return found
