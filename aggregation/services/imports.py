"""Importing offers from a CSV file: every good row, or none and the reason for each bad one."""

from dataclasses import dataclass

from django.db import transaction

from aggregation.domain.faults import Fault
from aggregation.domain.imports import MOST_BYTES, MOST_ROWS, LineFault, read_offers
from aggregation.domain.offers import OfferState
from aggregation.errors import ImportTooLarge
from aggregation.events import OffersRegistered
from aggregation.selectors.pools import ground_of
from aggregation.services.offers import Listing, Price, check_draft, store_drafts
from kernel.actor import Actor
from kernel.services.outbox import publish
from participants.selectors.organisations import require_certified


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What a file holds: rows below the header, good ones, those stored, and every fault by line."""

    rows: int
    good: int
    stored: int
    faults: tuple[LineFault, ...]


@transaction.atomic
def import_offers(*, content: bytes, dry_run: bool, marking: str, actor: Actor) -> ImportReport:
    """Read a file of offers and, unless it is a dry run or any row is bad, store them all as listed.

    Raises NotCertified, ImportTooLarge (INVARIANTS B1: each row is stored, or named in the report).
    """
    require_certified(actor)
    assert actor.tenant_id is not None  # noqa: S101 - providers are organisations
    if len(content) > MOST_BYTES:
        raise ImportTooLarge(bytes=MOST_BYTES, rows=MOST_ROWS)
    file = read_offers(content)
    if file.rows > MOST_ROWS:
        raise ImportTooLarge(bytes=MOST_BYTES, rows=MOST_ROWS)
    ground = ground_of(actor.tenant_id, [draft.key for draft in file.drafts.values()])
    wrong: dict[int, list[Fault]] = {
        line: told for line, draft in file.drafts.items() if (told := check_draft(draft, ground))
    }
    faults = file.faults + [LineFault(line, fault) for line, told in wrong.items() for fault in told]
    good = [draft for line, draft in file.drafts.items() if line not in wrong]
    stored = 0
    if good and not faults and not dry_run:
        listings = [
            Listing(draft, Price(draft.price_cny_hour, None, None), OfferState.LISTED, marking)
            for draft in good
        ]
        stored = len(store_drafts(listings, ground, provider=actor.tenant_id))
        publish(OffersRegistered(subject=actor.tenant_id, tenant=actor.tenant_id, count=stored), actor=actor)
    return ImportReport(
        rows=file.rows,
        good=len(good),
        stored=stored,
        faults=tuple(sorted(faults, key=lambda each: each.line)),
    )
