"""Granting number blocks: each to one database of one node, once for ever, by the receipt that it is asked with."""

import json
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from identifiers.models import Identifier, NumberBlock
from identifiers.services.blocks import renew_block
from kernel.clock import now
from kernel.crypto.suite import INTERNATIONAL as SUITE
from nodes.domain.blocks import BlockRequest, compose_block, read_block, stream_of
from nodes.domain.envelopes import STREAM, compose_message
from nodes.models import BlockGrant, DelegatedPrefix, OutboundStream, Peer
from nodes.services.blocks import Blocks, grant_first
from nodes.services.sending import due_streams, send_stream
from tests.nodes.far import FarUpstream
from tests.nodes.test_sending import identifier, settle
from tests.support.cast import World

PREFIX = "86.330000"
OURS = BlockRequest(PREFIX, 1, "7301-1-16384-17000")


@pytest.fixture
def peer() -> Peer:
    """A region below us, with its prefix."""
    row = Peer.objects.create(
        code="330000", name="浙江", role="regional", url="https://b.example", relation="downstream"
    )
    DelegatedPrefix.objects.create(prefix=PREFIX, peer=row, valid_from=now())
    return row


def message(request: BlockRequest, **changes: Any) -> Any:
    """The message that asks for a block, with changes to its body."""
    body = json.dumps({**json.loads(compose_block(request)), **changes}).encode()
    return compose_message(
        suite=SUITE,
        stream=stream_of(request.incarnation),
        sequence=1,
        aggregate=request.aggregate,
        body=body,
        supersedes=None,
    )


@pytest.mark.django_db
def test_a_block_is_granted_to_one_database_and_refused_to_every_other(peer: Peer) -> None:
    prefix = DelegatedPrefix.objects.get()
    assert [grant_first(prefix), grant_first(prefix)] == [0, 1], "each attachment brings a new one"
    content = Blocks()
    wanted = BlockRequest(PREFIX, 2, OURS.incarnation)
    assert content.judge(peer=peer, message=message(wanted)) == ""
    for _ in range(2):
        content.store(peer=peer, message=message(wanted), receipt=None)  # type: ignore[arg-type] # not looked at
    assert content.judge(peer=peer, message=message(wanted)) == ""
    for number, other in ((2, "another"), (0, OURS.incarnation), (1, OURS.incarnation)):
        assert content.judge(peer=peer, message=message(BlockRequest(PREFIX, number, other))) == "block_taken"
    assert grant_first(prefix) == 3
    with pytest.raises(DatabaseError), transaction.atomic():
        BlockGrant.objects.all().delete()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"number": -1}, "block_malformed"),
        ({"number": 32768}, "block_malformed"),
        ({"number": True}, "block_malformed"),
        ({"number": 2}, "block_malformed"),  # not what its aggregate says
        ({"incarnation": ""}, "block_malformed"),
        ({"schema": "cin-block/2"}, "block_malformed"),
        ({"prefix": 7}, "block_malformed"),
    ],
)
def test_a_wrong_request_is_refused_for_good(peer: Peer, changes: dict[str, Any], refusal: str) -> None:
    assert Blocks().judge(peer=peer, message=message(OURS, **changes)) == refusal


@pytest.mark.django_db
def test_a_prefix_of_another_s_is_refused(peer: Peer) -> None:
    DelegatedPrefix.objects.update(prefix="86.340000")
    assert Blocks().judge(peer=peer, message=message(OURS)) == "prefix_not_delegated"


def test_the_stream_of_an_incarnation_is_a_stream_and_the_bytes_read_back() -> None:
    longest = "-".join(["18446744073709551615", *["4294967295"] * 3])
    assert STREAM.fullmatch(stream_of(longest))
    assert read_block(compose_block(OURS)) == OURS
    assert not NumberBlock._meta.get_field("incarnation").max_length < len(longest)  # type: ignore[operator]


def test_a_restored_region_asks_its_upstream_again_and_again_and_then_goes_on(
    world: World, attached: FarUpstream
) -> None:
    before = Identifier.objects.get(id=identifier(world))
    settle()
    NumberBlock.objects.update(incarnation="a-database-that-was")
    attached.fate.extend(["down"])
    renew_block()
    settle()
    assert NumberBlock.objects.get(number=1).state == "asked", "the upstream is away: issuing waits"
    attached.fate.extend(
        ["taken", "taken", ""]
    )  # two that the lost database had been granted since the backup
    OutboundStream.objects.exclude(retry_at=None).update(retry_at=now())
    for stream in due_streams():
        send_stream(stream=stream)
    settle()
    states = dict(NumberBlock.objects.order_by("number").values_list("number", "state"))
    assert states == {0: "closed", 1: "refused", 2: "refused", 3: "open"}
    after = Identifier.objects.get(id=identifier(world))
    assert before.code
    assert after.code
    assert (before.code[10:13], after.code[10:13]) == ("000", "003")
