"""What is left behind by all that a worker asked of its house: no private word in a log, in Redis or in another's mail."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from redis import Redis

from participants.models import Mail
from tests.isolation.world import canary
from tests.support.cast import CAST

CANARIES = [canary(name) for name in CAST]
WHOLE: dict[bytes, tuple[str, tuple[int, ...]]] = {  # how a value of each type is read
    b"string": ("GET", ()),
    b"list": ("LRANGE", (0, -1)),
    b"set": ("SMEMBERS", ()),
    b"hash": ("HGETALL", ()),
    b"zset": ("ZRANGE", (0, -1)),
    b"stream": ("XRANGE", ("-", "+")),  # type: ignore[dict-item] # its ends have no numbers
}


def told(text: str) -> list[str]:
    """The canaries in a text."""
    return [each for each in CANARIES if each in text]


def cache_and_broker() -> list[Any]:
    """The two Redis databases of this worker."""
    urls = (settings.CACHES["default"]["LOCATION"], settings.CELERY_BROKER_URL)
    return [
        Redis.from_url(url.replace("redis+socket://", "unix://").replace("virtual_host=", "db="))
        for url in urls
    ]


def entries(client: Any) -> list[str]:
    """Every key of a Redis database with its value, as text."""
    found = []
    for key in client.scan_iter():
        verb, words = WHOLE[client.type(key)]
        found.append(f"{key!r} {client.execute_command(verb, key, *words)!r}")
    return found


def strangers_words(letters: Iterable[Mail]) -> list[str]:
    """The canaries in mails that are another's than their reader's."""
    return [
        f"{letter.letter} to {letter.address} has {word}"
        for letter in letters
        for word in told(f"{letter.subject} {letter.body}")
        if word not in letter.address and f"{word.removeprefix(canary(''))}@" not in letter.address
    ]


def left_behind(lines: Iterable[str], letters: Iterable[Mail]) -> list[str]:
    """Private words in log lines, in the mails of others, and in both databases of Redis."""
    kept = [each for client in cache_and_broker() for each in entries(client)]
    return [each for each in (*lines, *kept) if told(each)] + strangers_words(letters)
