"""Answers that are made once and handed out for a while: of a bounded age, and struck out when their facts change.

Redis holds them, so every web worker has the same; without Redis each is made anew. An answer is struck out before
its change commits, and while the mark stands none is kept: what was read before the change cannot come back.
"""

import logging
from typing import Any

from django.core.cache import cache
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)
MARK = "-"
MARKED_SECONDS = (
    10  # longer than a statement may take (5 s), so whoever read before the change is done by then
)


def recall(name: str) -> Any:
    """The answer that is kept under a name; None where none is."""
    try:
        found = cache.get(f"kept:{name}")
    except RedisError as error:
        _tell(error)
        return None
    return None if found == MARK else found


def keep(name: str, answer: Any, *, seconds: float) -> None:
    """Keep an answer for so long, unless it was struck out just now or another was faster."""
    try:
        if seconds > 0:
            cache.add(f"kept:{name}", answer, seconds)
    except RedisError as error:
        _tell(error)


def strike(name: str) -> None:
    """Strike out what is kept under a name; call it in the transaction that changes the facts."""
    try:
        cache.set(f"kept:{name}", MARK, MARKED_SECONDS)
    except RedisError as error:
        _tell(error)


def _tell(error: RedisError) -> None:
    logger.warning("answers are not kept", extra={"reason": str(error)})
