"""The wiring as a Django app, the last of all: when it is ready, a process has loaded the floors."""

import gc

from django.apps import AppConfig

import config.celery  # noqa: F401 - the app that the tasks of the floors are tasks of, wherever one is sent


class WiringConfig(AppConfig):
    name = "config"
    verbose_name = "装配 wiring"

    def ready(self) -> None:
        """Look for garbage from now on, and never in the code, which stays as long as the process."""
        gc.freeze()
        gc.enable()
