"""Who looks at an application: a person, or the rule alone (INVARIANTS D6)."""

from dataclasses import dataclass

from kernel.text import Vocabulary

DRAW_BYTES = 8


class Review(Vocabulary):
    """How an application that passed the automatic checks is decided."""

    BY_RULE = "by_rule", "按规则签发", "Issued by rule"
    SAMPLED = "sampled", "抽样人工复核", "Drawn for a person"
    DOUBTFUL = "doubtful", "存疑人工复核", "In doubt, to a person"


@dataclass(frozen=True, slots=True)
class ReviewProfile:
    """The versioned rule: out of a thousand sound applications so many go to a person, and some kinds always."""

    version: str
    status: str
    source: str
    share_permille: int
    always: frozenset[str]

    def decide(self, kind: str, *, doubts: bool, draw: bytes) -> Review:
        """Who decides. `draw` is uniform over its first eight bytes; the same draw is decided the same way."""
        if doubts or kind in self.always:
            return Review.DOUBTFUL
        bar = (self.share_permille << 8 * DRAW_BYTES) // 1000
        return Review.SAMPLED if int.from_bytes(draw[:DRAW_BYTES]) < bar else Review.BY_RULE
