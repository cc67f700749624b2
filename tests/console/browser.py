"""A reader of pages: what a browser sends, and what a page says and loads."""

import re
from functools import cache
from html.parser import HTMLParser
from typing import Any

from django.test import Client
from django.test.client import ClientHandler

ADDRESSES = ("href", "src", "action", "srcset", "data", "poster", "formaction")
TAGS_WITHOUT_END = {"meta", "link", "input", "br", "img", "hr"}


@cache
def pages() -> ClientHandler:
    """The node that every browser of a process asks: its middleware looks for the static files once."""
    return ClientHandler(enforce_csrf_checks=True)


class Sight(HTMLParser):
    """A page as its reader meets it: text, elements, addresses; it fails on tags that do not match."""

    def __init__(self, html: str) -> None:
        """Read the whole page."""
        super().__init__()
        self.text = ""
        self.elements: list[tuple[str, dict[str, str]]] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag in TAGS_WITHOUT_END:
            self.text += " "
        else:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str]]:
        """The attributes of every element of a kind."""
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def addresses(self) -> list[str]:
        """Everything that the page links to, loads or sends to."""
        return [
            value
            for _, attributes in self.elements
            for name, value in attributes.items()
            if name in ADDRESSES
        ]

    @property
    def words(self) -> str:
        """The text on one line."""
        return re.sub(r"\s+", " ", self.text)


def look(path: str, language: str = "", **cookies: str) -> tuple[Any, Sight]:
    """Open a page as a browser does that prefers a language; the answer, and the page as it is seen."""
    browser = Client(raise_request_exception=False)
    browser.handler = pages()
    browser.cookies.load(cookies)
    headers = {"Accept": "text/html", **({"Accept-Language": language} if language else {})}
    answer = browser.get(path, headers=headers)
    assert answer["Content-Type"] == "text/html; charset=utf-8", answer.content
    return answer, Sight(answer.content.decode())
