"""Attack on orders through a real web server: one key, one effect, whatever the network does (INVARIANTS A-1, A-2, A-3).

`python -m tests.attacks.orders [--keys 20] [--crowd 32] [--cuts 20] [--seed 0]` prints what came of it; exit 1 where an
order was placed twice, a key of one firm touched another, or anything was answered by a 5xx. The release tier is
`--keys 1000 --cuts 2000`.
"""

import argparse
import json
import socket
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http.client import HTTPResponse
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from threading import Barrier
from typing import Any
from uuid import UUID, uuid4

import django
from django.conf import settings

if __name__ == "__main__":
    django.setup()  # before the models below are imported

from kernel.services.hold_accounts import limit_holds
from kernel.tenancy import as_node
from marketplace.models import Order
from tests.marketplace.trade import quoted
from tests.nodes.far import new_pem
from tests.scheduling.live import open_market
from tests.support.cast import Person, World
from tests.support.processes import web_server

ORDERS = "/api/v1/orders"
Reply = tuple[int, bytes, bool]
"""Status, body, and whether it was marked as a replay."""


class Shop:
    """A running market behind a real server, and raw calls to it."""

    def __init__(self, world: World, address: tuple[str, int]) -> None:
        """Open the market with sixteen machines."""
        self.world, self.address = world, address
        open_market(world, free=16)
        limit_holds(tenant=world.ben.organisation.id, most=10**6, most_lapsed=10**6)

    def wish(self) -> dict[str, str]:
        """The body of an order of Ben's: a fresh quote and a reference that no order has."""
        return {"quote": quoted(self.world.ben)["id"], "client_ref": str(uuid4())}

    def send(self, person: Person, path: str, body: Any, key: str) -> socket.socket:
        """Send a request and leave the answer to be read, or lost."""
        data = json.dumps(body).encode()
        head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Api-Key {person.key}\r\n"
        head += (
            f"Idempotency-Key: {key}\r\nContent-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n"
        )
        wire = socket.create_connection(self.address, timeout=30)
        wire.sendall(head.encode() + data)
        return wire

    def post(self, person: Person, path: str, body: Any, key: str) -> Reply:
        """Send a request and read the answer."""
        with self.send(person, path, body, key) as wire:
            response = HTTPResponse(wire)
            response.begin()
            return response.status, response.read(), response.headers.get("Idempotent-Replayed") == "true"

    def placed(self, wish: dict[str, str]) -> int:
        """How many orders a wish has become, by its reference and by its quote."""
        found = Order.objects.filter(client_ref=wish["client_ref"]) | Order.objects.filter(
            quote=UUID(wish["quote"])
        )
        return found.count()

    def cancel(self, wish: dict[str, str]) -> None:
        """Give back what the order holds, so that there is room for the next."""
        for order in Order.objects.filter(client_ref=wish["client_ref"]):
            answer = self.world.ben.post(f"{ORDERS}/{order.id}:cancel", {"reason": "next"})
            assert answer.status_code == 200, answer.content


def same_key(shop: Shop, dice: Random, size: argparse.Namespace, seen: Counter[str]) -> Iterator[str]:
    """A-1: a crowd sends one request under one key at one instant."""
    with ThreadPoolExecutor(size.crowd) as pool:
        for _ in range(size.keys):
            wish, key, gate = shop.wish(), str(uuid4()), Barrier(size.crowd)

            def act(_: int, wish: Any = wish, key: str = key, gate: Barrier = gate) -> Reply:
                gate.wait(30)
                return shop.post(shop.world.ben, ORDERS, wish, key)

            replies = list(pool.map(act, range(size.crowd)))
            bodies = {body for status, body, _ in replies if status == 201}
            firsts = [reply for reply in replies if reply[0] == 201 and not reply[2]]
            seen.update(f"{status}{' replayed' if again else ''}" for status, _, again in replies)
            if {status for status, *_ in replies} - {201, 409} or len(firsts) != 1 or len(bodies) != 1:
                yield f"{Counter(status for status, *_ in replies)}, {len(firsts)} first answers"
            if shop.placed(wish) != 1:
                yield f"{shop.placed(wish)} orders under one key"
            shop.cancel(wish)


