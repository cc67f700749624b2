"""The monitoring floor as a Django app."""

from kernel.apps import FloorConfig


class MonitoringConfig(FloorConfig):
    name = "monitoring"
    verbose_name = "运行安全监测 monitoring"
