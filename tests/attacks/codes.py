"""Attacks on codes and signed answers (INVARIANTS 5.4): slips of the pen, other spellings, answers that nobody gave.

`python -m tests.attacks.codes [--ids 300] [--spellings 1000] [--answers 1000] [--seed 0] [--workers 1]`: every wrong symbol
and every swap of neighbours in so many codes; so many spellings of people, scanners and impostors; so many forged, altered
or expired answers beside true ones. Exit 1 where one was taken for what it is not. The release tier is
`--ids 10000 --spellings 10000 --answers 50000 --workers 2`.
"""

import argparse
import base64
import copy
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any
from urllib.parse import quote

from demo.verify_identifier import RefusedError, verify
from identifiers.domain.answers import AnswerType, encode, stated
from identifiers.domain.codes import ALPHABET, BODIES, Code
from identifiers.errors import MalformedCode
from kernel.crypto.suite import INTERNATIONAL as SUITE
from nodes.domain.statements import sign_statement, to_wire

PREFIXES = ("86", "86.320000", "86.110000", "86.320000.000001")
ALIKE = {"0": "0Oo", "1": "1IiLl"}
STRANGE = dict(
    zip("ABCEHKMNPTXY", "АВСЕНКМΝРТХΥ", strict=True)
)  # Cyrillic and Greek letters that look the same
CONTEXT = b"cin-resolution-v1\x00"
CONTEXTS = (b"cin-receipt-v1\x00", b"cin-manifest-v1\x00", b"", CONTEXT[:-1])
HOLDS = 60  # seconds of an answer
EARLY = 30  # seconds that the node's clock may be ahead
BATCH = 250
Found = tuple[Counter[str], list[str]]
Document = dict[str, Any]


def some_code(dice: Random) -> Code:
    """A code that an issuer could issue."""
    while True:
        if code := Code.of_number(dice.choice(PREFIXES), dice.randrange(BODIES)):
            return code


def reads_as(text: str) -> str | None:
    """The code that a text is read as; None where it is refused."""
    try:
        return str(Code.parse(text))
    except MalformedCode:
        return None


def slipped(code: Code) -> Iterator[str]:
    """Every text with one symbol of the code wrong, then every one with two neighbours swapped; country and dots stand."""
    text = str(code)
    free = [at for at in range(2, len(text)) if text[at] not in "./"]
    for at in free:
        for other in "0123456789" if at < len(code.prefix) else ALPHABET:
            if other != text[at]:
                yield text[:at] + other + text[at + 1 :]
    for at in free:
        if at + 1 in free and text[at] != text[at + 1]:
            yield text[:at] + text[at + 1] + text[at] + text[at + 2 :]


def slips(count: int, seed: str) -> Found:
    """Slips of the pen in so many codes, and those that were not caught."""
    dice, tried = Random(f"slips {seed}"), 0
    missed = []
    for _ in range(count):
        for text in slipped(some_code(dice)):
            tried += 1
            if reads_as(text) is not None:
                missed.append(text)
    return Counter(slips=tried), missed


def spelt(code: Code, dice: Random) -> str:
    """The code as people and scanners write it: case, look-alikes, full width or percent signs, blanks around it."""
    text = f"{code.prefix}/" + "".join(dice.choice(ALIKE.get(c, c + c.lower())) for c in code.suffix)
    wide = "".join(chr(ord(c) + 0xFEE0) if dice.random() < 0.5 else c for c in text)
    text = dice.choice((text, wide, quote(text, safe=dice.choice(("", "/.")))))
    return dice.choice(("", " ", "\n", "\u3000")) + text + dice.choice(("", " ", "\r\n"))


def spellings(count: int, seed: str) -> Found:
    """Spellings of codes, each read as its code; and of those with a look-alike of another script, each refused."""
    dice, tried = Random(f"spellings {seed}"), Counter[str]()
    wrong = []
    for _ in range(count):
        code = some_code(dice)
        strange = [at for at, c in enumerate(code.suffix) if c in STRANGE]
        if strange and dice.random() < 0.5:
            at = dice.choice(strange)
            text = f"{code.prefix}/{code.suffix[:at]}{STRANGE[code.suffix[at]]}{code.suffix[at + 1 :]}"
            expected = None
        else:
            text, expected = spelt(code, dice), str(code)
        tried["refused" if expected is None else "read"] += 1
        if reads_as(text) != expected:
            wrong.append(f"{text!r} is read as {reads_as(text)}, not as {expected}")
    return tried, wrong


