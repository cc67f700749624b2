"""Rounds of questions, in each of which two sides take turns; what each took, and the ratio with its range."""

import json
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, TypeVar

Q = TypeVar("Q")
Side = Callable[[Q], tuple[float, Any]]
"""Answers one question: the seconds that it took, and the answer."""


class WrongAnswerError(AssertionError):
    """A timed answer that differs from the slow exact one."""


@dataclass(frozen=True)
class Times:
    """Seconds by round."""

    rounds: Sequence[Sequence[float]]

    def at(self, share: float) -> list[float]:
        """The quantile of each round, in seconds."""
        return [quantile(each, share) for each in self.rounds]

    def overall(self, share: float) -> float:
        """The quantile of all rounds together, in seconds."""
        return quantile([each for one in self.rounds for each in one], share)


@dataclass(frozen=True)
class Row:
    """One row of the table: our times beside the peer's, and the least ratio that is asked for, by quantile.

    `want` are the parts of an answer that our time includes. A row without a peer states our time alone, against
    `most`, the longest that is allowed, in seconds.
    """

    part: str
    name: str
    want: str
    ours: Times
    theirs: Times | None = None
    peer: str = ""
    least: dict[float, float] = field(default_factory=dict)
    most: dict[float, float] = field(default_factory=dict)
    note: str = ""
    inverse: bool = False

    def ratios(self, share: float) -> list[float]:
        """Of each round: how many times as fast as the peer we are; for an inverse row, as slow."""
        assert self.theirs is not None
        pairs = zip(self.ours.at(share), self.theirs.at(share), strict=True)
        return [ours / theirs if self.inverse else theirs / ours for ours, theirs in pairs]

    def kept(self) -> bool:
        """Whether every bound holds at the median of the rounds."""
        for share, bound in self.least.items():
            ratio = statistics.median(self.ratios(share))
            if ratio > bound if self.inverse else ratio < bound:
                return False
        return all(self.ours.overall(share) <= bound for share, bound in self.most.items())

    def document(self) -> dict[str, Any]:
        """The row as JSON, times in milliseconds."""
        found: dict[str, Any] = {
            "part": self.part, "name": self.name, "want": self.want, "peer": self.peer, "note": self.note,
            "rounds": len(self.ours.rounds), "questions": sum(map(len, self.ours.rounds)),
            "ours_ms": _milliseconds(self.ours), "kept": self.kept(),
        }  # fmt: skip
        if self.theirs is not None:
            found["theirs_ms"] = _milliseconds(self.theirs)
            found["ratios"] = {
                _named(share): {
                    "median": statistics.median(ratios),
                    "least": min(ratios),
                    "most": max(ratios),
                    "asked": self.least.get(share),
                    "inverse": self.inverse,
                }
                for share in sorted({0.5, 0.99, *self.least})
                for ratios in (self.ratios(share),)
            }
        if self.most:
            found["most_ms"] = {_named(share): bound * 1000 for share, bound in self.most.items()}
        return found


def compete(
    questions: Sequence[Q],
    ours: Side[Q],
    theirs: Side[Q],
    agree: Callable[[Q, Any, Any], None],
    *,
    rounds: int,
    dice: Random,
    repeat: int = 1,
) -> tuple[Times, Times]:
    """Put every question to both sides in so many rounds; (ours, theirs).

    In a round one side answers all questions, then the other, who goes first left to chance: each at work, as a server is,
    not waking up between two questions of the other's. `agree` compares the two answers of a question with the exact one and
    raises WrongAnswerError. Each question is put `repeat` times in a round. One round before the first warms both and is
    not counted.
    """
    taken: tuple[list[list[float]], list[list[float]]] = ([], [])
    for number in range(rounds + 1):
        order = [
            question
            for _ in range(repeat if number else 1)
            for question in dice.sample(questions, len(questions))
        ]
        found = {
            who: [(ours if who else theirs)(question) for question in order]
            for who in dice.sample([True, False], 2)
        }
        for question, (_, mine), (_, peers) in zip(order, found[True], found[False], strict=True):
            agree(question, mine, peers)
        if number:
            for side, who in zip(taken, (True, False), strict=True):
                side.append([seconds for seconds, _ in found[who]])
    return Times(taken[0]), Times(taken[1])


def equal(found: Any, exact: Any, what: object) -> None:
    """Raise WrongAnswerError where an answer is not the exact one."""
    if found != exact:
        raise WrongAnswerError(f"{what}\nfound {_short(found)}\nexact {_short(exact)}")


def quantile(seconds: Iterable[float], share: float) -> float:
    """The value at that share of the sorted ones."""
    ordered = sorted(seconds)
    return (
        ordered[min(len(ordered) - 1, int(share * len(ordered)))]
        if share != 0.5
        else statistics.median(ordered)
    )


def write(rows: Iterable[Row], path: Path, **facts: Any) -> None:
    """Write what was measured as one JSON document."""
    document = {**facts, "rows": [row.document() for row in rows]}
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _milliseconds(times: Times) -> dict[str, float]:
    return {_named(share): times.overall(share) * 1000 for share in (0.5, 0.99, 1.0)}


def _named(share: float) -> str:
    return "max" if share == 1 else f"p{share * 100:g}"


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) < 2000 else text[:2000] + " …"
