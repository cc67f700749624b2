"""The versioned data profiles of this floor."""

from functools import cache
from pathlib import Path
from typing import Any

from kernel.profiles import read_profile
from marketplace.domain.complaints import ComplaintProfile
from marketplace.domain.metering import MeteringProfile
from marketplace.domain.settlements import SettlementProfile

PROFILES = Path(__file__).resolve().parent.parent / "profiles"


@cache
def metering_profile() -> MeteringProfile:
    """The tolerance between the two meters, read once."""
    return MeteringProfile.of(_document("metering"))


@cache
def acceptance_working_days() -> int:
    """The working days after which compute that is there with its line is deemed accepted, read once."""
    return int(_document("acceptance")["compute_working_days"])


@cache
def last_refusal() -> int:
    """Which refusal of its compute cancels an order, read once."""
    return int(_document("acceptance")["last_refusal"])


@cache
def complaint_profile() -> ComplaintProfile:
    """How many days each step of a complaint may take, read once."""
    return ComplaintProfile.of(_document("complaints"))


@cache
def settlement_profile() -> SettlementProfile:
    """The node's fee, read once."""
    return SettlementProfile.of(_document("settlement"))


def _document(name: str) -> dict[str, Any]:
    return read_profile(PROFILES / f"{name}.yaml")
