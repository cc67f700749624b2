"""OpenID Connect: whom a provider vouches for signs in, when somebody here has the address that it has verified."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from config import environment
from participants.models import User
from tests.participants.newcomers import code_of
from tests.support.browsers import Browser, fresh_email, with_password
from tests.support.cast import World
from tests.support.mock_provider import CLIENT, SECRET, MockProvider, mock_provider, new_key

pytestmark = pytest.mark.django_db


@pytest.fixture
def provider(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[MockProvider]:
    with mock_provider() as mock:
        for name, value in {"URL": mock.url, "NAME": "Work", "CLIENT_ID": CLIENT, "SECRET": SECRET}.items():
            monkeypatch.setenv(f"OIDC_WORK_{name}", value)
        monkeypatch.setenv("OIDC_PROVIDERS", "work")
        settings.OIDC_PROVIDERS = environment.oidc_providers()
        settings.SOCIALACCOUNT_PROVIDERS = {
            "openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": settings.OIDC_PROVIDERS}
        }
        yield mock


def through(browser: Browser, provider: MockProvider, **claims: Any) -> Any:
    """Follow the link of the page of sign-in to the provider and back."""
    provider.claims = {"sub": "4711", "email_verified": True, **claims}
    link = next(each for each in browser.look("/sign-in").addresses if each.startswith("/sign-in/with/work"))
    away = browser.get(link)
    assert away.status_code == 302, away.content
    back = urlsplit(provider.authorize(dict(parse_qsl(urlsplit(away["Location"]).query))))
    return browser.get(f"{back.path}?{back.query}")


def test_a_known_person_signs_in_and_is_known_by_her_subject_from_then_on(
    world: World, provider: MockProvider
) -> None:
    user, browser = with_password(world.ada), Browser()
    answer = through(browser, provider, email=user.email)
    assert (answer.status_code, answer["Location"]) == (302, "/account")
    assert browser.api("GET", "/api/v1/me").json()["user"] == str(user.id)
    later = Browser()
    through(later, provider, email=fresh_email())  # her address at the provider has changed
    assert later.api("GET", "/api/v1/me").json()["user"] == str(user.id)


def test_nobody_signs_up_and_an_address_that_is_not_verified_is_nobodys(
    world: World, provider: MockProvider
) -> None:
    user = with_password(world.ada)
    for claims in ({"email": fresh_email()}, {"email": user.email, "email_verified": False}):
        browser = Browser()
        assert through(browser, provider, **claims)["Location"] == "/sign-in?said=unknown"
        assert "Nobody here has the address" in browser.look("/sign-in?said=unknown").text
        assert browser.api("GET", "/api/v1/organisations").status_code == 401
    assert User.objects.count() == 1


def test_a_token_that_another_key_signed_is_refused(world: World, provider: MockProvider) -> None:
    user, browser = with_password(world.ada), Browser()
    provider.signing_key = new_key()
    assert through(browser, provider, email=user.email)["Location"] == "/sign-in?said=refused"
    assert browser.api("GET", "/api/v1/organisations").status_code == 401


@pytest.mark.parametrize(
    "claim", [{"aud": "somebody else"}, {"iss": "https://elsewhere.example"}, {"exp": 1}]
)
def test_a_token_for_another_from_another_or_of_another_time_is_refused(
    world: World, provider: MockProvider, claim: dict[str, Any]
) -> None:
    user, browser = with_password(world.ada), Browser()
    assert through(browser, provider, email=user.email, **claim)["Location"] == "/sign-in?said=refused"


def test_a_way_back_that_this_browser_did_not_set_out_on_is_refused(
    world: World, provider: MockProvider
) -> None:
    user = with_password(world.ada)
    thief, victim = Browser(), Browser()
    provider.claims = {"sub": "1", "email": user.email, "email_verified": True}
    away = thief.get("/sign-in/with/work?process=login")
    back = urlsplit(provider.authorize(dict(parse_qsl(urlsplit(away["Location"]).query))))
    assert victim.get(f"{back.path}?{back.query}")["Location"] == "/sign-in?said=refused"
    assert victim.api("GET", "/api/v1/organisations").status_code == 401


def test_a_provider_is_no_way_round_the_second_factor(world: World, provider: MockProvider) -> None:
    user, browser = with_password(world.otto), Browser()
    through(browser, provider, email=user.email)
    assert code_of(browser.api("GET", "/api/v1/me")) == (403, "second_factor_required")
    browser.enrol()
    later = Browser()
    assert through(later, provider, email=user.email)["Location"] == "/sign-in/code"


def test_a_provider_that_nobody_named_is_not_there(provider: MockProvider) -> None:
    assert Browser().get("/sign-in/with/other?process=login").status_code == 404
