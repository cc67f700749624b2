"""What a reading costs: its statements are on record, and sixty rows cost as many as two.

`UPDATE_QUERY_COUNTS=1 ./dev test tests/isolation/test_query_counts.py` records a change that is meant.
The wall between tenants adds none: PostgreSQL is told who asks together with the first statement.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.apps import apps
from django.db import transaction

from kernel.models.base import Entity
from monitoring.models import Telemetry
from tests.isolation.addresses import Address
from tests.isolation.calls import ASKERS, Answer, ask, role_of, tenant_of
from tests.isolation.checks import FIGURES, expected, items, things_at
from tests.isolation.conftest import House
from tests.isolation.copies import crowd
from tests.isolation.owners import Ledger
from tests.isolation.test_lists import PAGED, READINGS

pytestmark = pytest.mark.django_db
RECORD = Path(__file__).with_name("query_counts.json")
UPDATING = bool(os.environ.get("UPDATE_QUERY_COUNTS"))
FEW, MANY, DEFAULT = 2, 60, 50
ARGUMENTS = {
    "identifiers.decode_code": "code=86.320000/000000000000C",
    "monitoring.read_coverage": "start=2026-06-01T00:00:00Z&end=2026-06-02T00:00:00Z",
    "scheduling.read_punctuality": "start=2026-06-01T00:00:00Z&end=2026-07-01T00:00:00Z",
    "scheduling.read_serviceability": "site=sip-weiting&centre=wujiang-ada&bandwidth_mbps=1000",
    "security.read_consistency": "old=1",
    "security.read_proof": "position=1",
}
FILES = {"participants.read_document"}  # what the cast was licensed with has no file
BY_TEXT = {
    "identifiers.read_successors",
    "identifiers.read_dictionary",
    "identifiers.resolve_identifier",
    "identifiers.resolve_text",
    "identifiers.read_prefix",
    "identifiers.read_qr_code",
}  # an address without an id: tests/identifiers
OF_THE_SNAPSHOT = {
    "scheduling.list_catalogue_lines"
}  # what is on sale: copies of a product are in no snapshot
KEPT = [each for each in READINGS if each.operation not in BY_TEXT]
Counts = dict[str, dict[str, str | int]]


@pytest.fixture(scope="module")
def counts() -> Iterator[Counts]:
    """Operation → who asked, and how many statements it took; written anew where a change is meant."""
    found: Counts = json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.exists() else {}
    yield found
    if UPDATING:
        RECORD.write_text(
            json.dumps(dict(sorted(found.items())), indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
        )


def costliest(house: House, ledger: Ledger, address: Address, asker: str, query: str = "") -> Answer | None:
    """The answer with the most rows, then statements, of all that somebody may ask at an address; the node is warm."""
    role, tenant = role_of(asker), tenant_of(house, asker)
    told = FIGURES.get(address.operation, "") or ARGUMENTS.get(address.operation, "")
    query = "?" + "&".join(filter(None, (told, query)))
    best: Answer | None = None
    for thing in things_at(ledger, address, tenant):
        if expected(address, role, tenant, thing) != "in" or (
            thing and thing.over and address.operation in FILES
        ):
            continue
        key = thing.id if thing else ""
        ask(house, asker, address, key, query)
        answer = ask(house, asker, address, key, query)
        if answer.status < 500 and (best is None or _weight(answer) > _weight(best)):
            best = answer
    return best


def _weight(answer: Answer) -> tuple[bool, int, int]:
    rows = len(items(answer)) if isinstance(answer.document, dict | list) else 0
    return answer.status == 200, rows, len(answer.statements)


@pytest.mark.parametrize("address", KEPT, ids=lambda each: each.operation)
def test_a_reading_takes_as_many_statements_as_on_record(
    house: House, ledger: Ledger, counts: Counts, address: Address
) -> None:
    known = counts.get(address.operation)
    if UPDATING:
        askers = [str(known["asker"])] if known else ASKERS
        seen = [(each, costliest(house, ledger, address, each)) for each in askers]
        asker, answer = max(
            ((who, answer) for who, answer in seen if answer), key=lambda pair: _weight(pair[1])
        )
        counts[address.operation] = {"asker": asker, "statements": len(answer.statements)}
        return
    assert known, f"{address.operation} is not on record: UPDATE_QUERY_COUNTS=1 writes it down"
    found = costliest(house, ledger, address, str(known["asker"]))
    assert found, f"{known['asker']} may not read it any more"
    assert len(found.statements) == known["statements"], (
        f"{known['statements']} on record, asked were:\n" + "\n".join(found.statements)
    )


def test_nothing_is_on_record_that_there_is_not(counts: Counts) -> None:
    assert set(counts) <= {each.operation for each in KEPT}


@pytest.mark.parametrize(
    "address",
    [each for each in PAGED if each.operation not in OF_THE_SNAPSHOT],
    ids=lambda each: each.operation,
)
def test_s11_sixty_rows_cost_as_many_statements_as_two(
    house: House, ledger: Ledger, counts: Counts, address: Address
) -> None:
    asker = str(counts[address.operation]["asker"])
    seen = costliest(house, ledger, address, asker)
    assert seen
    query = f"?{FIGURES.get(address.operation, '')}&limit="
    few = ask(house, asker, address, seen.key, f"{query}{FEW}")
    with transaction.atomic():
        if len(items(seen)) < DEFAULT:
            assert any(crowd(row, MANY) for row in rows_of(address, seen)), (
                f"no row of {address.operation} can be copied"
            )
        many = ask(house, asker, address, seen.key, f"{query}{MANY}")
        transaction.set_rollback(True)
    assert (len(items(few)), len(items(many))) == (FEW, MANY)
    assert len(few.statements) == len(many.statements), "\n".join(many.statements)


def rows_of(address: Address, answer: Answer) -> Iterator[Any]:
    """The rows behind the items of a list."""
    if address.operation == "monitoring.list_points":
        yield Telemetry.objects.filter(feed_id=UUID(answer.key), metric=items(answer)[0]["metric"]).earliest(
            "ts"
        )
        return
    ids = [str(each.get("id")) for each in items(answer) if each.get("id")]
    for model in apps.get_models():
        if issubclass(model, Entity):
            yield from model.objects.filter(id__in=ids)
