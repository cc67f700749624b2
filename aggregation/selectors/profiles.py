"""The versioned data profiles of this floor."""

from decimal import Decimal
from functools import cache
from pathlib import Path

from aggregation.domain.accelerators import Accelerator, Accelerators
from aggregation.domain.centres import CarbonProfile
from kernel.profiles import read_profile

PROFILES = Path(__file__).resolve().parent.parent / "profiles"


@cache
def accelerators() -> Accelerators:
    """The dictionary of accelerators, read once."""
    document = read_profile(PROFILES / "accelerators.yaml")
    return Accelerators(
        version=document["version"],
        status=document["status"],
        source=document["source"],
        cards=tuple(
            Accelerator(
                name=card["name"],
                aliases=tuple(card["aliases"]),
                vendor=card["vendor"],
                domestic=card["domestic"],
                memory_gib=_decimal(card["memory_gib"]),
                tflops={precision: _decimal(value) for precision, value in card["tflops"].items()},
            )
            for card in document["accelerators"]
        ),
    )


@cache
def carbon_profile() -> CarbonProfile:
    """What a kWh from the grid emits, read once."""
    document = read_profile(PROFILES / "carbon.yaml")
    return CarbonProfile(
        version=document["version"],
        status=document["status"],
        source=document["source"],
        grid_kg_kwh=Decimal(document["grid_kg_kwh"]),
    )


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
