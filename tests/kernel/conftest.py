"""What the kernel's tests may ask for beside the world."""

from collections.abc import Iterator

import pytest
from django.test import override_settings

from kernel import permissions
from kernel.actor import Reach
from tests.kernel import planted_api


@pytest.fixture
def boxes(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, dict[str, Reach]]]:
    """Serve the planted API with its rows of the permission table; gives the table."""
    rows = planted_api.with_the_rows()
    monkeypatch.setattr(permissions, "table", lambda: rows)
    with override_settings(ROOT_URLCONF="tests.kernel.planted_api"):
        yield rows
