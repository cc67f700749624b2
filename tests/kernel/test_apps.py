"""Every floor starts by its own class, so that its subscriptions, jobs and report sections are known."""

import pytest
from django.apps import apps
from django.conf import settings

from kernel.apps import FloorConfig
from kernel.jobs import JOBS
from kernel.reports import SECTIONS

INSTALLED = [floor for floor in settings.FLOORS if apps.is_installed(floor)]


@pytest.mark.parametrize("floor", INSTALLED)
def test_a_floor_is_started_by_its_own_class(floor: str) -> None:
    assert isinstance(apps.get_app_config(floor), FloorConfig)


def test_jobs_and_report_sections_are_known_when_the_node_has_started() -> None:
    assert "scheduling.send_dispatch" in JOBS
    assert "dispatch.selections" in SECTIONS
