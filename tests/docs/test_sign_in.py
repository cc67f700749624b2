"""Runs the examples of docs/sign-in.md as an integrator would, against a real server."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from demo.credentials import credentials_file
from tests.docs.test_readme import BLOCK, ROOT, needs, run
from tests.participants.machines import administers
from tests.support.cast import World


@pytest.fixture
def integrator(tmp_path: Path, world: World, live_server: Any, settings: Any) -> Iterator[Path]:
    """The integrator's folder beside a running demo."""
    settings.NODE_URL = live_server.url
    (tmp_path / "demo").symlink_to(ROOT / "demo")
    (tmp_path / ".venv").symlink_to(Path(sys.prefix))
    folder = tmp_path / ".run" / "demo-1"
    folder.mkdir(parents=True)
    with credentials_file(folder, {"node": live_server.url, "compute-jia": administers(world.ada).key}):
        yield tmp_path


@pytest.mark.slow
@needs("curl", "openssl")
@pytest.mark.django_db(transaction=True)
def test_an_integrator_can_copy_every_example(integrator: Path) -> None:
    text = (ROOT / "docs" / "sign-in.md").read_text(encoding="utf-8")
    printed = run(integrator, "\n".join(found[3] for found in BLOCK.finditer(text))).splitlines()
    key_id = printed.pop(6)
    assert re.fullmatch(r"[\w-]{43}", key_id)
    assert printed == [
        "old 200",
        "new 200",
        "pools 200",
        "aggregation.list_pools",
        "revoked 200",
        "['client_credentials']",
        "True",
        "signature_refused",
    ]
