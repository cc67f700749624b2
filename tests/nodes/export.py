"""A small export folder, made by the domain alone: what the stand-alone verifier is shown."""

import base64
import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from kernel.crypto.messages import Request, sign_request
from kernel.crypto.suite import INTERNATIONAL, Suite
from kernel.merkle import inclusion_proof
from nodes.domain.envelopes import Outcome, Receipt, compose_message, sign_receipt
from nodes.domain.manifests import Entry, compose_manifest, entry_of, sign_manifest
from nodes.domain.statements import Statement

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
REGION, NATION = "86.320000", "86"
KEYS = {REGION: bytes(range(32)), NATION: bytes(range(1, 33))}
FIVE = [(b'{"sums":{"orders":%d,"amount_fen":%d}}' % (n, n * 100), None) for n in range(1, 6)]
SIGNED = ("content-type", "content-digest", "cin-stream", "cin-sequence", "signature-input", "signature")


def write_export(
    folder: Path,
    *,
    stream: str = "reports",
    sent: Sequence[tuple[bytes, int | None]] = FIVE,
    refused: int = 3,
    suite: Suite = INTERNATIONAL,
) -> Path:
    """A day of messages (body, superseded number), of which number `refused` was refused; with proofs for all."""
    messages = len(sent)
    for name in ("messages", "receipts", "proofs"):
        (folder / name).mkdir(parents=True)
    dump(
        folder / "export.json",
        {
            "format": "cin-export/1",
            "sender": REGION,
            "receiver": NATION,
            "stream": stream,
            "complete": True,
        },
    )
    valid = {"valid_from": (NOW - timedelta(days=1)).isoformat(), "valid_until": None}
    dump(
        folder / "keys.json",
        {node: [{**suite.jwk(suite.public_key(private)), **valid}] for node, private in KEYS.items()},
    )
    entries = [
        write_message(folder, suite, number, each, refused=number == refused, stream=stream)
        for number, each in enumerate(sent, 1)
    ]
    manifest = compose_manifest(
        sender=REGION,
        receiver=NATION,
        stream=stream,
        day=date(2026, 6, 1),
        first=1,
        last=messages,
        entries=entries,
        suite=suite,
    )
    for side, node in (("sender", REGION), ("receiver", NATION)):
        statement = sign_manifest(manifest, suite=suite, private_key=KEYS[node])
        write_statement(folder / f"manifest.{side}", statement)
    for index in range(messages):
        proof = [
            part.hex() for part in inclusion_proof([entry.leaf for entry in entries], index, suite.digest)
        ]
        dump(folder / "proofs" / f"{index + 1}.json", {"index": index, "size": messages, "proof": proof})
    return folder


def write_message(
    folder: Path, suite: Suite, number: int, sent: tuple[bytes, int | None], *, refused: bool, stream: str
) -> Entry:
    body, supersedes = sent
    outcome = Outcome.REFUSED if refused else Outcome.STORED
    message = compose_message(
        suite=suite,
        stream=stream,
        sequence=number,
        aggregate=f"day-{number}",
        body=body,
        supersedes=supersedes,
    )
    request = Request(
        "POST",
        f"https://national.example:8443/api/v1/federation/messages?{message.query}",
        {"content-type": "application/json", "cin-stream": stream, "cin-sequence": str(number)},
        body,
    )
    headers = sign_request(
        request, suite=suite, private_key=KEYS[REGION], now=NOW, nonce=f"nonce-{number:016d}"
    )
    lowered = {name.lower(): value for name, value in headers.items()}
    url = urlsplit(request.url)
    parts = {"method": "POST", "authority": url.netloc, "path": url.path, "query": f"?{url.query}"}
    dump(
        folder / "messages" / f"{number}.json", {**parts, "headers": {name: lowered[name] for name in SIGNED}}
    )
    (folder / "messages" / f"{number}.body").write_bytes(body)
    receipt = Receipt(
        node=NATION,
        sender=REGION,
        stream=stream,
        sequence=number,
        digest=message.digest,
        outcome=outcome,
        code="schema_unknown" if refused else "",
        received_at=NOW,
        expected=number + 1,
    )
    statement = sign_receipt(receipt, suite=suite, private_key=KEYS[NATION])
    write_statement(folder / "receipts" / str(number), statement)
    return entry_of(number, outcome, body, suite)


def write_statement(stem: Path, statement: Statement) -> None:
    stem.with_name(f"{stem.name}.json").write_bytes(statement.payload)
    signature = base64.b64encode(statement.signature).decode()
    dump(
        stem.with_name(f"{stem.name}.signature.json"),
        {"keyid": statement.key_id, "alg": statement.algorithm, "signature": signature},
    )


def dump(path: Path, document: object) -> None:
    path.write_text(json.dumps(document))
