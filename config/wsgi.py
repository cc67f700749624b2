"""The WSGI application that granian serves."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

_django = get_wsgi_application()

from identifiers.api.door import ResolutionDoor  # noqa: E402 - it reads the settings

application = ResolutionDoor(_django)
gc.freeze()  # the code stays as long as the worker: who looks for garbage need not look at it
