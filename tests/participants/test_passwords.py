"""Choosing a password: by a mailed link, with an invitation, in place of the old one; nobody learns who is known."""

import io
import re

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.core.management import call_command

from kernel.models.jobs import Job
from kernel.models.outbox import EventRecord
from kernel.services.jobs import run_next_job
from participants.domain.attempts import LINKS_TO_ACCOUNT
from participants.models import Mail, Membership, User
from tests.participants.newcomers import Newcomer, code_of
from tests.participants.test_founding import founded
from tests.support.browsers import PASSWORD, Browser, fresh_email, with_password
from tests.support.caller import Caller
from tests.support.cast import World

pytestmark = pytest.mark.django_db
OTHER = "quite another sentence of mine"


def link_to(email: str) -> str:
    """The path in the last mail to an address."""
    while run_next_job():
        pass
    last = [each for each in mail.outbox if each.to == [email]][-1]
    found = re.search(r"https?://[^/\s]+(/\S+)", str(last.body))
    assert found
    return found[1]


def invited(firm: Newcomer, email: str) -> str:
    answer = firm.post(f"{firm.here}/invitations", {"email": email, "roles": ["compute_provider"]})
    assert answer.status_code == 201, answer.content
    return str(answer.json()["token"])


def test_a_forgotten_password_is_replaced_by_a_mailed_link_once(world: World) -> None:
    user = with_password(world.ada)
    before, browser = Browser(), Browser()
    before.sign_in(user.email)
    assert browser.send("/password", email=user.email.upper())["Location"] == "/sign-in?said=sent"
    link = link_to(user.email)
    assert "not the same" in browser.send(link, new=OTHER, again=PASSWORD).content.decode()
    assert browser.send(link, new=OTHER, again=OTHER)["Location"] == "/sign-in?said=changed"
    assert browser.get(link).status_code == 404
    assert before.api("GET", "/api/v1/organisations").status_code == 401  # every session ended
    assert browser.sign_in(user.email, PASSWORD).status_code == 200
    assert browser.sign_in(user.email, OTHER).status_code == 302
    assert EventRecord.objects.filter(name="participants.password_changed").count() == 1
    while run_next_job():
        pass
    assert "just changed" in str(mail.outbox[-1].body) or "刚刚更改" in str(mail.outbox[-1].body)


def test_a_reset_is_no_way_round_the_second_factor(world: World) -> None:
    user = with_password(world.otto)
    first, browser = Browser(), Browser()
    first.sign_in(user.email)
    first.enrol()
    browser.send("/password", email=user.email)
    browser.send(link_to(user.email), new=OTHER, again=OTHER)
    assert browser.sign_in(user.email, OTHER)["Location"] == "/sign-in/code"


def test_a_reset_says_and_does_the_same_for_an_address_that_nobody_has(world: World) -> None:
    known, unknown = with_password(world.ada).email, fresh_email()
    answers, rows = [], []
    for email in (known, unknown):
        browser = Browser()
        browser.get("/password")
        before = (Mail.objects.count(), Job.objects.count())
        answers.append(browser.send("/password", email=email))
        rows.append((Mail.objects.count() - before[0], Job.objects.count() - before[1]))
    assert [(each.status_code, each["Location"]) for each in answers] == [(302, "/sign-in?said=sent")] * 2
    assert rows == [(1, 1)] * 2
    while run_next_job():
        pass
    assert [each.to for each in mail.outbox] == [[known]]
    assert not Mail.objects.filter(address=unknown).exists()


def test_links_are_not_asked_for_without_end_and_one_address_does_not_stop_another(world: World) -> None:
    user = with_password(world.ada)
    thief = Browser()
    for _ in range(LINKS_TO_ACCOUNT.attempts):
        assert thief.send("/password", email=user.email).status_code == 302
    assert thief.send("/password", email=user.email).status_code == 429
    assert Browser().send("/password", email=user.email).status_code == 302


@pytest.mark.parametrize("weak", ["short", "password1234", "123456789012", "adaexampleada"])
def test_a_weak_password_is_refused_with_the_reason(world: World, weak: str) -> None:
    user = with_password(world.ada)
    User.objects.filter(id=user.id).update(name="adaexampleada")
    browser = Browser()
    browser.send("/password", email=user.email)
    link = link_to(user.email)
    answer = browser.send(link, new=weak, again=weak)
    assert answer.status_code == 200
    assert 'role="alert"' in answer.content.decode()
    assert browser.sign_in(user.email, PASSWORD).status_code == 302


