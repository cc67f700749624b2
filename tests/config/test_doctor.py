"""What the doctor says of a server that the user names."""

import os

import pytest

from config.embedded import doctor


def look(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], url: str) -> str:
    """What the doctor prints of PostgreSQL where this URL is named."""
    monkeypatch.setenv("DATABASE_URL", url)
    doctor.main([])
    return next(line for line in capsys.readouterr().out.splitlines() if "DATABASE_URL" in line)


def test_a_role_that_is_bound_is_well(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    line = look(monkeypatch, capsys, os.environ["DATABASE_URL"])
    assert line.startswith("ok ")
    assert "bound by row-level security" in line


def test_a_role_that_passes_every_policy_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    line = look(monkeypatch, capsys, os.environ["DATABASE_OWNER_URL"])
    assert line.startswith("FAIL The role node_owner of DATABASE_URL")
    assert "NOBYPASSRLS" in line


def test_a_server_that_does_not_answer_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    line = look(monkeypatch, capsys, "postgresql://node_app@127.0.0.1:1/cin")
    assert line.startswith("FAIL DATABASE_URL is not reached")
