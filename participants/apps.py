"""The participants floor as a Django app."""

from kernel.apps import FloorConfig
from kernel.parties import register_parties


class ParticipantsConfig(FloorConfig):
    name = "participants"
    verbose_name = "参与主体 participants"

    def ready(self) -> None:
        """Let the floors below know which organisations are this node's."""
        super().ready()
        # it needs the models, which are loaded now
        from participants.selectors.organisations import is_registered

        register_parties(is_registered)
