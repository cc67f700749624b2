"""What a process loads, and in what order: the Celery app first, who looks for garbage last, nothing that it is not for."""

import gc
import subprocess
import sys
from threading import Thread

from celery import current_app
from celery.app.utils import find_app

OURS = "compute-interconnection-node"
THE_FLOORS = 100_000  # objects, fewer than the code of the floors is made of
HEAVY = {"django", "celery", "rich"}


def test_garbage_is_looked_for_and_not_in_the_code() -> None:
    assert gc.isenabled()
    assert gc.get_freeze_count() > THE_FLOORS


def test_every_thread_sends_its_tasks_through_the_one_celery_app_without_naming_it() -> None:
    seen = []
    thread = Thread(target=lambda: seen.append(current_app.main))
    thread.start()
    thread.join()
    assert [current_app.main, *seen] == [OURS, OURS]


def test_the_name_that_operators_write_is_found() -> None:
    assert find_app("config").main == OURS


def test_the_keeper_of_the_services_loads_no_floor_and_no_framework() -> None:
    code = (
        "import sys, config.embedded.keeper, httpx; print(*{name.partition('.')[0] for name in sys.modules})"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout  # noqa: S603 - our own words
    assert HEAVY & set(loaded.split()) == set()