def reused_key(shop: Shop, dice: Random, size: argparse.Namespace, seen: Counter[str]) -> Iterator[str]:
    """A-2: a used key comes again with another body, at another address, and from another firm."""
    for _ in range(size.keys):
        wish, key = shop.wish(), str(uuid4())
        first = shop.post(shop.world.ben, ORDERS, wish, key)
        other = shop.post(shop.world.ben, ORDERS, {**wish, "client_ref": str(uuid4())}, key)
        elsewhere = shop.post(shop.world.ben, "/api/v1/demands", wish, key)
        stranger = shop.post(shop.world.bea, ORDERS, wish, key)
        again = shop.post(shop.world.ben, ORDERS, wish, key)
        statuses = [reply[0] for reply in (first, other, elsewhere, stranger, again)]
        seen.update(map(str, statuses))
        if statuses[:3] != [201, 422, 422] or stranger[0] not in (400, 404) or stranger[2]:
            yield f"statuses {statuses}"
        if again != (201, first[1], True) or shop.placed(wish) != 1:
            yield "the first answer is not replayed byte for byte"
        shop.cancel(wish)


def lost_reply(shop: Shop, dice: Random, size: argparse.Namespace, seen: Counter[str]) -> Iterator[str]:
    """A-3: the connection is cut after the commit, or at any moment before; the client tries again with its key."""
    for turn in range(size.cuts):
        wish, key = shop.wish(), str(uuid4())
        with shop.send(shop.world.ben, ORDERS, wish, key) as wire:
            if turn % 2:
                time.sleep(dice.uniform(0, 0.1))  # the cut falls anywhere
            else:
                wire.recv(1)  # the server has answered, so it has committed; the answer is lost
                seen["cut after the commit"] += 1
        reply = retried(partial(shop.post, shop.world.ben, ORDERS, wish, key))
        seen.update([f"{reply[0]}{' replayed' if reply[2] else ''}"])
        if reply[0] != 201 or shop.placed(wish) != 1 or not (turn % 2 or reply[2]):
            yield f"{reply[0]} and {shop.placed(wish)} orders"
        shop.cancel(wish)
    if seen["cut after the commit"] < size.cuts // 2:
        yield "the cuts did not land"


def retried(call: Callable[[], Reply]) -> Reply:
    """What a client does that is told that its first request is still in flight: wait, and ask again."""
    for _ in range(50):
        reply = call()
        if reply[0] != 409 or b"request_in_flight" not in reply[1]:
            break
        time.sleep(0.1)
    return reply


ATTACKS = {"A-1 one key, a crowd": same_key, "A-2 a used key": reused_key, "A-3 a lost reply": lost_reply}


def run(size: argparse.Namespace) -> list[str]:
    """Run every attack; what was broken, in words. Prints a line for each attack."""
    broken: list[str] = []
    settings.NODE_KEY = settings.NODE_KEY or new_pem()
    with TemporaryDirectory() as folder, web_server(Path(folder)) as address:
        shop = Shop(World(), address)
        for name, attack in ATTACKS.items():
            begin, seen = time.monotonic(), Counter[str]()
            found = [f"{name}: {each}" for each in attack(shop, Random(size.seed), size, seen)]
            broken += found
            print(  # noqa: T201 - a command line
                f"{'FAIL' if found else 'ok  '} {name} in {time.monotonic() - begin:.1f} s: {dict(seen)}"
            )
    return broken


def asked(words: list[str] | None = None) -> argparse.Namespace:
    """The size of the attack, from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keys", type=int, default=20)
    parser.add_argument("--crowd", type=int, default=32)
    parser.add_argument("--cuts", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args(words)


def main() -> int:
    """Run the attack from the command line."""
    with as_node("the attack looks at the rows of all"):
        broken = run(asked())
    print(*broken, sep="\n")  # noqa: T201 - a command line
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
