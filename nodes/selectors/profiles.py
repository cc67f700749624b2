"""The versioned data profiles of this floor."""

from functools import cache
from pathlib import Path
from typing import Any

from kernel.profiles import read_profile
from kernel.text import Text
from nodes.domain.applications import ApplicationProfile, Entry, Form, FormKind, Origin, Rule
from nodes.domain.periods import PeriodLength
from nodes.domain.upstreams import Channel, Format, UpstreamProfile

PROFILES = Path(__file__).resolve().parent.parent / "profiles"


@cache
def application_profile() -> ApplicationProfile:
    """The public forms of an application for a node and their rules, read once."""
    document = read_profile(PROFILES / "applications.yaml")
    return ApplicationProfile(
        version=document["version"],
        status=document["status"],
        source=document["source"],
        most_joint=document["most_joint"],
        least_capital_fen=document["least_capital_fen"],
        clean_years=document["clean_years"],
        forms={FormKind(kind): _form(form) for kind, form in document["forms"].items()},
        body=_entries(document["body"]),
        seal_of_body=_text(document["seal_of_body"]),
        contact=_entries(document["contact"]),
        rules={name: Rule(Origin(rule["origin"]), _text(rule)) for name, rule in document["rules"].items()},
    )


@cache
def upstream_profiles() -> dict[str, UpstreamProfile]:
    """Every platform that a node may report to, by its code, read once."""
    document = read_profile(PROFILES / "upstreams.yaml")
    return {
        code: UpstreamProfile(
            code=code,
            version=document["version"],
            status=document["status"],
            source=document["source"],
            title=_text(upstream["title"]),
            channel=Channel(upstream["channel"]),
            format=Format(upstream["format"]),
            period=PeriodLength(upstream["period"]),
            sections=tuple(upstream["sections"]),
            contact=_text(upstream["contact"]),
        )
        for code, upstream in document["upstreams"].items()
    }


def _form(form: dict[str, Any]) -> Form:
    return Form(
        annex=form["annex"],
        title=form["title"],
        bodies=form["bodies"],
        contact=form["contact"],
        heads=_entries(form["heads"]),
        statements=_entries(form["statements"]),
    )


def _entries(entries: list[dict[str, Any]]) -> tuple[Entry, ...]:
    return tuple(
        Entry(
            entry["at"],
            _text(entry),
            _text(entry["seal"]) if "seal" in entry else None,
            entry.get("guidance", ""),
        )
        for entry in entries
    )


def _text(words: dict[str, str]) -> Text:
    return Text(words["zh"], words["en"])
