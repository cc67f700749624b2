"""How much one question may search: counted, so that the same question always ends at the same point."""

from scheduling.domain.demand import DemandError

MOST_EFFORT, MOST_OF_PAIRS = 3_000_000, 40_000_000
"""What one question may have searched of one provider's network, for paths and for pairs: about two and twenty seconds (0061)."""

_LABEL = 16
"""What it costs to grow a label and keep it in order; to compare it with another one costs 1."""


class Effort:
    """What is left of a question's searches of one provider's network; the same question always spends the same.

    Paths under several bounds at once are NP-hard, and a network can be drawn to show it: without an end, thirty spans of one
    carrier and one question stop a node.
    """

    def __init__(self, provider: str, most: int) -> None:
        self.provider, self.left = provider, most

    def spend(self, compared: int, grown: int = _LABEL) -> None:
        """Count a label that is compared with so many. Raises TooHardError beyond the most."""
        self.left -= grown + compared
        if self.left < 0:
            raise TooHardError(self.provider)


class TooHardError(DemandError):
    """A demand whose exact answer would take too long on one provider's network."""

    def __init__(self, provider: str) -> None:
        zh = (
            f"{provider} 的网络在这些条件下无法在限定的计算量内得出精确结果；请放宽或去掉 max_jitter_us、max_loss、max_hops、"
            "protection 或 weights，给出 max_latency_us，缩小 centre 的范围，不要 relax，或在此只列其他专线服务商"
        )
        en = (
            f"the network of {provider} is too hard to search exactly under these bounds: loosen or leave out max_jitter_us, "
            "max_loss, max_hops, protection or weights, give max_latency_us, name fewer centres, want no relax, or name other "
            "line providers here"
        )
        super().__init__("too_hard", "line.providers", zh, en)
