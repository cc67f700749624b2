"""What every test may ask for: the world with its cast."""

import pytest

from tests.support.cast import World


@pytest.fixture
def world() -> World:
    """The lazy world; a test that speaks of its people also asks for the database."""
    return World()
