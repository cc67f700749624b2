"""Attempts at passwords: the attacker is slowed, and the owner gets in."""

from typing import Any

import pytest
from django.test import RequestFactory
from redis.exceptions import RedisError

from kernel.models.outbox import EventRecord
from participants.domain.attempts import (
    ACCOUNT,
    ADDRESS,
    ADDRESS_ON_ACCOUNT,
    CODES_FROM_ADDRESS,
    CODES_IN_KNOWN_BROWSER,
    CODES_OF_ACCOUNT,
    KNOWN_BROWSER,
)
from participants.errors import TooManyAttempts
from participants.models import User
from participants.services.attempts import BROWSER_COOKIE, count_attempt, count_code, network_of
from tests.support.browsers import PASSWORD, Browser, code_now, fresh_email, with_password
from tests.support.cast import World

pytestmark = pytest.mark.django_db
WRONG = "not the password at all"


def refused(answer: Any) -> bool:
    return "Too many attempts" in answer.content.decode()


def signed_in(answer: Any) -> bool:
    return bool(answer.status_code == 302)


def hammer(email: str, networks: int) -> None:
    """Use up what strangers have on an account, five attempts from each of many networks."""
    for number in range(networks):
        request = RequestFactory().post("/sign-in", REMOTE_ADDR=f"2001:db8:bad:{number:x}::1")
        for _ in range(ADDRESS_ON_ACCOUNT.attempts):
            count_attempt(request, email=email)


def test_an_address_is_slowed_on_one_account_even_with_the_right_password(world: World) -> None:
    user = with_password(world.ada)
    thief = Browser()
    for _ in range(ADDRESS_ON_ACCOUNT.attempts):
        assert not refused(thief.sign_in(user.email, WRONG))
    assert refused(thief.sign_in(user.email))
    neighbour = Browser(thief.address.replace("::1", "::beef"))  # another address of the same network
    assert refused(neighbour.sign_in(user.email))
    assert signed_in(Browser().sign_in(user.email))  # the owner, elsewhere


def test_an_address_is_slowed_over_many_accounts() -> None:
    request = RequestFactory().post("/sign-in", REMOTE_ADDR="2001:db8:cafe:1::1")
    for _ in range(ADDRESS.attempts):
        count_attempt(request, email=fresh_email())
    with pytest.raises(TooManyAttempts):
        count_attempt(request, email=fresh_email())


