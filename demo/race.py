"""Sixteen users who want the last machines at the same moment."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import uuid4

from stdnum.cn import uscc

from demo.client import Client, expect
from demo.steps.register import register, upload
from demo.world import World

RACERS = 16
WON, LOST = 201, 409


def gather(world: World) -> None:
    """Let sixteen firms register while the demo waits for something else."""
    pool = ThreadPoolExecutor(4)
    world.racers = [pool.submit(join, world, number) for number in range(RACERS)]
    world.closing.append(lambda: pool.shutdown(wait=False, cancel_futures=True))


def race_for_the_last(world: World) -> tuple[int, int]:
    """Let the firms that were gathered order the best bundle at once; what was free, and how many won."""
    firms = [racer.result() for racer in world.racers]
    wishes = [wish(world, firm) for firm in firms]
    free = free_machines(world, world.facts["best"]["offer"])
    gate = Barrier(RACERS)

    def order(number: int) -> int:
        gate.wait(30)
        return firms[number].send("POST", "/api/v1/orders", json=wishes[number]).status_code

    with ThreadPoolExecutor(RACERS) as pool:
        outcomes = Counter(pool.map(order, range(RACERS)))
    expect(outcomes[WON] == min(free, RACERS), f"exactly {free} of {RACERS} win: {dict(outcomes)}")
    expect(set(outcomes) <= {WON, LOST}, f"the rest get a clean 409: {dict(outcomes)}")
    return free, outcomes[WON]


def join(world: World, number: int) -> Client:
    """Register one more user and have it certified by two people."""
    template = next(o for o in world.load("organisations.json")["organisations"] if o["key"] == "materials")
    body = f"91320500DEM1{number:05d}"
    party = {
        **template,
        "name": f"示范竞购用户{number + 1}（演示数据）",
        "uscc": body + str(uscc.calc_check_digit(body)),
        "contact": {"name": f"演示竞购{number + 1}", "email": f"racer{number}@racers.example"},
    }
    joined = register(Client(world.regional.url), party)
    client, here = (
        Client(world.regional.url, joined["api_key"]),
        f"/api/v1/organisations/{joined['organisation']['id']}",
    )
    for document in party["documents"]:
        upload(client, here, document)
    case = f"/api/v1/cases/{client.get(f'{here}/standing')['case']}"
    for act in ("assign", "check"):
        world.clients["operator-system"].post(f"{case}:{act}", {})
    world.clients["operator-security"].post(f"{case}:certify")
    return client


def wish(world: World, firm: Client) -> dict[str, str]:
    """Select and have the best bundle quoted: an order that only needs to be sent."""
    best = world.facts["best"]
    demand = {**world.load("demand.json")["main"], "want": []}
    selection = firm.post("/api/v1/selections", demand)
    bundles = selection["answer"]["bundles"]
    index = next(
        i
        for i, b in enumerate(bundles)
        if (b["offer"], b["technology"]) == (best["offer"], best["technology"])
    )
    quote = firm.post("/api/v1/quotes", {"selection": selection["id"], "bundle": index})
    return {"quote": quote["id"], "client_ref": str(uuid4())}


def free_machines(world: World, offer: str) -> int:
    """How many machines of an offer's pool the ledger can still grant."""
    operator = world.clients["operator-system"]
    return int(operator.get("/api/v1/pools", pool=pool_of(operator, offer))["items"][0]["free"])


def pool_of(client: Client, offer: str) -> str:
    """The key of an offer's pool."""
    return str(client.get("/api/v1/offers", offer=offer)["items"][0]["pool"])
