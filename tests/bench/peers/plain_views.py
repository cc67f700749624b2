"""What resolution is measured beside, as a WSGI application: a bare Django view, and a DRF view that reads one row.

Neither has a middleware, authentication or throttle: nothing stands before the views but Django itself.
"""

from typing import Any
from urllib.parse import urlsplit

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.urls import path

from config import environment as env

DATABASE = urlsplit(env.text("DATABASE_URL"))
if not settings.configured:
    settings.configure(
        SECRET_KEY="bench",
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF=__name__,
        USE_TZ=True,
        DATABASES={
            "default": {**env.database(DATABASE.geturl()), "ENGINE": "django.db.backends.postgresql", "ATOMIC_REQUESTS": False}
        },
        REST_FRAMEWORK={
            "DEFAULT_AUTHENTICATION_CLASSES": [],
            "DEFAULT_PERMISSION_CLASSES": [],
            "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
            "UNAUTHENTICATED_USER": None,
        },
    )  # fmt: skip
    django.setup()

from rest_framework import generics, serializers  # noqa: E402 - they read the settings

BODY = b"x" * 1200  # about as long as an answer


class Row(models.Model):
    """A row by its key; the table is the measurement's."""

    code = models.CharField(primary_key=True, max_length=40)
    kind = models.CharField(max_length=12)
    state = models.CharField(max_length=10)
    filing = models.CharField(max_length=64)
    described_at = models.DateTimeField()
    attributes = models.JSONField()

    class Meta:
        app_label = "bench"
        db_table = "bench_row"
        managed = False


class RowOut(serializers.ModelSerializer[Row]):
    """All of it."""

    class Meta:
        model = Row
        fields = ["code", "kind", "state", "filing", "described_at", "attributes"]


class RowView(generics.RetrieveAPIView[Row]):
    """Read one row."""

    queryset = models.QuerySet(Row)
    serializer_class = RowOut


def bare(request: HttpRequest, **_: Any) -> HttpResponse:
    """Fixed bytes."""
    return HttpResponse(BODY, content_type="application/json")


urlpatterns = [path("healthz", bare), path("bare", bare), path("rows/<path:pk>", RowView.as_view())]
application = get_wsgi_application()
