"""Where a node finds its database, its broker and its cache: embedded sockets, or the real servers the user names."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from config.embedded.place import EmbeddedError
from config.embedded.postgresql import APP, OWNER, PORT

DATABASE = "node"
# Nodes of one machine share the servers: each role has its own database, and its own pair of Redis databases; a second
# region of the same machine has a place of its own.
SUFFIXES = {"regional": "", "national": "_national", "industry": "_industry", "neighbour": "_neighbour"}
PAIRS = (("DATABASE_URL", "DATABASE_OWNER_URL"), ("REDIS_URL", "CACHE_URL"))


@dataclass(frozen=True)
class Addresses:
    """The four addresses of a node, as URLs."""

    database: str
    database_owner: str
    broker: str
    cache: str

    def environment(self) -> dict[str, str]:
        """The variables that config.settings reads."""
        return {
            "DATABASE_URL": self.database,
            "DATABASE_OWNER_URL": self.database_owner,
            "REDIS_URL": self.broker,
            "CACHE_URL": self.cache,
        }


def named_by_user(environ: Mapping[str, str]) -> dict[str, str]:
    """The real servers that the user's environment names; EmbeddedError where one of a pair stands without the other."""
    named = {name: environ[name] for pair in PAIRS for name in pair if environ.get(name)}
    for pair in PAIRS:
        if len(missing := [name for name in pair if name not in named]) == 1:
            raise EmbeddedError(
                f"{missing[0]} is missing: set both {' and '.join(pair)}. 缺少 {missing[0]}：两者须同时设置。"
            )
    return named


def database_name(role: str) -> str:
    """The name of the embedded database of a node of `role`."""
    return DATABASE + SUFFIXES[role]


def addresses_of(role: str, sockets: Path, named: Mapping[str, str]) -> Addresses:
    """The addresses of a node of `role`: what the user named, moved to the role's own databases, else `sockets`."""
    slot = list(SUFFIXES).index(role)
    return Addresses(
        database=_database(named.get("DATABASE_URL"), APP, role, sockets),
        database_owner=_database(named.get("DATABASE_OWNER_URL"), OWNER, role, sockets),
        broker=shifted(named["REDIS_URL"], slot)
        if "REDIS_URL" in named
        else f"redis+socket://{sockets}/redis.sock?virtual_host={2 * slot}",
        cache=shifted(named["CACHE_URL"], slot)
        if "CACHE_URL" in named
        else f"unix://{sockets}/redis.sock?db={2 * slot + 1}",
    )


def _database(url: str | None, user: str, role: str, sockets: Path) -> str:
    if url is None:
        host = urlencode({"host": str(sockets), "port": PORT}, quote_via=quote)
        return f"postgresql://{user}@/{database_name(role)}?{host}"
    base, mark, query = url.partition("?")
    return f"{base}{SUFFIXES[role]}{mark}{query}"


def shifted(url: str, slot: int) -> str:
    """The same Redis, `2 * slot` databases further on, in whichever of its three places the number stands."""
    if slot == 0:
        return url
    parts = urlsplit(url)
    if parts.scheme in ("redis", "rediss"):
        return parts._replace(path=f"/{int(parts.path.strip('/') or 0) + 2 * slot}").geturl()
    name = "virtual_host" if parts.scheme == "redis+socket" else "db"
    query = parse_qs(parts.query)
    query[name] = [str(int(query.get(name, ["0"])[0]) + 2 * slot)]
    return f"{url.partition('?')[0]}?{urlencode(query, doseq=True)}"
