"""The Celery app: wakes workers; what is due stands in PostgreSQL."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("compute-interconnection-node")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
