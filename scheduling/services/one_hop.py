"""One-hop access: a carrier declares it with evidence, the supervision verifies or refuses it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from aggregation.selectors.centres import CentreFacts, centres
from kernel.actor import Actor
from kernel.clock import now
from kernel.errors import Problem
from kernel.locks import Lock, take_lock
from kernel.services.outbox import publish, publish_each
from participants.selectors.organisations import require_certified
from scheduling.domain.one_hop import LIFE, STANDING
from scheduling.domain.sites import SiteRole
from scheduling.errors.evidence import MeasuredInFuture
from scheduling.errors.lines import NotAnAccessPoint, OneHopStands, UnknownCentre
from scheduling.events import OneHopAdvanced, OneHopDeclared
from scheduling.models import OneHopAccess, Site


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """What a carrier says: from this access point to this centre (both by key) in one hop, and the test that shows it."""

    site: str
    centre: str
    tested_at: datetime
    declarer: str
    evidence_sha256: str
    marking: str


@transaction.atomic
def declare_one_hop(*, declaration: Declaration, actor: Actor) -> OneHopAccess:
    """Keep one declaration. Raises NotCertified, and what `declare_one_hops` says of a single one."""
    (found,) = declare_one_hops(declarations=[declaration], actor=actor)
    if isinstance(found, Problem):
        raise found
    return found


@transaction.atomic
def declare_one_hops(*, declarations: Sequence[Declaration], actor: Actor) -> list[OneHopAccess | Problem]:
    """Keep the declarations that can stand, and say why each of the others cannot, in order. Raises NotCertified.

    NotAnAccessPoint, UnknownCentre, MeasuredInFuture, or OneHopStands where the same one is declared or verified.
    """
    require_certified(actor)
    assert actor.tenant_id is not None  # noqa: S101 - a certified party is an organisation
    take_lock(Lock.SNAPSHOT, f"one hop {actor.tenant_id}")
    sites = {
        row.key: row for row in Site.objects.listed().filter(key__in={each.site for each in declarations})
    }
    known = centres(each.centre for each in declarations)
    standing = set(
        OneHopAccess.objects.filter(
            tenant_id=actor.tenant_id, site__in=sites.values(), centre__in=known, state__in=STANDING
        ).values_list("site__key", "centre")
    )
    instant = now()
    found: list[OneHopAccess | Problem] = []
    for each in declarations:
        why = _why_not(each, sites.get(each.site), known.get(each.centre), instant)
        if why is None and (each.site, each.centre) in standing:
            why = OneHopStands(pointer="/site", site=each.site, centre=each.centre)
        if why is not None:
            found.append(why)
            continue
        standing.add((each.site, each.centre))
        found.append(
            OneHopAccess(
                tenant_id=actor.tenant_id,
                site=sites[each.site],
                centre=each.centre,
                centre_tenant=known[each.centre].owner,
                tested_at=each.tested_at,
                declarer=each.declarer,
                evidence_sha256=each.evidence_sha256,
                marking=each.marking,
            )
        )
    made = [each for each in found if isinstance(each, OneHopAccess)]
    OneHopAccess.objects.bulk_create(made)
    publish_each(
        [
            OneHopDeclared(subject=row.id, tenant=row.tenant_id, parties=row.concerned(), site=row.site_id)
            for row in made
        ],
        actor=actor,
    )
    return found


@transaction.atomic
def verify_one_hop(*, access: OneHopAccess, finding: str, finding_sha256: str, actor: Actor) -> OneHopAccess:
    """The supervision has seen that it is so."""
    return _decided(access, "verify", finding, finding_sha256, actor)


@transaction.atomic
def refuse_one_hop(*, access: OneHopAccess, finding: str, finding_sha256: str, actor: Actor) -> OneHopAccess:
    """The supervision has found that it is not so, or no longer."""
    return _decided(access, "refuse", finding, finding_sha256, actor)


@transaction.atomic
def withdraw_one_hop(*, access: OneHopAccess, actor: Actor) -> OneHopAccess:
    """The carrier no longer says so."""
    row = _locked(access)
    _step(row, "withdraw", actor)
    return row


def _why_not(
    each: Declaration, site: Site | None, centre: CentreFacts | None, instant: datetime
) -> Problem | None:
    if site is None or site.role != SiteRole.ACCESS_POINT:
        return NotAnAccessPoint(pointer="/site", site=each.site)
    if centre is None:
        return UnknownCentre(pointer="/centre", centre=each.centre)
    return MeasuredInFuture(pointer="/tested_at") if each.tested_at > instant else None


def _decided(access: OneHopAccess, act: str, finding: str, finding_sha256: str, actor: Actor) -> OneHopAccess:
    row = _locked(access)
    row.finding, row.finding_sha256, row.decided_at = finding, finding_sha256, now()
    _step(row, act, actor, "finding", "finding_sha256", "decided_at")
    return row


def _locked(access: OneHopAccess) -> OneHopAccess:
    return OneHopAccess.objects.select_for_update(of=("self",)).select_related("site").get(id=access.id)


def _step(row: OneHopAccess, act: str, actor: Actor, *fields: str) -> None:
    row.state = LIFE.after(act, row.state)
    row.advance("state", *fields)
    publish(
        OneHopAdvanced(subject=row.id, tenant=row.tenant_id, parties=row.concerned(), state=row.state),
        actor=actor,
    )
