"""What every page keeps: both languages, nothing from elsewhere, the strict policy, and a way out of every error."""

import re
from typing import Any
from uuid import uuid4

import pytest
from django.db import OperationalError
from django.template import TemplateSyntaxError
from django.test import Client

from console.pages import catalogue
from console.pages.frame import POLICY
from kernel.api.throttles import ActorThrottle
from tests.console.browser import Sight, look
from tests.laws.house import ROOT

pytestmark = pytest.mark.django_db

PAGES = [
    "/",
    "/catalogue",
    "/identifiers",
    "/identifiers?code=86.320000%2F0",
    "/nowhere",
    "/catalogue?kind=odd",
]
TEMPLATES = sorted((ROOT / "console" / "templates" / "console").glob("*.html"))
CHINESE = re.compile(r"[\u3400-\u9fff]")
SAID_AS_IT_IS = {"vCPU", "GiB"}  # units, the same in both languages


@pytest.mark.parametrize("path", PAGES)
def test_a_page_speaks_chinese_unless_english_was_asked_for(path: str) -> None:
    for language, lang in [
        ("", "zh-Hans"),
        ("fr", "zh-Hans"),
        ("zh-CN,en;q=0.5", "zh-Hans"),
        ("en-GB", "en"),
    ]:
        answer, page = look(path, language)
        assert page.all("html")[0]["lang"] == lang
        assert answer["Content-Language"].lower() == lang.lower()
        heading = re.search(r"<title>(.*?) ·", answer.content.decode())
        assert heading
        assert bool(CHINESE.search(heading[1])) is (lang == "zh-Hans")


def test_in_english_only_names_and_the_switch_are_chinese(settings: Any) -> None:
    settings.NODE_NAME = "Node"
    settings.UPSTREAM_NAME = "the upstream node"
    for path in PAGES:
        _, page = look(path, "en")
        assert CHINESE.findall(page.text.replace("简体中文", "")) == [], path


def test_the_switch_changes_the_page_at_hand_and_is_remembered() -> None:
    browser = Client()
    first = browser.get("/catalogue?kind=super", headers={"Accept-Language": "zh-CN"})
    switch = next(each for each in Sight(first.content.decode()).all("a") if each.get("hreflang") == "en")
    assert switch["href"] == "?kind=super&language=en"
    second = browser.get("/catalogue" + switch["href"], headers={"Accept-Language": "zh-CN"})
    assert Sight(second.content.decode()).all("html") == [{"lang": "en"}]
    cookie = second.cookies["django_language"]
    assert cookie.value == "en"
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    later = browser.get("/", headers={"Accept-Language": "zh-CN"})
    assert Sight(later.content.decode()).all("html") == [{"lang": "en"}]
    assert {"cookie", "accept-language"} <= {each.strip().lower() for each in later["Vary"].split(",")}


def test_a_language_that_there_is_not_changes_nothing() -> None:
    answer, page = look("/?language=%3Cscript%3E", "en")
    assert page.all("html") == [{"lang": "en"}]
    assert "django_language" not in answer.cookies


def test_the_language_of_one_request_does_not_leak_into_the_next() -> None:
    look("/?language=en")
    assert look("/")[1].all("html") == [{"lang": "zh-Hans"}]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_loads_nothing_from_elsewhere_and_runs_nothing(path: str) -> None:
    answer, page = look(path)
    assert answer["Content-Security-Policy"] == POLICY
    assert [each for each in page.addresses if not re.match(r"/(?!/)|[?#]", each)] == []
    assert page.all("script") == page.all("style") == page.all("iframe") == []
    assert [
        name for _, each in page.elements for name in each if name.startswith("on") or name == "style"
    ] == []
    assert "Set-Cookie" not in answer.headers
    assert not answer.cookies


def test_the_style_sheet_loads_nothing_either() -> None:
    sheet = (ROOT / "console" / "static" / "console" / "console.css").read_text(encoding="utf-8")
    assert re.findall(r"url\(|@import|https?:", sheet) == []


def test_the_style_sheet_and_the_icon_are_served() -> None:
    for link in look("/")[1].all("link"):
        assert Client().get(link["href"]).status_code == 200, link


