"""Exact least paths under bounds: along one-to-all distances first, by a label search where a bound bites."""

import heapq
import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

from scheduling.domain.routing.distances import Distances, log_limit, log_weight, usable_spans
from scheduling.domain.routing.effort import MOST_OF_PAIRS, Effort
from scheduling.domain.routing.network import LOSS_SCALE, Network
from scheduling.domain.routing.path_orders import HOPS, JITTER, KM, LATENCY, LOSS, Order, key_of


@dataclass(frozen=True, slots=True)
class Bounds:
    """Inclusive bounds on a path, None is no bound; `below_loss` alone is strict."""

    latency: int | None = None
    jitter: int | None = None
    loss: Fraction | None = None
    hops: int | None = None
    metres: int | None = None
    below_loss: Fraction | None = None

    @property
    def of_latency_alone(self) -> bool:
        """Whether nothing but latency is bounded."""
        rest = (self.jitter, self.loss, self.hops, self.metres, self.below_loss)
        return rest == (None, None, None, None, None)

    def stages(self) -> tuple[tuple[str, "Bounds"], ...]:
        """The tests of a path in their order, each with those before it."""
        return (
            ("latency", Bounds(self.latency)),
            ("jitter", Bounds(self.latency, self.jitter)),
            ("loss", Bounds(self.latency, self.jitter, self.loss)),
            ("hops", Bounds(self.latency, self.jitter, self.loss, self.hops)),
        )

    def limits(self) -> Iterator[tuple[Order, float]]:
        """Each bound as (what it bounds, limit); a sum above the limit is surely out of bounds."""
        limited = ((LATENCY, self.latency), (JITTER, self.jitter), (HOPS, self.hops), (KM, self.metres))
        yield from ((bounded, limit) for bounded, limit in limited if limit is not None)
        losses = [loss for loss in (self.loss, self.below_loss) if loss is not None]
        if losses:
            yield LOSS, log_limit(float(min(losses)))

    def admit(self, path: "Path") -> bool:
        """Whether the path keeps every bound."""
        return (
            (self.latency is None or path.latency <= self.latency)
            and (self.jitter is None or path.jitter <= self.jitter)
            and (self.hops is None or path.hops <= self.hops)
            and (self.metres is None or path.metres <= self.metres)
            and (self.loss is None or path.loss <= self.loss)
            and (self.below_loss is None or path.loss < self.below_loss)
        )


@dataclass(frozen=True, slots=True)
class Path:
    """A simple path: span positions in order, the sites between, and its sums (metres, µs, µs, share)."""

    spans: tuple[int, ...]
    between: frozenset[int]
    metres: int
    latency: int
    jitter: int
    loss: Fraction

    @property
    def hops(self) -> int:
        """Number of spans."""
        return len(self.spans)


EMPTY_PATH = Path((), frozenset(), 0, 0, 0, Fraction(0))


def path_over(network: Network, source: int, spans: tuple[int, ...]) -> Path:
    """The path over spans that join from the source on, with its exact sums; a pass through the source costs nothing."""
    site, between = source, []
    metres = latency = jitter = 0
    survival = 1
    lossy = 0
    for span in spans:
        if site != source:
            between.append(site)
            latency += network.hop[site]
        latency += network.latency[span]
        metres += network.metres[span]
        jitter += network.jitter[span]
        if network.loss[span]:
            survival *= LOSS_SCALE - network.loss[span]
            lossy += 1
        a, b = network.ends[span]
        site = b if site == a else a
    loss = 1 - Fraction(survival, LOSS_SCALE**lossy)
    return Path(spans, frozenset(between), metres, latency, jitter, loss)


@dataclass(frozen=True, slots=True)
class Avoid:
    """What a path must keep off: spans and sites by position, srlg names."""

    spans: frozenset[int] = frozenset()
    sites: frozenset[int] = frozenset()
    srlg: frozenset[str] = frozenset()


NOTHING = Avoid()


