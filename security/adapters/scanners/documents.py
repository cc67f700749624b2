"""Taking untrusted JSON apart: what is not of the expected shape is empty, and text stays text of bounded length."""

from typing import Any

from security.errors import ReportUnreadable

MOST_SIGHTINGS = 20_000
LONGEST = {"rule": 200, "title": 500, "component": 200, "version": 100, "fixed_version": 200, "place": 1000}


def members(value: Any, name: str) -> list[dict[str, Any]]:
    """The objects of a list that is a member of an object; empty where it is none."""
    found = value.get(name) if isinstance(value, dict) else None
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def branch(value: Any, *names: str) -> dict[str, Any]:
    """The object at a path of members; empty where there is none."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def text(value: Any, *, most: int = LONGEST["place"]) -> str:
    """Text as one printable line: no control characters, no lone surrogates, cut to length; empty for non-text."""
    if not isinstance(value, str):
        return ""
    plain = value[: most * 2].encode("utf-8", "replace").decode("utf-8")
    return "".join(each if each.isprintable() else " " for each in plain)[:most].strip()


def unreadable(zh: str, en: str) -> ReportUnreadable:
    """The problem of a report that is not what its tool writes."""
    return ReportUnreadable(pointer="/report", reason_zh=zh, reason_en=en)


def require_bounded(count: int) -> None:
    """Raise ReportUnreadable for more findings than one import takes."""
    if count > MOST_SIGHTINGS:
        raise unreadable(
            f"一份报告至多 {MOST_SIGHTINGS} 项，请按目标拆分。",
            f"At most {MOST_SIGHTINGS} findings a report; split it by target.",
        )
