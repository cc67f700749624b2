"""The nodes floor as a Django app."""

from kernel.apps import FloorConfig


class NodesConfig(FloorConfig):
    name = "nodes"
    verbose_name = "节点互联 nodes"
