"""Which sites of a network two paths join that share no site between: those of one block, which no one site or span cuts."""

from collections.abc import Callable, Sequence

Arcs = Callable[[int], Sequence[tuple[int, int]]]
"""The spans that meet at a site, as (neighbour, span)."""


class Blocks:
    """The blocks of a network of n sites: the largest parts that stay whole without any one of their sites.

    After Hopcroft and Tarjan, "Algorithm 447: efficient algorithms for graph manipulation" (Communications of the ACM 16,
    1973), without recursion. Parallel spans are a block of their two ends; one span alone is none.
    """

    def __init__(self, size: int, arcs: Arcs) -> None:
        self._of: list[set[int]] = [set() for _ in range(size)]
        self._found = 0
        seen: dict[int, int] = {}
        for root in range(size):
            if root not in seen:
                self._search(root, arcs, seen)

    def joined_twice(self, a: int, b: int) -> bool:
        """Whether two paths join two different sites that share neither a site between nor a span."""
        return not self._of[a].isdisjoint(self._of[b])

    def _search(self, root: int, arcs: Arcs, seen: dict[int, int]) -> None:
        """Depth first from a site; `seen` numbers the sites as they are met, `first` is the least number met from one on."""
        seen[root] = len(seen)
        first = {root: seen[root]}
        way, waiting = [(root, -1, iter(arcs(root)))], [root]
        while way:
            site, entered, onward = way[-1]
            for other, span in onward:
                if other not in seen:
                    seen[other] = first[other] = len(seen)
                    way.append((other, span, iter(arcs(other))))
                    waiting.append(other)
                    break
                if span != entered:
                    first[site] = min(first[site], seen[other])
            else:
                way.pop()
                if way:
                    self._close(way[-1][0], site, seen, first, waiting)

    def _close(
        self, before: int, site: int, seen: dict[int, int], first: dict[int, int], waiting: list[int]
    ) -> None:
        """What was met from `site` on is a block with `before`, or a single span, where none of it leads further back."""
        first[before] = min(first[before], first[site])
        if first[site] < seen[before]:
            return
        members = {before, site}
        while (last := waiting.pop()) != site:
            members.add(last)
        if len(members) > 2 or first[site] == seen[before]:  # noqa: PLR2004 - a span has two ends
            self._found += 1
            for member in members:
                self._of[member].add(self._found)
