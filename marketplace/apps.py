"""The marketplace floor as a Django app."""

from kernel.apps import FloorConfig


class MarketplaceConfig(FloorConfig):
    name = "marketplace"
    verbose_name = "算力市场 marketplace"
