"""Disclosing a network from a file of another system."""

from dataclasses import replace

from django.db import transaction
from django.db.models import Q, Sum
from django.db.models.functions import Now

from kernel.actor import Actor
from kernel.domain.imports import Fault, ImportReport, nothing_read
from kernel.locks import Lock, take_lock
from kernel.models.capacity import Claim, ClaimState
from kernel.text import Text
from scheduling.adapters.files.topologies import READERS
from scheduling.domain.rows import FIBRE
from scheduling.domain.topologies.topologies import Carried, Defaults, There, disclosed, end_refused
from scheduling.domain.topologies.topology_files import UnreadableError
from scheduling.models import Maintenance, Site, Span
from scheduling.services.networks import Document, take_network


@transaction.atomic
def import_topology(
    *,
    syntax: str,
    text: str,
    line_provider: str,
    marking: str | None,
    defaults: Defaults,
    leave_out: bool,
    dry_run: bool,
    actor: Actor,
) -> ImportReport:
    """Take what a file tells of, whole or not at all, or, with `leave_out`, without what is wrong in it.

    What is there under the same prefix keeps what the file does not say of it.

    Raises NotCertified, ProviderKeyTaken.
    """
    if not text.strip():
        return ImportReport(dry_run, 0, 0, 0, tuple(nothing_read([], "/lines/1")))
    try:
        topology = READERS[syntax](text)
    except UnreadableError as error:
        return ImportReport(dry_run, 0, 0, 0, (error.fault,))
    read = len(topology.nodes) + len(topology.links)
    take_lock(Lock.SNAPSHOT, "networks")  # as `take_network` does: what is there now is there then
    found = disclosed(topology, defaults, _there(defaults.prefix, actor))
    wrong = [*found.faults, *nothing_read([*topology.nodes, *topology.links], "/lines/1")]
    document, flags = Document(found.sites, found.spans, wrong), found.flags

    def take(document: Document, *, dry: bool) -> ImportReport:
        done = take_network(
            line_provider=line_provider, marking=marking, document=document, dry_run=dry, actor=actor
        )
        return replace(done, faults=tuple(map(_of_its_end, done.faults)))

    if leave_out:
        sound, left = replace(document, faults=[]), list(document.faults)
        while faults := take(sound, dry=True).faults:
            left += faults
            sound = _without(sound, faults)
        if sound.sites:
            document = sound
            flags = [*flags, *map(_left_out, left)]
    done = take(document, dry=dry_run)
    return replace(done, read=read, flags=(*flags, *done.flags))


def _there(prefix: str, actor: Actor) -> There:
    """The organisation's sites and fibre with the prefix, and what is under contract on the fibre now."""
    own = {"tenant_id": actor.tenant_id, "key__startswith": f"{prefix}-"}
    spans = Span.objects.filter(**own, kind=FIBRE)
    works = Maintenance.objects.filter(resource__in=spans.values("id")).values("id")
    in_force = Q(period=None) | Q(period__contains=Now())
    claims = Claim.objects.filter(in_force, resource__in=spans.values("id"), state=ClaimState.CONFIRMED)
    sold = dict(claims.exclude(bundle__in=works).values_list("resource").annotate(Sum("quantity")))
    return There(
        frozenset(Site.objects.filter(**own).values_list("key", flat=True)),
        {row.key: Carried(row.capacity_mbps, sold.get(row.id, 0)) for row in spans},
    )


def _without(document: Document, faults: tuple[Fault, ...]) -> Document:
    """The document without the elements that faults are about; empty where they are about none."""
    about = {place for fault in faults for place in (fault.pointer, fault.pointer.rsplit("/", 1)[0])}
    sites = [each for each in document.sites if each[0] not in about]
    spans = [each for each in document.spans if each[0] not in about]
    if len(sites) + len(spans) == len(document.sites) + len(document.spans):
        return Document([], [])
    return Document(sites, spans)


def _of_its_end(fault: Fault) -> Fault:
    """The fault of a link without a site at one end, which the file has and is not taken: nobody has to register it."""
    return end_refused(fault.pointer.rsplit("/", 1)[0]) if fault.code == "unknown_site" else fault


def _left_out(fault: Fault) -> Fault:
    return Fault(
        fault.pointer, fault.code, Text(f"已略去：{fault.reason.zh}", f"left out: {fault.reason.en}")
    )
