"""A lock that somebody else has: one says so at once, or waits a while for it."""

from threading import Timer

import pytest
from django.db import connection

from kernel.locks import Lock, try_lock


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("held", "patience", "taken"), [(0.05, 5.0, True), (5.0, 0.05, False), (5.0, 0.0, False)]
)
def test_a_lock_is_waited_for_no_longer_than_was_said(held: float, patience: float, *, taken: bool) -> None:
    other = connection.copy()
    other.inc_thread_sharing()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s, hashtext('waited for'))", [Lock.WEBHOOKS.value])
    done = Timer(held, other.close)
    done.start()
    assert try_lock(Lock.WEBHOOKS, "waited for", patience=patience) is taken
    done.cancel()
    done.join()
    other.close()
