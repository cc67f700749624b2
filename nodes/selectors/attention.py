"""What an operator's monitoring should see of the federation: what waits, and what is open."""

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from nodes.selectors.streams import attention


class FederationCollector(Collector):
    """Gauges that are read from the database when they are scraped, so every process says the same."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Messages without a receipt by peer and stream, and open alarms by kind."""
        waiting, alarms = attention()
        messages = GaugeMetricFamily(
            "cin_federation_waiting", "Messages without a receipt", labels=["peer", "stream"]
        )
        for (peer, stream), count in waiting.items():
            messages.add_metric([peer, stream], count)
        yield messages
        opened = GaugeMetricFamily("cin_federation_alarms", "Open alarms of streams", labels=["kind"])
        for kind, count in alarms.items():
            opened.add_metric([kind], count)
        yield opened

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Names only: registering must not ask the database."""
        yield GaugeMetricFamily("cin_federation_waiting", "Messages without a receipt")
        yield GaugeMetricFamily("cin_federation_alarms", "Open alarms of streams")
