"""The versioned data profiles of this floor."""

from datetime import timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from kernel.profiles import read_profile
from kernel.text import Text
from monitoring.domain.anomalies import AlertRule
from monitoring.domain.feeds import FeedClass, FieldsProfile, Metric
from monitoring.domain.indicators import Indicator

PROFILES = Path(__file__).resolve().parent.parent / "profiles"


@cache
def fields_profile() -> FieldsProfile:
    """The minimum fields of the four classes, read once."""
    document = _document("fields")
    classes = {FeedClass(name): rules for name, rules in document["classes"].items()}
    return FieldsProfile(
        version=document["version"],
        status=document["status"],
        source=document["source"],
        late=timedelta(hours=document["late_hours"]),
        ahead=timedelta(seconds=document["ahead_seconds"]),
        sources={kind: frozenset(rules["sources"]) for kind, rules in classes.items()},
        metrics={
            kind: {
                code: Metric(
                    code=code,
                    unit=rule["unit"],
                    required=rule["required"],
                    least=Decimal(rule.get("least", "0")),
                    most=Decimal(rule["most"]) if "most" in rule else None,
                )
                for code, rule in rules["metrics"].items()
            }
            for kind, rules in classes.items()
        },
    )


@cache
def indicators() -> dict[str, Indicator]:
    """The indicators by code, read once."""
    document = _document("indicators")
    return {
        code: Indicator(
            code=code,
            title=Text(rule["zh"], rule["en"]),
            kind=FeedClass(rule["class"]),
            formula=rule["formula"],
            metrics=tuple(rule["metrics"]),
            unit=rule["unit"],
            comparator=rule["comparator"],
            reference=rule["reference"],
            least_coverage=Decimal(rule["least_coverage"]),
            profile=document["version"],
        )
        for code, rule in document["indicators"].items()
    }


@cache
def alert_rules() -> tuple[str, dict[str, AlertRule]]:
    """The version of the alert profile, and its rules by metric, read once."""
    document = _document("alerts")
    rules = {
        metric: AlertRule(
            window=rule["window"],
            least_points=rule["least_points"],
            threshold=Decimal(rule["threshold"]),
            floor=Decimal(rule["floor"]),
            consecutive=rule["consecutive"],
        )
        for metric, rule in document["rules"].items()
    }
    return document["version"], rules


def _document(name: str) -> dict[str, Any]:
    return read_profile(PROFILES / f"{name}.yaml")
