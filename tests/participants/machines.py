"""Machines: OAuth 2 clients as an integrator's program uses them."""

import base64
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from participants.models import Membership
from tests.support.caller import Caller
from tests.support.cast import Person

FORM = "application/x-www-form-urlencoded"


@dataclass
class Machine:
    """A client's id and secret, as its organisation's administrator was shown them."""

    id: str
    client_id: str
    secret: str

    def ask(self, path: str, *, post: bool = False, client: dict[str, Any] | None = None, **form: Any) -> Any:
        """Call an OAuth endpoint with the secret as HTTP Basic, or with `post` in the form."""
        headers = {}
        if post:
            form |= {"client_id": self.client_id, "client_secret": self.secret}
        else:
            pair = f"{self.client_id}:{self.secret}".encode()
            headers["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
        return Caller().client.generic(
            "POST",
            f"/api/v1/oauth/{path}",
            urlencode(form),
            content_type=FORM,
            headers=headers,
            **(client or {}),
        )

    def token(self, **form: Any) -> str:
        """A fresh token."""
        answer = self.ask("token", grant_type="client_credentials", **form)
        assert answer.status_code == 200, answer.content
        return str(answer.json()["access_token"])

    def caller(self, **form: Any) -> "Bearer":
        """Somebody who calls the API with a fresh token."""
        return Bearer(self.token(**form))


class Bearer(Caller):
    """A caller who holds a token."""

    def __init__(self, token: str) -> None:
        """Sign in with the token."""
        super().__init__()
        self.token = token
        self.standing = {"Authorization": f"Bearer {token}"}


def administers(person: Person) -> Person:
    """The person, made an administrator."""
    Membership.objects.filter(id=person.membership.id).update(administers=True)
    return person


def clients_of(person: Person) -> str:
    """Where the clients of the person's organisation are."""
    return f"/api/v1/organisations/{person.organisation.id}/clients"


def registered(person: Person, **changes: Any) -> Machine:
    """A new machine of the person's organisation, made by the person."""
    administers(person)
    body = {"name": "program", "roles": list(person.membership.roles), "scopes": ["*"], **changes}
    answer = person.post(clients_of(person), body)
    assert answer.status_code == 201, answer.content
    told = answer.json()
    return Machine(told["id"], told["client_id"], told["client_secret"])
