"""Where a node finds its servers, as a table: what the user named, and what each role makes of it."""

from pathlib import Path

import psycopg.conninfo
import pytest

from config.embedded.addresses import addresses_of, named_by_user
from config.embedded.place import EmbeddedError

SOCKETS = Path("/a folder/with?odd&signs")
REAL = {
    "DATABASE_URL": "postgresql://node_app:secret@db.example:5432/cin?sslmode=require",
    "DATABASE_OWNER_URL": "postgresql://node_owner:secret@db.example/cin",
    "REDIS_URL": "redis://broker.example:6379/0",
    "CACHE_URL": "unix:///run/redis.sock?db=1",
}


def test_embedded_addresses_survive_odd_signs_in_the_path() -> None:
    address = psycopg.conninfo.conninfo_to_dict(addresses_of("regional", SOCKETS, {}).database)
    assert address == {"user": "node_app", "dbname": "node", "host": str(SOCKETS), "port": "5432"}


def test_every_role_has_databases_of_its_own() -> None:
    all_of_them = [addresses_of(role, SOCKETS, {}) for role in ("regional", "national", "industry")]
    assert len({each.database for each in all_of_them}) == 3
    numbers = [url.rpartition("=")[2] for each in all_of_them for url in (each.broker, each.cache)]
    assert len(set(numbers)) == len(numbers) == 6


@pytest.mark.parametrize(
    ("role", "variable", "expected"),
    [
        ("regional", "DATABASE_URL", REAL["DATABASE_URL"]),
        (
            "national",
            "DATABASE_URL",
            "postgresql://node_app:secret@db.example:5432/cin_national?sslmode=require",
        ),
        ("national", "DATABASE_OWNER_URL", "postgresql://node_owner:secret@db.example/cin_national"),
        ("regional", "REDIS_URL", REAL["REDIS_URL"]),
        ("national", "REDIS_URL", "redis://broker.example:6379/2"),
        ("national", "CACHE_URL", "unix:///run/redis.sock?db=3"),
        ("industry", "CACHE_URL", "unix:///run/redis.sock?db=5"),
    ],
)
def test_real_servers_are_used_as_named_and_shared_without_touching(
    role: str, variable: str, expected: str
) -> None:
    assert addresses_of(role, SOCKETS, REAL).environment()[variable] == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("redis://broker.example", "redis://broker.example/2"),
        ("rediss://:secret@broker.example:6380/4", "rediss://:secret@broker.example:6380/6"),
        ("redis+socket:///run/redis.sock?virtual_host=1", "redis+socket:///run/redis.sock?virtual_host=3"),
        ("redis+socket:///run/redis.sock", "redis+socket:///run/redis.sock?virtual_host=2"),
    ],
)
def test_the_number_of_a_redis_database_moves_wherever_it_stands(url: str, expected: str) -> None:
    assert addresses_of("national", SOCKETS, REAL | {"REDIS_URL": url}).broker == expected


@pytest.mark.parametrize("alone", sorted(REAL))
def test_one_address_of_a_pair_is_refused_and_the_missing_one_is_named(alone: str) -> None:
    pairs = {"DATABASE_URL": "DATABASE_OWNER_URL", "REDIS_URL": "CACHE_URL"}
    other = (pairs | {second: first for first, second in pairs.items()})[alone]
    with pytest.raises(EmbeddedError, match=f"{other} is missing.*缺少 {other}"):
        named_by_user({alone: REAL[alone]})
