"""The versioned data profiles of this floor."""

from functools import cache
from pathlib import Path

import yaml

from identifiers.domain.descriptors import DescriptorProfile

PROFILES = Path(__file__).resolve().parent.parent / "profiles"


@cache
def descriptor_profile() -> DescriptorProfile:
    """The rules that descriptors are checked against, read once."""
    document = yaml.safe_load((PROFILES / "descriptors.yaml").read_text(encoding="utf-8"))
    return DescriptorProfile(
        version=document["version"],
        status=document["status"],
        source=document["source"],
        kinds=document["kinds"],
    )
