"""The registry of report sections: each floor tells what it reports, nodes assembles, signs and sends."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kernel.text import Text, Vocabulary


class ReportClass(Vocabulary):
    """The streams that go up: the four classes of monitoring data, the catalogue, filings, trade totals."""

    RESOURCE = "resource", "资源业务", "Resource business"
    PLATFORM = "platform", "平台业务", "Platform business"
    DISPATCH = "dispatch", "互联调度业务", "Interconnection and dispatch business"
    APPLICATION = "application", "应用业务", "Application business"
    CATALOGUE = "catalogue", "目录", "Catalogue"
    FILINGS = "filings", "备案", "Filings"
    TRADE = "trade", "交易汇总", "Trade totals"


class Tells(Vocabulary):
    """What the records of a section tell of a period: whether shorter periods add up to it."""

    HAPPENED = "happened", "期间发生", "What happened in it"
    STOOD = "stood", "期末状况", "How things stand when they are read"
    BOTH = "both", "两者", "Both"


@dataclass(frozen=True, slots=True)
class Section:
    """One part of a report: `collect(start, end)` gives its records for the half-open period.

    Each record is a flat JSON object, in an order that depends on the facts alone; `sums` names its integer fields
    that are added up on both sides. Where it `tells` how things stand, a report says when they were read.
    """

    name: str
    kind: ReportClass
    title: Text
    sums: tuple[str, ...]
    collect: Callable[[datetime, datetime], list[dict[str, Any]]]
    tells: Tells = Tells.HAPPENED


SECTIONS: dict[str, Section] = {}


def register_section(section: Section) -> None:
    """Add a section; called once, when the app that owns it starts."""
    if section.name in SECTIONS:
        raise TypeError(f"report section {section.name} is registered twice")
    SECTIONS[section.name] = section
