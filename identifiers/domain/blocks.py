"""Number blocks: the part of a prefix's numbers that one issuer may draw from, and nobody else ever (INVARIANTS D1).

The twelve symbols of a code write 60 bits: three symbols name the block, nine are random within it. A block belongs to one
incarnation of one database: a restored backup or a second issuer is another incarnation, and waits for a block of its own.
"""

from identifiers.domain.codes import BODIES
from kernel.states import StateTable
from kernel.text import Vocabulary

BLOCKS: int = 32**3
NUMBERS: int = BODIES // BLOCKS  # of one block


class BlockState(Vocabulary):
    """How far a block has come."""

    ASKED = "asked", "申请中", "Asked for"
    OPEN = "open", "使用中", "Open"
    REFUSED = "refused", "未获准", "Refused"
    CLOSED = "closed", "已关闭", "Closed"


B = BlockState
LIFE = StateTable(
    states=BlockState,
    initial=B.ASKED,
    acts={
        "open": (frozenset({B.ASKED}), B.OPEN),
        "refuse": (frozenset({B.ASKED}), B.REFUSED),
        "close": (frozenset({B.ASKED, B.OPEN}), B.CLOSED),
    },
)


def number_within(block: int, drawn: int) -> int:
    """The number of a code in a block (0 ≤ block < 32³) for one drawn of the block's 32⁹."""
    return block * NUMBERS + drawn
