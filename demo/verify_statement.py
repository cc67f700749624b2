"""Recompute a statement from its evidence, to the fen, with nothing but the standard library.

    python verify_statement.py STATEMENT.json EVIDENCE.json

STATEMENT.json is the answer of `GET /api/v1/statements/{id}`, EVIDENCE.json that of
`GET /api/v1/statements/{id}/evidence`. The script shares no code with the node: it computes every figure from the
readings, rates and rules in the evidence and compares it with the statement. Exit 0: all figures agree;
1: at least one does not, and which; 2: the files cannot be read.
"""

import json
import sys
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from math import ceil
from pathlib import Path
from typing import Any

BP = 10_000
Document = dict[str, Any]


def half_even(value: Fraction) -> int:
    """The nearest whole number, ties to the even one."""
    return round(value)


def seconds(start: str, end: str) -> Fraction:
    """Seconds from one time to another, exactly."""
    return Fraction(
        (datetime.fromisoformat(end) - datetime.fromisoformat(start)) // timedelta(microseconds=1), 10**6
    )


def agreed(reading: Document) -> int:
    """What both meters bear out."""
    return int(min(reading["provider_machine_seconds"], reading["node_machine_seconds"]))


def compute_fen(inputs: Document) -> int:
    """Rule compute_metered: price × machine-hours so far, at most the contract, less what was billed."""
    seconds = inputs["billed_before_machine_seconds"] + sum(agreed(row) for row in inputs["readings"])
    exact = Fraction(inputs["price_cny_hour"]) * 100 * seconds / 3600
    return int(max(0, min(half_even(exact), inputs["contract_fen"]) - inputs["billed_before_fen"]))


def begun(inputs: Document) -> int:
    """How many months of 730 hours, or hours, began within what was served: no more than the contract has."""
    by_hour = inputs["hours"] is not None
    served = sum((seconds(each["start"], each["end"]) for each in inputs["served"]), Fraction(0))
    whole = Fraction(inputs["hours"]) if by_hour else Fraction(inputs["months"])
    return min(ceil(whole), ceil(served / (3600 if by_hour else 730 * 3600)))


def minimum(inputs: Document) -> bool:
    """Whether the one-off and the minimum term are owed, however little was served."""
    return inputs["ending"] in ("term", "user")


def owed(inputs: Document) -> int:
    """The months or hours that are owed in all so far."""
    return max(begun(inputs), int(inputs["least"]) if minimum(inputs) else 0)


def periodic_fen(inputs: Document | None) -> int:
    """Rules line_instalments, line_hours and storage_instalments: the one-off with the first, the rest evenly, less what was billed."""
    if inputs is None:
        return 0
    count, steps = owed(inputs), inputs["steps"]
    if count == 0 and not minimum(inputs):
        return 0
    whole = Fraction(inputs["months"] if inputs["hours"] is None else inputs["hours"])
    rest = inputs["contract_fen"] - inputs["one_off_fen"]
    first = min([count, *(step["after"] for step in steps)])
    due = inputs["one_off_fen"] + half_even(rest * min(Fraction(first), whole) / whole)
    ends = [*(step["after"] for step in steps[1:]), count]
    for step, end in zip(steps, ends, strict=False):
        due += step["one_off_fen"] + step["monthly_fen"] * max(0, min(count, end) - step["after"])
    return int(max(0, due - inputs["billed_before_fen"]))


def voucher_fen(inputs: Document | None, compute: int, billed_before: int) -> int:
    """Rule voucher: the claim, the rate of all compute billed so far, this compute, what the year leaves."""
    if inputs is None:
        return 0
    share = (billed_before + compute) * inputs["rate_bp"] // BP
    left = min(inputs["granted_fen"], share) - inputs["redeemed_before_fen"]
    return int(max(0, min(left, compute, inputs["year_left_fen"])))


def split(fen: int, fee_bp: int) -> tuple[int, int, int]:
    """Rule fee_split: the provider's share and the fee, each towards zero, and the residue."""
    share, fee = fen * (BP - fee_bp) // BP, fen * fee_bp // BP
    return share, fee, fen - share - fee