def test_a_change_asks_for_the_old_one_and_ends_the_other_sessions(world: World) -> None:
    user = with_password(world.ada)
    here, there = Browser(), Browser()
    here.sign_in(user.email)
    there.sign_in(user.email)
    wrong = here.send("/account/password", old="no", new=OTHER, again=OTHER)
    assert "not your present password" in wrong.content.decode()
    assert here.send("/account/password", old=PASSWORD, new=OTHER, again=OTHER).status_code == 302
    assert here.api("GET", "/api/v1/organisations").status_code == 200
    assert there.api("GET", "/api/v1/organisations").status_code == 401


def test_who_registers_an_organisation_is_mailed_a_link_and_signs_in() -> None:
    email = fresh_email()
    firm = Newcomer(email=email)
    browser = Browser()
    assert browser.send(link_to(email), new=PASSWORD, again=PASSWORD).status_code == 302
    browser.sign_in(email)
    assert browser.api("GET", "/api/v1/me").json()["organisation"] == firm.id


def test_an_invited_person_follows_the_link_chooses_a_password_and_signs_in() -> None:
    firm, email, browser = Newcomer(), fresh_email(), Browser()
    invited(firm, email)
    link = link_to(email)
    page = browser.look(link)
    assert firm.told["organisation"]["name"] in page.text
    weak = browser.send(link, name="Dora", new="short", again="short")
    assert "too short" in weak.content.decode()
    assert not User.objects.filter(email=email).exists()  # nothing is half done
    assert "Give your name" in browser.send(link, name=" ", new=PASSWORD, again=PASSWORD).content.decode()
    done = browser.send(link, name="Dora", email="other@example.org", new=PASSWORD, again=PASSWORD)
    assert done["Location"] == "/sign-in?said=joined"
    assert browser.get(link).status_code == 404
    browser.sign_in(email)
    assert browser.api("GET", "/api/v1/me").json()["organisation"] == firm.id


def test_who_invites_cannot_take_the_seat_in_the_invited_persons_name(world: World) -> None:
    firm, browser = Newcomer(), Browser()
    token = invited(firm, fresh_email())
    assert browser.get(f"/invitations/{token}").status_code == 404  # the mailed link is another


def test_an_invitation_is_no_way_into_an_account_that_there_is(world: World) -> None:
    victim = world.ada.user  # she works with keys and never chose a password
    victim.email = fresh_email()
    victim.save()
    firm, browser = Newcomer(kind="resale_provider"), Browser()
    answer = firm.post(f"{firm.here}/invitations", {"email": victim.email, "roles": ["resale_provider"]})
    assert answer.status_code == 201
    link = link_to(victim.email)
    assert browser.send(link, name="X", new=OTHER, again=OTHER).status_code == 302
    victim.refresh_from_db()
    assert not victim.has_usable_password()
    assert Membership.objects.filter(user=victim, organisation=firm.id, ended_at=None).exists()


def test_the_first_people_of_a_node_come_in_by_printed_links() -> None:
    seats = founded()
    for number, seat in enumerate(seats[:2]):
        email, browser = fresh_email(), Browser()
        link = seat["link"].partition("/invitations/")[2]
        browser.send(f"/invitations/{link}", name=f"首任{number}", email=email, new=PASSWORD, again=PASSWORD)
        browser.sign_in(email)
        assert code_of(browser.api("GET", "/api/v1/me")) == (403, "second_factor_required")
        browser.enrol()
        roles = browser.api("GET", "/api/v1/me").json()["roles"]
        assert [role["code"] for role in roles] == [seat["role"]]


def test_a_link_of_a_seat_that_was_opened_anew_works_no_more() -> None:
    link = founded()[0]["link"].partition("/invitations/")[2]
    founded()
    assert Browser().get(f"/invitations/{link}").status_code == 404


def test_the_operator_takes_a_lost_second_factor_away(world: World) -> None:
    user = with_password(world.otto)
    browser = Browser()
    browser.sign_in(user.email)
    browser.enrol()
    call_command("end_second_factor", user.email, stdout=io.StringIO())
    assert not Authenticator.objects.filter(user=user).exists()
    assert browser.api("GET", "/api/v1/organisations").status_code == 401
    browser.sign_in(user.email)
    assert code_of(browser.api("GET", "/api/v1/me")) == (403, "second_factor_required")


def test_a_token_of_the_api_makes_no_password() -> None:
    firm, email = Newcomer(), fresh_email()
    token = invited(firm, email)
    Caller().post(f"/api/v1/invitations/{token}:accept", {"name": "Dora"})
    assert not User.objects.get(email=email).has_usable_password()
