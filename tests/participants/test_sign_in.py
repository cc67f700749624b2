"""People sign in: a password, a second factor where the role asks for one, and the API through the same session."""

from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.utils import timezone

from kernel.models.outbox import EventRecord
from participants.models import Membership, Session
from participants.services.people import add_member
from participants.tasks import tend_credentials
from tests.participants.newcomers import code_of
from tests.support.browsers import PASSWORD, Browser, code_now, fresh_email, with_password
from tests.support.cast import World

pytestmark = pytest.mark.django_db


def events(name: str) -> list[EventRecord]:
    return list(EventRecord.objects.filter(name=f"participants.{name}").order_by("id"))


def test_a_member_signs_in_and_the_api_knows_her(world: World) -> None:
    user = with_password(world.ada)
    browser = Browser()
    assert browser.get("/account")["Location"] == "/sign-in?next=%2Faccount"
    assert browser.api("GET", "/api/v1/organisations").status_code == 401
    answer = browser.sign_in(user.email)
    assert (answer.status_code, answer["Location"]) == (302, "/account")
    me = browser.api("GET", "/api/v1/me").json()
    assert (me["user"], me["organisation"]) == (str(user.id), str(world.ada.organisation.id))
    assert me["scopes"] == ["*"]
    assert [event.subject for event in events("signed_in")] == [user.id]
    page = browser.look("/account")
    assert world.ada.organisation.name in page.text
    browser.client.post("/sign-out", {"csrfmiddlewaretoken": browser.client.cookies["csrftoken"].value})
    assert browser.api("GET", "/api/v1/organisations").status_code == 401
    assert not Session.objects.filter(user=user).exists()


def test_signing_in_changes_the_key_of_the_session_and_its_cookie_is_closed(world: World) -> None:
    user = with_password(world.ada)
    browser = Browser()
    browser.get("/sign-in")
    browser.client.cookies["sessionid"] = "chosen-by-an-attacker-chosen-by-"
    browser.sign_in(user.email)
    cookie = browser.client.cookies["sessionid"]
    assert cookie.value != "chosen-by-an-attacker-chosen-by-"
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")


def test_a_wrong_password_and_an_unknown_address_are_the_same_answer(world: World) -> None:
    user = with_password(world.ada)
    said = []
    for email in (user.email, fresh_email()):
        answer = Browser().sign_in(email, "not the password")
        assert answer.status_code == 200
        said.append(answer.content.decode().replace(email, "?"))
    strip = [page[page.index('role="alert"') : page.index("</form>")] for page in said]
    assert strip[0] == strip[1]
    assert "not correct" in strip[0]


def test_a_write_of_a_session_needs_the_token(world: World) -> None:
    user = with_password(world.ada)
    browser = Browser()
    browser.sign_in(user.email)
    here = f"/api/v1/organisations/{world.ada.organisation.id}:close"
    answer = browser.api("POST", here, **{"X-CSRFToken": ""})
    assert code_of(answer) == (403, "csrf_failed")
    assert code_of(browser.api("POST", here)) == (403, "not_administrator")


@pytest.mark.parametrize("who", ["otto", "olga", "owen", "rhea", "aude"])
def test_who_runs_or_supervises_reaches_nothing_without_a_second_factor(world: World, who: str) -> None:
    user = with_password(getattr(world, who))
    browser = Browser()
    browser.sign_in(user.email)
    for path in ("/api/v1/me", "/api/v1", "/api/v1/organisations"):
        assert code_of(browser.api("GET", path)) == (403, "second_factor_required")
    for path in ("/account", "/account/password"):
        assert browser.get(path)["Location"] == "/account/second-factor/enrol"
    assert browser.enrol()["Location"] == "/account/recovery-codes"
    assert browser.api("GET", "/api/v1/me").json()["user"] == str(user.id)
    assert browser.get("/account").status_code == 200


def test_the_code_is_asked_for_once_enrolled_and_taken_once(world: World) -> None:
    user = with_password(world.otto)
    first = Browser()
    first.sign_in(user.email)
    first.enrol()
    second = Browser()
    assert second.sign_in(user.email)["Location"] == "/sign-in/code"
    assert second.api("GET", "/api/v1/organisations").status_code == 401  # the password alone opens nothing
    assert "Incorrect" in second.send("/sign-in/code", code="000000").content.decode()
    code = code_now(first.secret, later=1)
    assert second.send("/sign-in/code", code=code)["Location"] == "/account"
    assert second.api("GET", "/api/v1/me").json()["user"] == str(user.id)
    assert [event.payload["change"] for event in events("second_factor_changed")] == ["enrolled"]
    third = Browser()
    third.sign_in(user.email)
    cache.delete(f"allauth.mfa.totp.used?user={user.id}&code={code}")  # as after half a minute
    assert third.send("/sign-in/code", code=code).status_code == 200
    assert third.api("GET", "/api/v1/organisations").status_code == 401
    used = Authenticator.objects.get(user=user, type="totp").last_used_at
    assert used is not None
    assert used <= timezone.now()


def test_a_recovery_code_works_once(world: World) -> None:
    user = with_password(world.otto)
    first = Browser()
    first.sign_in(user.email)
    first.enrol()
    codes = [
        line.strip()
        for line in first.look("/account/recovery-codes").text.split("\n")
        if line.strip().isdigit()
    ]
    assert len(codes) == 10
    assert "****" in first.look("/account/recovery-codes").text  # shown once
    for expected in (302, 200):
        browser = Browser()
        browser.sign_in(user.email)
        assert browser.send("/sign-in/code", code=codes[0]).status_code == expected


