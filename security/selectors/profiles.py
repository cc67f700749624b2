"""The versioned data profiles of this floor."""

from functools import cache
from pathlib import Path

from kernel.profiles import read_profile

PROFILES = Path(__file__).resolve().parent.parent / "profiles"


@cache
def sla_days() -> dict[str, int]:
    """Days to close a finding, by severity, read once."""
    document = read_profile(PROFILES / "sla.yaml")
    return {severity: int(days) for severity, days in document["days"].items()}
