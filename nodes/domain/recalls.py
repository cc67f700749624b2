"""What a peer holds of a stream, told back to the node that sent it: a restored node learns from it what it forgot."""

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from nodes.domain.envelopes import AGGREGATE_WAITS, REPORT_KNOWN, Outcome, Receipt
from nodes.domain.statements import Statement, from_wire, to_wire

LARGEST = 2 * 2**20  # bytes of bodies in one answer
MOST = 200  # messages in one answer
LARGEST_ANSWER = 16 * 2**20  # bytes: the largest message that a node takes, in base64, and what proves it


@dataclass(frozen=True, slots=True)
class Held:
    """One message as the peer stored it: the very bytes, the signed request that brought them, the receipt it gave."""

    sequence: int
    aggregate: str
    supersedes: int | None
    body: bytes
    request: Mapping[str, Any]
    receipt: Statement


def as_much_as_fits(held: Iterable[Held]) -> Iterator[Held]:
    """The first messages, as many as one answer takes; one at least."""
    size = 0
    for number, each in enumerate(islice(held, MOST)):
        size += len(each.body)
        if number and size > LARGEST:
            return
        yield each


def to_document(held: Held) -> dict[str, Any]:
    """The message as JSON."""
    return {
        "sequence": held.sequence,
        "aggregate": held.aggregate,
        "supersedes": held.supersedes,
        "body": base64.b64encode(held.body).decode(),
        "request": dict(held.request),
        "receipt": to_wire(held.receipt),
    }


def read_held(answer: bytes) -> list[Held]:
    """The messages in a peer's answer; they are judged one by one afterwards. Raises ValueError."""
    try:
        return [_held(each) for each in json.loads(answer)["messages"]]
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError("no answer to a recall") from error


def _held(document: Mapping[str, Any]) -> Held:
    receipt = from_wire(json.dumps(document["receipt"]).encode())
    if receipt is None or not isinstance(document["request"], dict):
        raise ValueError("no answer to a recall")
    return Held(
        int(document["sequence"]),
        str(document["aggregate"]),
        document["supersedes"],
        base64.b64decode(document["body"], validate=True),
        document["request"],
        receipt,
    )


def waiting_after(waiting: Mapping[str, int], told: Iterable[tuple[Held, Receipt]]) -> dict[str, int]:
    """Which things wait for a correction of which number, after these messages and their receipts."""
    after = dict(waiting)
    for held, receipt in told:
        if receipt.outcome is Outcome.REFUSED and receipt.code not in {AGGREGATE_WAITS, REPORT_KNOWN}:
            after.setdefault(held.aggregate, held.sequence)
        elif receipt.code != AGGREGATE_WAITS and after.get(held.aggregate) == held.supersedes:
            after.pop(held.aggregate, None)
    return after
