"""Giving out codes, one or many at once: never twice, never one that was given before (INVARIANTS D1)."""

import secrets
from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from django.db import IntegrityError, transaction

from identifiers import events
from identifiers.domain.blocks import NUMBERS, number_within
from identifiers.domain.codes import Code
from identifiers.domain.lifecycle import LIFE, IdentifierState
from identifiers.domain.review import Review
from identifiers.errors import NoBlock, NoPrefix
from identifiers.models import Identifier, Prefix
from identifiers.selectors.blocks import block_in_use
from identifiers.selectors.profiles import review_profile
from kernel.actor import SYSTEM, Actor
from kernel.questions import run
from kernel.services.outbox import publish_each
from kernel.shelves import strike
from kernel.systems import System, runs_here

AT_ONCE = 500
WRITE = """
    WITH given AS (SELECT * FROM unnest(%s::uuid[], %s::text[]) AS given(id, code)),
    listed AS (INSERT INTO issued_code (code, identifier_id) SELECT code, id FROM given)
    UPDATE identifier SET state = %s, code = given.code, generation = generation + 1
    FROM given WHERE identifier.id = given.id
"""


class Verified(NamedTuple):
    """What issuing asks of an application."""

    id: UUID
    tenant_id: UUID
    kind: str
    state: str


@transaction.atomic
def approve_identifier(*, identifier: Identifier, actor: Actor) -> Identifier:
    """Issue a code and let it wait for its filing. Raises NoPrefix before the node is attached, NoBlock after a restore."""
    row = Identifier.objects.select_for_update().get(id=identifier.id)
    (row.code,) = issue_codes(rows=[Verified(row.id, row.tenant_id, row.kind, row.state)], actor=actor)
    row.state = IdentifierState.FILING
    row.generation += 1
    return row


@transaction.atomic
def issue_by_rule(at_once: int = AT_ONCE) -> int:
    """Issue what passed the automatic checks and was not drawn for a person, so many at most; returns how many. Raises NoPrefix, NoBlock.

    Another worker's rows are skipped, so many may do it at once.
    """
    if not runs_here(System.IDENTIFIERS):  # an industry node forwards, and its region decides
        return 0
    waiting = Identifier.objects.filter(state=IdentifierState.VERIFIED, review=Review.BY_RULE)
    locked = waiting.order_by("id").select_for_update(skip_locked=True)
    rows = [Verified(*row) for row in locked.values_list(*Verified._fields)[:at_once]]
    if rows:
        issue_codes(rows=rows, actor=SYSTEM, rule=review_profile().version)
    return len(rows)


def issue_codes(*, rows: Sequence[Verified], actor: Actor, rule: str = "") -> list[str]:
    """Give each of the locked rows its code, in the caller's transaction, by as many statements as one; the codes.

    Raises StateConflict for a row that is not verified, NoPrefix before the node is attached, NoBlock while this database
    has no number block of its own.
    """
    for state in {row.state for row in rows}:
        LIFE.after("file", LIFE.after("issue", state))
    prefix = Prefix.objects.order_by("-id").first()
    if prefix is None:
        raise NoPrefix
    block = block_in_use(prefix)
    if block is None:
        raise NoBlock
    codes = _give(prefix.prefix, block, rows)
    strike(*codes)  # they may have been denied
    happened = [
        events.IdentifierIssued(subject=row.id, tenant=row.tenant_id, code=code, kind=row.kind, rule=rule)
        for row, code in zip(rows, codes, strict=True)
    ]
    publish_each(happened, actor=actor)
    return codes


def _give(prefix: str, block: int, rows: Sequence[Verified]) -> list[str]:
    """A new code for each row, entered in the list of all that were ever issued, where no code stands twice."""
    while True:
        drawn: dict[str, None] = {}
        while len(drawn) < len(rows):
            # 5 of 37 check characters fall outside the alphabet: about one try in seven is thrown away
            if code := Code.of_number(prefix, number_within(block, secrets.randbelow(NUMBERS))):
                drawn[str(code)] = None
        codes = list(drawn)
        try:
            with transaction.atomic():
                run(WRITE, [[row.id for row in rows], codes, IdentifierState.FILING.value])
        except IntegrityError:  # one of them was issued before, or another issuer drew it at the same instant
            continue
        return codes