class Node:
    """A node that signs answers, and somebody else with a key."""

    def __init__(self, dice: Random) -> None:
        """Make two keys."""
        self.dice = dice
        self.private, self.other = SUITE.new_private_key(), SUITE.new_private_key()
        public = SUITE.public_key(self.private)
        self.key = {"keyid": SUITE.key_id(public), "jwk": SUITE.jwk(public)}

    def answer(
        self,
        code: Code,
        at: datetime,
        kind: AnswerType = AnswerType.RESOLUTION,
        *,
        context: bytes = CONTEXT,
        private: bytes = b"",
        **facts: object,
    ) -> Document:
        """What it says of a code, as it is sent."""
        said = stated(kind, {"code": str(code), "state": "active", "attributes": {}}, node="320000", at=at)
        said |= facts
        signed = sign_statement(
            encode(said), context=context, suite=SUITE, private_key=private or self.private
        )
        beside = said if kind is AnswerType.RESOLUTION else {"code": "unknown_code", "status": 404}
        return {**copy.deepcopy(beside), "statement": to_wire(signed)}

    def flipped(self, answer: Document) -> Document:
        """The answer with one bit turned in what was signed, or in the signature."""
        name = self.dice.choice(("payload", "signature"))
        raw = bytearray(base64.b64decode(answer["statement"][name]))
        raw[self.dice.randrange(len(raw))] ^= 1 << self.dice.randrange(8)
        return {
            **answer,
            "statement": {**answer["statement"], name: base64.b64encode(raw).decode()},
        }


def forged(node: Node, code: Code, at: datetime) -> dict[str, Callable[[], Document]]:
    """Ways to an answer that the node did not give, or not of this, or not now."""
    dice, denial = node.dice, AnswerType.DENIAL
    later = timedelta(seconds=dice.randrange(HOLDS, 10**6))
    sooner = timedelta(seconds=dice.randrange(EARLY + 1, 10**6))
    true = partial(node.answer, code, at)
    return {
        "expired": lambda: node.answer(code, at - later),
        "not yet said": lambda: node.answer(code, at + sooner),
        "holds too long": lambda: true(valid_until=f"{at + later + timedelta(seconds=1):%Y-%m-%dT%H:%M:%SZ}"),
        "a bit turned": lambda: node.flipped(true(dice.choice((AnswerType.RESOLUTION, denial)))),
        "another state beside": lambda: {**true(), "state": "suspended"},
        "a member more": lambda: {**true(), f"x{dice.randrange(99)}": 1},
        "of another code": lambda: node.answer(some_code(dice), at),
        "by another key": lambda: true(private=node.other),
        "signed as something else": lambda: true(context=dice.choice(CONTEXTS)),
        "no signature": lambda: {k: v for k, v in true().items() if k != "statement"},
        "a denial shown as a resolution": lambda: {**true(), "statement": true(denial)["statement"]},
        "a resolution shown as a denial": lambda: {**true(denial), "statement": true()["statement"]},
        "another's signature": lambda: {
            **true(),
            "statement": {
                **true()["statement"],
                "signature": node.answer(some_code(dice), at)["statement"]["signature"],
            },
        },
    }


def answers(count: int, seed: str) -> Found:
    """Answers that are to be refused, one true one beside each thirteen; those that were taken for the opposite."""
    dice = Random(f"answers {seed}")
    node, tried, wrong = Node(dice), Counter[str](), []
    at = datetime.fromisoformat("2026-11-26T04:00:00+00:00")
    for number in range(count):
        code = some_code(dice)
        ways = forged(node, code, at)
        name = [*ways][number % len(ways)]
        if number % len(ways) == 0 and not _believed(node.answer(code, at), node, code, at):
            wrong.append(f"a true answer about {code} was refused")
        tried[name] += 1
        if _believed(ways[name](), node, code, at):
            wrong.append(f"{name}: believed about {code}")
    return tried, wrong


def _believed(answer: Document, node: Node, code: Code, at: datetime) -> bool:
    try:
        verify(answer, node.key, code=str(code), now=at)
    except RefusedError:
        return False
    return True


def main() -> int:
    """Run the attacks from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ids", type=int, default=300)
    parser.add_argument("--spellings", type=int, default=1000)
    parser.add_argument("--answers", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=1)
    asked = parser.parse_args()
    broken: list[str] = []
    with ProcessPoolExecutor(asked.workers) as pool:
        for attack, count in ((slips, asked.ids), (spellings, asked.spellings), (answers, asked.answers)):
            began, tried, wrong = time.monotonic(), Counter[str](), list[str]()
            sizes = [min(BATCH, count - start) for start in range(0, count, BATCH)]
            seeds = [f"{asked.seed} {batch}" for batch in range(len(sizes))]
            for found, failures in pool.map(attack, sizes, seeds):
                tried += found
                wrong += failures
            sys.stdout.write(
                f"{'FAIL' if wrong else 'ok  '} {attack.__name__}: {count}, {sum(tried.values())} tried "
                f"{dict(tried)} in {time.monotonic() - began:.1f} s, {len(wrong)} complaints\n"
            )
            broken += wrong
    sys.stdout.write("".join(f"{each}\n" for each in broken[:20]))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
