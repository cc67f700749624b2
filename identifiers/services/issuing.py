"""Giving out codes, one or many at once: never twice, never one that was given before (INVARIANTS D1)."""

import secrets
from collections.abc import Sequence
from typing import Any

from django.db import IntegrityError, connection, transaction

from identifiers import events
from identifiers.domain.blocks import NUMBERS, number_within
from identifiers.domain.codes import Code
from identifiers.domain.lifecycle import LIFE, IdentifierState
from identifiers.domain.review import Review
from identifiers.errors import NoBlock, NoPrefix
from identifiers.models import Identifier, IssuedCode, Prefix
from identifiers.selectors.blocks import block_in_use
from identifiers.selectors.profiles import review_profile
from kernel.actor import SYSTEM, Actor
from kernel.services.outbox import publish_each
from kernel.shelves import strike
from kernel.systems import System, runs_here

AT_ONCE = 500
WRITE = """
    UPDATE identifier SET state = %(state)s, code = given.code, generation = generation + 1
    FROM unnest(%(ids)s::uuid[], %(codes)s::text[]) AS given(id, code) WHERE identifier.id = given.id
"""


@transaction.atomic
def approve_identifier(*, identifier: Identifier, actor: Actor) -> Identifier:
    """Issue a code and let it wait for its filing. Raises NoPrefix before the node is attached, NoBlock after a restore."""
    row = Identifier.objects.select_for_update().get(id=identifier.id)
    issue_codes(rows=[row], actor=actor)
    return row


@transaction.atomic
def issue_by_rule(at_once: int = AT_ONCE) -> int:
    """Issue what passed the automatic checks and was not drawn for a person, so many at most; returns how many. Raises NoPrefix, NoBlock.

    Another worker's rows are skipped, so many may do it at once.
    """
    if not runs_here(System.IDENTIFIERS):  # an industry node forwards, and its region decides
        return 0
    waiting = Identifier.objects.filter(state=IdentifierState.VERIFIED, review=Review.BY_RULE)
    rows = list(waiting.order_by("id").select_for_update(skip_locked=True)[:at_once])
    if rows:
        issue_codes(rows=rows, actor=SYSTEM, rule=review_profile().version)
    return len(rows)


def issue_codes(*, rows: Sequence[Identifier], actor: Actor, rule: str = "") -> None:
    """Give each of the locked rows its code, in the caller's transaction, by as many statements as one.

    Raises StateConflict for a row that is not verified, NoPrefix before the node is attached, NoBlock while this database
    has no number block of its own.
    """
    for row in rows:
        row.state = LIFE.after("file", LIFE.after("issue", row.state))
    prefix = Prefix.objects.order_by("-id").first()
    if prefix is None:
        raise NoPrefix
    block = block_in_use(prefix)
    if block is None:
        raise NoBlock
    for row, code in zip(rows, _claim(prefix.prefix, block, rows), strict=True):
        row.code = code
        row.generation += 1
    with connection.cursor() as cursor:
        given: dict[str, Any] = {
            "state": IdentifierState.FILING.value,
            "ids": [row.id for row in rows],
            "codes": [row.code for row in rows],
        }
        cursor.execute(WRITE, given)
    strike(*(row.code or "" for row in rows))  # they may have been denied
    happened = [
        events.IdentifierIssued(
            subject=row.id, tenant=row.tenant_id, code=row.code or "", kind=row.kind, rule=rule
        )
        for row in rows
    ]
    publish_each(happened, actor=actor)


def _claim(prefix: str, block: int, rows: Sequence[Identifier]) -> list[str]:
    """A new code for each row, entered in the list of all that were ever issued, where no code stands twice."""
    while True:
        drawn: dict[str, None] = {}
        while len(drawn) < len(rows):
            # 5 of 37 check characters fall outside the alphabet: about one try in seven is thrown away
            if code := Code.of_number(prefix, number_within(block, secrets.randbelow(NUMBERS))):
                drawn[str(code)] = None
        codes = list(drawn)
        if IssuedCode.objects.filter(code__in=codes).exists():
            continue
        try:
            with transaction.atomic():
                IssuedCode.objects.bulk_create(
                    [IssuedCode(code=code, identifier=row) for code, row in zip(codes, rows, strict=True)]
                )
        except IntegrityError:  # another issuer drew one of them at the same instant
            continue
        return codes