def test_while_many_addresses_hammer_her_account_the_owner_gets_in_where_she_was_before(world: World) -> None:
    user = with_password(world.ada)
    home = Browser()
    assert signed_in(home.sign_in(user.email))
    home.client.cookies.pop("sessionid")
    hammer(user.email, ACCOUNT.attempts // ADDRESS_ON_ACCOUNT.attempts)
    assert refused(Browser().sign_in(user.email))  # the attackers are slowed, from anywhere new
    assert signed_in(home.sign_in(user.email))


def test_behind_one_address_with_the_attacker_the_owner_gets_in_too(world: World) -> None:
    user = with_password(world.ada)
    home = Browser()
    home.sign_in(user.email)
    home.client.cookies.pop("sessionid")
    thief = Browser(home.address)
    for _ in range(ADDRESS_ON_ACCOUNT.attempts + 1):
        last = thief.sign_in(user.email, WRONG)
    assert refused(last)
    assert signed_in(home.sign_in(user.email))


def test_a_known_browser_is_no_licence_to_guess_nor_known_on_another_account(world: World) -> None:
    user, other = with_password(world.ada), with_password(world.cleo)
    home = Browser()
    home.sign_in(user.email)
    home.client.cookies.pop("sessionid")
    for _ in range(KNOWN_BROWSER.attempts):
        assert not refused(home.sign_in(user.email, WRONG))
    assert refused(home.sign_in(user.email))
    hammer(other.email, ACCOUNT.attempts // ADDRESS_ON_ACCOUNT.attempts)
    assert refused(home.sign_in(other.email))  # its mark is of her account alone
    forged = Browser()
    forged.client.cookies[BROWSER_COOKIE] = home.client.cookies[BROWSER_COOKIE].value[:-2] + "xx"
    assert refused(forged.sign_in(other.email))


def enrolled(user: User) -> Browser:
    """A browser at home, in which the owner has signed in with both factors, and then out."""
    home = Browser()
    assert signed_in(home.sign_in(user.email))
    assert home.enrol().status_code == 302
    home.client.cookies.pop("sessionid")
    return home


def code_page(browser: Browser, user: User, password: str = PASSWORD) -> None:
    """Give the password, and stand before the question for a code."""
    assert browser.sign_in(user.email, password)["Location"] == "/sign-in/code"


def test_who_knows_the_password_cannot_hold_the_second_factor_shut(world: World) -> None:
    user = with_password(world.ada)
    home = enrolled(user)
    for number in range(CODES_OF_ACCOUNT.attempts // CODES_FROM_ADDRESS.attempts):
        thief = RequestFactory().post("/sign-in/code", REMOTE_ADDR=f"2001:db8:bad:{number:x}::1")
        for _ in range(CODES_FROM_ADDRESS.attempts):
            count_code(thief, user=user)
    code = code_now(home.secret, later=1)
    new = Browser()
    code_page(new, user)
    assert refused(new.send("/sign-in/code", code=code))  # from anywhere new nobody guesses on
    code_page(home, user)
    assert signed_in(home.send("/sign-in/code", code=code))


def test_behind_one_address_with_who_guesses_codes_the_owner_gets_in(world: World) -> None:
    user = with_password(world.ada)
    home = enrolled(user)
    thief = Browser(home.address)
    code_page(thief, user)
    for _ in range(CODES_FROM_ADDRESS.attempts + 1):
        last = thief.send("/sign-in/code", code="000000")
    assert refused(last)
    code_page(home, user)
    assert signed_in(home.send("/sign-in/code", code=code_now(home.secret, later=1)))


def test_one_address_alone_cannot_use_up_the_codes_of_an_account(world: World) -> None:
    user = with_password(world.ada)
    home = enrolled(user)
    thief = RequestFactory().post("/sign-in/code", REMOTE_ADDR="2001:db8:bad:ffff::1")
    for _ in range(CODES_OF_ACCOUNT.attempts * 2):
        try:
            count_code(thief, user=user)
        except TooManyAttempts:
            continue
    new = Browser()
    code_page(new, user)
    assert signed_in(new.send("/sign-in/code", code=code_now(home.secret, later=1)))


def test_a_known_browser_is_no_licence_to_guess_codes(world: World) -> None:
    user = with_password(world.ada)
    home = enrolled(user)
    code_page(home, user)
    for _ in range(CODES_IN_KNOWN_BROWSER.attempts):
        assert not refused(home.send("/sign-in/code", code="000000"))
    assert refused(home.send("/sign-in/code", code=code_now(home.secret, later=1)))


def test_a_new_password_opens_the_second_factor_again(world: World) -> None:
    user = with_password(world.ada)
    home = enrolled(user)
    new = Browser()
    code_page(new, user)
    for _ in range(CODES_FROM_ADDRESS.attempts + 1):
        last = new.send("/sign-in/code", code="000000")
    assert refused(last)
    user.set_password("herons stand by other rivers")
    user.save()
    code_page(new, user, "herons stand by other rivers")
    assert signed_in(new.send("/sign-in/code", code=code_now(home.secret, later=1)))


def test_one_address_alone_cannot_use_up_what_an_account_has(world: World) -> None:
    user = with_password(world.ada)
    request = RequestFactory().post("/sign-in", REMOTE_ADDR="2001:db8:bad:ffff::1")
    for _ in range(ACCOUNT.attempts * 2):
        try:
            count_attempt(request, email=user.email)
        except TooManyAttempts:
            continue
    assert signed_in(Browser().sign_in(user.email))


def test_unknown_addresses_are_counted_like_known_ones() -> None:
    email, thief = fresh_email(), Browser()
    for _ in range(ADDRESS_ON_ACCOUNT.attempts):
        assert not refused(thief.sign_in(email, WRONG))
    assert refused(thief.sign_in(email, WRONG))


def test_good_passwords_use_nothing_up(world: World) -> None:
    user = with_password(world.ada)
    address = Browser().address
    for _ in range(ADDRESS_ON_ACCOUNT.attempts + 3):
        assert signed_in(Browser(address).sign_in(user.email))


def test_a_burst_of_failures_is_in_the_audit_once_without_an_address(world: World) -> None:
    user = with_password(world.ada)
    hammer(user.email, 3)
    for _ in range(2):
        thief = Browser()
        for _ in range(4):
            thief.sign_in(user.email, WRONG)
    event = EventRecord.objects.get(name="participants.sign_ins_failing")
    assert (event.subject, event.payload) == (user.id, {"failures": 20})


def test_without_the_counters_nobody_signs_in_with_a_password(world: World, monkeypatch: Any) -> None:
    user = with_password(world.ada)
    browser = Browser()
    browser.get("/sign-in")

    def gone(*_: Any, **__: Any) -> None:
        raise RedisError("connection refused")

    monkeypatch.setattr("participants.services.attempts.cache.incr", gone)
    answer = browser.sign_in(user.email)
    assert not signed_in(answer)
    assert "connection refused" not in answer.content.decode()
    assert User.objects.get(id=user.id).last_login is None


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
    ],
)
def test_the_network_of_an_address(address: str, network: str) -> None:
    assert network_of(RequestFactory().get("/", REMOTE_ADDR=address)) == network
