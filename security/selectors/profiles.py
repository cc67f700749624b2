"""The versioned data profiles of this floor."""

from functools import cache
from pathlib import Path

import yaml

PROFILES = Path(__file__).resolve().parent.parent / "profiles"


@cache
def sla_days() -> dict[str, int]:
    """Days to close a finding, by severity, read once."""
    document = yaml.safe_load((PROFILES / "sla.yaml").read_text(encoding="utf-8"))
    return {severity: int(days) for severity, days in document["days"].items()}
