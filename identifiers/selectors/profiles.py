"""The versioned data profiles of this floor."""

from collections.abc import Mapping
from functools import cache
from importlib import resources
from importlib.metadata import version
from pathlib import Path
from typing import Any

from identifiers.domain.codecs import Check, Codec, Part
from identifiers.domain.descriptors import DescriptorProfile
from identifiers.domain.dictionaries import Dictionary, Entry, read_locations
from identifiers.domain.review import ReviewProfile
from identifiers.errors import UnknownCodec, UnknownDictionary
from kernel.profiles import read_profile
from kernel.text import Text

PROFILES = Path(__file__).resolve().parent.parent / "profiles"


@cache
def descriptor_profile() -> DescriptorProfile:
    """The rules that descriptors are checked against, read once."""
    document = _read("descriptors")
    return DescriptorProfile(
        version=document["version"],
        status=document["status"],
        source=document["source"],
        fresh_days=document["fresh_days"],
        line_hours=document["line_hours"],
        kinds=document["kinds"],
        capacity=document["capacity"],
    )


@cache
def review_profile() -> ReviewProfile:
    """The rule of who looks at an application, read once."""
    document = _read("review")
    return ReviewProfile(
        version=document["version"],
        status=document["status"],
        source=document["source"],
        share_permille=document["share_permille"],
        always=frozenset(document["always"]),
    )


@cache
def codecs() -> Mapping[str, Codec]:
    """Name → the form of codes, our own first."""
    return {name: _codec(_read(f"codec-{name}")) for name in ("handle", "fixed")}


def codec(name: str) -> Codec:
    """The form of this name. Raises UnknownCodec."""
    if name not in codecs():
        raise UnknownCodec(name=name, known=", ".join(codecs()))
    return codecs()[name]


@cache
def dictionaries() -> Mapping[str, Dictionary]:
    """Name → dictionary."""
    industries = _read("dictionary-industries")
    return {
        "divisions": _divisions(),
        "industries": Dictionary(
            name="industries",
            title=Text(**industries["title"]),
            version=industries["version"],
            status=industries["status"],
            source=industries["source"],
            entries={
                row["code"]: (Entry(row["code"], Text(row["zh"], row["en"]), row["since"]),)
                for row in industries["entries"]
            },
        ),
    }


def dictionary(name: str) -> Dictionary:
    """The dictionary of this name. Raises UnknownDictionary."""
    if name not in dictionaries():
        raise UnknownDictionary(name=name, known=", ".join(dictionaries()))
    return dictionaries()[name]


def _divisions() -> Dictionary:
    """Divisions with the years in which each code stood, as the locked python-stdnum carries them."""
    text = resources.files("stdnum.cn").joinpath("loc.dat").read_text(encoding="utf-8")
    return Dictionary(
        name="divisions",
        title=Text("行政区划代码（GB/T 2260）", "Codes of administrative divisions (GB/T 2260)"),
        version=f"python-stdnum {version('python-stdnum')}",
        status="provisional",
        source="GB/T 2260 with years of effect, as compiled in python-stdnum (LGPL) from zh.wikipedia.org",
        entries=read_locations(text),
    )


def _codec(document: Mapping[str, Any]) -> Codec:
    check = document.get("check")
    return Codec(
        name=document["codec"],
        title=Text(**document["title"]),
        version=document["version"],
        status=document["status"],
        source=document["source"],
        parts=tuple(_part(**row) for row in document["parts"]),
        look_alikes=document.get("look_alikes", {}),
        check=Check(check["method"], tuple(check["over"]), check["part"]) if check else None,
    )


def _part(*, zh: str, en: str, **rest: Any) -> Part:
    return Part(label=Text(zh, en), **rest)


def _read(name: str) -> dict[str, Any]:
    return read_profile(PROFILES / f"{name}.yaml")
