"""The nodes floor as a Django app."""

from prometheus_client import REGISTRY

from kernel.apps import FloorConfig
from kernel.federation import Federation, join
from kernel.systems import NAMERS


class NodesConfig(FloorConfig):
    name = "nodes"
    verbose_name = "节点互联 nodes"

    def ready(self) -> None:
        """Let the metrics tell what waits, name the nodes that run what does not run here, and speak for the federation below."""
        super().ready()
        # these need the models, which are loaded now
        from nodes.selectors.attention import FederationCollector
        from nodes.selectors.holders import holder_of  # needs the models too
        from nodes.selectors.peers import runner_of  # needs the models too
        from nodes.services.signing import sign_for  # needs the models too

        NAMERS.append(runner_of)
        REGISTRY.register(FederationCollector())
        join(Federation(sign=sign_for, holder_of=holder_of))
