"""The kernel as a Django app, and the base from which every floor's app starts."""

from importlib import import_module
from importlib.util import find_spec

from django.apps import AppConfig


class FloorConfig(AppConfig):
    """An app of the house: its subscriptions and report sections register when it starts."""

    default_auto_field = "django.db.models.BigAutoField"
    default = False  # Django takes the one class of an apps.py that is no base: this is one

    def __init_subclass__(cls) -> None:
        """Every floor's own class is the one to take."""
        cls.default = True

    def ready(self) -> None:
        """Import the rooms that register themselves."""
        for room in ("handlers", "reports", "tasks"):
            if find_spec(f"{self.name}.{room}") is not None:
                import_module(f"{self.name}.{room}")


class KernelConfig(FloorConfig):
    name = "kernel"
    verbose_name = "内核 kernel"

    def ready(self) -> None:
        """Register the system checks too."""
        super().ready()
        import_module("kernel.checks")
