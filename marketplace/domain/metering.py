"""Two meters, the provider's and the node's, and the rule by which they agree or not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kernel.domain.windows import Window
from kernel.money import BASIS_POINTS
from kernel.states import StateTable
from kernel.text import Vocabulary


class MeterSource(Vocabulary):
    """Who measured."""

    PROVIDER = "provider", "提供商", "Provider"
    NODE = "node", "节点", "Node"


class UsageState(Vocabulary):
    """What the two meters together say; only agreed usage is settled."""

    AGREED = "agreed", "一致", "Agreed"
    DISPUTED = "disputed", "有争议", "Disputed"
    CORRECTED = "corrected", "已更正", "Corrected"


U = UsageState
USAGE_LIFE = StateTable(
    states=UsageState,
    initial=U.AGREED,
    acts={
        "dispute": (frozenset({U.AGREED}), U.DISPUTED),
        "correct": (frozenset({U.AGREED, U.DISPUTED}), U.CORRECTED),
    },
)


@dataclass(frozen=True, slots=True)
class MeteringProfile:
    """The versioned tolerance: how far the provider's figure may lie above the node's, in basis points of the node's."""

    version: str
    tolerance_bp: int

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "MeteringProfile":
        """Read the profile's data."""
        return cls(version=document["version"], tolerance_bp=document["tolerance_bp"])

    def reconcile(self, *, provider: int, node: int) -> tuple[UsageState, int]:
        """Agreed or disputed, and the machine-seconds that both bear out: the lesser of the two figures.

        A provider that says less is taken at its word: it knows of an outage that no order tells, and claims no more.
        """
        within = (provider - node) * BASIS_POINTS <= self.tolerance_bp * node
        return (U.AGREED if within else U.DISPUTED), min(provider, node)


def seconds_of(window: Window) -> int:
    """Whole seconds of a window; a part of a second does not count."""
    return int((window.end - window.start).total_seconds())


def node_meter(
    machines: int,
    window: Window,
    *,
    started: datetime,
    ended: datetime | None,
    booked: Sequence[Window] = (),
) -> int:
    """The node's own figure: machines × seconds of the window in which the service ran, by the order's states.

    Of an order that is `booked` for windows, in those only.
    """
    start = max(window.start, started)
    end = min(window.end, ended) if ended else window.end
    spans = [(max(start, each.start), min(end, each.end)) for each in booked] or [(start, end)]
    return machines * sum(seconds_of(Window(*span)) for span in spans if span[1] > span[0])
