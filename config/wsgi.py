"""The WSGI application that granian serves."""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

_django = get_wsgi_application()

from identifiers.api.door import ResolutionDoor  # noqa: E402 - it reads the settings

get_resolver().url_patterns  # noqa: B018 - loaded before anybody asks, not while the first one waits
application = ResolutionDoor(_django)
gc.freeze()  # the addresses too stay as long as the worker
