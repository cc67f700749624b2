"""Every page, read in both languages: on the English one nothing is Chinese but data, on the Chinese one no word is English but names."""

import re
from typing import Any

import pytest

from aggregation.models import Centre
from identifiers.models import Identifier
from participants.models import ApiKey, Membership, Organisation, User
from tests.aggregation.supply import bring_to_market, made
from tests.console.browser import Sight
from tests.console.test_frame import CHINESE, TEMPLATES
from tests.participants.test_passwords import link_to
from tests.support.browsers import Browser, fresh_email, with_password
from tests.support.cast import World

pytestmark = pytest.mark.django_db
LANGUAGES = ["zh-hans", "en"]
SAID = ["sent", "unknown", "changed", "joined"]
DATA = re.compile(
    r"<code>.*?</code>|<span class=.marking.>.*?</span>|<(?:dd|option)[^>]*>[^<]*</(?:dd|option)>"
)
NAMES = {
    "English",
    "API",
    "OpenAPI",
    "JSON",
    "Ascend",
    "vCPU",
    "GiB",
}  # on a Chinese page too: how each is called there
READ_ALOUD = ("aria-label", "title", "alt", "placeholder")


@pytest.fixture(params=LANGUAGES)
def pages(request: Any, world: World, settings: Any) -> tuple[str, list[tuple[str, Any]]]:
    """The language, and every page as somebody meets it who has everything that can be shown."""
    settings.NODE_NAME, settings.UPSTREAM_NAME = "<node>", "<upstream>"
    return request.param, [*public(world, request.param), *of_people(world, request.param)]


def public(world: World, language: str) -> list[tuple[str, Any]]:
    """What anybody may see."""
    bring_to_market(world.ada)
    code = Identifier.objects.latest("id").code
    paths = ["/", "/catalogue", "/catalogue?kind=super", "/catalogue?kind=odd", "/nowhere", "/sign-in", "/password",
             "/identifiers", f"/identifiers?code={code}", "/identifiers?code=86.320000%2F0", "/identifiers?code=x",
             "/invitations/unknown", *(f"/sign-in?said={each}" for each in SAID)]  # fmt: skip
    visitor = Browser(language=language)
    return [(path, visitor.get(path)) for path in paths]


def of_people(world: World, language: str) -> list[tuple[str, Any]]:
    """What people see of their accounts, right and wrong."""

    def browser() -> Browser:
        return Browser(language=language)

    user, own = with_password(world.ada), browser()
    Membership.objects.filter(id=world.ada.membership.id).update(administers=True)
    body: dict[str, Any] = {"email": fresh_email(), "roles": ["compute_provider"]}
    here = f"/api/v1/organisations/{world.ada.organisation.id}/invitations"
    made(world.ada.post(here, body))
    seat = link_to(body["email"])
    browser().send("/password", email=user.email)
    link = link_to(user.email)
    found = [
        (seat, browser().get(seat)),
        ("a short password", browser().send(seat, email=body["email"], name="", new="a", again="a")),
        (link, browser().get(link)),
        ("two passwords", browser().send(link, new="a", again="b")),
        ("no address", browser().send("/password", email="")),
        ("a wrong password", browser().sign_in(user.email, "no")),
    ]
    browser().sign_in(user.email)
    own.sign_in(user.email)
    found += [("enrol", own.get("/account/second-factor/enrol")), ("enrolled", own.enrol())]
    found += [
        (path, own.get(path))
        for path in ("/account", "/account/password", "/account/recovery-codes", "/account/recovery-codes/new",
                     "/account/second-factor/end", "/sign-in/again", "/sign-in/again/code")
    ]  # fmt: skip
    found.append(("not the old password", own.send("/account/password", old="no", new="a", again="a")))
    other = browser()
    other.sign_in(user.email)
    return [
        *found,
        ("code", other.get("/sign-in/code")),
        ("a wrong code", other.send("/sign-in/code", code="1")),
    ]


def shown(html: str) -> list[str]:
    """What a page says: its text, and what is read aloud of its elements; data and machines' words are left out."""
    page = Sight(DATA.sub(" ", html))
    said = [each[name] for _, each in page.elements for name in READ_ALOUD if name in each]
    text = "\n".join([page.text, *said])
    for model in (Organisation, Centre, User, ApiKey):
        for name in model.objects.values_list("name", flat=True):
            text = text.replace(name, " ")
    text = re.sub(r"\S+@\S+|<node>|<upstream>|[\w./-]*\d[\w./-]*", " ", text)
    return [line.strip() for line in text.split("\n") if line.strip()]


def untranslated(language: str, html: str) -> list[str]:
    """The lines in which something is in the other language."""
    if language == "en":
        return [line for line in shown(html) if CHINESE.search(line.replace("简体中文", ""))]
    return [line for line in shown(html) if set(re.findall(r"[A-Za-z]{2,}", line)) - NAMES]


def test_nothing_is_left_untranslated(pages: tuple[str, list[tuple[str, Any]]]) -> None:
    language, seen = pages
    found = {
        path: lines
        for path, answer in seen
        if answer.content and (lines := untranslated(language, answer.content.decode()))
    }
    assert found == {}


def test_every_page_is_read(pages: tuple[str, list[tuple[str, Any]]]) -> None:
    _, seen = pages
    read = {each.name for _, answer in seen for each in getattr(answer, "templates", []) if each.name}
    assert {f"console/{path.name}" for path in TEMPLATES} - read == set()


@pytest.mark.parametrize(("language", "html"), [
    ("en", "<p>登录</p>"), ("en", '<nav aria-label="栏目"></nav>'),
    ("zh-hans", "<p>登录 now</p>"), ("zh-hans", "<h1>Sign in</h1>"), ("zh-hans", '<input placeholder="Your code">'),
])  # fmt: skip
def test_what_is_left_untranslated_is_noticed(language: str, html: str) -> None:
    assert untranslated(language, html) != []
