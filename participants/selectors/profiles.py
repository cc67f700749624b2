"""The versioned data profiles of this floor."""

from functools import cache
from pathlib import Path

import yaml

from kernel.text import Text
from participants.domain.certification import CertificationProfile, DocumentRule

PROFILES = Path(__file__).resolve().parent.parent / "profiles"


@cache
def certification_profile() -> CertificationProfile:
    """The licence rules and who decides by them, read once."""
    document = yaml.safe_load((PROFILES / "certification.yaml").read_text(encoding="utf-8"))
    return CertificationProfile(
        version=document["version"],
        status=document["status"],
        source=document["source"],
        documents={
            kind: DocumentRule(Text(rule["zh"], rule["en"]), rule["expires"])
            for kind, rule in document["documents"].items()
        },
        certification=document["certification"],
        qualification=document["qualification"],
        deciders={act: frozenset(roles) for act, roles in document["deciders"].items()},
    )
