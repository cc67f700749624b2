"""Sessions in PostgreSQL: keeping them, noting their use, choosing the organisation, ending them."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as Rows
from django.db import transaction
from django.db.models.functions import Now

from kernel.actor import Actor
from kernel.errors import NotFound
from kernel.services.outbox import publish
from participants.events import SessionsEnded, SignedIn
from participants.models import Membership, Session, User

USE_NOTED_EVERY = timedelta(minutes=1)  # so that a busy browser costs one write a minute


class SessionStore(Rows):
    """Django's sessions as rows that name their person and their last use (setting SESSION_ENGINE)."""

    @classmethod
    def get_model_class(cls) -> type[Session]:
        """The table."""
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        """The row of a session as it is saved; `public_id` and the times stay those of the session."""
        row: Any = super().create_model_instance(data)
        row.user_id = UUID(data[SESSION_KEY]) if SESSION_KEY in data else None
        row.agent = data.get("agent", "")
        kept = Session.objects.filter(session_key=row.session_key)
        known = kept.values("public_id", "created_at").first() if row.session_key else None
        if known:
            row.public_id, row.created_at = known["public_id"], known["created_at"]
        row.last_used_at = Now()
        return row  # type: ignore[no-any-return]

    def load(self) -> Any:
        """The session's data; a use is noted once a minute."""
        data = super().load()
        if data and self.session_key:
            stale = Session.objects.filter(
                session_key=self.session_key, last_used_at__lt=Now() - USE_NOTED_EVERY
            )
            stale.update(last_used_at=Now())
        return data


@transaction.atomic
def note_sign_in(*, user: User, tenant: UUID | None, method: str) -> None:
    """Announce that a person signed in."""
    actor = Actor(user_id=user.id, tenant_id=tenant)
    publish(SignedIn(subject=user.id, tenant=tenant, method=method), actor=actor)


def choose_membership(*, user: User, session: Any, membership: UUID) -> None:
    """Act for another of one's organisations from now on. Raises NotFound for a membership that is not hers."""
    if not Membership.objects.filter(id=membership, user=user, ended_at=None).exists():
        raise NotFound
    session["membership"] = str(membership)


@transaction.atomic
def end_session(*, user: User, session: UUID, actor: Actor) -> None:
    """End one of the person's own sessions; one that is over, or another's, changes nothing."""
    if Session.objects.filter(public_id=session, user=user).delete()[0]:
        publish(SessionsEnded(subject=user.id, tenant=actor.tenant_id), actor=actor)


@transaction.atomic
def end_sessions(*, user: User, but: str | None, actor: Actor) -> None:
    """End every session of a person, but the one whose key is given."""
    if Session.objects.filter(user=user).exclude(session_key=but or "").delete()[0]:
        publish(SessionsEnded(subject=user.id, tenant=actor.tenant_id), actor=actor)


def forget_sessions() -> int:
    """Delete the sessions that have expired, whoever's; returns how many."""
    return Session.objects.filter(expire_date__lt=Now()).delete()[0]
