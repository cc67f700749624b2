"""What allauth asks of a house: who may sign in, how attempts are counted, where secrets are kept."""

import base64
import hashlib
import time
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.contrib.auth import authenticate
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import get_language

from kernel.actor import Actor
from kernel.api.callers import address_of
from kernel.errors import Problem
from kernel.services.outbox import publish
from participants.domain.mail import FACTOR_CHANGED
from participants.domain.second_factor import needs_second_factor
from participants.events import SecondFactorChanged
from participants.models import Membership, Session, User
from participants.services.attempts import count_attempt, forgive, note_failure
from participants.services.mail import send_mail
from participants.services.sessions import end_sessions, note_sign_in

RECENTLY = 300  # seconds after signing in during which the password is not asked again


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc] # allauth has no types
    """Passwords: attempts counted by our rules, the same answer and work for every address, no sign-up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002 - allauth's signature
        """Nobody signs up on a page: people are invited, or register an organisation."""
        return False

    def is_ajax(self, request: HttpRequest) -> bool:  # noqa: ARG002 - allauth's signature
        """Pages answer with pages."""
        return False

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Pages say what they have to say themselves."""

    def send_mail(self, template_prefix: str, email: str, context: Any) -> None:
        """Nothing: our own acts write our own mail."""

    def get_client_ip(self, request: HttpRequest) -> str:
        """The caller's address as the rest of the node knows it."""
        return address_of(request)

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """The person whose password it is; counted before it is looked at, taken back when it was good."""
        email = str(credentials.get("email", ""))
        counted = self._counted(request, email)
        person = authenticate(request, **credentials)
        if isinstance(person, User):
            forgive(counted)
            return person
        note_failure(email=email, counted=counted)
        return None

    def reauthenticate(self, user: User, password: str) -> bool:
        """Whether it is the person's own password, asked again; counted like any other attempt."""
        try:
            return password_is(self.request, user, password)
        except Problem as problem:
            raise ValidationError(problem.text.within(get_language()), code=problem.code) from problem

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:  # noqa: ARG002 - allauth's signature
        """Whether the password is asked again: unless the person signed in a moment ago."""
        records = get_authentication_records(self.request, self.request.user)
        return not any(time.time() - record["at"] < RECENTLY for record in records)

    def login(self, request: HttpRequest, user: User) -> None:
        """Begin the session: under a new key, with the name of the browser, announced."""
        super().login(request, user)
        request.session["agent"] = request.headers.get("User-Agent", "")[:200]
        records = get_authentication_records(request, user)
        method = str(records[0]["method"]) if records else "password"
        first = Membership.objects.filter(user=user, ended_at=None).order_by("id").first()
        note_sign_in(user=user, tenant=first.organisation_id if first else None, method=method)

    def _counted(self, request: HttpRequest, email: str) -> list[str]:
        try:
            return count_attempt(request, email=email)
        except Problem as problem:
            raise ValidationError(problem.text.within(get_language()), code=problem.code) from problem


class SocialAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc] # allauth has no types
    """OpenID Connect: only people who are known here, by the address that their provider has verified."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:  # noqa: ARG002 - allauth's signature
        """Nobody signs up."""
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:  # noqa: ARG002 - allauth's signature
        """Turn away whom nobody here knows, and connecting, before allauth asks for a sign-up."""
        if not sociallogin.is_existing or sociallogin.state.get("process") != "login":
            raise ImmediateHttpResponse(HttpResponseRedirect(f"{reverse('account_login')}?said=unknown"))

    def on_authentication_error(self, *args: Any, **kwargs: Any) -> None:  # noqa: ARG002 - allauth's signature
        """Say on the page of sign-in that the provider did not vouch for the person."""
        raise ImmediateHttpResponse(HttpResponseRedirect(f"{reverse('account_login')}?said=refused"))


class FactorAdapter(DefaultMFAAdapter):  # type: ignore[misc] # allauth has no types
    """Second factors: their secrets are encrypted at rest, and whoever must have one keeps it."""

    def get_totp_issuer(self) -> str:
        """What an authenticator app shows above the code."""
        return settings.NODE_NAME

    def encrypt(self, text: str) -> str:
        """Encrypt a secret with the node's secret key."""
        return _vault().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Read a secret that the node's secret key, or one before it, encrypted."""
        return _vault().decrypt(encrypted_text.encode()).decode()

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Whether the person may go on without a second factor."""
        held = Membership.objects.filter(user_id=authenticator.user_id, ended_at=None)
        return not needs_second_factor(role for row in held for role in row.roles)


def password_is(request: HttpRequest, user: User, password: str) -> bool:
    """Whether it is the person's own password; counted like any other attempt. Raises TooManyAttempts, Busy."""
    counted = count_attempt(request, email=user.email)
    if user.check_password(password):
        forgive(counted)
        return True
    return False


def _vault() -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    derived = [hashlib.sha256(f"second-factor:{key}".encode()).digest() for key in keys]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in derived])


@transaction.atomic
def note_second_factor(*, user: User, change: str, tenant: Any = None) -> None:
    """Announce that a person's second factor was enrolled, ended, or got new recovery codes, and write to her."""
    actor = Actor(user_id=user.id, tenant_id=tenant)
    publish(SecondFactorChanged(subject=user.id, tenant=tenant, change=change), actor=actor)
    send_mail(to=user, letter=FACTOR_CHANGED, tenant=tenant, person=user.name)


@transaction.atomic
def enrolled(*, user: User, session: str) -> None:
    """Announce that a person enrolled; her other sessions, which have not seen the second factor, end."""
    end_sessions(user=user, but=session, actor=Actor(user_id=user.id))
    note_second_factor(user=user, change="enrolled")


@transaction.atomic
def end_second_factor(*, user: User, actor: Actor) -> None:
    """Take a lost second factor away, with every session: the person enrols a new one when she signs in."""
    Authenticator.objects.filter(user=user).delete()
    Session.objects.filter(user=user).delete()
    publish(SecondFactorChanged(subject=user.id, tenant=None, change="ended_by_operator"), actor=actor)
    send_mail(to=user, letter=FACTOR_CHANGED, tenant=None, person=user.name)
