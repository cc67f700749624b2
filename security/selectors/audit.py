"""The audit: events with the text of their leaves, and proofs that they are in the log."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from kernel.selectors.events import Happening, events_after
from security.domain.leaves import leaf_text
from security.domain.trees import Node, Range, complete_nodes, consistency_ranges, fold, inclusion_ranges
from security.errors import NoCheckpoint
from security.models import Checkpoint, LogNode


@dataclass(frozen=True, slots=True)
class Proof:
    """What leads from a leaf, or from an older root, to the root of a checkpoint."""

    checkpoint: Checkpoint
    leaf: bytes
    path: list[bytes]


def leaf_of(event: Happening) -> str:
    """The exact text that the log holds of an event, written from the event as it stands now.

    It is not the text that was hashed then: an event that was altered since no longer leads to the root.
    """
    return leaf_text(
        position=event.position,
        occurred_at=event.occurred_at,
        fields={
            "id": str(event.id),
            "name": event.name,
            "subject": str(event.subject),
            "tenant": str(event.tenant or ""),
            "actor_user": str(event.actor_user or ""),
            "actor_tenant": str(event.actor_tenant or ""),
            "actor_client": str(event.actor_client or ""),
            "actor_node": event.actor_node,
        },
        payload=event.payload,
    )


def audit_events(
    *, after: int, limit: int, name: str | None, subject: UUID | None, acted_by: UUID | None
) -> list[Happening]:
    """Events in their order; of one acting organisation where `acted_by` is given."""
    return events_after(after, limit=limit, name=name, subject=subject, acted_by=acted_by)


def inclusion(position: int, size: int | None) -> Proof:
    """The audit path of the event at a position in the checkpoint of `size` (default the newest).

    Raises NoCheckpoint where there is none, or none that holds the position. Two queries, whatever the size.
    """
    found = _checkpoint(size)
    if not 1 <= position <= found.size:
        raise NoCheckpoint(pointer="/position")
    ranges = inclusion_ranges(position - 1, found.size)
    leaf, *path = roots_of([(position - 1, position), *ranges])
    return Proof(found, leaf, path)


def consistency(old: int, size: int | None) -> Proof:
    """The proof that the checkpoint of `size` (default the newest) extends the one of `old`. Raises NoCheckpoint."""
    found, before = _checkpoint(size), _checkpoint(old)
    if before.size > found.size:
        raise NoCheckpoint(pointer="/old")
    return Proof(found, bytes.fromhex(before.root), roots_of(consistency_ranges(before.size, found.size)))


def roots_of(ranges: Iterable[Range]) -> list[bytes]:
    """The root over each range of leaves, from stored subtrees, in one query."""
    parts = [complete_nodes(start, end) for start, end in ranges]
    known = nodes({node for part in parts for node in part})
    return [fold([known[node] for node in part]) for part in parts]


def nodes(wanted: Iterable[Node]) -> dict[Node, bytes]:
    """The hashes of stored subtrees."""
    which = Q()
    for level, index in wanted:
        which |= Q(level=level, index=index)
    rows = LogNode.objects.filter(which) if which else LogNode.objects.none()
    return {(level, index): bytes(top) for level, index, top in rows.values_list("level", "index", "hash")}


def _checkpoint(size: int | None) -> Checkpoint:
    rows = Checkpoint.objects.order_by("-size")
    found = rows.first() if size is None else rows.filter(size=size).first()
    if found is None:
        raise NoCheckpoint
    return found