class Reach:
    """Paths of one network from one site with at least `bandwidth` Mbps free; answers are remembered."""

    def __init__(self, network: Network, source: int, bandwidth: int, effort: Effort | None = None) -> None:
        self.network, self.source = network, source
        self.effort = effort or Effort("", MOST_OF_PAIRS)
        usable = usable_spans(network, bandwidth)
        self.distances = Distances(usable, source)
        self.arcs = usable.arcs
        # The source is never an intermediate site, so its own pass costs nothing and sums stay plain.
        self.hop = list(network.hop)
        self.hop[source] = 0
        self._settled: dict[Order, dict[int, tuple[int, tuple[int, ...]]]] = {}
        self._least: dict[tuple[int, Order], Path | None] = {}
        self._best: dict[tuple[int, Order, Bounds], Path | None] = {}
        self._none: set[tuple[int, Bounds]] = set()  # what no path in any order serves

    def best(self, target: int, order: Order, bounds: Bounds) -> Path | None:
        """The first feasible path in that order from the source to `target` (not the source), or None."""
        if (target, bounds) in self._none:
            return None
        key = (target, order, bounds)
        if key not in self._best:
            self._best[key] = self._find(target, order, bounds)
            if self._best[key] is None:
                self._none.add((target, bounds))
        return self._best[key]

    def _find(self, target: int, order: Order, bounds: Bounds) -> Path | None:
        if any(self.distances.ahead(bounded)[target] > limit for bounded, limit in bounds.limits()):
            return None
        if order.of_way and ((path := self.least(target, order)) is None or bounds.admit(path)):
            return path
        return self.search(target, order, bounds, NOTHING)

    def least(self, target: int, order: Order) -> Path | None:
        """The first path in that order without bounds, or None where there is no path at all."""
        key = (target, order)
        if key not in self._least:
            reachable = self.distances.reaches(target)
            self._least[key] = self.measure(self._follow(target, order)) if reachable else None
        return self._least[key]

    def _follow(self, target: int, order: Order) -> tuple[int, ...]:
        """Dijkstra on whole lexicographic keys, ties by span positions, over the spans that can lie on a least path.

        Hops grow with every span, so a walk with a loop is always worse than without it, whatever the lengths.
        What is settled on the way to one target serves the next.
        """
        net, settled = self.network, self._settled.setdefault(order, {self.source: (0, ())})
        onward, known = self._tight(target, order)
        queue = [(*settled[site], site) for site in known]
        heapq.heapify(queue)
        done: set[int] = set()
        while queue:
            here, spans, site = heapq.heappop(queue)
            if site in done:
                continue
            done.add(site)
            settled[site] = here, spans
            pause = self.hop[site]
            for other, span in onward.get(site, ()):
                metres, latency = net.metres[span], net.latency[span] + pause
                there = here + key_of(order.worth(metres, latency), latency, 1, metres)
                heapq.heappush(queue, (there, (*spans, span), other))
        return settled[target][1]

    def _tight(self, target: int, order: Order) -> tuple[dict[int, list[tuple[int, int]]], set[int]]:
        """The arcs that a path of least worth to the target can use, back to sites that are settled.

        Returns the arcs onward from each site as (neighbour, span), and the settled sites where they begin.
        """
        net, distances, settled = self.network, self.distances, self._settled[order]
        # Sums of km and latency at once leave fewer arcs than those of km alone, and are there where lines were compared.
        both = distances.known_by_km(target) if order == KM else None
        of = order if both is None else both.order
        metre, us, *_ = of
        exact = both is not None or distances.exact(of)
        least = distances.ahead(of) if both is None else both.both
        onward: dict[int, list[tuple[int, int]]] = {}
        begin: set[int] = {target} & settled.keys()
        seen, waiting = {target}, [] if begin else [target]
        while waiting:
            site = waiting.pop()
            for other, span in self.arcs(site):
                weight = net.metres[span] * metre + (net.latency[span] + self.hop[other]) * us
                if exact and least[other] + weight != least[site]:
                    continue
                onward.setdefault(other, []).append((site, span))
                if other in settled:
                    begin.add(other)
                elif other not in seen:
                    seen.add(other)
                    waiting.append(other)
        return onward, begin

    def measure(self, spans: tuple[int, ...]) -> Path:
        """The exact sums of a path that starts at the source."""
        return path_over(self.network, self.source, spans)

    def search(self, target: int, order: Order, bounds: Bounds, avoid: Avoid) -> Path | None:
        """Label-setting A* to one target: labels leave the queue in the order asked for, so the first one is best.

        A label falls where an earlier one at its site is no worse in every bounded sum: any way on from it is then
        open to the earlier label too, and comes out before it. Raises TooHardError.
        """
        return _Search(self, target, order, bounds, avoid).run()


_FEW = 64
"""Sites that are looked at around a target before a search begins."""

_Label = tuple[int, tuple[int, ...], int, int, int, int, int, int]


