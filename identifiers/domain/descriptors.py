"""What an identifier says about its resource, and the automatic check of it against its kind's profile."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from identifiers.errors import DescriptorIncomplete
from kernel.text import Text, token

LONGEST_VALUE = 200
LARGEST_COUNT = 10**12
MOST_EVIDENCE = 20
DIVISION = re.compile(r"[0-9]{6}")
SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Evidence:
    """A document that a description rests on: what it is (a test report, say), and its SHA-256 in hex."""

    kind: str
    sha256: str

    def as_json(self) -> dict[str, str]:
        """As it is stored and told."""
        return {"kind": self.kind, "sha256": self.sha256}


def require_evidence(evidence: Sequence[Evidence]) -> None:
    """Raise DescriptorIncomplete, naming the place, for evidence that names no document."""
    if len(evidence) > MOST_EVIDENCE:
        raise DescriptorIncomplete(
            pointer="/evidence",
            reason_zh=f"证明材料不得超过 {MOST_EVIDENCE} 份。",
            reason_en=f"No more than {MOST_EVIDENCE} documents are taken.",
        )
    for place, each in enumerate(evidence):
        if not SHA256.fullmatch(each.sha256):
            raise DescriptorIncomplete(
                pointer=f"/evidence/{place}/sha256",
                reason_zh="sha256 应为六十四位小写十六进制。",
                reason_en="sha256 must be 64 hexadecimal digits in lower case.",
            )


@dataclass(frozen=True, slots=True)
class DescriptorProfile:
    """The versioned rules: kind → attribute → {type: text, count or division; required: true or false}.

    `capacity`: kind → where its full capacity and the unit of it stand.
    A description is fresh for `fresh_days`; then its owner is expected to confirm it with the next version.
    A line was heard of for `line_hours` after a test of one or a carrier's yes.
    """

    version: str
    status: str
    source: str
    fresh_days: int
    line_hours: int
    kinds: Mapping[str, Mapping[str, Mapping[str, Any]]]
    capacity: Mapping[str, Mapping[str, str]]

    def check(self, kind: str, attributes: Mapping[str, object]) -> None:
        """Raise DescriptorIncomplete, once, for all that is wrong: it points at the first, and names each and what it must be."""
        rules = self.kinds[kind]
        other = Text(
            f"不在 {kind} 的描述项中；可用：{'、'.join(rules)}",
            f"not of a {kind}; these are: {', '.join(rules)}",
        )
        wrong = dict.fromkeys(sorted(set(attributes) - set(rules)), other)
        for name, rule in rules.items():
            expected = EXPECTED[rule["type"]]
            if name not in attributes and rule["required"]:
                wrong[name] = Text(f"缺少，须为{expected.zh}", f"required, {expected.en}")
            elif name in attributes and not fits(rule["type"], attributes[name]):
                wrong[name] = Text(f"须为{expected.zh}", f"must be {expected.en}")
        if wrong:
            raise DescriptorIncomplete(
                pointer=f"/attributes/{token(next(iter(wrong)))}",
                reason_zh="；".join(f"{name}：{why.zh}" for name, why in wrong.items()) + "。",
                reason_en="; ".join(f"{name}: {why.en}" for name, why in wrong.items()) + ".",
            )

    def full(self, kind: str, attributes: Mapping[str, Any]) -> tuple[int, str] | None:
        """The full capacity (K1) that checked attributes say, and its unit; None for a kind that has none."""
        where = self.capacity.get(kind)
        if where is None:
            return None
        return attributes[where["full"]], where.get("unit") or attributes[where["unit_of"]]

    def divisions(self, kind: str, attributes: Mapping[str, object]) -> list[str]:
        """The divisions that checked attributes name."""
        rules = self.kinds[kind]
        return [str(value) for name, value in attributes.items() if rules[name]["type"] == "division"]


def marking_in(attributes: Mapping[str, object]) -> str:
    """What attributes mark their resource with: 演示数据 where it is invented, empty where it is not."""
    return str(attributes.get("marking", ""))


EXPECTED = {
    "text": Text("1 至 200 个字符的文本", "text of 1 to 200 characters"),
    "count": Text("0 至 10¹² 的整数", "an integer of 0 to 10¹²"),
    "division": Text("六位行政区划代码（GB/T 2260）", "a six-digit division code (GB/T 2260)"),
}


def fits(kind: str, value: object) -> bool:
    """Whether a JSON value is of the profile's type; booleans are not counts."""
    match kind:
        case "count":
            return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST_COUNT
        case "division":
            return isinstance(value, str) and DIVISION.fullmatch(value) is not None
        case _:
            return isinstance(value, str) and value.strip() != "" and len(value) <= LONGEST_VALUE
