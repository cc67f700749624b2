"""One stream as files that anybody can verify: the folder format `cin-export/1` (demo/verify_federation.py)."""

import base64
import json
from collections.abc import Iterator
from typing import Any

from django.conf import settings

from kernel.crypto.suite import SUITES
from kernel.merkle import inclusion_proof
from nodes.domain.keys import SINCE_EVER
from nodes.models import Envelope, ManifestPair, NodeKey, Peer, PeerKeyRow
from nodes.selectors.keys import announced_keys

FORMAT = "cin-export/1"


def agreed_manifest(peer: Peer, stream: str) -> ManifestPair | None:
    """The newest comparison of our stream to the peer that agreed; None before there is one."""
    pairs = ManifestPair.objects.filter(
        peer=peer, stream=stream, sender=settings.NODE_CODE, agreed=True, last__gt=0
    )
    return pairs.order_by("-id").first()


def export_files(pair: ManifestPair, own_key: dict[str, str]) -> Iterator[tuple[str, bytes]]:
    """Path in the folder → content, for every message of an agreed manifest; `own_key` is our key of the pair's suite.

    Keys are listed for completeness; who verifies pins them from another source.
    """
    peer = pair.peer
    about = {
        "format": FORMAT,
        "sender": settings.NODE_CODE,
        "receiver": peer.code,
        "stream": pair.stream,
        "complete": True,
    }
    yield "export.json", _json(about)
    theirs = [_key(row) for row in PeerKeyRow.objects.filter(peer=peer).order_by("id")]
    ours = [_key(row) for row in announced_keys() if row.suite == peer.suite]
    if not ours:
        ours = [{**own_key, "valid_from": SINCE_EVER.isoformat(), "valid_until": None}]
    yield "keys.json", _json({settings.NODE_CODE: ours, peer.code: theirs})
    rows = list(
        Envelope.objects.filter(
            stream__peer=peer, stream__name=pair.stream, sequence__range=(pair.first, pair.last)
        )
        .select_related("message", "stream__peer")
        .order_by("sequence")
    )
    leaves = [bytes(row.leaf) for row in rows]
    for index, row in enumerate(rows):
        statement = row.statement()
        assert statement is not None  # noqa: S101 - a manifest is of receipted messages
        yield f"messages/{row.sequence}.body", row.body
        yield f"messages/{row.sequence}.json", _json(row.request)
        yield f"receipts/{row.sequence}.json", statement.payload
        mark = {"keyid": statement.key_id, "alg": statement.algorithm}
        signature = base64.b64encode(statement.signature).decode()
        yield f"receipts/{row.sequence}.signature.json", _json({**mark, "signature": signature})
        proof = [part.hex() for part in inclusion_proof(leaves, index, peer.as_suite().digest)]
        yield f"proofs/{row.sequence}.json", _json({"index": index, "size": len(rows), "proof": proof})
    for side, wire in (("sender", pair.ours), ("receiver", pair.theirs)):
        yield f"manifest.{side}.json", base64.b64decode(wire["payload"])
        mark = {name: wire[name] for name in ("keyid", "alg", "signature")}
        yield f"manifest.{side}.signature.json", _json(mark)


def _key(row: PeerKeyRow | NodeKey) -> dict[str, Any]:
    since, until = row.valid_from, row.valid_until
    public = SUITES[row.suite].jwk(bytes(row.public_key))
    times = {"valid_from": since.isoformat() if since else None, "valid_until": until and until.isoformat()}
    return {**public, **times}


def _json(document: object) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()
