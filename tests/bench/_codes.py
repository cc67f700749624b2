"""The ground that resolution is measured on: ten thousand active identifiers, and codes that were never issued."""

from collections.abc import Sequence
from random import Random

import psycopg
from django.db import connection

from identifiers.domain.codes import Code
from identifiers.domain.lifecycle import IdentifierKind, IdentifierState
from identifiers.models import Descriptor, Identifier, IssuedCode
from identifiers.services.prefixes import accept_prefix
from kernel.actor import SYSTEM
from kernel.ids import new_id

PREFIX = "86.320000"
TABLE = """
    CREATE TABLE bench_row (
        code varchar(40) PRIMARY KEY, kind text, state text, filing text, described_at timestamptz, attributes jsonb
    );
    GRANT SELECT, INSERT ON bench_row TO PUBLIC
"""
ROWS = """
    INSERT INTO bench_row SELECT i.code, i.kind, i.state, i.filing, d.created_at AS described_at, d.attributes
    FROM identifier i JOIN descriptor d ON d.identifier_id = i.id
"""


def furnish(count: int, missing: int, dice: Random) -> tuple[list[str], list[str]]:
    """Make them: the codes that stand for something, and those that were never issued."""
    accept_prefix(prefix=PREFIX, delegated_by="000000", actor=SYSTEM)
    drawn: dict[str, None] = {}
    while len(drawn) < count + missing:
        if code := Code.of_number(PREFIX, dice.randrange(32**12)):
            drawn[str(code)] = None
    codes = list(drawn)
    tenants = [new_id() for _ in range(50)]
    rows = [
        Identifier(
            tenant_id=dice.choice(tenants),
            kind=IdentifierKind.POOL,
            subject=new_id(),
            state=IdentifierState.ACTIVE,
            code=code,
            filing=f"N-{number}",
        )
        for number, code in enumerate(codes[:count])
    ]
    Identifier.objects.bulk_create(rows, batch_size=1000)
    IssuedCode.objects.bulk_create(
        [IssuedCode(code=code, identifier=row) for code, row in zip(codes, rows, strict=False)],
        batch_size=1000,
    )
    Descriptor.objects.bulk_create(
        [
            Descriptor(identifier=row, version=1, profile="1", attributes=_described(number))
            for number, row in enumerate(rows)
        ],
        batch_size=1000,
    )
    return codes[:count], codes[count:]


def plain_rows(owner_url: str) -> None:
    """The same facts as a plain table with a key."""
    with psycopg.connect(owner_url, dbname=str(connection.settings_dict["NAME"]), autocommit=True) as owner:
        owner.execute(TABLE)
        with connection.cursor() as cursor:
            cursor.execute(ROWS)
        owner.execute("ANALYZE")


def zipf(items: Sequence[str], count: int, dice: Random) -> list[str]:
    """So many draws in which the n-th item's share is as 1/n."""
    return dice.choices(items, [1 / place for place in range(1, len(items) + 1)], k=count)


def _described(number: int) -> dict[str, object]:
    return {
        "name": f"示范资源池 {number}",
        "division": "320509",
        "compute_kind": "gpu",
        "accelerator": "H100",
        "cards": 8 + number % 64,
        "capacity_full": 8 + number % 64,
        "capacity_unit": "card",
    }
