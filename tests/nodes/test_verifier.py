"""The stand-alone verifier accepts an honest export and names what is wrong with any other."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from demo.verify_federation import sm2_good, verify
from kernel.crypto.suite import GM
from tests.nodes.export import NATION, REGION, write_export

VERIFIER = Path(__file__).parents[2] / "demo" / "verify_federation.py"


def run(folder: Path) -> tuple[int, str]:
    """As a stranger runs it: another process, from an empty folder, without this project on its path."""
    done = subprocess.run(  # noqa: S603 - our own file
        [sys.executable, "-I", str(VERIFIER), str(folder)],
        capture_output=True,
        text=True,
        cwd=folder,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def edited(name: str, old: bytes, new: bytes) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        path = folder / name
        assert old in path.read_bytes()
        path.write_bytes(path.read_bytes().replace(old, new, 1))

    return edit


def lost(*names: str) -> Callable[[Path], None]:
    def lose(folder: Path) -> None:
        for name in names:
            (folder / name).unlink()

    return lose


def swapped(first: str, second: str) -> Callable[[Path], None]:
    def swap(folder: Path) -> None:
        one, two = (folder / first).read_bytes(), (folder / second).read_bytes()
        (folder / first).write_bytes(two)
        (folder / second).write_bytes(one)

    return swap


def test_an_honest_export_is_verified(tmp_path: Path) -> None:
    status, report = run(write_export(tmp_path / "export"))
    assert status == 0, report
    assert "VERIFIED" in report
    assert "FAIL" not in report


@pytest.mark.parametrize(
    ("harm", "title"),
    [
        (edited("messages/2.body", b'"orders":2', b'"orders":9'), "messages"),
        (edited("messages/2.json", b"national.example", b"another.example"), "messages"),
        (edited("messages/2.json", b"day-2", b"day-1"), "messages"),
        (edited("messages/2.json", b"created=", b"created=1"), "messages"),
        (edited("messages/2.json", b'"cin-sequence": "2"', b'"cin-sequence": "4"'), "messages"),
        (edited("messages/2.json", b"ed25519", b"none"), "messages"),
        (edited("receipts/2.json", b"stored", b"refused"), "receipts"),
        (edited("receipts/3.json", b"refused", b"stored"), "receipts"),
        (swapped("receipts/1.json", "receipts/2.json"), "receipts"),
        (lost("receipts/2.signature.json"), "files"),
        (lost("messages/2.body"), "sequence"),
        (lost("messages/5.body"), "sequence"),
        (lost("manifest.sender.json"), "files"),
        (edited("manifest.sender.json", b'"stored":4', b'"stored":5'), "totals"),
        (edited("manifest.receiver.json", b'"orders":12', b'"orders":13'), "totals"),
        (edited("manifest.sender.json", b'"root":"', b'"root":"00'), "root"),
        (edited("proofs/2.json", b'"index": 1', b'"index": 2'), "inclusion"),
        (edited("proofs/2.json", b'"proof": ["', b'"proof": ["00'), "inclusion"),
        (swapped("proofs/1.json", "proofs/2.json"), "inclusion"),
        (edited("keys.json", b'"x": "', b'"x": "A'), "messages"),
        (edited("keys.json", b'"valid_from": "2026-05', b'"valid_from": "2027-05'), "messages"),
        (edited("export.json", b"cin-export/1", b"cin-export/9"), "files"),
    ],
)
def test_a_harmed_export_is_refused_and_the_report_says_where(
    harm: Callable[[Path], None], title: str, tmp_path: Path
) -> None:
    folder = write_export(tmp_path / "export")
    harm(folder)
    status, report = run(folder)
    assert status == 1, report
    assert f" {title}: " in report
    assert "NOT VERIFIED" in report


def test_one_message_can_be_shown_alone_with_its_proof(tmp_path: Path) -> None:
    folder = write_export(tmp_path / "export")
    for number in (1, 3, 4, 5):
        lost(f"messages/{number}.body")(folder)
    about = json.loads((folder / "export.json").read_text())
    (folder / "export.json").write_text(json.dumps(about | {"complete": False}))
    status, report = run(folder)
    assert status == 0, report
    assert "partial" in report
    lost("proofs/2.json")(folder)
    assert run(folder)[0] == 1


@pytest.fixture(scope="module")
def of_gm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An honest day of a pair that chose SM2 and SM3."""
    return write_export(tmp_path_factory.mktemp("gm") / "export", suite=GM)


def test_an_honest_export_of_sm2_and_sm3_is_verified_the_same_way(of_gm: Path) -> None:
    status, report = run(of_gm)
    assert status == 0, report
    assert "15 checks 报文签名与摘要 messages" in report


@pytest.mark.parametrize(
    ("harm", "title"),
    [
        (edited("messages/2.body", b'"orders":2', b'"orders":9'), "messages"),
        (edited("messages/2.json", b"day-2", b"day-1"), "messages"),
        (edited("messages/2.json", b"sm2-sm3", b"ed25519"), "messages"),
        (edited("receipts/3.json", b"refused", b"stored"), "receipts"),
        (edited("receipts/2.signature.json", b"sm2-sm3", b"ed25519"), "receipts"),
        (edited("manifest.receiver.json", b'"orders":12', b'"orders":13'), "totals"),
        (
            edited("manifest.sender.json", b'"digest_algorithm":"sm3"', b'"digest_algorithm":"sha-256"'),
            "totals",
        ),
        (edited("manifest.sender.json", b'"root":"', b'"root":"00'), "root"),
        (edited("proofs/2.json", b'"proof": ["', b'"proof": ["00'), "inclusion"),
        (edited("keys.json", REGION.encode(), NATION.encode() + b"0"), "messages"),
        (edited("keys.json", b'"SM2"', b'"Ed25519"'), "files"),
    ],
)
def test_a_harmed_export_of_sm2_and_sm3_is_refused_too(
    harm: Callable[[Path], None], title: str, of_gm: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "export"
    shutil.copytree(of_gm, folder)
    harm(folder)
    assert any(f" {title}: " in failure for failure in verify(folder).failures)


def test_the_verifier_s_own_sm2_says_what_the_node_s_says() -> None:
    private = GM.new_private_key()
    public, message = GM.public_key(private), b"message digest"
    signature = GM.sign(private, message)
    assert sm2_good(public, signature, message)
    zero, order = bytes(32), (0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123).to_bytes(32)
    for key, mark, text in (
        (public, signature, b"another"),
        (GM.public_key(GM.new_private_key()), signature, message),
        (public[32:] + public[:32], signature, message),  # no point of the curve
        (bytes(64), signature, message),
        (public, signature[32:] + signature[:32], message),
        (public, zero + signature[32:], message),
        (public, signature[:32] + zero, message),
        (public, signature[:32] + order, message),
        (public, signature + b"\x00", message),
        (public, b"", message),
        (public[:32], signature, message),
    ):
        assert not sm2_good(key, mark, text)
        assert not GM.verify(key, mark, text)
