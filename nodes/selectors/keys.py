"""Which keys this node had and has."""

from kernel.crypto.suite import Suite
from nodes.models import NodeKey


def newest_key_id(suite: Suite) -> str:
    """The key of the suite that was announced last; empty where none ever was."""
    announced = NodeKey.objects.filter(suite=suite.name).exclude(valid_from=None)
    return announced.order_by("-version").values_list("key_id", flat=True).first() or ""


def announced_keys() -> list[NodeKey]:
    """Every key that was announced, the oldest first; none before the first rotation."""
    return list(NodeKey.objects.exclude(valid_from=None).order_by("suite", "version"))
