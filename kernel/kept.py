"""Answers of others that are kept for a while in Redis, so every web worker has the same; without Redis each asks anew."""

import logging
from typing import Any

from django.core.cache import cache
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)


def recall(name: str) -> Any:
    """The answer that is kept under a name; None where none is."""
    try:
        return cache.get(f"kept:{name}")
    except RedisError as error:
        _tell(error)
        return None


def keep(name: str, answer: Any, *, seconds: float) -> None:
    """Keep an answer for so long, unless another was faster."""
    try:
        if seconds > 0:
            cache.add(f"kept:{name}", answer, seconds)
    except RedisError as error:
        _tell(error)


def _tell(error: RedisError) -> None:
    logger.warning("answers are not kept", extra={"reason": str(error)})
