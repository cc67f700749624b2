"""The scheduling floor as a Django app."""

from kernel.apps import FloorConfig


class SchedulingConfig(FloorConfig):
    name = "scheduling"
    verbose_name = "算力选择 scheduling"
