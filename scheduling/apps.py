"""The scheduling floor as a Django app."""

from kernel.apps import FloorConfig
from kernel.searching import register_answerer


class SchedulingConfig(FloorConfig):
    name = "scheduling"
    verbose_name = "算力选择 scheduling"

    def ready(self) -> None:
        """Let other nodes' searches be answered by the engine."""
        super().ready()
        from scheduling.services.others import answer_others  # needs the models, which are loaded now

        register_answerer(answer_others)
