"""Asking other nodes for bundles beside our own, and ranking all of them together."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

from nodes.services.searches import (
    LONGEST,
    MOST_BUNDLES,
    SHORTEST,
    Asked,
    Disbelief,
    PeerWord,
    Word,
    heard,
    searching,
)
from scheduling.domain.demand import Demand, DemandError
from scheduling.domain.engine.remote import AbsurdError, Rank, RemoteBundle, exact_places, merge, read_bundles
from scheduling.domain.engine.wishes import Wishes
from scheduling.domain.numbers import plain
from scheduling.domain.rows import Site
from scheduling.domain.sites import Point
from scheduling.services.access import PLACES, Placed

DEFAULT_MS = 2000
OURS = ("demand", "peers", "top", "want", *PLACES)
"""What other nodes are not told of a demand: where it starts they are told in degrees."""
ORDERS = "/api/v1/selections"


def deadline_of(option: Any) -> int | None:
    """The milliseconds that other nodes have; None where nobody else is to be asked. Raises DemandError."""
    if option is None:
        return None
    if not isinstance(option, Mapping) or set(option) - {"deadline_ms"}:
        zh, en = (
            "须为对象，可含 deadline_ms",
            "an object is expected, with deadline_ms where it is to be said",
        )
        raise DemandError("bad_value", "peers", zh, en)
    found = option.get("deadline_ms", DEFAULT_MS)
    if type(found) is not int or not SHORTEST <= found <= LONGEST:
        zh, en = (
            f"须为 {SHORTEST} 至 {LONGEST} 的整数毫秒",
            f"whole milliseconds from {SHORTEST} to {LONGEST} are expected",
        )
        raise DemandError("bad_value", "peers.deadline_ms", zh, en)
    return found


def start_of(placed: Placed, site: Site) -> Point:
    """Where others reckon from: sites are ours alone, places on earth are everybody's. Raises DemandError.

    It is where our own lines are reckoned from: the coordinates or the address that the demand names, or else the site
    that stands for its centre or division.
    """
    if placed.point is not None:
        return placed.point
    if site.lat is None or site.lon is None:
        zh, en = (
            "起点站点没有坐标；请改用 from_coordinates",
            "the site has no coordinates: use from_coordinates",
        )
        raise DemandError("bad_value", "peers", zh, en)
    return Point(site.lat, site.lon)


def ask_others(asked: Mapping[str, Any], start: Point, deadline_ms: int) -> AbstractContextManager[Asked]:
    """Ask every peer for this demand from this place; they are told neither who asks nor how much of an answer."""
    return searching(demand=told_to_others(asked, start), deadline_ms=deadline_ms)


def told_to_others(asked: Mapping[str, Any], start: Point) -> dict[str, Any]:
    """The demand as another node is asked it, and as an order is placed there."""
    rest = {name: value for name, value in asked.items() if name not in OURS}
    return rest | {"from_coordinates": _degrees(start)}


def _degrees(point: Point) -> dict[str, str]:
    return {"lat": plain(point.lat), "lon": plain(point.lon)}


def lay_beside(
    asked: Asked,
    *,
    local: Sequence[Rank],
    best: int | None,
    demand: Demand,
    wishes: Wishes,
    start: Point,
    site: str | None,
) -> dict[str, Any]:
    """What every other node said, each of its bundles with its node and age, and the ranks of all together.

    `start` is where they were asked from, `site` which of our sites stands there, where the demand names no place on earth.
    A node that tells of one bundle that cannot be is believed in nothing. No more places are told than bundles were asked for:
    beyond those there are some of ours that nobody has laid beside. Nodes are asked there for as many bundles as they tell.
    """
    nodes, bundles, cut = [], list[tuple[Word, RemoteBundle]](), list[list[RemoteBundle]]()
    for word in heard(asked):
        state, reason, found, left_out = word.state, word.reason, list[RemoteBundle](), 0
        try:
            found, left_out = read_bundles(word.bundles, demand=demand, wishes=wishes, start=start, best=best)
        except AbsurdError as error:
            state, reason = PeerWord.REFUSED, f"{Disbelief.ABSURD.value}:{error.member}"
        believed = state is PeerWord.ANSWERED
        bundles += [(word, each) for each in found]
        cut += [found] if believed and word.more is not False else []
        nodes.append(
            {
                "node": word.node,
                "name": word.name,
                "via": word.via or None,
                "state": state.value,
                "reason": reason or None,
                "age_ms": word.age_ms,
                "bundles": len(found),
                "left_out": left_out,
                "more": word.more if believed else None,
            }
        )
    merged = merge(local, [(word.node, each) for word, each in bundles])[: demand.top]
    ranks = [*local, *(each.rank for _, each in bundles)]
    holders = [None] * len(local) + [word.node for word, _ in bundles]
    return {
        "deadline_ms": asked.question.deadline_ms,
        "asked_from": {**_degrees(start), "site": site},
        "nodes": nodes,
        "bundles": [
            {
                "node": word.node,
                "node_name": word.name,
                "age_ms": word.age_ms,
                "order_at": word.url + ORDERS,
                **each.shown,
            }
            for word, each in bundles
        ],
        "merged": [{"rank": rank, "index": index, "node": holders[index]} for rank, index in merged],
        "merged_exact": exact_places([ranks[index] for _, index in merged], cut),
        "order_with": asked.question.demand | {"top": MOST_BUNDLES},
    }
