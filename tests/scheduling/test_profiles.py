"""Profiles are data: another calendar, other classes or other shares rule from then on, and need no migration."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copytree
from uuid import UUID

import pytest
from django.core.management import call_command

from scheduling.models import LineOpening, LineProduct
from scheduling.selectors import profiles
from scheduling.services.openings import contract_line, preoccupy_line
from tests.scheduling.live import first_bundle, open_market
from tests.support.cast import World

SCENE = open_market

FRIDAY = datetime(2026, 11, 20, 2, tzinfo=UTC)
FORGET = (profiles.opening_profile, profiles.working_calendar, profiles.line_service_profile)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the profiles that the node reads instead."""
    copied = copytree(profiles.PROFILES, tmp_path / "profiles")
    monkeypatch.setattr(profiles, "PROFILES", copied)
    yield copied
    forget()


def forget() -> None:
    for profile in FORGET:
        profile.cache_clear()


def change(folder: Path, name: str, old: str, new: str) -> None:
    """Another version of a profile takes effect, as by a restart."""
    path = folder / f"{name}.yaml"
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new).replace('version: "2026.', 'version: "2027.'), encoding="utf-8")
    forget()


def contracted(world: World, order: int) -> LineOpening:
    facts, user = first_bundle(world.ben), world.ben.organisation.id
    id_ = UUID(int=order)
    preoccupy_line(
        order=id_, facts=facts, user=user, held_until=FRIDAY + timedelta(days=9999), actor=world.ben.actor
    )
    contract_line(order=id_, actor=world.ben.actor)
    return LineOpening.objects.get(order=id_)


@pytest.mark.django_db
def test_another_policy_rules_from_then_on_moves_no_promise_and_needs_no_migration(
    world: World, folder: Path
) -> None:
    before = contracted(world, 1)
    change(folder, "openings", "take_on: 20", "take_on: 50")
    after = contracted(world, 2)
    assert [
        (datetime.fromisoformat(row.due[0][1]) - row.contracted_at).days
        for row in (before, after)
        if row.contracted_at
    ] == [2, 4]  # of seven days
    assert (before.profile, after.profile) == ("2026.4", "2027.4")
    assert LineOpening.objects.get(id=before.id).due == before.due
    monday = profiles.working_calendar().after(FRIDAY, 1, counted="working", day_seconds=86_400)
    change(
        folder, "working_days", "      - [2026-10-01, 2026-10-07]",
        "      - [2026-10-01, 2026-10-07]\n      - [2026-11-23, 2026-11-23]",
    )  # fmt: skip
    later = profiles.working_calendar().after(FRIDAY, 1, counted="working", day_seconds=86_400)
    assert later == monday + timedelta(days=1)
    product = LineProduct.objects.order_by("id")[0]
    path, body = f"/api/v1/line-products/{product.id}:describe", {"isolation": "quantum"}
    refused = world.lin.post(path, body)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "/isolation")
    change(
        folder, "line_services", "isolation:\n", "isolation:\n  - {code: quantum, zh: 量子, en: Quantum}\n"
    )
    assert world.lin.post(path, body).status_code == 200
    assert LineProduct.objects.get(id=product.id).services_profile.startswith("2027.")
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)  # exits where one is needed
