"""Keys of what a topology file calls by ids: of an id alone, whatever else the file has and in which order."""

import hashlib
import re
from collections import Counter
from collections.abc import Collection, Iterable

LONGEST_SLUG = 20
DIGEST = 8


def slugs(ids: Iterable[str], prefix: str, there: Collection[str]) -> dict[str, str]:
    """What stands for each id behind the prefix; ids that differ by case alone are told apart by a digest of each.

    One that is `there` with its digest keeps it, also when the others have gone.
    """
    given = set(ids)
    shared = Counter(map(slug, given))
    return {
        id_: _digested(id_) if shared[slug(id_)] > 1 or f"{prefix}-{_digested(id_)}" in there else slug(id_)
        for id_ in given
    }


def slug(text: str) -> str:
    """A text in the letters of keys; where more than its case is lost, with a digest that tells it from others."""
    plain = _plain(text)
    return plain if plain and plain == text.lower() and len(plain) <= LONGEST_SLUG else _digested(text)


def _digested(text: str) -> str:
    digest = hashlib.sha256(text.encode()).hexdigest()[:DIGEST]
    return f"{_plain(text)[: LONGEST_SLUG - DIGEST - 1]}-{digest}".strip("-")


def _plain(text: str) -> str:
    return re.sub("[^a-z0-9._]+", "-", text.lower()).strip("-")
