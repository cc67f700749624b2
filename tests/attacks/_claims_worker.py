"""A process of the attack by faults: a buyer who holds, confirms, extends and gives back, or the one who sweeps."""

import random
import sys
import time
from datetime import timedelta

import django
from django.db import DatabaseError, InterfaceError, connection
from django.db.models.functions import Now

if __name__ == "__main__":
    django.setup()  # before the models below are imported

from kernel.errors import HoldGone, HoldQuotaReached, SoldOut
from kernel.ids import new_id
from kernel.models import Claim
from kernel.models.capacity import ClaimState
from kernel.services import capacity
from kernel.tenancy import as_node
from tests.attacks._claims_faults import known
from tests.kernel.ledger import declare, hold

CARDS, LINE = known("cards"), known("line")
TOTAL = 12
LONG = timedelta(seconds=5)


def buy(dice: random.Random) -> None:
    """Hold cards with their line, then do with them what buyers do."""
    bundle, quantity = new_id(), dice.randint(1, 3)
    hold({CARDS: quantity, LINE: quantity}, bundle=bundle, ttl=timedelta(milliseconds=dice.randint(20, 3000)))
    act = dice.random()
    if act < 0.2:
        capacity.extend(bundle=bundle, ttl=timedelta(seconds=1))
    if act < 0.6:
        capacity.confirm(bundle=bundle)
    if act < 0.9:
        capacity.release(bundle=bundle)


def sweep(_: random.Random) -> None:
    """Expire what is due, and give back what its buyer confirmed before it was killed."""
    left = Claim.objects.filter(state=ClaimState.CONFIRMED, created_at__lt=Now() - LONG)
    for bundle in left.values_list("bundle", flat=True)[:10]:
        capacity.release(bundle=bundle)
    if not capacity.expire_next():
        time.sleep(0.02)


def main(role: str, seed: int) -> None:
    """Work until killed; a lost connection is made again."""
    if role == "declare":
        for resource in (CARDS, LINE):
            declare(TOTAL, resource)
        return
    act, dice = {"buyer": buy, "sweeper": sweep}[role], random.Random(seed)
    while True:
        try:
            act(dice)
        except (SoldOut, HoldGone, HoldQuotaReached):
            time.sleep(0.01)
        except (DatabaseError, InterfaceError):
            connection.close()
            time.sleep(0.05)


if __name__ == "__main__":
    with as_node("as the web worker and the sweep would"):
        main(sys.argv[1], int(sys.argv[2]))
