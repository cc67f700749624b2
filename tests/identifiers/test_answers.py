"""Signed answers: what a code stands for or that it does not exist, for sixty seconds, and nobody can change a word."""

import copy
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from demo.verify_identifier import CONTEXT, RefusedError, main, verify
from identifiers.domain.answers import CONTEXT as OURS
from identifiers.domain.answers import AnswerType, encode, stated
from kernel.crypto.suite import INTERNATIONAL as SUITE
from nodes.domain.statements import sign_statement, to_wire
from tests.attacks.codes import answers
from tests.identifiers.test_identifiers import active, issued
from tests.support.cast import World

NOW = datetime(2026, 11, 26, 4, 0, tzinfo=UTC)
CODE = "86.320000/0123456789ABC"
PRIVATE = SUITE.new_private_key()
KEY = {"keyid": SUITE.key_id(SUITE.public_key(PRIVATE)), "jwk": SUITE.jwk(SUITE.public_key(PRIVATE))}
NEVER = "86.320000/000000000000C"


def signed(
    kind: AnswerType = AnswerType.RESOLUTION, *, context: bytes = OURS, **facts: Any
) -> dict[str, Any]:
    """An answer as the node composes it, with the facts on top."""
    said = stated(
        kind, {"code": CODE, "state": "active", "attributes": {"name": "示范"}}, node="320000", at=NOW
    )
    said |= facts
    statement = sign_statement(encode(said), context=context, suite=SUITE, private_key=PRIVATE)
    beside = said if kind is AnswerType.RESOLUTION else {"code": "unknown_code", "status": 404}
    return {**copy.deepcopy(beside), "statement": to_wire(statement)}


@pytest.mark.parametrize("kind", [AnswerType.RESOLUTION, AnswerType.DENIAL])
def test_what_the_node_signed_is_accepted_until_it_expires(kind: AnswerType) -> None:
    answer = signed(kind)
    for second in (-29, 0, 59):
        assert verify(answer, KEY, code=CODE, now=NOW + timedelta(seconds=second))["type"] == kind
    for second in (-31, 60, 3600):
        with pytest.raises(RefusedError):
            verify(answer, KEY, code=CODE, now=NOW + timedelta(seconds=second))


OTHER = SUITE.new_private_key()
FORGED = {
    "another state beside the signature": {**signed(), "state": "suspended"},
    "a member more": {**signed(), "capacity": 9},
    "no signature": {name: value for name, value in signed().items() if name != "statement"},
    "for too long": signed(valid_until="2026-11-27T04:00:00Z"),
    "of another code": signed(code="86.320000/0123456789ABD"),
    "a receipt's signature": signed(context=b"cin-receipt-v1\x00"),
    "a resolution that is shown as a denial": {
        "code": "unknown_code", "status": 404, "statement": signed()["statement"],
    },
    "a denial that is shown as a resolution": {
        **signed(), "statement": signed(AnswerType.DENIAL)["statement"],
    },
    "another key's": signed()
    | {"statement": to_wire(sign_statement(b"{}", context=OURS, suite=SUITE, private_key=OTHER))},
}  # fmt: skip


@pytest.mark.parametrize("answer", FORGED.values(), ids=FORGED.keys())
def test_what_the_node_did_not_say_is_refused(answer: dict[str, Any]) -> None:
    with pytest.raises(RefusedError):
        verify(answer, KEY, code=CODE, now=NOW)


def test_no_answer_is_believed_that_the_node_did_not_give_or_not_of_this_or_not_now() -> None:
    tried, wrong = answers(1040, "suite")
    assert min(tried.values()) == 80
    assert wrong == []


def test_the_verifier_tells_by_its_exit_what_it_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert CONTEXT == OURS
    old = signed(issued_at="2025-11-26T04:00:00Z", valid_until="2025-11-26T04:01:00Z")
    for name, document in (("key", KEY), ("answer", old)):
        (tmp_path / name).write_text(json.dumps(document))
    (tmp_path / "none").write_text("{")
    assert main([str(tmp_path / "key"), str(tmp_path / "answer")]) == 1, "long expired"
    assert "expired" in capsys.readouterr().out
    assert main([str(tmp_path / "key"), str(tmp_path / "none")]) == 2


@pytest.mark.django_db
def test_anybody_verifies_what_a_code_stands_for_and_that_one_does_not_exist(world: World) -> None:
    row, key = active(world), world.nobody.get("/api/v1/node-key").json()
    for path in (
        f"identifiers/{row['code']}",
        f"resolve?code={row['code'].lower().replace('/', '%EF%BC%8F')}",
    ):
        answer = world.nobody.get(f"/api/v1/{path}")
        said = verify(answer.json(), key, code=row["code"], now=datetime.now(UTC))
        assert (said["state"], said["filing"], said["node"]) == ("active", "N-1", "320000")
        assert answer["Cache-Control"] == "public, max-age=30"
    denial = world.nobody.get(f"/api/v1/identifiers/{NEVER}")
    assert (denial.status_code, denial["Content-Type"]) == (404, "application/problem+json")
    assert verify(denial.json(), key, code=NEVER, now=datetime.now(UTC))["type"] == "denial"
    assert denial["Cache-Control"] == "public, max-age=5"


@pytest.mark.django_db
def test_nothing_is_denied_under_a_prefix_that_is_not_the_node_s(world: World) -> None:
    issued(world)
    elsewhere = world.nobody.get("/api/v1/identifiers/86.330000/000000000000A")
    assert elsewhere.status_code in (400, 404)
    assert "statement" not in elsewhere.json()


WRONG = [
    ("", "code"),
    ("code=", "code"),
    ("code=" + "9" * 201, "code"),
    ("code=86.320000/0000000000001", "code"),
    ("code=%00", "code"),
    (f"code={NEVER}&depth=9", "depth"),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("query", "parameter"), WRONG)
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_a_text_that_is_no_code_names_its_parameter(
    world: World, query: str, parameter: str, language: str
) -> None:
    answer = world.nobody.get(f"/api/v1/resolve?{query}", Accept_Language=language)
    assert (answer.status_code, answer.json()["errors"][0]["parameter"]) == (400, parameter)
    assert answer["Content-Language"] == language
