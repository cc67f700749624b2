"""Dictionaries: what codes of others mean, and in which years they did."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from kernel.text import Text


@dataclass(frozen=True, slots=True)
class Entry:
    """One meaning of a code, from the year `since` until the year `until`, both included; None is open."""

    code: str
    label: Text
    since: int | None = None
    until: int | None = None

    def stands(self, year: int) -> bool:
        """Whether the code meant this in the year."""
        return (self.since is None or self.since <= year) and (self.until is None or year <= self.until)


@dataclass(frozen=True, slots=True)
class Dictionary:
    """A version of a dictionary: code → its meanings, the oldest first."""

    name: str
    title: Text
    version: str
    status: str
    source: str
    entries: Mapping[str, tuple[Entry, ...]]

    def find(self, code: str, *, year: int) -> Entry | None:
        """What the code meant in a year; None where it meant nothing then."""
        return next((each for each in reversed(self.entries.get(code, ())) if each.stands(year)), None)

    def under(self, beginning: str, *, year: int | None) -> Iterator[Entry]:
        """The meanings of the codes that begin so, in order: of one year, or of all."""
        for code in sorted(self.entries):
            if code.startswith(beginning):
                yield from (each for each in self.entries[code] if year is None or each.stands(year))


LOCATION = re.compile(r'(?P<indent> *)(?P<digits>[0-9]+) (?:province|county)="(?P<names>[^"]*)"')
MEANING = re.compile(r"(?:\[(?P<since>[0-9]*)-(?P<until>[0-9]*)\])?(?P<name>.+)")


def read_locations(text: str) -> dict[str, tuple[Entry, ...]]:
    """The divisions in a location file of python-stdnum: two digits of a province, below them four of a county.

    A code with several meanings lists them with their years: `[-2010]崇文区,[2015-]…`. Their names are Chinese only.
    """
    found: dict[str, tuple[Entry, ...]] = {}
    province = ""
    for line in text.splitlines():
        match = LOCATION.match(line)
        if match is None:
            continue
        if not match["indent"]:
            province = match["digits"]
            continue
        code = province + match["digits"]
        entries = [_entry(code, each) for each in match["names"].split(",")]
        found[code] = tuple(sorted(entries, key=lambda each: each.since or 0))
    return found


def _entry(code: str, text: str) -> Entry:
    match = MEANING.fullmatch(text)
    assert match is not None  # noqa: S101 - anything but nothing is a name
    since, until = match["since"], match["until"]
    label = Text(match["name"], match["name"])
    return Entry(code, label, int(since) if since else None, int(until) if until else None)
