"""The audit log: every event is in it, it only grows, and what is altered behind it no longer fits."""

import base64
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from demo.verify_audit import faults
from kernel import merkle
from kernel.services.outbox import relay
from security.domain.trees import complete_nodes, consistency_ranges, fold, grown, inclusion_ranges
from security.models import Checkpoint, LogNode
from security.services.audit import append_checkpoint
from tests.monitoring.readings import declared
from tests.support.cast import World


def happen(world: World, *people: str) -> Checkpoint:
    """Something that each of these people did, and a checkpoint over it."""
    for name in people:
        declared(getattr(world, name))
    relay()
    row = append_checkpoint()
    assert row is not None
    return row


def proves(proof: dict[str, Any], position: int, leaf: str) -> bool:
    """What a verifier with nothing but the answers of the API finds."""
    point = proof["checkpoint"]
    return merkle.verify_inclusion(
        leaf=merkle.leaf_hash(leaf.encode()),
        index=position - 1,
        size=point["size"],
        proof=[bytes.fromhex(each) for each in proof["path"]],
        expected_root=bytes.fromhex(point["root"]),
    )


@pytest.mark.django_db
def test_every_event_is_proved_from_the_answers_of_the_api_alone(world: World) -> None:
    happen(world, "ada", "cleo", "rex")
    events = world.owen.get("/api/v1/audit/events").json()["items"]
    assert [each["position"] for each in events] == list(range(1, len(events) + 1))
    for event in events:
        proof = world.nobody.get(f"/api/v1/audit/proof?position={event['position']}").json()
        assert proves(proof, event["position"], event["leaf"])
        assert proof["leaf"] == merkle.leaf_hash(event["leaf"].encode()).hex()


ALTERED = [
    "name = 'kernel.forged'",
    "payload = jsonb_set(payload, '{seconds}', '61')",
    "actor_user = subject",
    "occurred_at = occurred_at - interval '1 day'",
    "tenant_id = NULL",
]


@pytest.mark.django_db
@pytest.mark.parametrize("change", ALTERED)
def test_an_event_that_is_altered_behind_the_application_no_longer_fits(world: World, change: str) -> None:
    happen(world, "ada", "cleo")
    before = {each["id"]: each for each in world.owen.get("/api/v1/audit/events").json()["items"]}
    victim = next(each for each in before.values() if each["name"] == "monitoring.feed_declared")
    with connection.cursor() as cursor:  # as the database's owner, who can take the trigger off
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; RESET ROLE")
        cursor.execute("ALTER TABLE event DISABLE TRIGGER event_append_only")
        cursor.execute(f"UPDATE event SET {change} WHERE id = %s", [victim["id"]])  # noqa: S608 - our own words
        cursor.execute("SET ROLE node_app")
    for event in world.owen.get("/api/v1/audit/events").json()["items"]:
        proof = world.nobody.get(f"/api/v1/audit/proof?position={event['position']}").json()
        assert proves(proof, event["position"], event["leaf"]) == (event["id"] != victim["id"])


@pytest.mark.django_db
def test_the_log_only_grows_and_says_so(world: World) -> None:
    old = happen(world, "ada")
    new = happen(world, "cleo", "rex")
    proof = world.nobody.get(f"/api/v1/audit/consistency?old={old.size}").json()
    path = [bytes.fromhex(each) for each in proof["path"]]

    def extends(old_root: bytes) -> bool:
        return merkle.verify_consistency(
            old_size=old.size,
            new_size=new.size,
            old_root=old_root,
            new_root=bytes.fromhex(new.root),
            proof=path,
        )

    assert extends(bytes.fromhex(old.root))
    assert not extends(bytes(32))


@pytest.mark.django_db
def test_a_checkpoint_is_signed_by_the_node(world: World, node_public_key: Ed25519PublicKey) -> None:
    happen(world, "ada")
    (point,) = world.nobody.get("/api/v1/audit/checkpoints").json()["items"]
    origin, size, root, _ = point["text"].splitlines()
    assert (origin, size) == ("cin/320000/audit", str(point["size"]))
    assert base64.b64decode(root).hex() == point["root"]
    signature = base64.b64decode(point["signature"])
    node_public_key.verify(signature, b"cin-bytes-v1\x00" + point["text"].encode())
    with pytest.raises(InvalidSignature):
        node_public_key.verify(
            signature, b"cin-bytes-v1\x00" + point["text"].replace("audit", "other").encode()
        )


@pytest.mark.django_db
def test_nothing_new_makes_no_checkpoint_and_what_is_not_there_has_no_proof(world: World) -> None:
    assert world.nobody.get("/api/v1/audit/proof?position=1").json()["code"] == "no_checkpoint"
    point = happen(world, "ada")
    assert append_checkpoint() is None
    for query in (f"position={point.size + 1}", "position=1&size=999", "position=0"):
        assert world.nobody.get(f"/api/v1/audit/proof?{query}").status_code in (400, 404)
    assert world.nobody.get("/api/v1/audit/consistency?old=999").status_code == 404


