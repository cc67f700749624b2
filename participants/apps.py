"""The participants floor as a Django app."""

from kernel.apps import FloorConfig


class ParticipantsConfig(FloorConfig):
    name = "participants"
    verbose_name = "参与主体 participants"
