"""Selections over HTTP against Placement's allocation candidates: the same filter, and the joint choice with reasons."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from config.embedded.place import EmbeddedError
from kernel.ids import new_id
from kernel.services.outbox import drain
from scheduling.domain.engine.files import parse_demand
from scheduling.services.supply import fresh_supply
from scheduling.tasks import keep_supply
from tests.bench.contest.market import Market
from tests.bench.contest.plain import plain_answer
from tests.bench.contest.rounds import Row, WrongAnswerError, compete, equal
from tests.bench.contest.wire import Wire
from tests.bench.contest.world import CARDS, CARRIERS, LOCAL, REGIONS
from tests.bench.peers.placement import Filter, Placement, placement
from tests.scheduling.oracle import Json
from tests.support.processes import web_server

TOP = 20
PARTS = {"filter": {0.5: 30.0, 0.99: 20.0}, "joint": {0.5: 15.0}}
"""The least ratios that are asked for, by part and quantile."""


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    offers: int
    centres: int
    sites: int
    questions: int
    rounds: int


@dataclass(frozen=True)
class Question:
    """The same filter for both sides; the line that a bundle needs, and how much of an answer, for us alone."""

    asked: Filter
    demand: Mapping[str, Any]
    exact: Json

    def __hash__(self) -> int:
        """Each question is itself."""
        return id(self)


def over_http(market: Market, size: Size, parts: list[str], folder: Path, dice: Random) -> Iterator[Row]:
    """The rows of the `parts` (`filter`, `joint`), on one market of that size and one Placement."""
    if fresh_supply().supply.snapshot != market.world.supply().snapshot:
        raise EmbeddedError("The node's snapshot is not the world that was put into it. 快照与样本不符。")
    owner = os.environ["DATABASE_OWNER_URL"]
    with placement(owner, market.world, folder / "placement") as peer, _our_server(folder, market) as node:
        contest = _Contest(market, peer, node, size, dice)
        if "filter" in parts:
            yield contest.row("filter", "same filter", [], _local)
            yield contest.row("filter", "same filter, with reasons", ["rejected", "relax"], _local)
        if "joint" in parts:
            yield contest.row("joint", "joint choice of compute and line", ["rejected", "relax"], _anywhere)


class _Node:
    """Our web server and a buyer's key."""

    def __init__(self, wire: Wire, key: str) -> None:
        self.wire, self.key = wire, key

    def select(self, demand: Mapping[str, Any]) -> tuple[float, Any]:
        headers = {
            "Authorization": f"Api-Key {self.key}", "Content-Type": "application/json", "Idempotency-Key": str(new_id()),
        }  # fmt: skip
        body = json.dumps(demand).encode()
        seconds, status, answer = self.wire.send("POST", "/api/v1/selections", headers, body)
        if status != 201:
            raise WrongAnswerError(answer.decode())
        drain()  # what a node's worker does within a second: else each question looks at the events of all before it
        keep_supply()
        return seconds, json.loads(answer)["answer"]


@contextmanager
def _our_server(folder: Path, market: Market) -> Iterator[_Node]:
    with web_server(folder) as (_, port):
        yield _Node(Wire(port), market.key)


class _Contest:
    """One market, one Placement, one node."""

    def __init__(self, market: Market, peer: Placement, node: _Node, size: Size, dice: Random) -> None:
        self.market, self.peer, self.node, self.size, self.dice = market, peer, node, size, dice
        self.supply = market.world.supply()

    def row(self, part: str, name: str, want: list[str], line: Any) -> Row:
        """Put questions of one kind to both; every answer is compared with the exact one."""
        questions = [self._question(want, line) for _ in range(self.size.questions)]
        for question in questions:
            _, everything = self.peer.candidates(question.asked, None)
            equal(sorted(everything), question.exact["fitting"], f"all candidates of {question.asked}")

        def agree(question: Question, mine: Any, theirs: set[str]) -> None:
            right = question.exact
            for member in ("bundles", *want):
                equal(mine[member], right[member], f"{member} of {question.demand}")
            if not theirs <= set(right["fitting"]) or len(theirs) != min(TOP, len(right["fitting"])):
                raise WrongAnswerError(f"the peer's candidates of {question.asked}")

        mine, theirs = compete(
            questions,
            lambda question: self.node.select(question.demand),
            lambda question: self.peer.candidates(question.asked, TOP),
            agree,
            rounds=self.size.rounds,
            dice=self.dice,
        )
        size = self.size
        return Row(
            part, f"HTTP, {name}, {size.offers:,} offers in {size.centres} centres, {size.sites:,} sites × 3 carriers",
            f"top {TOP}" + "".join(f", {each}" for each in want), mine, theirs, "Placement allocation_candidates", PARTS[part],
            note="POST /api/v1/selections, record and event written",
        )  # fmt: skip

    def _question(self, want: list[str], line: Any) -> Question:
        """A filter that something meets, and a demand with the same one."""
        while True:
            asked = _filter(self.dice)
            demand = self._demand(asked, want, line(self.dice, self.size.sites))
            exact = plain_answer(self.supply, parse_demand(demand))
            if exact["bundles"]:
                return Question(asked, demand, exact)

    def _demand(self, asked: Filter, want: list[str], line: Mapping[str, Any]) -> dict[str, Any]:
        compute: dict[str, Any] = {"min_vcpus": asked.vcpus, "min_memory_gib": str(asked.memory_gib)}
        if asked.cards:
            compute["min_accelerators"] = asked.cards
        if asked.card:
            compute["accelerators"] = [asked.card]
        for precision in asked.precisions:
            compute[f"min_{precision}_tflops"] = "0.000001"
        regions = [name for name, number in self.market.world.region.items() if number in asked.regions]
        return {
            "demand": "selection", "quantity": 1, "duration_hours": "720", "top": TOP, "want": want,
            "compute": compute, "centre": {"include": regions}, **line,
        }  # fmt: skip


def _filter(dice: Random) -> Filter:
    cards = dice.choice((0, 1, 2, 4))
    return Filter(
        vcpus=dice.choice((8, 32, 64)),
        memory_gib=dice.choice((16, 128, 256)),
        cards=cards,
        card=dice.choice((*CARDS, None)) if cards else None,
        precisions=tuple(sorted(dice.sample(("fp64", "fp32", "fp16"), dice.randint(0, 2)))) if cards else (),
        regions=tuple(sorted(dice.sample(range(REGIONS), dice.choice((0, 5, 10))))),
    )


def _local(_: Random, __: int) -> dict[str, Any]:
    """A line that is the same for every centre, so that the filter and the price alone decide."""
    return {"from_site": "s000000", "bandwidth_mbps": 500, "line": {"technologies": [], "providers": [LOCAL]}}


def _anywhere(dice: Random, sites: int) -> dict[str, Any]:
    """Any line of three carriers from any site, under a latency bound."""
    return {
        "from_site": f"s{dice.randrange(sites):06d}", "bandwidth_mbps": dice.choice((100, 300, 500)),
        "max_latency_us": dice.choice((3_000, 5_000, 8_000)),
        "line": {"technologies": [], "providers": list(CARRIERS)},
    }  # fmt: skip
