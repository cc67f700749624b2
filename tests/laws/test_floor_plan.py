"""Law: calls go down, every package stands in the import contracts, and the rooms of a floor are closed."""

import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

from tests.laws.house import BUILT, FLOORS, ROOT

PRIVATE = ["adapters", "admin", "api", "domain", "handlers", "management", "models", "reports", "tasks"]
ROOMS = {
    *PRIVATE, "__init__", "apps", "errors", "events", "migrations", "profiles", "selectors", "services",
    "locale", "static", "templates",
}  # fmt: skip
CONSOLE_ROOMS = {
    "__init__", "apps", "locale", "migrations", "pages", "static", "templates", "templatetags", "urls",
}  # fmt: skip
KERNEL_ROOMS = {
    "__init__", "actor", "admin", "api", "append_only", "apps", "checks", "clock", "crypto", "database", "divisions", "domain", "doorbell",
    "durability", "egress", "errors", "events", "federation", "ids", "instants", "jobs", "kept", "locks", "logs", "management", "merkle",
    "middleware", "migrations", "models", "money", "objects", "organisation_codes", "parties", "permissions", "profiles", "proposals", "quantities",
    "questions", "reports", "row_security", "searching", "selectors", "services", "shelves", "states", "stations", "systems", "tasks",
    "tenancy", "text",
}  # fmt: skip
"""Nouns of the kernel's own: a new one is a decision."""

ATTICS = {"utils", "util", "helpers", "helper", "common", "misc", "signals", "lib", "tools"}


def contracts(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The import contracts by their ids."""
    return {each["id"]: each for each in document["tool"]["importlinter"]["contracts"]}


def has(module: str, root: Path) -> bool:
    path = root / module.replace(".", "/")
    return path.with_suffix(".py").exists() or (path / "__init__.py").exists()


def missing_from_contracts(document: dict[str, Any], built: list[str], root: Path) -> list[str]:
    """What the contracts do not say about the packages that exist."""
    found, floors = contracts(document), [each for each in built if each not in ("kernel", "console")]
    missing = []
    layers = [layer.strip("()") for layer in found["floors"]["layers"]]
    if layers != ["config", *reversed(FLOORS)]:
        missing.append("contract floors: the layers are not config and settings.FLOORS from top to bottom")
    if set(document["tool"]["importlinter"]["root_packages"]) != {"config", *built}:
        missing.append(f"root_packages: say {['config', *reversed(built)]}")
    if set(found["rooms"]["containers"]) != set(floors):
        missing.append(f"contract rooms: containers are {[*reversed(floors)]}")
    pure = {f"{floor}.domain" for floor in built if has(f"{floor}.domain", root)}
    if absent := pure - set(found["pure-domain"]["source_modules"]):
        missing.append(f"contract pure-domain: add {sorted(absent)}")
    for floor in floors:
        private = [f"{floor}.{room}" for room in PRIVATE if has(f"{floor}.{room}", root)]
        door = found.get(f"{floor}-behind-its-door", {})
        if private and sorted(door.get("protected_modules", [])) != private:
            missing.append(f"contract {floor}-behind-its-door: protected_modules are {private}")
        if private and set(door["allowed_importers"] if door else ()) != {floor, "config"}:
            missing.append(f"contract {floor}-behind-its-door: allowed_importers are {[floor, 'config']}")
    return missing


def strangers(root: Path, floors: list[str]) -> list[str]:
    """Files and folders of floors that are no rooms, and attics anywhere below."""
    found = []
    for floor in floors:
        known = {"console": CONSOLE_ROOMS, "kernel": KERNEL_ROOMS}.get(floor, ROOMS)
        entries = sorted(path for path in (root / floor).iterdir() if path.name != "__pycache__")
        found += [f"{floor}/{path.name} is no room" for path in entries if path.stem not in known]
        found += [str(p.relative_to(root)) for p in (root / floor).rglob("*") if p.stem in ATTICS]
    return found


PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_every_package_that_exists_stands_in_the_import_contracts() -> None:
    assert missing_from_contracts(PROJECT, BUILT, ROOT) == []


def test_a_package_outside_the_contracts_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "marketplace" / "models").mkdir(parents=True)
    for folder in ("marketplace", "marketplace/models"):
        (tmp_path / folder / "__init__.py").touch()
    missing = missing_from_contracts(PROJECT, ["kernel", "marketplace"], tmp_path)
    assert any("root_packages" in each for each in missing)
    assert any("rooms" in each for each in missing)
    assert any("'marketplace.models'" in each for each in missing)


def test_every_floor_that_is_an_app_is_installed_and_every_installed_floor_exists() -> None:
    from django.apps import apps  # the registry is ready only when the test runs

    installed = {config.name for config in apps.get_app_configs()} & set(FLOORS)
    assert installed == {floor for floor in BUILT if (ROOT / floor / "apps.py").exists()}


def test_the_rooms_are_closed() -> None:
    assert strangers(ROOT, BUILT) == []


def test_an_attic_and_a_new_room_are_noticed(tmp_path: Path) -> None:
    for path in ("orders/domain/utils.py", "orders/manager.py", "orders/services/orders.py"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    assert strangers(tmp_path, ["orders"]) == ["orders/manager.py is no room", "orders/domain/utils.py"]


def lint(*, config: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    command = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(sys.argv[1]))"
    return subprocess.run(  # noqa: S603 - our own linter
        [sys.executable, "-c", command, str(config)], cwd=folder, capture_output=True, text=True, check=False
    )


def test_the_import_contracts_hold() -> None:
    done = lint(config=ROOT / "pyproject.toml", folder=ROOT)
    assert done.returncode == 0, done.stdout


def test_a_call_upwards_an_impure_domain_and_a_back_door_are_noticed(tmp_path: Path) -> None:
    planted = {
        "kernel/domain/prices.py": "from nodes.services import peers\n",  # upwards
        "nodes/services/peers.py": "",
        "nodes/domain/clock.py": "import django\n",  # impure
        "participants/services/members.py": "from nodes.domain import clock\n",  # through the back door
        "nodes/models/rows.py": "from nodes.services import peers\n",  # against the order of rooms
    }
    for path, text in planted.items():
        for folder in [*Path(path).parents][:-1]:
            (tmp_path / folder).mkdir(parents=True, exist_ok=True)
            (tmp_path / folder / "__init__.py").touch()
        (tmp_path / path).write_text(text, encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text(PLANTED, encoding="utf-8")
    said = lint(config=tmp_path / "pyproject.toml", folder=tmp_path).stdout
    assert "kernel.domain.prices -> nodes.services.peers" in said
    assert "nodes.domain.clock -> django" in said
    assert "participants.services.members -> nodes.domain.clock" in said
    assert "nodes.models.rows -> nodes.services.peers" in said


# the contracts of the house in the same words, cut down to three small packages
PLANTED = """
[tool.importlinter]
root_packages = ["participants", "nodes", "kernel"]
include_external_packages = true
[[tool.importlinter.contracts]]
name = "floors"
type = "layers"
layers = ["participants", "nodes", "kernel"]
[[tool.importlinter.contracts]]
name = "rooms"
type = "layers"
containers = ["nodes"]
layers = ["(services)", "(models)", "(domain)"]
[[tool.importlinter.contracts]]
name = "pure"
type = "forbidden"
source_modules = ["nodes.domain"]
forbidden_modules = ["django"]
[[tool.importlinter.contracts]]
name = "door"
type = "protected"
protected_modules = ["nodes.domain"]
allowed_importers = ["nodes"]
"""
