"""An order of what a hold keeps beside whoever takes machines of the same pool: neither waits for what the other has."""

import time
from threading import Event
from uuid import UUID

import pytest
from django.db import connection, transaction

from aggregation.services.gate import require_sellable
from kernel.models import Claim
from kernel.services.capacity import UNLIMITED, lock_rows
from kernel.services.hold_accounts import count_hold
from marketplace.models import Order
from marketplace.services.orders import place_order
from tests.aggregation.supply import made
from tests.marketplace.test_line_words import FAR, WORDS, quote, surveyed
from tests.scheduling.live import chosen, open_entered_market
from tests.support.cast import World
from tests.support.races import kinds, race

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
SCENE = open_entered_market


def waits() -> bool:
    """Whether anybody waits for a lock of this database."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')"
        )
        return bool(cursor.fetchone()[0])


@pytest.mark.parametrize("by_word", [False, True])
def test_an_order_of_a_hold_locks_the_ledger_before_the_offer_as_whoever_holds_anew(
    world: World, *, by_word: bool
) -> None:
    word = surveyed(world)
    if by_word:
        made(world.ben.post(f"{WORDS}/{word['id']}:hold"))
    selection = word["selection"] if by_word else chosen(world.ben, **FAR)["id"]
    bundle = {"selection": selection, "bundle": 0}
    hold = made(world.ben.post("/api/v1/holds", bundle))
    quoted = (
        quote(world.ben, word, hold=hold["id"]) if by_word else made(world.ben.post("/api/v1/quotes", bundle))
    )
    pool = Claim.objects.get(bundle=hold["id"], resource__unit="machine").resource_id
    locked, done = Event(), Event()

    @transaction.atomic
    def take() -> None:
        count_hold(tenant=world.ben.actor.tenant_id, quota=UNLIMITED)
        lock_rows([pool])
        locked.set()
        until = time.monotonic() + 10
        while not (done.is_set() or waits()) and time.monotonic() < until:
            time.sleep(0.01)
        require_sellable([UUID(hold["offer"])])

    def order() -> Order:
        locked.wait(10)
        try:
            return place_order(
                quote=UUID(quoted["id"]), client_ref="PO-1", actor=world.ben.actor, hold=UUID(hold["id"])
            )
        finally:
            done.set()

    came = race(take, order)
    assert kinds(came) == {"NoneType": 1, "Order": 1}, came
