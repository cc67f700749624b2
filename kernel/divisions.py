"""Divisions of GB/T 2260 by their codes: two digits each for the province, the prefecture and the county; 00 is all of it."""

MUNICIPALITIES = frozenset({"11", "12", "31", "50"})
"""How the codes of the municipalities under the central government begin: each is one metropolitan area."""


def stem(code: str) -> str:
    """How the codes of all divisions within one begin; a code may also be the first two or four digits."""
    while len(code) > 2 and code.endswith("00"):  # noqa: PLR2004 - a province
        code = code[:-2]
    return code


def lies_in(division: str, area: str) -> bool:
    """Whether a division is another, or within it."""
    return division.startswith(stem(area))


def metro_of(division: str) -> str:
    """The metropolitan area of a division: its city, or its municipality."""
    return f"{division[:2]}0000" if division[:2] in MUNICIPALITIES else f"{division[:4]}00"
