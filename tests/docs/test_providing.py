"""Runs the examples of docs/providing.md as a new provider would, against a real server without a nation that files."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from demo.credentials import credentials_file
from identifiers.services.prefixes import accept_prefix
from kernel.actor import SYSTEM
from tests.docs.test_readme import ROOT, blocks, needs, run
from tests.support.cast import World


@pytest.fixture
def provider(tmp_path: Path, world: World, live_server: Any) -> Iterator[Path]:
    """The folder of a provider's engineer beside a running demo."""
    accept_prefix(prefix="86.320000", delegated_by="000000", actor=SYSTEM)
    (tmp_path / "demo").symlink_to(ROOT / "demo")
    folder = tmp_path / ".run" / "demo-1"
    folder.mkdir(parents=True)
    people = {"operator-system": world.otto, "operator-security": world.olga, "regulator-one": world.rhea}
    keys = {name: person.key for name, person in people.items()}
    with credentials_file(folder, {"node": live_server.url, **keys}):
        yield tmp_path


@pytest.mark.slow
@needs("curl", "openssl")
@pytest.mark.django_db(transaction=True)
def test_a_new_provider_comes_as_far_as_the_nation_must_act(provider: Path) -> None:
    printed = run(provider, "\n".join(blocks("docs/providing.md", "sh"))).splitlines()
    kinds = ["business_licence", "authorisation", "telecom_licence_b11", "network_security_filing"]
    assert printed[1:8] == [*kinds, "reviewing", "checked", "certified"]
    assert "inventory_unknown" in printed[8]
    assert printed[-2] == "applied"
    waiting = ["centre_not_identified", "centre_not_filed", "pool_not_identified", "pool_not_filed"]
    assert printed[-1] == str(waiting)
