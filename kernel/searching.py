"""How a node answers another node's search: nodes carries question and answer, the floor that chooses registers how."""

from collections.abc import Callable
from typing import Any

Answerer = Callable[[dict[str, Any], int], list[dict[str, Any]]]

_ANSWERERS: list[Answerer] = []


def register_answerer(answerer: Answerer) -> None:
    """Say how a demand is answered here: (demand, most) → bundles as JSON objects; called once, when the app starts."""
    if _ANSWERERS and answerer not in _ANSWERERS:
        raise TypeError("searches are answered by one floor")
    _ANSWERERS[:] = [answerer]


def answer_here(demand: dict[str, Any], most: int) -> list[dict[str, Any]]:
    """The own bundles of this node for another node's demand; none where nothing is chosen here."""
    return _ANSWERERS[0](demand, most) if _ANSWERERS else []
