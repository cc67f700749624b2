"""Bilingual text: every message and every label exists in Chinese and in English, side by side."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, Self

Language = Literal["zh-hans", "en"]


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence or label in both languages of the house; `{name}` marks a parameter."""

    zh: str
    en: str

    def format(self, **params: object) -> "Text":
        """The same text with its parameters filled in, in both languages."""
        return Text(self.zh.format(**params), self.en.format(**params))

    def within(self, language: str | None) -> str:
        """The text in the language asked for; Chinese unless English was asked for."""
        return self.en if (language or "").startswith("en") else self.zh


def token(name: str) -> str:
    """A member's name as it stands in a JSON pointer (RFC 6901): `~` as `~0` and `/` as `~1`."""
    return name.replace("~", "~0").replace("/", "~1")


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail before it is addressed: a stable name for the record, and subject and body in both languages."""

    name: str
    subject: Text
    body: Text


class Vocabulary(StrEnum):
    """A closed list of stable ASCII codes, each with its labels: `DRAFT = "draft", "草稿", "Draft"`."""

    label: Text

    def __new__(cls, code: str, zh: str = "", en: str = "") -> Self:
        """Take the code as the value and keep the labels beside it."""
        member = str.__new__(cls, code)
        member._value_ = code
        member.label = Text(zh, en)
        return member

    @classmethod
    def choices(cls) -> list[tuple[str, str]]:
        """Pairs of code and Chinese label, in the order of declaration, as Django fields want them."""
        return [(member.value, member.label.zh) for member in cls]

    @classmethod
    def codes(cls) -> list[str]:
        """The codes in the order of declaration."""
        return [member.value for member in cls]
