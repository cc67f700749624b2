"""The Celery app: wakes workers; what is due stands in PostgreSQL."""

import os

from celery import Celery, Task
from django.db import close_old_connections

from kernel.tenancy import as_node

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


class NodeTask(Task):  # type: ignore[type-arg]
    """A task of the node itself, on the rows of all."""

    def __call__(self, *args: object, **kwargs: object) -> object:
        """Run it on the connection of the task before it, if that is still good: as a web worker does with requests."""
        if not self.request.called_directly:
            close_old_connections()
        with as_node("handlers, jobs and sweeps serve all"):
            return super().__call__(*args, **kwargs)


app = Celery("compute-interconnection-node", task_cls=NodeTask)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
