"""The application for a node: which forms there are, what each asks, and what a filled one still lacks."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kernel.money import yuan
from kernel.organisation_codes import read_organisation_code
from kernel.states import StateTable
from kernel.text import Text, Vocabulary

PHONE = re.compile(r"(?=(?:\D*\d){7,20}\D*$)[0-9+() -]+")
Content = dict[str, Any]  # the members of a filled form, as the API takes them


class FormKind(Vocabulary):
    """The four forms of the two public calls, which are never confused."""

    NODE_REGION = "node-region", "国家算力互联互通区域节点申报表", "Application for a regional node"
    NODE_INDUSTRY = "node-industry", "国家算力互联互通行业节点申报表", "Application for an industry node"
    METRO_PLAN = "metro-plan", "城域“毫秒用算”专项行动计划表", "Plan of the metropolitan action"
    METRO_SUMMARY = "metro-summary", "城域“毫秒用算”专项行动情况总结表", "Summary of the metropolitan action"

    @property
    def built(self) -> bool:
        """Whether this node fills the form; the others are the metropolitan action's."""
        return self in (FormKind.NODE_REGION, FormKind.NODE_INDUSTRY)


class ApplicationState(Vocabulary):
    """Whether the form may still change."""

    DRAFT = "draft", "草稿", "Draft"
    FINAL = "final", "定稿", "Final"


LIFE = StateTable(
    states=ApplicationState,
    initial=ApplicationState.DRAFT,
    acts={
        "amend": (frozenset({ApplicationState.DRAFT}), ApplicationState.DRAFT),
        "finalise": (frozenset({ApplicationState.DRAFT}), ApplicationState.FINAL),
        "reopen": (frozenset({ApplicationState.FINAL}), ApplicationState.FINAL),  # as a new draft beside it
    },
)


class Sex(Vocabulary):
    """What the form asks of the contact."""

    FEMALE = "female", "女", "Female"
    MALE = "male", "男", "Male"


class Origin(Vocabulary):
    """Who says a rule: only what the published text says is enforced."""

    OFFICIAL = "official", "正式文件", "Official text"
    REPORTED = "reported", "据报道", "Reported"
    HOUSE = "house", "本系统", "Ours"


class Severity(Vocabulary):
    """What a finding does to the form."""

    ERROR = "error", "须更正", "Must be put right"
    WARNING = "warning", "请核对", "Look at it"


@dataclass(frozen=True, slots=True)
class Entry:
    """One place of the form: the member that it shows, its label, the seal that goes there, the printed advice."""

    at: str
    label: Text
    seal: Text | None = None
    guidance: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """The layout of one public form."""

    annex: str
    title: str
    bodies: str
    contact: str
    heads: tuple[Entry, ...]
    statements: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: who says it, and what is told to whoever does not meet it."""

    origin: Origin
    text: Text


@dataclass(frozen=True, slots=True)
class ApplicationProfile:
    """The forms and the rules, as a versioned profile."""

    version: str
    status: str
    source: str
    most_joint: int
    least_capital_fen: int
    clean_years: int
    forms: Mapping[FormKind, Form]
    body: tuple[Entry, ...]
    seal_of_body: Text
    contact: tuple[Entry, ...]
    rules: Mapping[str, Rule]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is missing, wrong or to be looked at, and the way out."""

    pointer: str
    rule: str
    origin: Origin
    severity: Severity
    text: Text


def blank_content() -> Content:
    """A form in which nothing is written yet."""
    return {
        **dict.fromkeys(("applicant", "recommending_unit", "applicant_unit"), ""),
        "lead": dict.fromkeys(("name", "address", "code"), ""),
        "joint": [],
        "contact": dict.fromkeys(("name", "sex", "post", "phone", "email"), ""),
        "statements": dict.fromkeys(("policy", "basis", "plan", "application", "safeguards"), ""),
        "builder": {"name": "", "registered_capital_fen": None, "sustained_funding": None},
        "operator": {
            **dict.fromkeys(("name", "telecom_licence"), ""),
            **dict.fromkeys(("public_institution", "site", "equipment", "staff", "clean_record")),
        },
    }


def value_at(content: Content, pointer: str) -> Any:
    """The member that a JSON pointer names; the empty text where it is not there."""
    value: Any = content
    for name in pointer.split("/")[1:]:
        value = value.get(name, "") if isinstance(value, dict) else value[int(name)]
    return value


