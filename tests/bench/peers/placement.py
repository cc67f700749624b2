"""OpenStack Placement on a database and a web server of its own, with a resource provider for each offer of a world."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import psycopg
from psycopg import sql

from config.embedded.process import clean_environment, end, follow, spawn
from config.embedded.stack import ROOT
from kernel.ids import new_id
from scheduling.domain.supply.supply import Offer
from tests.bench.contest.wire import Wire, free_port, wait_for
from tests.bench.contest.world import REGIONS, World
from tests.bench.peers.place import install_peers

DATABASE = "placement"
GPU = 10_001
TRAITS = {
    "H100": "CUSTOM_H100",
    "A100": "CUSTOM_A100",
    "Ascend 910B": "CUSTOM_ASCEND_910B",
    "L40S": "CUSTOM_L40S",
}
PRECISIONS = {"fp64": "CUSTOM_FP64", "fp32": "CUSTOM_FP32", "fp16": "CUSTOM_FP16"}
HEADERS = {"X-Auth-Token": "admin", "OpenStack-API-Version": "placement 1.39", "Accept": "application/json"}


@dataclass(frozen=True)
class Filter:
    """What both sides are asked to keep to: per unit of compute, with a card, precisions, and regions to stand in."""

    vcpus: int
    memory_gib: int
    cards: int
    card: str | None
    precisions: tuple[str, ...]
    regions: tuple[int, ...]

    def query(self, limit: int | None) -> str:
        """The address that asks Placement for it."""
        resources = f"VCPU:{self.vcpus},MEMORY_MB:{self.memory_gib * 1024}"
        asked: list[tuple[str, str]] = [
            ("resources", resources + (f",CUSTOM_GPU:{self.cards}" if self.cards else ""))
        ]
        traits = [TRAITS[self.card]] if self.card else []
        traits += [PRECISIONS[each] for each in self.precisions]
        if traits:
            asked.append(("required", ",".join(traits)))
        if self.regions:
            asked.append(("required", "in:" + ",".join(region(each) for each in self.regions)))
        if limit is not None:
            asked.append(("limit", str(limit)))
        return "/allocation_candidates?" + urlencode(asked, safe=":,")


def region(number: int) -> str:
    """The trait of a region."""
    return f"CUSTOM_REGION_{number}"


class Placement:
    """A running Placement that has the offers of a world; `names` are the offers by the ids of its providers."""

    def __init__(self, wire: Wire, names: dict[str, str]) -> None:
        """Keep the connection."""
        self.wire, self.names = wire, names

    def candidates(self, asked: Filter, limit: int | None) -> tuple[float, set[str]]:
        """The seconds of one request, and the offers that it names."""
        seconds, status, body = self.wire.send("GET", asked.query(limit), HEADERS)
        assert status == 200, body
        found = json.loads(body)["allocation_requests"]
        return seconds, {self.names[each] for request in found for each in request["allocations"]}


@contextmanager
def placement(owner: str, world: World, folder: Path) -> Iterator[Placement]:
    """Placement with a resource provider for each offer of the world; `owner` is as in `serving`."""
    with serving(owner, folder) as (port, address):
        wire = Wire(port)
        wire.send(
            "GET", "/resource_classes", HEADERS
        )  # with the first request come its own classes and traits
        yield Placement(wire, _load(address, world))


@contextmanager
def serving(owner: str, folder: Path, *, workers: int = 1) -> Iterator[tuple[int, str]]:
    """An empty Placement beside our database, whose owner's address is `owner`; its port, and its database's address."""
    home = urlsplit(owner)
    host = {name: values[0] for name, values in parse_qs(home.query).items()}
    with psycopg.connect(owner, autocommit=True) as admin:
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(DATABASE)))
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
    folder.mkdir(exist_ok=True)
    python = install_peers()
    (folder / "placement.conf").write_text(
        "[DEFAULT]\ndefault_log_levels = placement=ERROR\n[api]\nauth_strategy = noauth2\n[placement_database]\n"
        f"connection = postgresql+psycopg2://{home.username}@/{DATABASE}?{urlencode(host)}\n",
        encoding="utf-8",
    )
    environment = clean_environment(OS_PLACEMENT_CONFIG_DIR=str(folder))
    manage = [python.with_name("placement-manage"), "--config-dir", folder, "db", "sync"]
    if follow(manage, env=environment, cwd=ROOT):
        raise RuntimeError("placement-manage db sync failed")
    port = free_port()
    command = [python, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", port]
    command += ["--workers", workers, "--blocking-threads", 4, "--no-ws", "placement.wsgi.api:application"]
    process = spawn(command, log=folder / "placement.log", env=environment, cwd=ROOT)
    try:
        wait_for(process, port, folder / "placement.log")
        yield port, home._replace(path=f"/{DATABASE}").geturl()
    finally:
        end([process], grace=5)


def _load(address: str, world: World) -> dict[str, str]:
    """A root provider for each offer with inventories and traits, as Placement's own calls would write them."""
    with psycopg.connect(address) as connection, connection.cursor() as cursor:
        kinds = dict(cursor.execute("SELECT name, id FROM resource_classes").fetchall())
        cursor.execute(
            "INSERT INTO resource_classes (id, name, created_at) VALUES (%s, 'CUSTOM_GPU', now())", [GPU]
        )
        kinds["CUSTOM_GPU"] = GPU
        custom = [*TRAITS.values(), *PRECISIONS.values(), *map(region, range(REGIONS))]
        cursor.execute("INSERT INTO traits (name, created_at) SELECT unnest(%s::text[]), now()", [custom])
        traits: dict[str, int] = dict(cursor.execute("SELECT name, id FROM traits").fetchall())
        ids = {number: new_id() for number, _ in enumerate(world.offers, start=1)}
        with cursor.copy(
            "COPY resource_providers (id, uuid, name, generation, root_provider_id, created_at, updated_at) FROM STDIN"
        ) as copy:
            for number, offer in enumerate(world.offers, start=1):
                copy.write_row((number, str(ids[number]), offer.offer, 0, number, "now", "now"))
        with cursor.copy(
            "COPY inventories (resource_provider_id, resource_class_id, total, reserved, min_unit, max_unit, step_size,"
            " allocation_ratio, created_at, updated_at) FROM STDIN"
        ) as copy:
            for number, offer in enumerate(world.offers, start=1):
                for name, amount in _amounts(offer).items():
                    copy.write_row((number, kinds[name], amount, 0, 1, amount, 1, 1.0, "now", "now"))
        with cursor.copy(
            "COPY resource_provider_traits (trait_id, resource_provider_id, created_at, updated_at) FROM STDIN"
        ) as copy:
            for number, offer in enumerate(world.offers, start=1):
                for name in _traits(offer, world.region[offer.centre]):
                    copy.write_row((traits[name], number, "now", "now"))
        cursor.execute("SELECT setval(pg_get_serial_sequence('resource_providers', 'id'), %s)", [len(ids)])
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
    return {str(ids[number]): offer.offer for number, offer in enumerate(world.offers, start=1)}


def _amounts(offer: Offer) -> dict[str, int]:
    amounts = {"VCPU": offer.vcpus or 0, "MEMORY_MB": int(offer.memory_gib or 0) * 1024}
    return amounts | ({"CUSTOM_GPU": offer.accelerators} if offer.accelerators else {})


def _traits(offer: Offer, number: int) -> Iterator[str]:
    yield region(number)
    if offer.accelerator:
        yield TRAITS[offer.accelerator]
    for precision, trait in PRECISIONS.items():
        if getattr(offer, f"{precision}_tflops"):
            yield trait
