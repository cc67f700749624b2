"""Keys follow each other: told under the former one, good together for a while, and every word of before stays good."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db.models.functions import Now
from pytest_django.fixtures import Settings

from kernel.crypto.keys import read_keys
from kernel.crypto.suite import GM, INTERNATIONAL
from nodes.domain.envelopes import Outcome
from nodes.domain.keys import AGGREGATE, NextKey, read_next_key
from nodes.models import OutboundStream, PeerKeyRow
from nodes.services.sending import send_stream
from nodes.services.signatures import is_ours, sign_text, signer_of
from nodes.services.signing import current_key
from tests.nodes.far import FarNode, FarUpstream, new_pem
from tests.nodes.test_sending import enqueue, settle
from tests.support.cast import World


def rotate(world: World, settings: Settings) -> tuple[str, str]:
    """A second key is put into the file, and two administrators let it follow; both key ids."""
    before = current_key().key_id
    settings.NODE_KEY += (pem := new_pem())
    ((suite, private),) = read_keys(pem)
    after = suite.key_id(suite.public_key(private))
    asked = world.otto.post("/api/v1/node-keys", {"key_id": after})
    assert asked.status_code == 201, asked.content
    approve = f"/api/v1/proposals/{asked.json()['proposal']}:approve"
    assert world.otto.post(approve).status_code == 409, "one person alone"
    assert world.olga.post(approve).status_code == 200
    return before, after


def test_a_peer_learns_the_next_key_under_the_former_and_is_signed_to_with_it_from_then_on(
    world: World, attached: FarUpstream, settings: Settings
) -> None:
    text = "报价（演示）"
    digest, signature, _ = sign_text(text)
    before, after = rotate(world, settings)
    attached.fate.append("unanswered")
    settle()
    OutboundStream.objects.update(retry_at=Now())
    enqueue(1)
    send_stream(stream=OutboundStream.objects.get(name="filings").id)
    assert set(attached.signers) == {before}, "the reply was lost: it is not known that the peer has it"
    send_stream(stream=OutboundStream.objects.get(name="keys").id)
    enqueue(1)
    send_stream(stream=OutboundStream.objects.get(name="filings").id)
    assert attached.signers[-1] == after
    # every word of before stays good, and it is told until when the former key is
    assert is_ours(text, digest=digest, signature=signature)
    first, second = world.cleo.get("/api/v1/node-key").json()["keys"]
    published = [second["jwk"], first["jwk"]]
    assert signer_of(text, digest=digest, signature=signature, keys=published) == before
    assert signer_of(text, digest=digest, signature=signature, keys=published[:1]) is None
    assert (first["keyid"], first["version"], second["keyid"], second["version"]) == (before, 1, after, 2)
    assert first["valid_until"] is not None
    assert second["valid_until"] is None
    assert world.cleo.get("/api/v1/node-key").json()["keyid"] == after
    settings.NODE_KEY = settings.NODE_KEY[settings.NODE_KEY.rindex("-----BEGIN") :]  # the former is taken out
    assert is_ours(text, digest=digest, signature=signature)


def test_a_key_follows_once_and_stands_in_the_file_first(
    world: World, attached: FarUpstream, settings: Settings
) -> None:
    asked = world.otto.post("/api/v1/node-keys", {"key_id": "A" * 43})
    assert (asked.status_code, asked.json()["code"]) == (409, "key_not_here")
    present = world.otto.post("/api/v1/node-keys", {"key_id": current_key().key_id})
    assert (present.status_code, present.json()["code"]) == (409, "key_announced")


def announce(far: FarNode, sequence: int, key: NextKey, private_key: bytes) -> Outcome:
    answer = far.message("keys", sequence, AGGREGATE, key.encode(private_key))
    return far.receipt_of(answer, current_key().public_key).outcome


def test_a_downstreams_next_key_is_good_beside_the_former_until_the_overlap_ends(
    world: World, jiangsu: FarNode
) -> None:
    coming = FarNode("320000")
    key = NextKey("320000", 2, INTERNATIONAL, coming.public_key)
    assert coming.message("filings", 1, "x", b"{}").status_code == 401
    assert announce(jiangsu, 1, key, coming.private_key) is Outcome.STORED
    assert announce(jiangsu, 1, key, coming.private_key) is Outcome.STORED, "repeated, and taken once"
    assert jiangsu.message("filings", 1, "x", b"{}").status_code == 200
    assert coming.message("filings", 2, "y", b"{}").status_code == 200
    (node,) = world.rhea.get("/api/v1/nodes").json()["items"]
    assert [each["version"] for each in sorted(node["keys"], key=lambda each: each["version"])] == [1, 2]
    PeerKeyRow.objects.filter(key_id=jiangsu.key_id).update(valid_until=Now() - timedelta(seconds=1))
    late = jiangsu.message("filings", 3, "z", b"{}")
    assert (late.status_code, late.json()["code"]) == (401, "signature_refused")
    assert coming.message("filings", 3, "z", b"{}").status_code == 200
    acts = world.rhea.get(f"/api/v1/nodes/{node['id']}/log").json()["items"]
    assert sorted(each["act"] for each in acts) == ["attached", "key_rotated"]


@pytest.mark.parametrize("fault", ["unproved", "anothers", "other suite", "taken"])
def test_a_next_key_without_proof_or_of_another_is_refused(
    world: World, jiangsu: FarNode, fault: str
) -> None:
    coming = FarNode("320000", suite=GM if fault == "other suite" else INTERNATIONAL)
    key = NextKey("330000" if fault == "anothers" else "320000", 2, coming.suite, coming.public_key)
    proof = coming.private_key
    if fault == "unproved":
        proof = jiangsu.private_key
    if fault == "taken":
        ours = current_key()
        key, proof = replace(key, public_key=ours.public_key), ours.private_key
    assert announce(jiangsu, 1, key, proof) is Outcome.REFUSED
    assert PeerKeyRow.objects.count() == 1


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"key":[]}', b'{"key":{"kty":"OKP"},"node":1}'])
def test_what_is_no_next_key_is_none(body: bytes) -> None:
    assert read_next_key(body) is None