def test_the_secret_of_a_second_factor_is_not_in_the_database(world: World) -> None:
    user = with_password(world.otto)
    browser = Browser()
    browser.sign_in(user.email)
    browser.enrol()
    assert browser.secret not in str(list(Authenticator.objects.values_list("data", flat=True)))


def test_who_must_have_a_second_factor_cannot_end_it_and_others_can(world: World) -> None:
    for person, may in ((world.otto, False), (world.ada, True)):
        user = with_password(person)
        browser = Browser()
        browser.sign_in(user.email)
        browser.enrol()
        browser.send("/account/second-factor/end")
        assert Authenticator.objects.filter(user=user, type="totp").exists() is not may


def test_enrolling_ends_the_sessions_that_have_not_seen_the_second_factor(world: World) -> None:
    user = with_password(world.otto)
    early, late = Browser(), Browser()
    early.sign_in(user.email)
    late.sign_in(user.email)
    late.enrol()
    assert early.api("GET", "/api/v1/organisations").status_code == 401
    assert late.api("GET", "/api/v1/organisations").status_code == 200


def test_the_code_that_enrolled_signs_nobody_in(world: World) -> None:
    user = with_password(world.otto)
    first, second = Browser(), Browser()
    first.sign_in(user.email)
    first.enrol()
    second.sign_in(user.email)
    assert second.send("/sign-in/code", code=first.code).status_code == 200


def test_codes_are_tried_five_times(world: World) -> None:
    user = with_password(world.otto)
    first = Browser()
    first.sign_in(user.email)
    first.enrol()
    thief = Browser()
    thief.sign_in(user.email)
    pages = [thief.send("/sign-in/code", code=f"00000{n}").content.decode() for n in range(6)]
    assert "Too many" not in pages[4]
    assert "Too many" in pages[5]
    good = code_now(first.secret, later=1)
    assert thief.send("/sign-in/code", code=good).status_code == 200


def test_a_person_of_two_organisations_chooses_for_which_she_acts(world: World) -> None:
    user = with_password(world.ada)
    other = add_member(
        user=user, organisation=world.lin.organisation, roles=["line_provider"], administers=False, actor=None
    )
    browser = Browser()
    browser.sign_in(user.email)
    assert browser.api("GET", "/api/v1/me").json()["organisation"] == str(world.ada.organisation.id)
    browser.send("/account", act="act_for", membership=str(other.id))
    me = browser.api("GET", "/api/v1/me").json()
    assert (me["organisation"], [role["code"] for role in me["roles"]]) == (
        str(world.lin.organisation.id),
        ["line_provider"],
    )
    stranger = world.cleo.membership.id
    assert browser.send("/account", act="act_for", membership=str(stranger)).status_code == 404
    Membership.objects.filter(id=other.id).update(ended_at=timezone.now())
    assert browser.api("GET", "/api/v1/me").json()["organisation"] == str(world.ada.organisation.id)


def test_duties_in_any_organisation_ask_for_the_second_factor(world: World) -> None:
    user = with_password(world.ada)
    add_member(
        user=user, organisation=world.aude.organisation, roles=["auditor"], administers=False, actor=None
    )
    browser = Browser()
    browser.sign_in(user.email)
    assert code_of(browser.api("GET", "/api/v1/me")) == (403, "second_factor_required")


def test_somebody_ends_her_other_sessions_and_nobody_elses(world: World) -> None:
    user, cleo = with_password(world.ada), with_password(world.cleo)
    here, there, hers = Browser(), Browser(), Browser()
    here.sign_in(user.email)
    there.sign_in(user.email)
    hers.sign_in(cleo.email)
    assert Session.objects.filter(user=user).count() == 2
    foreign = Session.objects.get(user=cleo)
    here.send("/account", act="end", session=str(foreign.public_id))
    assert hers.api("GET", "/api/v1/organisations").status_code == 200
    ended = Session.objects.filter(user=user).exclude(session_key=here.client.session.session_key).get()
    here.send("/account", act="end", session=str(ended.public_id))
    assert there.api("GET", "/api/v1/organisations").status_code == 401
    assert here.api("GET", "/api/v1/organisations").status_code == 200
    assert ended.session_key not in here.get("/account").content.decode()


def test_a_session_says_when_it_was_last_used(world: World) -> None:
    user = with_password(world.ada)
    browser = Browser()
    browser.sign_in(user.email)
    long_ago = timezone.now() - timedelta(hours=3)
    Session.objects.filter(user=user).update(last_used_at=long_ago)
    browser.api("GET", "/api/v1/me")
    assert Session.objects.get(user=user).last_used_at > long_ago + timedelta(hours=2)


def test_sessions_that_expired_are_cleared_in_time_and_no_other(world: World, settings: Any) -> None:
    user = with_password(world.ada)
    over, live = Browser(), Browser()
    over.sign_in(user.email)
    live.sign_in(user.email)
    key = over.client.session.session_key
    Session.objects.filter(session_key=key).update(expire_date=timezone.now() - timedelta(seconds=1))
    assert tend_credentials.name in {each["task"] for each in settings.CELERY_BEAT_SCHEDULE.values()}
    tend_credentials()
    assert Session.objects.filter(user=user).count() == 1
    assert live.api("GET", "/api/v1/me").status_code == 200
    assert over.api("GET", "/api/v1/organisations").status_code == 401


def test_a_password_of_somebody_who_left_opens_no_organisation(world: World) -> None:
    user = with_password(world.ada)
    Membership.objects.filter(user=user).update(ended_at=timezone.now())
    browser = Browser()
    browser.sign_in(user.email, PASSWORD)
    assert browser.api("GET", "/api/v1/organisations").status_code == 403
    user.is_active = False
    user.save()
    assert browser.api("GET", "/api/v1/organisations").status_code == 401
