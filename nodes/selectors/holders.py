"""Which node answers for a prefix: the register of what was delegated, and the way up."""

from django.conf import settings

from identifiers.selectors.resolution import is_ours
from kernel.clock import now
from kernel.federation import Holder
from nodes.models import DelegatedPrefix, Peer, PeerKeyRow
from nodes.selectors.peers import upstream


def holder_of(prefix: str) -> Holder | None:
    """Who answers for the prefix: this node, the one it was delegated to (of the longest above it), or who knows: the upstream."""
    if is_ours(prefix):
        return Holder(settings.NODE_CODE, settings.NODE_NAME, settings.NODE_URL.rstrip("/"), (), certain=True)
    parts = prefix.split(".")
    above = [".".join(parts[:count]) for count in range(len(parts), 1, -1)]
    rows = DelegatedPrefix.objects.filter(prefix__in=above).select_related("peer")
    row = max(rows, key=lambda each: len(each.prefix), default=None)
    peer = row.peer if row else upstream()
    return _as_holder(peer, certain=row is not None) if peer else None


def _as_holder(peer: Peer, *, certain: bool) -> Holder:
    moment = now()
    rows = PeerKeyRow.objects.filter(peer=peer).select_related("peer").order_by("-id")
    keys = tuple(key for key in (row.as_key() for row in rows) if key.valid_at(moment))
    return Holder(peer.code, peer.name, peer.url.rstrip("/"), keys, certain=certain)