class _Search:
    """One label search; a label is (key + least rest, spans, site, metres, latency, jitter, log weight, survival).

    The survival is in 10⁻⁹ for each span: of n spans it is a share of 10⁹ to the nth.
    """

    def __init__(self, reach: Reach, target: int, order: Order, bounds: Bounds, avoid: Avoid) -> None:
        self.reach, self.target, self.bounds, self.avoid = reach, target, bounds, avoid
        self.metre, self.us, self.jitter_price, self.hop_price, self.log_price = order
        self.log_limit = dict(bounds.limits()).get(LOSS)
        back = reach.distances.back
        self.worth = back(order, target)
        self.metres = back(KM, target)
        self.latency = back(LATENCY, target)
        self.hops = back(HOPS, target)
        self.jitter = None if bounds.jitter is None else back(JITTER, target)
        self.log = None if self.log_limit is None and not order.log else back(LOSS, target)

    def run(self) -> Path | None:
        """The spans of the first label that reaches the target."""
        if math.isinf(self.hops[self.reach.source]) or (self.avoid is not NOTHING and self._cut_off()):
            return None
        settled: dict[int, list[tuple[tuple[int, ...], _Label]]] = {}
        queue: list[_Label] = [(0, (), self.reach.source, 0, 0, 0, 0, 1)]
        while queue:
            label = heapq.heappop(queue)
            _, spans, site, metres, latency, jitter, *_ = label
            if site == self.target:
                return self.reach.measure(spans)
            sums = self._bounded(len(spans), metres, latency, jitter)
            earlier = settled.setdefault(site, [])
            self.reach.effort.spend(len(earlier))
            if any(
                all(a <= b for a, b in zip(known, sums, strict=True))
                and (self.log is None or lasts(before, label))
                for known, before in earlier
            ):
                continue
            earlier.append((sums, label))
            for grown in self._grow(label):
                heapq.heappush(queue, grown)
        return None

    def _cut_off(self) -> bool:
        """Whether what is avoided leaves but a few sites around the target: else a search sees all the others first."""
        seen, waiting = {self.target}, [self.target]
        while waiting and len(seen) < _FEW:
            site = waiting.pop()
            for other, span in self.reach.arcs(site):
                if other not in seen and not self._avoids(span, other):
                    seen.add(other)
                    waiting.append(other)
        return not waiting and self.reach.source not in seen

    def _avoids(self, span: int, other: int) -> bool:
        avoid = self.avoid
        return span in avoid.spans or other in avoid.sites or bool(self.reach.network.srlg[span] & avoid.srlg)

    def _bounded(self, hops: int, metres: int, latency: int, jitter: int) -> tuple[int, ...]:
        bounds = self.bounds
        return (
            0 if bounds.metres is None else metres,
            0 if bounds.latency is None else latency,
            0 if bounds.jitter is None else jitter,
            0 if bounds.hops is None else hops,
        )

    def _grow(self, label: _Label) -> Iterator[_Label]:
        _, spans, site, metres, latency, jitter, weight, survival = label
        net, bounds = self.reach.network, self.bounds
        pause = self.reach.hop[site]
        for other, span in self.reach.arcs(site):
            if self._avoids(span, other):
                continue
            rest_hops = self.hops[other]
            if math.isinf(rest_hops):
                continue
            new_metres = metres + net.metres[span]
            new_latency = latency + pause + net.latency[span]
            new_jitter = jitter + net.jitter[span]
            all_metres = new_metres + int(self.metres[other])
            all_latency = new_latency + int(self.latency[other])
            all_hops = len(spans) + 1 + int(rest_hops)
            if (
                (bounds.latency is not None and all_latency > bounds.latency)
                or (bounds.metres is not None and all_metres > bounds.metres)
                or (bounds.hops is not None and all_hops > bounds.hops)
                or (
                    self.jitter is not None
                    and bounds.jitter is not None
                    and new_jitter + self.jitter[other] > bounds.jitter
                )
            ):
                continue
            new_weight, new_survival = weight, survival
            if self.log is not None:
                new_weight += log_weight(net.loss[span])
                if self.log_limit is not None and new_weight + self.log[other] > self.log_limit:
                    continue
                new_survival = survival * (LOSS_SCALE - net.loss[span])
                if not self._survives(new_survival, len(spans) + 1):
                    continue
            worth = self.metre * new_metres + self.us * new_latency + int(self.worth[other])
            worth += (
                self.jitter_price * new_jitter
                + self.hop_price * (len(spans) + 1)
                + self.log_price * new_weight
            )
            first = key_of(worth, all_latency, all_hops, all_metres)
            yield first, (*spans, span), other, new_metres, new_latency, new_jitter, new_weight, new_survival

    def _survives(self, survival: int, hops: int) -> bool:
        lost, whole = _whole(hops) - survival, _whole(hops)
        least, below = self.bounds.loss, self.bounds.below_loss
        return (least is None or lost * least.denominator <= least.numerator * whole) and (
            below is None or lost * below.denominator < below.numerator * whole
        )


def lasts(one: _Label, other: _Label) -> bool:
    """Whether as much survives of the one as of the other: the log weights tell it unless they are very near to each other."""
    _, spans, *_, weight, survival = one
    _, spans_, *_, weight_, survival_ = other
    if weight + _short(weight, len(spans)) <= weight_:
        return True
    if weight > weight_ + _short(weight_, len(spans_)):
        return False
    return survival * _whole(len(spans_)) >= survival_ * _whole(len(spans))


def _short(weight: int, hops: int) -> int:
    """At least what a log weight of so many spans falls short of the true one."""
    return (weight >> 28) + hops + 1


@cache
def _whole(hops: int) -> int:
    whole: int = LOSS_SCALE**hops
    return whole
