"""The versioned data profiles of this floor."""

from functools import cache
from pathlib import Path

from kernel.profiles import read_profile
from kernel.text import Text
from participants.domain.certification import CertificationProfile, DocumentRule
from participants.domain.particulars import Particular, ParticularType

PROFILES = Path(__file__).resolve().parent.parent / "profiles"


@cache
def certification_profile() -> CertificationProfile:
    """The licence rules and who decides by them, read once."""
    document = read_profile(PROFILES / "certification.yaml")
    fields = {
        name: Particular(
            ParticularType(field["type"]),
            Text(field["zh"], field["en"]),
            required=field.get("required", True),
            personal=field.get("personal", False),
        )
        for name, field in document["particulars"].items()
    }
    named = {**document["documents"], **document["products"]}
    return CertificationProfile(
        version=document["version"],
        status=document["status"],
        source=document["source"],
        documents={
            kind: DocumentRule(
                Text(rule["zh"], rule["en"]),
                rule["expires"],
                {name: fields[name] for name in rule.get("particulars", ())},
            )
            for kind, rule in document["documents"].items()
        },
        certification=document["certification"],
        products=document["licences"],
        labels={name: Text(thing["zh"], thing["en"]) for name, thing in named.items()},
        qualification=document["qualification"],
        reminders=tuple(document["reminders"]),
        deciders={act: frozenset(roles) for act, roles in document["deciders"].items()},
    )
