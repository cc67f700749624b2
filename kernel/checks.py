"""System checks with ids and hints, so that a wrong setting speaks."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.checks import Warning as CheckWarning
from django.db import connections

from kernel.row_security import differences
from kernel.systems import NodeRole


@register()
def node_settings(**_: Any) -> list[CheckMessage]:
    """Check the settings that only a node has."""
    found: list[CheckMessage] = []
    if settings.NODE_ROLE not in NodeRole.codes():
        hint = f"Set NODE_ROLE to one of {', '.join(NodeRole.codes())}."
        found.append(Error(f"NODE_ROLE is {settings.NODE_ROLE!r}", hint=hint, id="kernel.E001"))
    if not (settings.NODE_CODE.isdigit() and len(settings.NODE_CODE) == 6):  # noqa: PLR2004 - GB/T 2260
        hint = "Set NODE_CODE to the six digits of GB/T 2260, 000000 for the national node."
        found.append(Error(f"NODE_CODE is {settings.NODE_CODE!r}", hint=hint, id="kernel.E002"))
    if settings.CACHES["default"]["LOCATION"] == settings.CELERY_BROKER_URL:
        hint = "Give CACHE_URL a database of its own, in production an instance of its own."
        found.append(CheckWarning("the cache shares the broker's Redis", hint=hint, id="kernel.W001"))
    return found


@register(Tags.database)
def row_security(*, databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Check that the second wall stands, and that who serves does not pass through it."""
    hint = "Run manage.py migrate as the owner; serve as a role made by config/embedded/roles.sql."
    return [
        Error(each, hint=hint, id="kernel.E003")
        for name in databases or []
        for each in differences(connections[name])
    ]
