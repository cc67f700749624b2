"""Addresses under one prefix, found by their first word: a node has hundreds, and Django asks one after the other."""

import re
from collections import defaultdict
from collections.abc import Sequence
from functools import cached_property
from importlib import import_module

from django.urls import Resolver404, ResolverMatch, URLPattern, URLResolver
from django.urls.resolvers import RoutePattern

Address = URLPattern | URLResolver
WORD = re.compile(r"[^/:<]*")


def addresses_of(prefix: str, *modules: str) -> URLResolver:
    """What `path(prefix, include(module))` of each module is, in their order; no address begins with a converter."""
    return _ByWord(prefix, [each for module in modules for each in import_module(module).urlpatterns])


class _ByWord(URLResolver):
    """Django's own resolver for each first word."""

    def __init__(self, prefix: str, patterns: Sequence[Address]) -> None:
        super().__init__(RoutePattern(prefix), patterns)
        self.prefix = prefix

    @cached_property
    def _words(self) -> dict[str, URLResolver]:
        found = defaultdict[str, list[Address]](list)
        for each in self.url_patterns:
            found[_first_word(str(each.pattern))].append(each)
        return {word: URLResolver(RoutePattern(self.prefix), same) for word, same in found.items()}

    def resolve(self, path: str) -> ResolverMatch:
        """The match of Django's resolver of the path's first word. Raises Resolver404."""
        at = len(self.prefix)
        known = self._words.get(_first_word(path[at:])) if path.startswith(self.prefix) else None
        if known is None:
            raise Resolver404({"tried": [], "path": path})
        return known.resolve(path)


def _first_word(text: str) -> str:
    found = WORD.match(text)
    return found[0] if found else ""