def recompute(evidence: Document) -> dict[str, int]:
    """Every figure of the statement, from the evidence's inputs alone."""
    compute, line = compute_fen(evidence["compute"]), periodic_fen(evidence["line"])
    storage = periodic_fen(evidence.get("storage"))
    voucher = voucher_fen(evidence["voucher"], compute, evidence["compute"]["billed_before_fen"])
    provider, compute_fee, compute_rest = split(compute, evidence["fees"]["compute_bp"])
    store, store_fee, store_rest = split(storage, evidence["fees"].get("storage_bp", 0))
    line_provider, line_fee, line_rest = split(line, evidence["fees"]["line_bp"])
    return {
        "compute_fen": compute,
        "storage_fen": storage,
        "line_fen": line,
        "user_fen": compute + storage + line - voucher,
        "voucher_fen": voucher,
        "provider_fen": provider + store,
        "line_provider_fen": line_provider,
        "fee_fen": compute_fee + store_fee + line_fee,
        "residue_fen": compute_rest + store_rest + line_rest,
    }


def stated(statement: Document) -> dict[str, int]:
    """The statement's own figures, under the same names."""
    lines = {"storage_fen": 0} | {f"{line['part']}_fen": line["amount_fen"] for line in statement["lines"]}
    return lines | {name: value for name, value in statement.items() if name.endswith("_fen")}


def miscounted(evidence: Document, part: str) -> list[str]:
    """A sentence where a part bills other months or hours than are owed."""
    if (inputs := evidence.get(part)) is None:
        return []
    count = max(0, owed(inputs) - inputs["instalments_before"])
    billed = inputs["instalments"]
    return [] if count == billed else [f"{part}: {billed} months or hours billed, but {count} are owed now"]


def twice(rows: list[Document]) -> list[str]:
    """A sentence for each reading that is billed twice: it stands there again, or its window overlaps another's."""
    placed = sorted(rows, key=lambda row: datetime.fromisoformat(row["window_start"]))
    return [
        f"usage {row['usage']}: its window overlaps that of {before['usage']}"
        for before, row in pairwise(placed)
        if seconds(before["window_end"], row["window_start"]) < 0
    ]


def faults(statement: Document, evidence: Document) -> list[str]:
    """Everything that does not agree, one sentence each; empty where all does."""
    found = []
    if evidence["statement"] != statement["id"]:
        found.append(f"the evidence is of statement {evidence['statement']}, not {statement['id']}")
    for row in evidence["compute"]["readings"]:
        if row["agreed_machine_seconds"] != agreed(row):
            found.append(
                f"usage {row['usage']}: {row['agreed_machine_seconds']} agreed, but {agreed(row)} is the lesser"
            )
        if seconds(row["window_start"], row["window_end"]) < 1:
            found.append(f"usage {row['usage']}: its window has no second")
    found += twice(evidence["compute"]["readings"])
    parts = [line["part"] for line in statement["lines"]]
    if len(set(parts)) < len(parts) or not set(parts) <= {"compute", "storage", "line"}:
        found.append(f"its lines are of {', '.join(parts)}: each part has one, and there are no others")
    found += [*miscounted(evidence, "storage"), *miscounted(evidence, "line")]
    ours, theirs = recompute(evidence), stated(statement)
    for name, value in ours.items():
        if theirs.get(name) != value:
            found.append(f"{name}: {theirs.get(name)} stated, {value} recomputed")
    given = sum(ours[name] for name in ("provider_fen", "line_provider_fen", "fee_fen", "residue_fen"))
    if ours["user_fen"] + ours["voucher_fen"] != given:
        found.append("what the user and the voucher bear is not what the others get")
    return found


def main(arguments: list[str]) -> int:
    """Check the two files that are named."""
    try:
        statement, evidence = (json.loads(Path(name).read_text(encoding="utf-8")) for name in arguments)
        wrong, figures = faults(statement, evidence), recompute(evidence)
    except (OSError, ValueError, KeyError, TypeError) as error:
        print(f"cannot be read: {type(error).__name__}: {error}", file=sys.stderr)
        return 2
    for name, fen in figures.items():
        print(f"{name:<18} {fen:>14}")
    for sentence in wrong:
        print(f"WRONG: {sentence}")
    print("agrees to the fen" if not wrong else f"{len(wrong)} faults")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
