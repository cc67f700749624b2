"""One look at the lists that show invented things: each row says 演示数据, and so does the answer to each code."""

import json
from typing import Any

from demo.client import Client, expect
from demo.data.network import MARKING
from demo.world import World

AT_ONCE = 200
# who reads which lists; `imaging` has the demands and quotes, which others read without what they say
LISTS = {
    "regulator-one": (
        "centres", "pools", "offers", "identifiers", "sites", "spans", "tariffs", "latency-evidence", "line-products",
        "selections", "orders", "line-openings", "maintenance-windows", "statements", "voucher-policies",
        "voucher-balances", "feeds", "assets",
    ),
    "operator-system": ("orders",),
    "imaging": ("demands", "quotes", "line-products"),
    "national-regulator-one": ("filings",),
}  # fmt: skip
PUBLIC = ("catalogue/offers", "catalogue/line-products")


def look_for_unmarked(world: World) -> str:
    """Read them all; StepFailedError with the rows that do not say that they are invented. In words."""
    nobody = Client(world.regional.url)
    read = [(world.clients[name], path) for name, paths in LISTS.items() for path in paths]
    read += [(nobody, path) for path in PUBLIC]
    rows = 0
    for client, path in read:
        items = [row for row in client.get(f"/api/v1/{path}", limit=AT_ONCE)["items"] if shows_something(row)]
        rows += require_marked(path, items)
        if path == "filings":
            codes = [row["code"] for row in items]
    resolved = nobody.post("/api/v1/identifiers:resolve", {"codes": codes})["items"]
    require_marked("identifiers:resolve", resolved)
    return f"{rows} rows of {len(read)} lists and {len(resolved)} resolutions are marked {MARKING}"


def require_marked(path: str, items: list[Any]) -> int:
    """How many there are. Raises StepFailedError where there are none, or one that is not marked."""
    expect(items, f"/{path} has rows")
    unmarked = [row for row in items if MARKING not in json.dumps(row, ensure_ascii=False)]
    expect(not unmarked, f"every row of /{path} is marked {MARKING}: {unmarked[:1]}")
    return len(items)


def shows_something(row: Any) -> bool:
    """Whether a row has anything to mark: a selection that found no bundle has not."""
    return bool(row.get("bundles", True))
