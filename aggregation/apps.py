"""The aggregation floor as a Django app."""

from kernel.apps import FloorConfig


class AggregationConfig(FloorConfig):
    name = "aggregation"
    verbose_name = "算力资源汇聚 aggregation"
