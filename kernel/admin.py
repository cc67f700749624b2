"""The back office writes nothing: the pages that libraries register are taken away."""

from django.conf import settings
from django.contrib import admin

for _model in list(admin.site._registry):  # noqa: SLF001 - Django has no public list of what is registered
    if _model._meta.app_label not in settings.FLOORS:
        admin.site.unregister(_model)
