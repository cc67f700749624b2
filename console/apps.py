"""The console as a Django app."""

from kernel.apps import FloorConfig


class ConsoleConfig(FloorConfig):
    name = "console"
    verbose_name = "门户 console"
