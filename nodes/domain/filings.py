"""What a region files at the national node about its identifiers, and the number that a filing gets."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kernel.objects import canonical_json
from kernel.text import Vocabulary
from nodes.domain.envelopes import Receipt

STREAM = "filings"
SCHEMA = "cin-filing/1"
FIELDS = {
    "code": str,
    "kind": str,
    "owner": str,
    "descriptor_version": int,
    "profile": str,
    "attributes": dict,
}


class FilingAct(Vocabulary):
    """What happened to the identifier."""

    ISSUE = "issue", "签发", "Issued"
    DESCRIBE = "describe", "变更描述", "Described anew"
    SUSPEND = "suspend", "暂停", "Suspended"
    REINSTATE = "reinstate", "恢复", "Reinstated"
    TRANSFER = "transfer", "转让", "Transferred"
    RETIRE = "retire", "注销", "Retired"


class FilingState(Vocabulary):
    """Where a filed identifier stands, as the national node knows it."""

    FILED = "filed", "已备案", "Filed"
    SUSPENDED = "suspended", "已暂停", "Suspended"
    RETIRED = "retired", "已注销", "Retired"


STATE_AFTER: Mapping[FilingAct, FilingState] = {
    FilingAct.ISSUE: FilingState.FILED,
    FilingAct.REINSTATE: FilingState.FILED,
    FilingAct.SUSPEND: FilingState.SUSPENDED,
    FilingAct.RETIRE: FilingState.RETIRED,
}  # a new description and a new holder leave the state as it is


@dataclass(frozen=True, slots=True)
class FilingMessage:
    """One act on one identifier, with the whole of what is filed about it.

    `subject` is the resource's key at the node that files, for itself: it finds it again after a restored backup.
    """

    act: FilingAct
    code: str
    kind: str
    owner: str
    descriptor_version: int
    profile: str
    attributes: dict[str, Any]
    subject: str = ""


def compose_filing(act: FilingAct, facts: Mapping[str, Any]) -> bytes:
    """The message's bytes; `facts` as `identifiers.selectors.identifiers.filing_of` gives them."""
    named = {n: facts[n] for n in (*FIELDS, "subject")}
    document = {"schema": SCHEMA, "act": act.value, "sums": {"filings": 1}} | named
    return canonical_json(document).encode()


def read_filing(body: bytes) -> FilingMessage | None:
    """The filing that these bytes say; None where they say none."""
    try:
        document = json.loads(body)
        if document["schema"] != SCHEMA or not all(type(document[n]) is kind for n, kind in FIELDS.items()):
            return None
        named = {name: document[name] for name in FIELDS}
        if named["descriptor_version"] < 0:
            return None
        return FilingMessage(FilingAct(document["act"]), **named, subject=str(document.get("subject", "")))
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def filing_number(receipt: Receipt) -> str:
    """The filing's receipt number: receiver, sender and sequence, all of which the signed receipt says."""
    return f"{receipt.node}.{receipt.sender}.{receipt.sequence}"
