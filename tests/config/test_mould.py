"""The migrated cluster is kept for the code that made it, whole or not at all, and later runs begin with a copy."""

from pathlib import Path

import psycopg
import pytest

from config.embedded.mould import Mould
from config.embedded.stack import Stack


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project of one app."""
    app = tmp_path / "root" / "app"
    (app / "migrations").mkdir(parents=True)
    for name in ("__init__.py", "migrations/0001_tables.py"):
        (app / name).touch()
    (tmp_path / "root" / "requirements.lock").touch()
    return tmp_path / "root"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A cluster as far as copying goes."""
    folder = tmp_path / "pgdata-18"
    folder.mkdir()
    (folder / "PG_VERSION").write_text("18")
    return folder


def beside(data: Path, name: str) -> Path:
    """Where a run of this name has its cluster."""
    (data.parent / name).mkdir()
    return data.parent / name / data.name


def test_what_was_taken_is_poured(root: Path, data: Path, tmp_path: Path) -> None:
    copy = beside(data, "copy")
    assert not Mould(root, tmp_path / "run").pour(copy)
    Mould(root, tmp_path / "run").take(data)
    assert Mould(root, tmp_path / "run").pour(copy)
    assert (copy / "PG_VERSION").read_text() == "18"


@pytest.mark.parametrize("changed", ["requirements.lock", "app/migrations/0001_tables.py", "app/rules.sql"])
def test_other_code_has_a_mould_of_its_own(root: Path, data: Path, tmp_path: Path, changed: str) -> None:
    before = Mould(root, tmp_path / "run")
    before.take(data)
    (root / changed).write_text("-- changed")
    after = Mould(root, tmp_path / "run")
    assert not after.pour(beside(data, "copy"))
    before.take(data)  # what was made by code that has changed since is not kept
    assert before.pour(beside(data, "first"))
    after.take(data)
    assert after.pour(beside(data, "second"))
    assert not before.pour(beside(data, "third")), "one is kept, not one for each edit"


def test_what_was_broken_off_is_not_poured(root: Path, data: Path, tmp_path: Path) -> None:
    mould = Mould(root, tmp_path / "run")
    (tmp_path / "run" / "mould-unfinished").mkdir(parents=True)
    assert not mould.pour(beside(data, "first"))
    mould.take(data)
    assert not list((tmp_path / "run").glob("mould-unfinished"))
    assert mould.pour(beside(data, "second"))


def test_a_run_begins_with_what_an_earlier_one_made(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "CACHE_URL"):
        monkeypatch.delenv(name, raising=False)
    for time in ("first", "second"):
        run = tmp_path / time
        with Stack(run, durable=False, disposable=True, mould=Mould(root, tmp_path / "kept")) as stack:
            assert stack.migrated is (time == "second")
            if not stack.migrated:
                with psycopg.connect(stack.addresses("regional").database_owner) as owner:
                    owner.execute("CREATE TABLE fact (what text)")
                stack.keep_mould()
            with psycopg.connect(stack.addresses("regional").database) as app:
                app.execute("SELECT what FROM fact")
