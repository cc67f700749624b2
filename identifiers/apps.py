"""The identifiers floor as a Django app."""

from kernel.apps import FloorConfig


class IdentifiersConfig(FloorConfig):
    name = "identifiers"
    verbose_name = "算力标识 identifiers"
