"""Laws about four eyes: money, policy, keys and what lifts a suspension are never one person's act."""

import inspect
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from kernel.actor import Reach, Role
from kernel.permissions import table
from kernel.proposals import KINDS
from tests.laws.house import BUILT, ROOT, import_every_floor, nodes, place, sources
from tests.support.contract import contract

# kept by hand: what INVARIANTS A9 and the scheme of rights ask four eyes for, and the operation that starts it
NEEDED = {
    "closing a settlement": "marketplace.propose_closing",
    "reversing an entry of the ledger": "marketplace.propose_reversal",
    "taking over what was drawn elsewhere": "marketplace.propose_balance",
    "ending a tenant's keys": "participants.propose_key_revocation",
    "giving rights by mandate": "participants.propose_mandate",
    "granting, suspending, restoring and revoking a qualification": "participants.propose_qualification",
    "suspending an identifier": "identifiers.propose_suspension",
    "lifting an identifier's suspension": "identifiers.propose_reinstatement",
    "retiring an identifier": "identifiers.propose_retirement",
    "merging identifiers": "identifiers.propose_merger",
    "splitting an identifier": "identifiers.propose_split",
    "issuing an instruction": "monitoring.propose_instruction",
    "lifting an instruction": "monitoring.lift_instruction",
    "instructing a node below": "monitoring.propose_node_instruction",
    "lifting what a node below was instructed": "monitoring.lift_node_instruction",
    "changing the key that the node signs with": "nodes.propose_key",
    "accepting the risk of a finding, which lets an offer back": "security.propose_acceptance",
}
# two rows of the table and two houses, held by the constraint voucher_policy_four_eyes
TWO_HOUSES = {"marketplace.propose_policy": "marketplace.approve_policy"}
# a word that sounds like a lift, and is none
NO_LIFT = {"nodes.reopen_application"}  # begins the next version of a form
LIFTING = ("reinstate", "restore", "lift", "unsuspend", "reopen", "refund", "reverse", "rotate_node")


def declared() -> dict[str, str]:
    """The section of the permission table: operation → kind of proposal."""
    document = yaml.safe_load((ROOT / "config" / "permissions.yaml").read_text(encoding="utf-8"))
    return dict(document["four_eyes"])


def described() -> dict[str, dict[str, Any]]:
    """The contract's words on each operation, by its id."""
    document = contract()
    schemas = document["components"]["schemas"]
    found = {}
    for methods in document["paths"].values():
        for words in methods.values():
            content = words["responses"].get("201", {}).get("content", {})
            ref = content.get("application/json", {}).get("schema", {}).get("$ref", "")
            found[words["operationId"]] = schemas.get(ref.rsplit("/", 1)[-1], {})
    return found


def complaints(section: dict[str, str], rows: set[str], kinds: set[str]) -> Iterator[str]:
    """What is wrong between the section, the table's operations and the kinds that are registered."""
    yield from (f"{each} has no row" for each in section if each not in rows)
    yield from (
        f"{kind} of {each} is registered by nobody" for each, kind in section.items() if kind not in kinds
    )
    yield from (f"{kind} is asked for by no operation" for kind in kinds - set(section.values()))
    for each in sorted(rows):
        if any(word in each.split(".")[1] for word in LIFTING) and each not in {*section, *NO_LIFT}:
            yield f"{each} sounds like money or a lift, and is one person's act"


def direct_calls(acts: set[str]) -> Iterator[str]:
    """Modules that callers reach, and which call an act of four eyes themselves."""
    for path in sources(*BUILT):
        if {"api", "pages", "tasks.py", "commands"} & set(path.parts):
            for node in nodes(path):
                name = getattr(node, "id", None) or getattr(node, "attr", None)
                if name in acts:
                    yield place(path, node)


@pytest.fixture(scope="module", autouse=True)
def _every_floor() -> None:
    import_every_floor()


def test_every_act_that_needs_four_eyes_is_asked_for_and_approved() -> None:
    assert set(NEEDED.values()) == set(declared())
    assert list(complaints(declared(), set(table()), set(KINDS))) == []


def test_what_an_operation_of_four_eyes_answers_is_a_proposal() -> None:
    words = described()
    for operation in declared():
        members = set(words[operation].get("properties", {}))
        assert "proposal" in members or {"proposer", "approver", "kind"} <= members, operation


def test_no_address_page_or_job_calls_the_act_itself() -> None:
    acts = {inspect.unwrap(each.act).__name__ for each in KINDS.values()}
    assert list(direct_calls(acts)) == []


def test_approvers_are_people_of_a_role_and_never_everybody() -> None:
    for each in KINDS.values():
        row = {role: reach for role, reach in table()[each.operation].items() if reach is not Reach.NONE}
        assert row, each.kind
        assert not set(row) & {Role.ANONYMOUS, Role.NODE}
        # who may only propose by mandate is not named here: the proposal is the regulator's, and is approved there
        assert set(row) & {Role.REGULATOR, Role.OPERATOR_SYSTEM, Role.OPERATOR_SECURITY}, each.kind
    assert set(table()["kernel.approve_proposal"]) == {
        Role.OPERATOR_SYSTEM, Role.OPERATOR_SECURITY, Role.OPERATOR_AUDIT, Role.REGULATOR,
    }  # fmt: skip


def test_a_voucher_policy_is_proposed_and_approved_by_different_houses() -> None:
    for asks, lets in TWO_HOUSES.items():
        assert not set(table()[asks]) & set(table()[lets])


def test_a_kind_without_an_operation_and_an_act_of_one_person_are_noticed() -> None:
    found = list(complaints({"a.propose_x": "a.x"}, {"a.lift_y"}, {"a.z"}))
    assert found == [
        "a.propose_x has no row",
        "a.x of a.propose_x is registered by nobody",
        "a.z is asked for by no operation",
        "a.lift_y sounds like money or a lift, and is one person's act",
    ]
    assert list(direct_calls({"approve_act"})) != []
