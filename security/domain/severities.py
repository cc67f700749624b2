"""How bad a finding is: the CVSS score where a vector is given, else the tool's own word."""

from decimal import Decimal

from cvss import CVSS3, CVSS4, CVSSError

from kernel.text import Vocabulary


class Severity(Vocabulary):
    """The qualitative scale of CVSS 3.1 §5, with what tools say beside it."""

    CRITICAL = "critical", "严重", "Critical"
    HIGH = "high", "高危", "High"
    MEDIUM = "medium", "中危", "Medium"
    LOW = "low", "低危", "Low"
    INFO = "info", "提示", "Informational"
    UNKNOWN = "unknown", "未定级", "Unknown"


BOUNDS = (
    (Decimal("9.0"), Severity.CRITICAL),
    (Decimal("7.0"), Severity.HIGH),
    (Decimal("4.0"), Severity.MEDIUM),
    (Decimal("0.1"), Severity.LOW),
)
WORDS = {
    "critical": Severity.CRITICAL,
    "high": Severity.HIGH,
    "important": Severity.HIGH,
    "medium": Severity.MEDIUM,
    "moderate": Severity.MEDIUM,
    "low": Severity.LOW,
    "negligible": Severity.INFO,
    "none": Severity.INFO,
}
LONGEST_VECTOR = 300


def severity_of_score(score: Decimal) -> Severity:
    """The word for a base score from 0.0 to 10.0."""
    return next((word for least, word in BOUNDS if score >= least), Severity.INFO)


def severity_of_word(word: str) -> Severity:
    """The scale's word for a tool's; UNKNOWN where it has none."""
    return WORDS.get(word.strip().lower(), Severity.UNKNOWN)


def base_score(vector: str) -> Decimal | None:
    """The base score of a CVSS 3.0, 3.1 or 4.0 vector; None for anything else (2.0 has no critical)."""
    if len(vector) > LONGEST_VECTOR:
        return None
    try:
        if vector.startswith("CVSS:4"):
            return Decimal(str(CVSS4(vector).base_score))
        if vector.startswith("CVSS:3"):
            return Decimal(str(CVSS3(vector).base_score))
    except (CVSSError, ValueError, KeyError, ArithmeticError):
        return None
    return None


def judge(word: str, vectors: list[str]) -> tuple[Severity, Decimal | None, str]:
    """Severity, score and vector of the first vector that can be scored; else the tool's word, and neither."""
    for vector in vectors:
        score = base_score(vector)
        if score is not None:
            return severity_of_score(score), score, vector
    return severity_of_word(word), None, ""
