"""The scheduling floor as a Django app."""

from kernel.apps import FloorConfig
from kernel.searching import register_answerer
from kernel.stations import Stations, register_stations


class SchedulingConfig(FloorConfig):
    name = "scheduling"
    verbose_name = "算力选择 scheduling"

    def ready(self) -> None:
        """Let other nodes' searches be answered by the engine, and floors below know where stations are."""
        super().ready()
        from scheduling.models import Site  # the models are loaded now
        from scheduling.selectors.ends import farthest_m  # needs the models
        from scheduling.services.others import answer_others  # needs the models

        register_answerer(answer_others)
        register_stations(Stations(Site.objects.all, farthest_m))
