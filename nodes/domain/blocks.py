"""Number blocks between nodes: a node names the block that it wants, and the receipt is the grant or the refusal."""

import json
from dataclasses import asdict, dataclass

STREAM = "blocks"
SCHEMA = "cin-block/1"
BLOCKS: int = 32**3  # of a prefix: three symbols of a code name the block
LONGEST_INCARNATION = 80


@dataclass(frozen=True, slots=True)
class BlockRequest:
    """The block `number` of a prefix, for one incarnation of the asking node's database."""

    prefix: str
    number: int
    incarnation: str

    @property
    def aggregate(self) -> str:
        """What the message is about: each block by itself, so that a refusal delays nothing else."""
        return f"{self.prefix}:{self.number}"


def stream_of(incarnation: str) -> str:
    """The stream of an incarnation: a restored database does not go on in the numbers of the former one."""
    return f"{STREAM}.{incarnation}"


def compose_block(request: BlockRequest) -> bytes:
    """The message's bytes."""
    document = {"schema": SCHEMA, **asdict(request), "sums": {"blocks": 1}}
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()


def read_block(body: bytes) -> BlockRequest | None:
    """The request that these bytes say; None where they say none."""
    try:
        document = json.loads(body)
        if document["schema"] != SCHEMA:
            return None
        prefix, number, incarnation = (document[name] for name in ("prefix", "number", "incarnation"))
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    sound = type(prefix) is str and type(number) is int and type(incarnation) is str
    if not sound or not 0 <= number < BLOCKS or not 0 < len(incarnation) <= LONGEST_INCARNATION:
        return None
    return BlockRequest(prefix, number, incarnation)
