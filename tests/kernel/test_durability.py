"""How sure a commit is before it is answered: as sure as can be, unless the act says that it may be lost."""

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from kernel.durability import commit_without_waiting
from kernel.ids import new_id
from kernel.models import Delivery, EventRecord
from tests.kernel.bells import ring_bell

pytestmark = pytest.mark.django_db(transaction=True)
HASTY = "SET LOCAL synchronous_commit TO off; COMMIT"


def ends(act: Any) -> list[str]:
    """How the transactions of an act ended."""
    with CaptureQueriesContext(connection) as told:
        act()
    return [each["sql"] for each in told if each["sql"].endswith(("COMMIT", "ROLLBACK"))]


@transaction.atomic
def hasty() -> None:
    """An act that may be lost."""
    commit_without_waiting()
    ring_bell()


def test_only_the_act_that_may_be_lost_is_answered_before_the_disk_has_it() -> None:
    rows = EventRecord.objects.count()
    assert ends(hasty) == [HASTY]
    assert ends(transaction.atomic(ring_bell)) == ["COMMIT"], "haste ends with its transaction"
    assert EventRecord.objects.count() == rows + 2


@transaction.atomic
def failing() -> None:
    """An act that may be lost, and is."""
    hasty()
    raise ZeroDivisionError


def test_haste_ends_with_an_act_that_failed() -> None:
    with CaptureQueriesContext(connection) as told, pytest.raises(ZeroDivisionError):
        failing()
    assert told.captured_queries[-1]["sql"] == "ROLLBACK"
    assert ends(transaction.atomic(ring_bell)) == ["COMMIT"]


def test_what_only_the_commit_finds_wrong_is_said_as_django_says_it() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Delivery.objects.create(event_id=new_id(), handler="of no event", subject=new_id(), position=1)
