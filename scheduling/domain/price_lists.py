"""Prices as a carrier lists them: of a step in a zone one for each minimum term, and by the hour one without a term."""

from collections.abc import Iterable, Mapping
from typing import TypeVar

from kernel.domain.imports import Fault
from scheduling.domain.topologies.elements import Element

R = TypeVar("R")
Step = tuple[str, int, str]
"""Technology, step in Mbps, zone."""
Key = tuple[str, int, str, int]
"""The same and the least months: what tells a carrier's prices apart."""


def named(row: Element) -> Key:
    """What a row of a price list prices."""
    values = row.values
    return values["technology"], values["bandwidth_mbps"], values["zone"], values["min_months"]


def matched(listed: Mapping[Key, R], wanted: Iterable[Key]) -> tuple[dict[Key, R], list[R]]:
    """The rows that the wanted ones change, by the latter's keys, and those that are named no more under a step that is.

    A row is changed by the one of its term. Where one is left on either side it is the same row, which got another term.
    """
    terms: dict[Step, tuple[set[int], set[int]]] = {}
    for key in wanted:
        terms.setdefault(key[:3], (set(), set()))[0].add(key[3])
    for key in listed:
        if key[:3] in terms:
            terms[key[:3]][1].add(key[3])
    found: dict[Key, R] = {}
    over: list[R] = []
    for step, (asked, there) in terms.items():
        found |= {(*step, months): listed[*step, months] for months in asked & there}
        new, left = asked - there, there - asked
        if len(new) == len(left) == 1:
            found[*step, new.pop()] = listed[*step, left.pop()]
        else:
            over += [listed[*step, months] for months in sorted(left)]
    return found, over


def term_faults(rows: Iterable[Element]) -> list[Fault]:
    """A fault for each price by the hour in another row than that of its step's least term: hours know no term."""
    rows, least = list(rows), dict[Step, int]()
    for row in rows:
        step, months = named(row)[:3], row.values["min_months"]
        least[step] = min(months, least.get(step, months))
    return [
        row.fault(
            "elastic_cny_hour",
            "elastic_has_no_term",
            f"按小时计价不分期限：请只在期限最短（{months} 个月）的一行填写，此处留空",
            f"a price by the hour has no term: give it in the row of the least term ({months} months), and leave it empty here",
        )
        for row in rows
        for months in (least[named(row)[:3]],)
        if row.values["elastic_cny_hour"] is not None and row.values["min_months"] > months
    ]
