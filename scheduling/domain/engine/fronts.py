"""The Pareto front: what no other choice is better than, whatever each measure is worth to the buyer."""

from collections.abc import Sequence

import numpy as np

Point = tuple[float, ...]
"""The measures of a choice, exact and the less the better; infinity is not known, and worse than all that is."""


def undominated(points: Sequence[Point]) -> list[int]:
    """The positions of the points that no other dominates: nowhere above them, and somewhere below. Equal ones all stay."""
    if not points:
        return []
    places = [
        {value: at for at, value in enumerate(sorted(set(column)))} for column in zip(*points, strict=True)
    ]
    ranked = np.array(
        [[place[value] for place, value in zip(places, point, strict=True)] for point in points]
    )
    # In an order in which nothing comes before what dominates it.
    unlike, which = np.unique(ranked, axis=0, return_inverse=True)
    front, count, stays = np.empty_like(unlike), 0, np.zeros(len(unlike), dtype=np.bool_)
    for at, point in enumerate(unlike):
        if not (front[:count] <= point).all(axis=1).any():
            front[count], stays[at], count = point, True, count + 1
    found: list[int] = np.flatnonzero(stays[which.reshape(-1)]).tolist()
    return found
