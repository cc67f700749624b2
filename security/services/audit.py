"""Growing the audit log, and signing what it is."""

import base64

from django.conf import settings
from django.db import transaction

from kernel.clock import now
from kernel.locks import Lock, take_lock
from kernel.merkle import leaf_hash
from kernel.selectors.events import events_after
from nodes.services.signing import sign_bytes
from security.domain.leaves import checkpoint_text
from security.domain.trees import complete_nodes, grown
from security.models import Checkpoint, LogNode
from security.selectors.audit import leaf_of, nodes, roots_of

AT_MOST = 20_000  # events in one checkpoint; the rest wait for the next


@transaction.atomic
def append_checkpoint() -> Checkpoint | None:
    """Take the events that have a position since the last checkpoint into the tree, and sign its root.

    None where nothing happened. One at a time (advisory lock); the work grows with what is new, not with the log.
    """
    take_lock(Lock.LOG)
    last = Checkpoint.objects.order_by("-size").first()
    size = last.size if last else 0
    events = events_after(size, limit=AT_MOST)
    if not events:
        return None
    frontier = nodes(complete_nodes(0, size))
    fresh = grown(size, frontier, [leaf_hash(leaf_of(event).encode()) for event in events])
    rows = [LogNode(level=level, index=index, hash=top) for (level, index), top in fresh.items()]
    LogNode.objects.bulk_create(rows, batch_size=2000)
    size += len(events)
    (root,) = roots_of([(0, size)])
    text = checkpoint_text(origin=f"cin/{settings.NODE_CODE}/audit", size=size, root=root, at=now())
    key_id, signature = sign_bytes(text.encode())
    return Checkpoint.objects.create(
        size=size, root=root.hex(), text=text, key_id=key_id, signature=base64.b64encode(signature).decode()
    )
