"""A pair of nodes that chose SM2 and SM3: requests, receipts, digests and roots are all of that suite."""

from collections.abc import Iterator

import pytest
from pytest_django.fixtures import Settings

from kernel.crypto.digests import parse_content_digest, sm3
from kernel.crypto.suite import GM, INTERNATIONAL
from kernel.merkle import leaf_hash, root
from nodes.models import Envelope, ManifestPair, OutboundStream
from nodes.services.sending import send_stream
from nodes.services.signing import current_key
from tests.nodes.far import FarNode, FarUpstream, new_pem
from tests.nodes.test_sending import enqueue
from tests.support.cast import World

INVITED = {"code": "320000", "role": "regional", "suite": "gm", "reason": "演示：批复〔2026〕1号"}


@pytest.fixture
def nation(regional: None, settings: Settings) -> Iterator[FarUpstream]:
    """The national node, which chose the GM suite; we hold keys of both."""
    settings.NODE_KEY += new_pem(GM)
    far = FarUpstream(GM)
    yield far
    far.close()


def test_what_goes_up_is_signed_digested_and_summed_up_in_the_suite_of_the_pair(
    world: World, attached: FarUpstream
) -> None:
    enqueue(3)
    send_stream(stream=OutboundStream.objects.get().id)
    rows = list(Envelope.objects.order_by("sequence"))
    assert [row.receipt_algorithm for row in rows] == ["sm2-sm3"] * 3
    assert {parse_content_digest(row.digest)[0] for row in rows} == {"sm3"}
    assert set(attached.signers) == {current_key(GM).key_id}
    assert world.otto.post("/api/v1/manifests:exchange").status_code == 200
    (pair,) = ManifestPair.objects.all()
    leaves = [leaf_hash(bytes(row.message.body), sm3) for row in rows]
    assert (pair.agreed, pair.root) == (True, root(leaves, sm3).hex())
    assert current_key().suite is INTERNATIONAL, "the first key of the file is the main one"


def test_a_downstream_comes_and_delivers_in_the_suite_that_it_was_invited_in(
    world: World, national: None, settings: Settings
) -> None:
    refused = world.otto.post("/api/v1/node-invitations", INVITED)
    assert (refused.status_code, refused.json()["code"]) == (409, "key_not_here")
    settings.NODE_KEY += new_pem(GM)
    token = world.otto.post("/api/v1/node-invitations", INVITED).json()["token"]
    assert token.endswith(".gm")
    other = FarNode("320000").ask_to_attach(token)
    assert (other.status_code, other.json()["code"]) == (403, "invitation_refused")
    far = FarNode("320000", suite=GM)
    assert far.ask_to_attach(token).status_code == 201
    answer = far.message("filings", 1, "x", b"{}")
    assert far.receipt_of(answer, current_key(GM).public_key).sequence == 1
    again = world.otto.post("/api/v1/node-invitations", INVITED | {"suite": "international"})
    assert (again.status_code, again.json()["code"]) == (409, "suite_fixed")
    (node,) = world.rhea.get("/api/v1/nodes").json()["items"]
    assert (node["suite"], node["protocol"]) == ("gm", "cin/1")
    (entry,) = world.rhea.get(f"/api/v1/nodes/{node['id']}/log").json()["items"]
    assert entry["reason"] == INVITED["reason"]
    assert entry["person"] is not None
