"""A fairness audit: how far it has come, what it counts, and what the counts say."""

from collections.abc import Iterable, Mapping
from typing import Any

from kernel.states import StateTable
from kernel.text import Vocabulary

MOST_SELECTIONS = 10_000
"""What one audit examines at most; of more selections a sample is drawn."""
MOST_FINDINGS = 100
"""So many findings are told one by one; all are counted."""
FORMAT = "cin-fairness-audit-v1"
FIGURES = ("eligible", "shown", "shown_relabelled", "first", "first_relabelled", "ordered")
"""What is counted of each party: the selections in which it could have served, was on the page, was of the first rank, was ordered.

`relabelled`: of the same questions where labels said nothing, so what price, latency and what the buyer weighed give it.
"""
GROUPS = OPERATOR, OTHERS = "operator", "others"
"""Whose the parties are: the operator's own with its affiliates, and all others."""


class AuditState(Vocabulary):
    """How far an audit has come."""

    RUNNING = "running", "审计中", "Running"
    DONE = "done", "已完成", "Done"


LIFE = StateTable(
    states=AuditState,
    initial=AuditState.RUNNING,
    acts={"finish": (frozenset({AuditState.RUNNING}), AuditState.DONE)},
)


class FairnessVerdict(Vocabulary):
    """What an audit found."""

    NEUTRAL = (
        "neutral",
        "中立：全部可重放，标签不影响结果",
        "Neutral: all replayed, and labels change nothing",
    )
    PARTLY_SHOWN = (
        "partly_shown",
        "部分证明：可重放者均中立，其余无法重放",
        "Shown in part: neutral where it could be replayed",
    )
    NOT_NEUTRAL = "not_neutral", "不中立：换了标签，结果就变", "Not neutral: other labels gave another answer"
    NOT_REPEATED = (
        "not_repeated",
        "未能复现：标签不影响结果，但重放与当时答案不一致",
        "Not repeated: labels change nothing, but a replay differs from the answer of then",
    )
    NOT_SHOWN = (
        "not_shown",
        "未能证明：没有可重放、可比较的选择",
        "Not shown: nothing could be replayed and compared",
    )


Tally = dict[str, Any]
Party = tuple[str, str]


def new_tally() -> Tally:
    """Counts before the first selection."""
    return {"outcomes": {}, "differences": {}, "cut": 0, "alone": 0, "parties": {}, "findings": []}


def count(
    tally: Tally,
    *,
    selection: str,
    outcome: str,
    replayed: bool,
    same: bool,
    differences: Iterable[str],
    cut: bool,
    alone: bool,
    figures: Mapping[str, Iterable[Party]],
) -> None:
    """Add one selection; `figures` has the parties by each of FIGURES."""
    _add(tally["outcomes"], outcome)
    if not replayed:
        return
    differ = sorted(differences)
    for each in differ:
        _add(tally["differences"], each)
    tally["cut"] += cut
    tally["alone"] += alone
    for figure, parties in figures.items():
        for side, name in parties:
            of_party = tally["parties"].setdefault(f"{side}|{name}", dict.fromkeys(FIGURES, 0))
            of_party[figure] += 1
    if (differ or not same) and len(tally["findings"]) < MOST_FINDINGS:
        tally["findings"].append({"selection": selection, "outcome": outcome, "differences": differ})


def _add(counts: dict[str, int], name: str) -> None:
    counts[name] = counts.get(name, 0) + 1


def result_of(
    tally: Tally, *, owned: Mapping[str, Iterable[str]], replayed: Iterable[str], same: str
) -> Tally:
    """What the counts come to; `replayed` are the outcomes with a replay, `same` that of the sound one.

    `owned` has the names of the operator's own parties by side, compute or line.
    """
    outcomes = tally["outcomes"]
    examined, found = sum(outcomes.values()), sum(outcomes.get(each, 0) for each in replayed)
    parties = []
    for key in sorted(tally["parties"]):
        side, name = key.split("|", 1)
        group = OPERATOR if name in owned[side] else OTHERS
        parties.append({"side": side, "party": name, "group": group, **tally["parties"][key]})
    return {
        "verdict": _verdict(tally, examined, found, differs=found - outcomes.get(same, 0)).value,
        "examined": examined,
        "replayed": found,
        "outcomes": outcomes,
        "differences": tally["differences"],
        "cut": tally["cut"],
        "alone": tally["alone"],
        "groups": [
            {
                "side": side,
                "group": group,
                **{
                    figure: sum(
                        row[figure] for row in parties if (row["side"], row["group"]) == (side, group)
                    )
                    for figure in FIGURES
                },
            }
            for side in sorted(owned)
            for group in GROUPS
        ],
        "parties": parties,
        "findings": tally["findings"],
    }


def _verdict(tally: Tally, examined: int, replayed: int, *, differs: int) -> FairnessVerdict:
    if tally["differences"]:
        return FairnessVerdict.NOT_NEUTRAL
    if differs:
        return FairnessVerdict.NOT_REPEATED
    if replayed == tally["alone"]:
        return FairnessVerdict.NOT_SHOWN
    whole = replayed == examined and not tally["alone"]
    return FairnessVerdict.NEUTRAL if whole else FairnessVerdict.PARTLY_SHOWN
