"""Filter and rank in one process against the catalog filters of two schedulers over clouds, on the same items."""

import csv
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

from scheduling.domain.demand import CentreBounds, Compute, Demand
from scheduling.domain.engine.first import first_offers
from scheduling.domain.supply.supply import Centre, Offer, Site, Supply
from tests.bench.contest.rounds import Row, compete, equal
from tests.bench.peers.place import Peer

TOP = 20
CARDS = ("A100", "H100", "H200", "L4", "L40S")
REGIONS = 30


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    sky_rows: int
    hunt_items: int
    questions: int
    rounds: int


@dataclass(frozen=True)
class Question:
    """A card, how many of them at least, vCPUs and GiB at least, and a region or any."""

    card: str
    cards: int
    vcpus: int
    memory_gib: int
    region: str | None

    def demand(self) -> Demand:
        """As we are asked."""
        return Demand(
            demand="d", from_site="s", quantity=1, bandwidth_mbps=1,
            compute=Compute(
                accelerators=(self.card,), min_accelerators=self.cards, min_vcpus=self.vcpus,
                min_memory_gib=Decimal(self.memory_gib),
            ),
            centre=CentreBounds(include=(self.region,) if self.region else ()),
        )  # fmt: skip

    def met_by(self, offer: Offer) -> bool:
        """Plainly, whether an offer is one."""
        return (
            offer.accelerator == self.card
            and (offer.accelerators or 0) >= self.cards
            and (offer.vcpus or 0) >= self.vcpus
            and (offer.memory_gib or 0) >= self.memory_gib
            and self.region in (None, offer.centre)
        )


def catalogs(size: Size, folder: Path, dice: Random) -> Iterator[Row]:
    """One row for each peer."""
    offers = _offers(size.sky_rows, dice)
    path = folder / "catalog.csv"
    _write_csv(offers, path)
    with Peer("skypilot_filter.py", path) as sky:
        yield _contest(
            offers, f"SkyPilot catalog filter, {size.sky_rows:,} rows", size, dice, sky,
            ask=lambda question: {
                "acc_name": question.card, "acc_count": question.cards, "cpus": f"{question.vcpus}+",
                "memory": f"{question.memory_gib}+", "region": question.region,
            },
        )  # fmt: skip
    offers = _offers(size.hunt_items, dice)
    path = folder / "items.json"
    path.write_text(json.dumps([_item(offer) for offer in offers]), encoding="utf-8")
    with Peer("gpuhunt_matches.py", path) as hunt:
        yield _contest(
            offers, f"gpuhunt matches and sort, {size.hunt_items:,} items", size, dice, hunt,
            ask=lambda question: {
                "gpu_name": [question.card], "min_gpu_count": question.cards, "min_cpu": question.vcpus,
                "min_memory": float(question.memory_gib),
            },
        )  # fmt: skip


def _contest(
    offers: list[Offer],
    name: str,
    size: Size,
    dice: Random,
    peer: Peer,
    *,
    ask: Callable[[Question], dict[str, Any]],
) -> Row:
    """The same questions to both; the peers do not know of regions in the same way, so only SkyPilot is asked for one."""
    regional = "SkyPilot" in name
    questions = [
        Question(
            dice.choice(CARDS), 8, dice.choice((2, 32, 64)), dice.choice((8, 128)),
            f"region-{dice.randrange(REGIONS)}" if regional and number % 2 else None,
        )
        for number in range(size.questions)
    ]  # fmt: skip
    centres = [Centre(f"region-{number}", None, "s", None, None, None, None) for number in range(REGIONS)]
    site = Site("s", None, None, None, "320500", None)
    columns = Supply.build([site], [], [], centres, offers).columns
    exact = {
        question: [
            offer.offer
            for offer in sorted(filter(question.met_by, offers), key=lambda offer: offer.price_cny_hour)
        ][:TOP]
        for question in questions
    }

    def ours(question: Question) -> tuple[float, list[str]]:
        begin = time.perf_counter()
        found = first_offers(columns, question.demand(), TOP)
        return time.perf_counter() - begin, columns.offers[columns.offer[found]].tolist()

    def agree(question: Question, mine: list[str], theirs: list[str]) -> None:
        equal(mine, exact[question], f"ours, {question}")
        equal(theirs[:TOP], exact[question], f"{name}, {question}")

    mine, theirs = compete(
        questions, ours, lambda question: peer.ask(ask(question)), agree, rounds=size.rounds, dice=dice
    )
    what = f"filter and rank {len(offers):,} offers in one process"
    least = {0.5: 10.0 if regional else 100.0}
    return Row("catalogs", what, f"first {TOP} offers, no line", mine, theirs, name, least)


def _offers(count: int, dice: Random) -> list[Offer]:
    """Items of a catalog, each at a price of its own."""
    prices = dice.sample(range(1_000, 4_000_000), count)
    found = []
    for number, price in enumerate(prices):
        cards = dice.choice((0, 0, 1, 2, 4, 8))
        vcpus = dice.choice((2, 4, 8, 16, 32, 64, 96, 192))
        found.append(
            Offer(
                offer=f"t{number}.x", centre=f"region-{dice.randrange(REGIONS)}", provider="p", kind="general",
                accelerator=dice.choice(CARDS) if cards else None, domestic=None, accelerators=cards,
                accelerator_memory_gib=Decimal(80) if cards else None, vcpus=vcpus, memory_gib=Decimal(vcpus * 4),
                fp64_tflops=None, fp32_tflops=None, fp16_tflops=None, price_cny_hour=Decimal(price).scaleb(-4),
                available=1,
            )
        )  # fmt: skip
    return found


def _write_csv(offers: list[Offer], path: Path) -> None:
    """In the columns of SkyPilot's catalogs (version 8)."""
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(
            [
                "InstanceType",
                "AcceleratorName",
                "AcceleratorCount",
                "vCPUs",
                "MemoryGiB",
                "GpuInfo",
                "Price",
                "SpotPrice",
                "Region",
                "AvailabilityZone",
                "Arch",
            ]
        )
        for offer in offers:
            rows.writerow(
                (
                    offer.offer, offer.accelerator or "", offer.accelerators or "", offer.vcpus, offer.memory_gib, "",
                    offer.price_cny_hour, "", offer.centre, f"{offer.centre}a", "x86_64",
                )
            )  # fmt: skip


def _item(offer: Offer) -> dict[str, Any]:
    """In the members of gpuhunt's catalog."""
    return {
        "instance_name": offer.offer, "location": offer.centre, "price": float(offer.price_cny_hour),
        "cpu": offer.vcpus, "memory": float(offer.memory_gib or 0), "gpu_count": offer.accelerators,
        "gpu_name": offer.accelerator, "gpu_memory": float(offer.accelerator_memory_gib or 0), "spot": False,
        "provider": "aws", "disk_size": None,
    }  # fmt: skip
