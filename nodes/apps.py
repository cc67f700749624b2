"""The nodes floor as a Django app."""

from prometheus_client import REGISTRY

from kernel.apps import FloorConfig
from kernel.systems import NAMERS


class NodesConfig(FloorConfig):
    name = "nodes"
    verbose_name = "节点互联 nodes"

    def ready(self) -> None:
        """Let the metrics tell what waits, and name the nodes that run what does not run here."""
        super().ready()
        from nodes.selectors.attention import FederationCollector  # needs the models, which are loaded now
        from nodes.selectors.peers import runner_of

        NAMERS.append(runner_of)
        REGISTRY.register(FederationCollector())
