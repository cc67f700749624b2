"""The exact text of a leaf of the audit log, and of a checkpoint: what a verifier hashes and checks."""

import base64
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from kernel.objects import canonical_json


def leaf_text(
    *, position: int, occurred_at: datetime, fields: Mapping[str, str], payload: Mapping[str, Any]
) -> str:
    """An event as canonical JSON: sorted keys, no spaces, time in UTC to the microsecond."""
    document = {
        **fields,
        "position": position,
        "occurred_at": occurred_at.astimezone(UTC).isoformat(timespec="microseconds"),
        "payload": payload,
    }
    return canonical_json(document)


def checkpoint_text(*, origin: str, size: int, root: bytes, at: datetime) -> str:
    """A checkpoint as four lines: origin, size, root in base64, time. These bytes are signed."""
    moment = at.astimezone(UTC).isoformat(timespec="microseconds")
    return f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n{moment}\n"
