"""Instructions between nodes: what goes down, and what is told back up (SCHEME §7)."""

import json
from dataclasses import asdict, dataclass, fields
from uuid import UUID

from kernel.instants import read_instant
from kernel.objects import canonical_json
from kernel.text import Vocabulary

ORDERS = "instructions"  # the stream down
REPORTS = "instruction-reports"  # the stream up
ORDER_SCHEMA = "cin-instruction/1"
REPORT_SCHEMA = "cin-instruction-report/1"


# characters that an order's members have at most, as they are kept
LONGEST = {"number": 60, "subject": 64, "legal_basis": 500, "reason": 1000, "effect": 500, "to": 6}
LONGEST_TOLD = {"reason": 64, "receipt": 2000, "sha256": 64}  # and a report's


class OrderAct(Vocabulary):
    """What the upstream wants of an instruction."""

    ISSUE = "issue", "下达", "Issued"
    LIFT = "lift", "解除", "Lifted"


class OrderState(Vocabulary):
    """Where an instruction stands at the node that carries it out."""

    IN_FORCE = "in_force", "生效", "In force"
    NOT_APPLIED = "not_applied", "未能执行", "Could not be applied"
    ACKNOWLEDGED = "acknowledged", "已签收", "Acknowledged"
    RECTIFIED = "rectified", "已报整改", "Rectification reported"
    LIFTED = "lifted", "已解除", "Lifted"
    EXPIRED = "expired", "期满", "Expired"


@dataclass(frozen=True, slots=True)
class Order:
    """One instruction of an upstream; the same id on both nodes.

    `subject` is a party's code (GB 32100 or GB 11714) or an identifier; `valid_until` is ISO 8601, empty until lifted.
    `to` is the code of the node that carries it out, where another one on the way hands it down; else it is left out.
    """

    act: str
    id: str
    number: str
    issuer: str
    subject: str
    legal_basis: str
    reason: str
    effect: str
    scope: str
    valid_until: str
    to: str = ""


@dataclass(frozen=True, slots=True)
class OrderReport:
    """What became of an instruction, at the clock of the node that carries it out; `reason` says why it could not be."""

    id: str
    state: str
    at: str
    reason: str = ""
    receipt: str = ""
    sha256: str = ""


def compose(document: Order | OrderReport) -> bytes:
    """The message's bytes."""
    schema = ORDER_SCHEMA if isinstance(document, Order) else REPORT_SCHEMA
    named = {"schema": schema} | {k: v for k, v in asdict(document).items() if k != "to" or v}
    return canonical_json(named).encode()


def read_order(body: bytes) -> Order | None:
    """The instruction that these bytes say; None where they say none."""
    try:
        found = Order(**_texts(body, ORDER_SCHEMA, Order))
        UUID(found.id)
        OrderAct(found.act)
        if any(len(getattr(found, name)) > most for name, most in LONGEST.items()):
            return None
        if found.valid_until:
            read_instant(found.valid_until)
    except (TypeError, ValueError):
        return None
    return found


def read_report(body: bytes) -> OrderReport | None:
    """The report that these bytes say; None where they say none."""
    try:
        found = OrderReport(**_texts(body, REPORT_SCHEMA, OrderReport))
        UUID(found.id)
        OrderState(found.state)
        if any(len(getattr(found, name)) > most for name, most in LONGEST_TOLD.items()):
            return None
        read_instant(found.at)
    except (TypeError, ValueError):
        return None
    return found


def _texts(body: bytes, schema: str, kind: type[Order | OrderReport]) -> dict[str, str]:
    """The document's members, which are texts, all of them and no others. Raises ValueError."""
    try:
        document = json.loads(body)
        names = {each.name for each in fields(kind)}
        known = document.pop("schema") == schema and names - {"to"} <= set(document) <= names
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(schema) from error
    if not known or not all(type(value) is str and "\0" not in value for value in document.values()):
        raise ValueError(schema)
    "".join(document.values()).encode()  # a lone surrogate is no text: UnicodeEncodeError, a ValueError
    return dict(document)
