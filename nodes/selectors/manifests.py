"""Which numbers of a stream were compared already."""

from datetime import date

from django.db.models import Max

from nodes.models import ManifestPair, Peer


def first_uncompared(peer: Peer, stream: str, sender: str, day: date) -> int:
    """The first number of the day's manifest: after the last one that an earlier day's manifest agreed on."""
    earlier = ManifestPair.objects.filter(peer=peer, stream=stream, sender=sender, agreed=True, day__lt=day)
    return int(earlier.aggregate(last=Max("last"))["last"] or 0) + 1