def bodies_of(content: Content) -> list[tuple[str, Text]]:
    """Pointer and name of every implementing body that the form has: the lead, then the joint units."""
    joint = [(f"/joint/{at}", at + 1) for at in range(len(content["joint"]))]
    named = [(at, Text(f"联合申报单位{number}", f"joint unit {number}")) for at, number in joint]
    return [("/lead", Text("牵头单位", "lead unit")), *named]


def seals_of(kind: FormKind, content: Content, profile: ApplicationProfile) -> list[Entry]:
    """Where which seal goes, once the form is printed."""
    heads = [entry for entry in profile.forms[kind].heads if entry.seal]
    return heads + [Entry(f"{at}/name", name, profile.seal_of_body) for at, name in bodies_of(content)]


def check_application(kind: FormKind, content: Content, profile: ApplicationProfile) -> list[Finding]:
    """Everything that the form lacks, in the order of the form; only what an official text asks is an error."""
    found: list[Finding] = []

    def find(rule: str, pointer: str, **words: object) -> None:
        known = profile.rules[rule]
        severity = Severity.ERROR if known.origin is Origin.OFFICIAL else Severity.WARNING
        text = Text(
            known.text.zh.format(**{name: _within(word, zh=True) for name, word in words.items()}),
            known.text.en.format(**{name: _within(word, zh=False) for name, word in words.items()}),
        )
        found.append(Finding(pointer, rule, known.origin, severity, text))

    for entry in _asked(kind, content, profile):
        if not str(value_at(content, entry.at)).strip():
            find("missing", entry.at, label=entry.label)
    if kind is FormKind.NODE_REGION and content["recommending_unit"].strip():
        find("not_on_form", "/recommending_unit", label=Text("推荐单位", "recommending unit"))
    if len(content["joint"]) > profile.most_joint:
        find("too_many_joint", "/joint", count=len(content["joint"]), most=profile.most_joint)
    _check_codes(content, find)
    phone = content["contact"]["phone"].strip()
    if phone and not PHONE.fullmatch(phone):
        find("phone_unusual", "/contact/phone")
    _check_builder(content["builder"], profile, find)
    _check_operator(content["operator"], profile, find)
    return found


def _within(word: object, *, zh: bool) -> object:
    if isinstance(word, Text):
        return word.zh if zh else word.en
    return word


def _asked(kind: FormKind, content: Content, profile: ApplicationProfile) -> Iterator[Entry]:
    form = profile.forms[kind]
    yield from form.heads
    for at, name in bodies_of(content):
        for entry in profile.body:
            label = Text(name.zh + entry.label.zh, f"{entry.label.en} of the {name.en}")
            yield Entry(at + entry.at, label)
    yield from profile.contact
    for entry in form.statements:
        yield Entry(entry.at, Text(f"“{entry.label.zh}”说明", f"statement on {entry.label.en}"))


def _check_codes(content: Content, find: Callable[..., None]) -> None:
    seen: set[str] = set()
    for at, _ in bodies_of(content):
        pointer = f"{at}/code"
        written = value_at(content, pointer)
        if not written.strip():
            continue
        code = read_organisation_code(written)
        if code is None:
            find("code_malformed", pointer)
            continue
        if not code.passed:
            find("code_check", pointer)
        if code.compact in seen:
            find("code_twice", pointer)
        seen.add(code.compact)


def _check_builder(builder: Content, profile: ApplicationProfile, find: Callable[..., None]) -> None:
    if not builder["name"].strip():
        find("builder_unnamed", "/builder/name")
    capital = builder["registered_capital_fen"]
    if capital is None or capital < profile.least_capital_fen:
        find("capital_low", "/builder/registered_capital_fen", least=yuan(profile.least_capital_fen))
    if builder["sustained_funding"] is not True:
        find("funding_unstated", "/builder/sustained_funding")


def _check_operator(operator: Content, profile: ApplicationProfile, find: Callable[..., None]) -> None:
    if not operator["name"].strip():
        find("operator_unnamed", "/operator/name")
    if operator["public_institution"] is not True and not operator["telecom_licence"].strip():
        find("licence_missing", "/operator/telecom_licence")
    for held in ("site", "equipment", "staff"):
        if operator[held] is not True:
            find(f"{held}_unstated", f"/operator/{held}")
    if operator["clean_record"] is not True:
        find("record_unstated", "/operator/clean_record", years=profile.clean_years)


def mask_phone(phone: str) -> str:
    """A phone as lists show it: the first three and the last two characters of what is long enough, else nothing."""
    text = phone.strip()
    return f"{text[:3]}{'*' * (len(text) - 5)}{text[-2:]}" if len(text) > 7 else "*" * len(text)  # noqa: PLR2004
