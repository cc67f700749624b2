"""The nodes floor as a Django app."""

from prometheus_client import REGISTRY

from kernel.apps import FloorConfig


class NodesConfig(FloorConfig):
    name = "nodes"
    verbose_name = "节点互联 nodes"

    def ready(self) -> None:
        """Let the metrics tell what waits."""
        super().ready()
        from nodes.selectors.attention import FederationCollector  # needs the models, which are loaded now

        REGISTRY.register(FederationCollector())