@pytest.mark.parametrize("path", PAGES)
def test_a_page_can_be_walked_without_eyes_or_mouse(path: str) -> None:
    _, page = look(path)
    names = [tag for tag, _ in page.elements]
    assert names.count("h1") == names.count("main") == names.count("header") == names.count("footer") == 1
    assert page.all("a")[0] == {"class": "skip", "href": "#content"}
    ids = [each["id"] for _, each in page.elements if "id" in each]
    assert len(ids) == len(set(ids))
    named = {each["for"] for each in page.all("label")}
    assert {each["id"] for each in page.all("input")} <= named
    for _, each in page.elements:
        for reference in (each.get("aria-labelledby", ""), each.get("aria-describedby", "")):
            assert set(reference.split()) <= set(ids)
    assert all(each.get("aria-label") for each in page.all("nav"))


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.stem)
def test_a_template_says_no_word_of_its_own(template: Any) -> None:
    bare = re.sub(r"{%.*?%}|{{.*?}}", "", template.read_text(encoding="utf-8"))
    assert set(re.findall(r"[^\W\d_]+", re.sub(r"<[^>]*>", " ", bare))) <= SAID_AS_IT_IS
    assert re.findall(r'(?:aria-label|title|alt|placeholder)="[^"]*[^\W\d_][^"]*"', bare) == []


def test_the_documents_of_the_api_keep_their_own_policy() -> None:
    for path in ("/api/v1/docs", "/api/v1"):
        answer = Client().get(path)
        assert answer.status_code == 200
        assert "Content-Security-Policy" not in answer


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_a_page_only_reads(method: str) -> None:
    assert getattr(Client(), method)("/catalogue").status_code == 405


def test_a_head_request_has_no_body() -> None:
    answer = Client().head("/")
    assert (answer.status_code, answer.content) == (200, b"")


def test_an_unknown_address_is_a_page_for_people_and_a_document_for_programs() -> None:
    answer, page = look("/nowhere/%3Cscript%3E")
    assert answer.status_code == 404
    assert answer["X-Request-Id"] in page.words
    assert "<script>" not in answer.content.decode()
    for path in ("/api/v1/nowhere", "/api/nowhere"):
        found = Client().get(path)
        assert found.status_code == 404
        assert found["Content-Type"] == "application/problem+json"


def test_a_mistake_of_ours_is_a_page_for_people_that_tells_no_secrets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(**_: object) -> None:
        raise TemplateSyntaxError("the password is swordfish")

    monkeypatch.setattr(catalogue, "offers_on_sale", broken)
    answer, page = look("/catalogue", "en")
    assert answer.status_code == 500
    assert "swordfish" not in page.text
    assert answer["X-Request-Id"] in page.words


def test_a_mistake_of_ours_is_a_document_for_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aggregation.api.catalogue.sellable_offers", lambda: 1 / 0)
    answer = Client(raise_request_exception=False).get("/api/v1/catalogue/offers")
    assert answer.status_code == 500
    assert answer["Content-Type"] == "application/problem+json"


def test_a_page_without_its_database_asks_for_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(**_: object) -> None:
        raise OperationalError("server closed the connection")

    monkeypatch.setattr(catalogue, "offers_on_sale", gone)
    answer, page = look("/catalogue", "en")
    assert answer.status_code == 503
    assert answer["Retry-After"] == "1"
    assert "reload" in page.text
    assert "closed" not in page.text


def test_who_asks_too_often_is_told_when_to_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ActorThrottle, "THROTTLE_RATES", {"actor": "2/min"})
    monkeypatch.setattr(ActorThrottle, "timer", lambda _: 1_000.0)  # no window ends meanwhile
    hasty = Client(REMOTE_ADDR=f"2001:db8::{uuid4().hex[:4]}")  # whom no other test counts
    answers = [hasty.get("/identifiers", headers={"Accept-Language": "en"}) for _ in range(3)]
    assert [each.status_code for each in answers] == [200, 200, 429]
    wait = answers[2]["Retry-After"]
    assert int(wait) > 0
    assert f"in {wait} seconds" in Sight(answers[2].content.decode()).words


def test_a_national_node_has_no_catalogue_and_says_who_has(settings: Any) -> None:
    settings.NODE_ROLE = "national"
    _, home = look("/", "en")
    assert "/catalogue" not in home.addresses
    assert "/identifiers" in home.addresses
    answer, page = look("/catalogue", "en")
    assert answer.status_code == 404
    assert settings.UPSTREAM_NAME in page.text
