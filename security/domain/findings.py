"""Findings: what a scanner saw, where it is, and the life it has here."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from kernel.states import StateTable
from kernel.text import Vocabulary
from security.domain.severities import Severity


class AssetKind(Vocabulary):
    """What can be scanned."""

    IMAGE = "image", "容器镜像", "Container image"
    HOST = "host", "主机", "Host"
    APPLICATION = "application", "应用", "Application"
    NETWORK = "network", "网络设备", "Network device"


class Scope(Vocabulary):
    """What kind of trouble a report looks for; a report covers the scopes that it reports on, and no others."""

    VULNERABILITY = "vulnerability", "漏洞", "Vulnerability"
    MISCONFIGURATION = "misconfiguration", "配置缺陷", "Misconfiguration"
    SECRET = "secret", "敏感信息泄露", "Exposed secret"


class FindingState(Vocabulary):
    """Where a finding stands."""

    OPEN = "open", "待处置", "Open"
    IN_REVIEW = "in_review", "待复核", "Evidence in review"
    CLOSED = "closed", "已关闭", "Closed"
    ACCEPTED = "accepted", "风险已接受", "Risk accepted for a time"
    REOPENED = "reopened", "重新打开", "Reopened"


S = FindingState
# what keeps a critical finding's resources off the market
LIVE = frozenset({S.OPEN, S.IN_REVIEW, S.REOPENED})
LIFE = StateTable(
    states=FindingState,
    initial=S.OPEN,
    acts={
        "submit": (frozenset({S.OPEN, S.REOPENED}), S.IN_REVIEW),
        "return": (frozenset({S.IN_REVIEW}), S.OPEN),
        "close": (frozenset({S.IN_REVIEW}), S.CLOSED),
        "clear": (frozenset({S.OPEN, S.REOPENED, S.IN_REVIEW, S.ACCEPTED}), S.CLOSED),
        "accept": (frozenset({S.OPEN, S.REOPENED, S.IN_REVIEW}), S.ACCEPTED),
        "lapse": (frozenset({S.ACCEPTED}), S.REOPENED),
        "reopen": (frozenset({S.CLOSED}), S.REOPENED),
    },
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One thing that a report says: untrusted text, cut to length, kept as text."""

    scope: Scope
    rule: str
    place: tuple[str, ...]
    severity: Severity
    score: Decimal | None
    vector: str
    title: str
    component: str
    version: str
    fixed_version: str

    @property
    def location(self) -> str:
        """The location hash (INVARIANTS F1): SHA-256 over the scope and where it is, in hex."""
        return hashlib.sha256("\x1f".join((self.scope.value, *self.place)).encode()).hexdigest()

    @property
    def key(self) -> tuple[str, str]:
        """What makes it the same finding of the same tool on the same asset."""
        return self.rule, self.location


@dataclass(frozen=True, slots=True)
class ScanReport:
    """What a tool saw, each thing once, and the scopes it looked for."""

    tool_version: str
    scopes: frozenset[Scope]
    sightings: tuple[Sighting, ...]


def once_each(sightings: list[Sighting]) -> tuple[Sighting, ...]:
    """The sightings, each key once: the worst of those that share it."""
    order = list(Severity)
    worst: dict[tuple[str, str], Sighting] = {}
    for each in sightings:
        known = worst.get(each.key)
        if known is None or order.index(each.severity) < order.index(known.severity):
            worst[each.key] = each
    return tuple(worst.values())


def due(first_seen: datetime, severity: Severity, days: dict[str, int]) -> datetime:
    """By when a finding is to be closed: the clock runs from the day it was first seen (INVARIANTS F2)."""
    return first_seen + timedelta(days=days[severity.value])
