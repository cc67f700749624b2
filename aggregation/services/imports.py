"""Importing offers from a CSV file: every good row, or none and the reason for each bad one."""

from django.db import transaction

from aggregation.domain.imports import MOST_BYTES, MOST_ROWS, placed, read_offers
from aggregation.domain.offers import OfferState
from aggregation.errors import ImportTooLarge
from aggregation.events import OffersRegistered
from aggregation.selectors.pools import ground_of
from aggregation.services.offers import Listing, Price, check_draft, store_drafts
from kernel.actor import Actor
from kernel.domain.imports import ImportReport, line_of
from kernel.services.outbox import publish
from participants.selectors.organisations import require_certified


@transaction.atomic
def import_offers(*, text: str, dry_run: bool, marking: str, actor: Actor) -> ImportReport:
    """Read a CSV of offers and, unless it is a dry run or any row is bad, store them all as listed.

    Raises NotCertified, ImportTooLarge (INVARIANTS B1: each row is stored, or named in the report).
    """
    require_certified(actor)
    assert actor.tenant_id is not None  # noqa: S101 - providers are organisations
    if len(text.encode()) > MOST_BYTES:
        raise ImportTooLarge(bytes=MOST_BYTES, rows=MOST_ROWS)
    file = read_offers(text)
    if file.rows > MOST_ROWS:
        raise ImportTooLarge(bytes=MOST_BYTES, rows=MOST_ROWS)
    ground = ground_of(actor.tenant_id, [draft.key for draft in file.drafts.values()])
    faults = file.faults + [
        placed(pointer, fault)
        for pointer, draft in file.drafts.items()
        for fault in check_draft(draft, ground)
    ]
    if faults:
        return ImportReport(dry_run, file.rows, 0, 0, tuple(sorted(faults, key=line_of)))
    if not dry_run:
        listings = [
            Listing(draft, Price(draft.price_cny_hour, None, None), OfferState.LISTED, marking)
            for draft in file.drafts.values()
        ]
        store_drafts(listings, ground, provider=actor.tenant_id)
        publish(
            OffersRegistered(subject=actor.tenant_id, tenant=actor.tenant_id, count=file.rows), actor=actor
        )
    return ImportReport(dry_run, file.rows, file.rows, 0, ())
