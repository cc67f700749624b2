"""Every write that furnishes the house, tried with undeclared members and with strangers' ids before it is made."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from pytest_django.plugin import DjangoDbBlocker

from tests.isolation.addresses import addresses
from tests.isolation.bodies import Call, mass_assigned, references, told_apart
from tests.isolation.conftest import KEEPER
from tests.support.caller import Caller
from tests.support.cast import Person

# what a body names of the caller's own: a stranger's in its place is answered as nobody's
NAMED = {
    ("marketplace.issue_quote", "/selection"),
    ("marketplace.place_order", "/quote"),
    ("marketplace.claim_voucher", "/order"),
    ("aggregation.register_pool", "/centre"),
    ("aggregation.register_offer", "/pool"),
    ("monitoring.declare_feed", "/resource"),
}


@dataclass
class Trial:
    """What was tried, and what was wrong."""

    stuffed: dict[str, list[str]] = field(default_factory=dict)
    named: dict[tuple[str, str], list[str]] = field(default_factory=dict)

    def of(self, call: Call) -> None:
        """Try a call that is about to be made: once an operation, and once a place of its body."""
        if call.operation not in self.stuffed:
            self.stuffed[call.operation] = mass_assigned(call)
        if isinstance(call.caller, Person):
            tenant = call.caller.organisation.id
            for pointer, theirs, nobodys, foreign in references(call, tenant, self.named):
                self.named[call.operation, pointer] = told_apart(call, theirs, nobodys, foreign)


@pytest.fixture(scope="module")
def trial(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Trial:
    """What came of it while this worker's house was furnished, each write tried first."""
    KEEPER.pull_down()
    found, send = Trial(), Caller.send

    def tried(self: Caller, method: str, path: str, data: object = None, **headers: str) -> Any:
        if method not in ("GET", "HEAD", "OPTIONS") and isinstance(data, dict) and path.startswith("/api/"):
            Caller.send = send  # type: ignore[method-assign] # while it is tried
            try:
                found.of(Call(self, method, path, data))
            finally:
                Caller.send = tried  # type: ignore[method-assign] # again
        return send(self, method, path, data, **headers)

    Caller.send = tried  # type: ignore[method-assign] # for the length of the furnishing
    try:
        KEEPER.furnished(django_db_blocker)
    finally:
        Caller.send = send  # type: ignore[method-assign] # as it was
    return found


def test_s18_no_write_takes_an_undeclared_member_or_a_stranger_s_row(trial: Trial) -> None:
    """One test, so that one worker furnishes on trial: undeclared members, then rows of strangers in their places."""
    assert [each for found in trial.stuffed.values() for each in found] == []
    writes = {each.operation for each in addresses() if each.method != "GET"}
    assert len(set(trial.stuffed) & writes) >= 30, sorted(trial.stuffed)
    assert [each for found in trial.named.values() for each in found] == []
    assert set(trial.named) >= NAMED, sorted(trial.named)
