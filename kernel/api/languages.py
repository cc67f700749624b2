"""The language of an answer, from what the caller says of languages (RFC 9110 §12.5.4)."""

from django.conf import settings
from django.utils.translation import get_supported_language_variant
from django.utils.translation.trans_real import parse_accept_lang_header

LAST = -1000  # a place behind every one that is named
UNMENTIONED = 0.0005  # beneath the least wish, above a refusal


def preferred(accepted: str) -> str:
    """The language of the house that Accept-Language likes best; `q=0` refuses one, and the default is the first.

    Where both are refused the answer is in the first all the same: a text that is not liked beats none.
    """
    said: dict[str, tuple[float, int]] = {}
    anything = UNMENTIONED
    for place, (name, weight) in enumerate(parse_accept_lang_header(accepted)):
        if name == "*":
            anything = weight
            continue
        try:
            language = get_supported_language_variant(name)
        except LookupError:
            continue
        said[language] = max(said.get(language, (0.0, LAST)), (weight, -place if weight else LAST))
    return max(dict(settings.LANGUAGES), key=lambda language: said.get(language, (anything, LAST)))
