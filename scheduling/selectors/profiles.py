"""The versioned data profiles of this floor."""

from functools import cache
from pathlib import Path

import yaml

from scheduling.domain.openings import OpeningProfile

PROFILES = Path(__file__).resolve().parent.parent / "profiles"


@cache
def opening_profile() -> OpeningProfile:
    """How lines are opened, read once."""
    document = yaml.safe_load((PROFILES / "openings.yaml").read_text(encoding="utf-8"))
    return OpeningProfile(
        version=document["version"],
        status=document["status"],
        source=document["source"],
        acceptance_working_days=document["acceptance_working_days"],
    )
