"""Where carriers are: the centres that they enter, the classes of their A ends, the addresses that they cover."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.db import transaction

from aggregation.selectors.centres import centres
from kernel.actor import Actor
from kernel.clock import now
from kernel.domain.imports import Fault, ImportReport, csv_rows
from kernel.locks import Lock, take_lock
from kernel.services.outbox import publish
from kernel.text import Text
from participants.selectors.organisations import require_certified
from scheduling.domain.ends import COVERED_COLUMNS, EndRule, plain_address, rule_faults
from scheduling.domain.sites import Point, SiteRole
from scheduling.domain.topologies.disclosures import coordinate_faults
from scheduling.domain.topologies.elements import Element, read_elements, too_many, twice
from scheduling.errors.lines import EndsDisordered, UnknownCentre
from scheduling.events import AddressesCovered, CentreEntered, CentreLeft, EndsDeclared
from scheduling.models import CentreEntry, CoveredAddress, EndProfile, Site
from scheduling.selectors.ends import end_rules, tail_over
from scheduling.selectors.sites import point_of
from scheduling.services.spans import put_rows


@transaction.atomic
def declare_entry(*, centre: str, entrances: int, actor: Actor) -> CentreEntry:
    """The caller's cables enter a centre; a second declaration sets the number of ways in. Raises NotCertified, UnknownCentre."""
    require_certified(actor)
    assert actor.tenant_id is not None  # noqa: S101 - a certified party is an organisation
    if not centres([centre]):
        raise UnknownCentre(pointer="/centre", centre=centre)
    take_lock(Lock.SNAPSHOT, f"entries {actor.tenant_id}")
    row, made = CentreEntry.objects.get_or_create(
        tenant_id=actor.tenant_id, centre=centre, withdrawn_at=None, defaults={"entrances": entrances}
    )
    if not made and row.entrances != entrances:
        row.entrances = entrances
        row.advance("entrances")
    publish(
        CentreEntered(subject=row.id, tenant=row.tenant_id, centre=centre, entrances=entrances), actor=actor
    )
    return row


@transaction.atomic
def withdraw_entry(*, entry: CentreEntry, actor: Actor) -> CentreEntry:
    """The caller's cables do not enter the centre any more; once more changes nothing."""
    row = CentreEntry.objects.select_for_update().get(id=entry.id)
    if row.withdrawn_at is None:
        row.withdrawn_at = now()
        row.advance("withdrawn_at")
        publish(CentreLeft(subject=row.id, tenant=row.tenant_id, centre=row.centre), actor=actor)
    return row


@transaction.atomic
def declare_ends(*, classes: Sequence[EndRule], actor: Actor) -> EndProfile:
    """From now on the caller's A ends are classed so. Raises NotCertified, EndsDisordered."""
    require_certified(actor)
    assert actor.tenant_id is not None  # noqa: S101 - a certified party is an organisation
    for place in rule_faults(classes):
        raise EndsDisordered(pointer=f"/classes/{place}", code=classes[place].code)
    row = EndProfile.objects.create(tenant_id=actor.tenant_id, classes=[rule.document() for rule in classes])
    publish(EndsDeclared(subject=row.id, tenant=row.tenant_id), actor=actor)
    return row


@transaction.atomic
def import_covered_addresses(*, text: str, dry_run: bool, actor: Actor) -> ImportReport:
    """Take a whole CSV of covered addresses or nothing; an address that the caller has is placed anew.

    Raises NotCertified.
    """
    require_certified(actor)
    assert actor.tenant_id is not None  # noqa: S101 - a certified party is an organisation
    take_lock(Lock.SNAPSHOT, f"addresses {actor.tenant_id}")
    given, torn = csv_rows(text)
    if many := too_many(given, "/lines"):
        return ImportReport(dry_run, len(given), 0, 0, tuple(many))
    rows, wrong = read_elements(COVERED_COLUMNS, given)
    sites = {
        row.key: row for row in Site.objects.listed().filter(key__in={row.values["site"] for row in rows})
    }
    rules = end_rules([actor.tenant_id])[actor.tenant_id]
    faults = [
        *torn,
        *wrong,
        *twice(
            [replace(row, values={"address": plain_address(row.values["address"])}) for row in rows],
            "address",
        ),
        *coordinate_faults(rows),
        *(fault for row in rows for fault in _place_faults(row, sites, rules[-1].up_to_m)),
    ]
    if faults or not rows:
        return ImportReport(dry_run, len(given), 0, 0, tuple(faults))
    wanted: dict[Any, dict[str, Any]] = {
        plain_address(row.values["address"]): {
            "tenant_id": actor.tenant_id,
            "plain": plain_address(row.values["address"]),
            "address": row.values["address"],
            "lat": row.values["lat"],
            "lon": row.values["lon"],
            "site_id": sites[row.values["site"]].id,
        }
        for row in rows
    }
    covered = CoveredAddress.objects.filter(tenant_id=actor.tenant_id, plain__in=wanted)
    known = {row.plain: row for row in covered}
    if dry_run:
        return ImportReport(dry_run, len(given), len(wanted) - len(known), len(known), ())
    new, changed = put_rows(CoveredAddress.objects.all(), known, wanted)
    publish(
        AddressesCovered(subject=actor.tenant_id, tenant=actor.tenant_id, addresses=len(wanted)), actor=actor
    )
    return ImportReport(dry_run, len(given), new, changed, ())


def _place_faults(row: Element, sites: dict[str, Site], farthest_m: int) -> list[Fault]:
    """What is wrong with where an address lies; `farthest_m` is the most cable that its carrier builds to an A end."""
    site = sites.get(row.values["site"])
    if site is None or site.role != SiteRole.ACCESS_POINT:
        zh = f"{row.values['site']} 不是已登记的综合接入点"
        en = f"{row.values['site']} is no registered access point"
        return [row.fault("site", "not_an_access_point", zh, en)]
    if not plain_address(row.values["address"]):
        return [
            Fault(f"{row.pointer}/address", "bad_value", Text("地址没有文字", "the address has no words"))
        ]
    if coordinate_faults([row]):
        return []
    tail = tail_over(Point(row.values["lat"], row.values["lon"]).metres_to(point_of(site)))
    if tail.cable_m > farthest_m:
        zh = f"距 {site.key} 约 {tail.cable_m} 米光缆，超出本主体接入分级的最远 {farthest_m} 米；请核对经纬度，或改用较近的接入点"
        en = (
            f"{site.key} is about {tail.cable_m} m of cable away, and your farthest class of ends reaches {farthest_m} m: "
            "check lat and lon, or name a nearer access point"
        )
        return [row.fault("lat", "too_far_to_be_covered", zh, en)]
    return []
