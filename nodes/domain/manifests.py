"""The daily manifest of a stream: counts, sums and one root over the very bytes, and where two sides differ."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from kernel.crypto.suite import Suite
from kernel.merkle import leaf_hash, root
from nodes.domain.envelopes import BEYOND, STREAM, Outcome
from nodes.domain.statements import Statement, sign_statement
from nodes.errors import EnvelopeMalformed

MANIFEST_CONTEXT = b"cin-manifest-v1\x00"
MANIFEST_AGGREGATE = "manifest"  # of the daily message on every stream, quiet or not
MOST_RANGES = 1000  # of one question for fingerprints
NODE = re.compile(r"[0-9]{6}")
ALGORITHM = re.compile(r"[a-z0-9-]{1,20}")
ROOT = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Entry:
    """One receipted message: its outcome, and of its stored bytes the leaf hash and the figures."""

    sequence: int
    outcome: Outcome
    leaf: bytes
    sums: Mapping[str, int]


def entry_of(sequence: int, outcome: Outcome, body: bytes, suite: Suite) -> Entry:
    """The entry of a stored message; figures count only where the peer took it."""
    sums = message_sums(body) if outcome is Outcome.STORED else {}
    return Entry(sequence, outcome, leaf_hash(body, suite.digest), sums)


def message_sums(body: bytes) -> dict[str, int]:
    """The figures that a message says it carries: the top-level object `sums` of a JSON body, integers only.

    Units are in the names (`amount_fen`, `orders`). A body without `sums`, or that is not JSON, carries none.
    """
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    sums = document.get("sums") if isinstance(document, dict) else None
    if not isinstance(sums, dict):
        return {}
    return {name: value for name, value in sums.items() if type(value) is int}


@dataclass(frozen=True, slots=True)
class Manifest:
    """What one side holds of sequences `first` to `last` of a stream, for one day in Shanghai.

    `stored` and `refused` count messages; `sums` adds the stored ones' figures; `root` (hex) is the Merkle root over
    the leaves of all of them in the order of sequences, by the digest that `digest_algorithm` names.
    """

    sender: str
    receiver: str
    stream: str
    day: date
    first: int
    last: int
    stored: int
    refused: int
    sums: Mapping[str, int]
    digest_algorithm: str
    root: str

    def encode(self) -> bytes:
        """The bytes that are sent as a message and signed: JSON, keys sorted, ASCII, no spaces."""
        fields = {
            "day": self.day.isoformat(),
            "digest_algorithm": self.digest_algorithm,
            "first": self.first,
            "last": self.last,
            "receiver": self.receiver,
            "refused": self.refused,
            "root": self.root,
            "sender": self.sender,
            "stored": self.stored,
            "stream": self.stream,
            "totals": dict(self.sums),
        }
        return json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()


def compose_manifest(
    *,
    sender: str,
    receiver: str,
    stream: str,
    day: date,
    first: int,
    last: int,
    entries: Iterable[Entry],
    suite: Suite,
) -> Manifest:
    """One side's manifest over what it really holds in [first, last]; the other side makes its own and compares."""
    held = sorted((e for e in entries if first <= e.sequence <= last), key=lambda entry: entry.sequence)
    sums: dict[str, int] = {}
    for entry in held:
        for name, value in entry.sums.items():
            sums[name] = sums.get(name, 0) + value
    stored = sum(entry.outcome is Outcome.STORED for entry in held)
    return Manifest(
        sender=sender,
        receiver=receiver,
        stream=stream,
        day=day,
        first=first,
        last=last,
        stored=stored,
        refused=len(held) - stored,
        sums=sums,
        digest_algorithm=suite.digest_algorithm,
        root=root([entry.leaf for entry in held], suite.digest).hex(),
    )


def decode_manifest(payload: bytes) -> Manifest:
    """The manifest that these bytes say. Raises EnvelopeMalformed."""
    try:
        fields = json.loads(payload)
        sums = {name: value for name, value in dict(fields.pop("totals")).items() if type(value) is int}
        manifest = Manifest(**{**fields, "day": date.fromisoformat(fields["day"])}, sums=sums)
        canonical = manifest.encode() == payload
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _malformed() from error
    numbers = (manifest.first, manifest.last, manifest.stored, manifest.refused)
    texts = (
        (manifest.sender, NODE),
        (manifest.receiver, NODE),
        (manifest.stream, STREAM),
        (manifest.digest_algorithm, ALGORITHM),
        (manifest.root, ROOT),
    )
    written = all(type(text) is str and form.fullmatch(text) for text, form in texts)
    if not (
        canonical and written and all(type(number) is int and 0 <= number < BEYOND for number in numbers)
    ):
        raise _malformed()
    return manifest


def _malformed() -> EnvelopeMalformed:
    return EnvelopeMalformed(
        field="manifest",
        reason_zh="清单不是约定的规范 JSON；请核对对端版本。",
        reason_en="Not the canonical JSON of a manifest; check the peer's version.",
    )


def sign_manifest(manifest: Manifest, *, suite: Suite, private_key: bytes) -> Statement:
    """The manifest's bytes with the signature of the side that made it."""
    return sign_statement(manifest.encode(), context=MANIFEST_CONTEXT, suite=suite, private_key=private_key)


def differences(ours: Manifest, theirs: Manifest) -> tuple[str, ...]:
    """The names of the fields in which the two sides' manifests differ; empty where they agree."""
    return tuple(name for name in Manifest.__slots__ if getattr(ours, name) != getattr(theirs, name))


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """One side's count and root over the sequences `first` to `last` that it holds."""

    first: int
    last: int
    count: int
    root: bytes


def read_fingerprints(answer: bytes) -> list[Fingerprint]:
    """The fingerprints in a peer's answer. Raises ValueError."""
    try:
        found = [
            Fingerprint(each["first"], each["last"], each["count"], bytes.fromhex(each["root"]))
            for each in json.loads(answer)["fingerprints"]
        ]
    except (KeyError, TypeError, RecursionError) as error:
        raise ValueError("no answer to a question for fingerprints") from error
    if not all(type(number) is int for each in found for number in (each.first, each.last, each.count)):
        raise ValueError("no answer to a question for fingerprints")
    return found


def fingerprint(leaves: Mapping[int, bytes], first: int, last: int, suite: Suite) -> Fingerprint:
    """The fingerprint of what is held in [first, last]; `leaves` maps a sequence to its leaf hash."""
    # the range is the peer's word, and may be vast: the shorter way through it is taken
    numbers = range(first, last + 1) if last - first < len(leaves) else sorted(leaves)
    held = [leaves[n] for n in numbers if first <= n <= last and n in leaves]
    return Fingerprint(first, last, len(held), root(held, suite.digest))


def halves(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The ranges to ask about next: both halves of each; a single number stays as it is.

    The manifest is the first question, and its answer that the whole differs. After it, ⌈log₂ n⌉ exchanges bring every
    difference among n numbers down to its number, however many there are.
    """
    halved: list[tuple[int, int]] = []
    for first, last in ranges:
        middle = (first + last) // 2
        halved += [(first, middle), (middle + 1, last)] if first < last else [(first, last)]
    return halved


def differing(ours: Sequence[Fingerprint], theirs: Sequence[Fingerprint]) -> list[tuple[int, int]]:
    """The ranges in which the two sides differ; those that the peer did not answer count as differing."""
    answered = set(theirs)
    return [(mine.first, mine.last) for mine in ours if mine not in answered]
