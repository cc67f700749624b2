"""Pages of people: both languages, the strict policy, nothing kept by a browser, and a walk without eyes or mouse."""

import re
from datetime import timedelta
from typing import Any

import pytest
import qrcode
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from console.pages.frame import POLICY
from participants.services.credentials import issue_own_key
from tests.console.browser import Sight
from tests.console.test_frame import CHINESE
from tests.support.browsers import Browser, with_password
from tests.support.cast import World

pytestmark = pytest.mark.django_db
OPEN = ["/sign-in", "/sign-in?said=sent", "/sign-in?said=unknown", "/password"]
SIGNED = ["/account", "/account/password", "/account/recovery-codes", "/account/recovery-codes/new",
          "/account/second-factor/end", "/sign-in/again"]  # fmt: skip


@pytest.fixture
def seen(world: World, settings: Any) -> list[tuple[str, Any, Sight]]:
    """Every page of people, in English, as somebody sees it who has everything that can be listed."""
    settings.NODE_NAME = "Node"
    user, browser = with_password(world.ada), Browser()
    pages = [(path, browser.get(path)) for path in OPEN]
    Browser().sign_in(user.email)
    browser.sign_in(user.email)
    pages.append(("enrol", browser.get("/account/second-factor/enrol")))
    browser.enrol()
    pages += [(path, browser.get(path)) for path in SIGNED]
    other = Browser()
    other.sign_in(user.email)
    pages.append(("/sign-in/code", other.get("/sign-in/code")))
    pages.append(("wrong", other.send("/sign-in/code", code="1")))
    pages.append(("wrong password", Browser().sign_in(user.email, "no")))
    return [(path, answer, Sight(answer.content.decode())) for path, answer in pages]


def test_they_say_nothing_chinese_in_english_but_names(seen: list[Any], world: World) -> None:
    for path, answer, page in seen:
        assert answer.status_code == 200, path
        words = page.text.replace("简体中文", "").replace(world.ada.organisation.name, "")
        assert CHINESE.findall(words) == [], path
        assert page.all("html") == [{"lang": "en"}]


def test_they_load_nothing_run_nothing_and_are_not_kept(seen: list[Any]) -> None:
    for path, answer, page in seen:
        assert answer["Content-Security-Policy"] == POLICY, path
        assert answer["Cache-Control"] == "no-store", path
        assert [each for each in page.addresses if not re.match(r"/(?!/)|[?#]", each)] == [], path
        assert page.all("script") == page.all("style") == page.all("iframe") == []
        assert [n for _, each in page.elements for n in each if n.startswith("on") or n == "style"] == [], (
            path
        )


def test_they_can_be_walked_without_eyes_or_mouse(seen: list[Any]) -> None:
    for path, _, page in seen:
        names = [tag for tag, _ in page.elements]
        assert names.count("h1") == names.count("main") == 1, path
        ids = [each["id"] for _, each in page.elements if "id" in each]
        assert len(ids) == len(set(ids)), path
        labels = {each["for"] for each in page.all("label")}
        shown = [each for each in page.all("input") if each.get("type") != "hidden"]
        assert {each["id"] for each in shown} <= labels, path
        assert all(each.get("autocomplete") for each in shown), path
        for _, each in page.elements:
            for reference in (each.get("aria-labelledby", ""), each.get("aria-describedby", "")):
                assert set(reference.split()) <= set(ids), (path, reference)
    wrong = next(page for path, _, page in seen if path == "wrong")
    assert [each.get("aria-invalid") for each in wrong.all("input") if each.get("id") == "code"] == ["true"]


def test_the_qr_code_holds_what_the_app_needs(world: World, settings: Any) -> None:
    settings.NODE_NAME = "Node"
    user, browser = with_password(world.ada), Browser()
    browser.sign_in(user.email)
    page = browser.look("/account/second-factor/enrol")
    secret = "".join(re.findall(r"\b[A-Z2-7]{4}\b", page.text.split("into it")[1]))
    code = qrcode.QRCode(border=4)
    code.add_data(f"otpauth://totp/{user.email.replace('@', '%40')}?secret={secret}&issuer=Node")
    wanted = {(x, y) for y, row in enumerate(code.get_matrix()) for x, dark in enumerate(row) if dark}
    drawn = {(int(x), int(y)) for x, y in re.findall(r"M(\d+) (\d+)h1v1h-1z", page.all("path")[1]["d"])}
    assert drawn == wanted


def test_the_form_speaks_chinese_too_in_the_words_of_the_libraries() -> None:
    client = Client(REMOTE_ADDR="2001:db8:7::1")
    answer = client.post("/sign-in", {"login": "x@example.org", "password": "no"})
    page = Sight(answer.content.decode())
    alert = answer.content.decode().split('role="alert"')[1].split("</div>")[0]
    assert CHINESE.search(alert)
    assert page.all("html") == [{"lang": "zh-Hans"}]


def test_my_account_lists_keys_and_sessions_with_their_last_use(world: World) -> None:
    user, browser = with_password(world.ada), Browser()
    browser.sign_in(user.email)
    world.ada.get("/api/v1/me")
    page = browser.look("/account")
    assert world.ada.row.prefix in page.text
    assert page.words.count("Last use (Beijing time) 20") == 2
    assert world.ada.key not in page.text
    browser.send("/account", act="language", language="en")
    user.refresh_from_db()
    assert user.language == "en"
    assert browser.send("/account", act="language", language="fr").status_code == 400


def test_the_account_asks_the_same_for_two_keys_and_for_ten(world: World) -> None:
    user, browser = with_password(world.ada), Browser()
    browser.sign_in(user.email)
    counts = []
    for _ in range(2):
        for _ in range(4):
            issue_own_key(name="more", scopes=["*"], valid_for=timedelta(days=1), actor=world.ada.actor)
        with CaptureQueriesContext(connection) as asked:
            browser.get("/account")
        counts.append(len(asked))
    assert counts[0] == counts[1]