@pytest.mark.django_db
def test_each_house_reads_its_own_acts_and_the_audit_reads_all(world: World) -> None:
    happen(world, "ada", "cleo")
    for name in ("ada", "cleo", "otto"):
        person = getattr(world, name)
        actors = {each["actor_tenant"] for each in person.get("/api/v1/audit/events").json()["items"]}
        assert actors <= {str(person.organisation.id)}
    everybody = {each["actor_tenant"] for each in world.owen.get("/api/v1/audit/events").json()["items"]}
    assert {str(world.ada.organisation.id), str(world.cleo.organisation.id)} <= everybody
    for name in ("rhea", "aude"):
        assert len(getattr(world, name).get("/api/v1/audit/events").json()["items"]) >= 2
    assert world.nobody.get("/api/v1/audit/events").status_code == 401
    first = world.owen.get("/api/v1/audit/events?limit=1").json()
    rest = world.owen.get(f"/api/v1/audit/events?after={first['last']}").json()
    assert first["items"][0]["position"] + 1 == rest["items"][0]["position"]


@pytest.mark.django_db
def test_neither_the_tree_nor_a_checkpoint_can_be_changed(world: World) -> None:
    happen(world, "ada")
    with pytest.raises(DatabaseError), transaction.atomic():
        LogNode.objects.update(hash=b"")
    with pytest.raises(DatabaseError), transaction.atomic():
        Checkpoint.objects.update(size=1)


@pytest.mark.django_db
def test_a_proof_costs_as_much_in_a_long_log_as_in_a_short_one(world: World) -> None:
    counts = []
    for people in (("ada",), ("cleo", "rex", "lin", "lou", "ann")):
        for name in people:
            kind = {"lin": "dispatch", "lou": "dispatch", "ann": "application"}.get(name, "resource")
            declared(getattr(world, name), kind=kind, filing_number="1")
        relay()
        append_checkpoint()
        with CaptureQueriesContext(connection) as queries:
            world.nobody.get("/api/v1/audit/proof?position=1")
        counts.append(len(queries))
    assert counts[0] == counts[1]


LEAVES = st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=70)


@settings(max_examples=60, deadline=None)
@given(LEAVES, st.data())
def test_stored_subtrees_say_what_the_whole_tree_says(leaves: list[bytes], data: Any) -> None:
    """Grown in any steps, roots and proofs are those of `kernel.merkle` over all leaves."""
    nodes: dict[tuple[int, int], bytes] = {}
    size = 0
    while size < len(leaves):
        step = data.draw(st.integers(1, len(leaves) - size))
        frontier = {node: nodes[node] for node in complete_nodes(0, size)}
        nodes |= grown(size, frontier, leaves[size : size + step])
        size += step

    def roots(ranges: list[tuple[int, int]]) -> list[bytes]:
        return [fold([nodes[node] for node in complete_nodes(start, end)]) for start, end in ranges]

    assert roots([(0, size)]) == [merkle.root(leaves)]
    index = data.draw(st.integers(0, size - 1))
    assert roots(inclusion_ranges(index, size)) == merkle.inclusion_proof(leaves, index)
    assert roots(consistency_ranges(index + 1, size)) == merkle.consistency_proof(leaves, index + 1)
    for wrong in (-1, size):
        with pytest.raises(IndexError):
            inclusion_ranges(wrong, size)
    with pytest.raises(IndexError):
        consistency_ranges(size + 1, size)


def as_owner(*statements: str) -> None:
    """What somebody does who owns the database, and takes the triggers off."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; RESET ROLE")
        for table in ("event", "event_position", "checkpoint"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for statement in statements:
            cursor.execute(statement)
        cursor.execute("SET ROLE node_app")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("statements", "told"),
    [
        ([], None),
        (["UPDATE event SET name = 'kernel.forged' WHERE id = (SELECT event_id FROM event_position WHERE position = 2)"], "of the events 1 to"),
        (["DELETE FROM event_position WHERE position = 2"], "event 2 is not there: 3 follows"),
        (
            [
                "UPDATE event_position SET position = -1 WHERE position = 1",
                "UPDATE event_position SET position = 1 WHERE position = 2",
                "UPDATE event_position SET position = 2 WHERE position = -1",
            ],
            "of the events 1 to",
        ),
        (
            [
                "DELETE FROM event_position WHERE position = (SELECT max(size) FROM checkpoint)",
                "DELETE FROM checkpoint WHERE size = (SELECT max(size) FROM checkpoint)",
            ],
            "signs more than the",
        ),
        (["UPDATE checkpoint SET text = replace(text, 'audit', 'other')"], "the signature is not over this text"),
    ],
    ids=["honest", "altered", "taken out", "moved", "cut off", "signed anew"],
)  # fmt: skip
def test_a_stranger_sees_what_the_owner_of_the_database_did(
    world: World, statements: list[str], told: str | None
) -> None:
    happen(world, "ada")
    happen(world, "cleo")
    kept = world.nobody.get("/api/v1/audit/checkpoints").json()["items"][0]
    as_owner(*statements)
    pages = [
        world.owen.get(f"/api/v1/audit/events?limit={limit}&after={after}").json()
        for limit, after in ((1, 0), (200, 1))
    ]
    points = world.nobody.get("/api/v1/audit/checkpoints").json()
    key = world.nobody.get("/api/v1/node-key").json()
    found = faults(key, [*pages, points, kept])
    assert found == [] if told is None else told in found[0]
    if told is None:
        pages[0]["items"][0]["payload"] = {"seconds": 61}
        assert faults(key, [*pages, points]) == ["event 1: what is shown of it is not what its leaf says"]
