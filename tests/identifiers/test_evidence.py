"""Dynamic validation: what heartbeats and descriptions tell of their age, and agents that prove who they are."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.cache import cache

from identifiers.domain.answers import AnswerType, fresh_seconds, stated
from identifiers.domain.evidence import CHALLENGE_CONTEXT, IdentityResult, Liveness, liveness, why_unobserved
from identifiers.domain.lifecycle import IdentifierKind, IdentifierState
from identifiers.models import Challenge, Descriptor, Identifier, Sighting
from identifiers.services import identifiers as acts
from identifiers.services.identity import challenge_identity, prove_identity, register_key
from identifiers.services.sightings import note_sightings
from kernel.actor import SYSTEM
from kernel.clock import now
from kernel.crypto.suite import INTERNATIONAL as SUITE
from tests.aggregation.supply import beat, declare, enrol, identify, report
from tests.identifiers.test_identifiers import active
from tests.support.cast import World
from tests.support.races import kinds, race

NOW = datetime(2026, 11, 26, 4, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("good_until", "state"),
    [(None, "unobserved"), (NOW, "silent"), (NOW + SECOND, "live"), (NOW - SECOND, "silent")],
)
def test_nothing_lives_by_default_and_silence_is_seen_at_its_instant(
    good_until: datetime | None, state: str
) -> None:
    assert liveness(good_until, NOW) is Liveness(state)


@pytest.mark.parametrize(
    ("kind", "state", "good_until", "why"),
    [
        ("pool", "active", None, "no_heartbeat"),
        ("centre", "active", None, "no_pool"),
        ("line", "suspended", None, "no_line"),
        ("application", "filing", None, "no_feed"),
        ("organisation", "active", None, "no_proof"),
        ("node", "active", None, "no_proof"),
        ("pool", "active", NOW, None),
        ("line", "retired", NOW, "over"),
        ("centre", "retired", None, "over"),
    ],
)
def test_where_nothing_is_known_the_reason_is_said(
    kind: str, state: str, good_until: datetime | None, why: str | None
) -> None:
    assert why_unobserved(IdentifierKind(kind), IdentifierState(state), good_until) == why


@pytest.mark.parametrize(("left", "kept"), [(7, 3), (60, 30), (600, 30), (1, 0)])
def test_an_answer_ends_when_something_it_says_ceases_to_be_so(left: int, kept: int) -> None:
    until = NOW + timedelta(seconds=left)
    facts = stated(AnswerType.RESOLUTION, {}, node="1", at=NOW, until=until)
    assert datetime.fromisoformat(facts["valid_until"]) == min(until, NOW + timedelta(seconds=60))
    assert fresh_seconds(facts) == kept


def read(world: World, code: str) -> dict[str, Any]:
    cache.clear()
    return dict(world.nobody.get(f"/api/v1/identifiers/{code}").json())


@pytest.mark.django_db
def test_a_heartbeat_is_part_of_the_answer_and_so_is_its_absence(world: World) -> None:
    declared = declare(world.ada, offers=False)
    row = identify(world.ada, IdentifierKind.POOL, declared["pool"]["id"])
    centre = identify(world.ada, IdentifierKind.CENTRE, declared["centre"]["id"])
    nothing = {"state": "unobserved", "sign": None, "seen_at": None, "until": None}
    assert read(world, row.code)["liveness"] == {**nothing, "reason": "no_heartbeat"}
    assert read(world, centre.code)["liveness"] == {**nothing, "reason": "no_pool"}
    enrol(world.ada)
    report(world.ada, beat())
    live, around = (read(world, code)["liveness"] for code in (row.code, centre.code))
    assert (live["state"], live["sign"], live["reason"]) == ("live", "heartbeat", None)
    assert around == {**live, "sign": "pool"}
    seen, until = (datetime.fromisoformat(live[name]) for name in ("seen_at", "until"))
    assert until - seen == timedelta(seconds=300)
    Sighting.objects.update(good_until=now() + timedelta(seconds=10))
    ending = read(world, row.code)
    assert ending["valid_until"] == ending["liveness"]["until"], (
        "it is not said to live for longer than is known"
    )
    Sighting.objects.update(good_until=now() - SECOND)
    assert read(world, row.code)["liveness"]["state"] == "silent"
    assert Sighting.objects.count() == 2
    acts.retire_identifier(row.id, {"reason": "x"}, SYSTEM)
    gone = read(world, row.code)["liveness"]
    assert (gone["state"], gone["reason"]) == ("unobserved", "over")


@pytest.mark.django_db
def test_the_sign_that_counts_longest_stands() -> None:
    tenant, subject = uuid4(), uuid4()
    for sign, good_until, stands in (
        ("heartbeat", NOW, "heartbeat"),
        ("proof", NOW - SECOND, "heartbeat"),
        ("line_test", NOW + SECOND, "line_test"),
        ("pool", NOW, "line_test"),
    ):
        note_sightings(tenant=tenant, seen={subject: sign}, seen_at=NOW - SECOND, good_until=good_until)
        assert Sighting.objects.get().sign == stands, sign


@pytest.mark.django_db
def test_what_another_house_beats_says_nothing_of_a_resource(world: World) -> None:
    row = Identifier.objects.get(id=active(world)["id"])
    note_sightings(
        tenant=world.cleo.organisation.id,
        seen={row.subject: "feed"},
        seen_at=now(),
        good_until=now() + SECOND,
    )
    assert read(world, str(row.code))["liveness"]["state"] == "unobserved"


@pytest.mark.django_db
def test_a_description_grows_old(world: World) -> None:
    row = active(world)
    fresh = read(world, row["code"])
    described = datetime.fromisoformat(fresh["described_at"])
    assert (fresh["attributes_fresh"], datetime.fromisoformat(fresh["attributes_until"]) - described) == (
        True, timedelta(days=180),
    )  # fmt: skip
    Descriptor.objects.create(
        identifier_id=row["id"], version=2, profile="2026.1", attributes={},
        created_at=now() - timedelta(days=181),
    )  # fmt: skip
    assert read(world, row["code"])["attributes_fresh"] is False


PRIVATE, FALSE = SUITE.new_private_key(), SUITE.new_private_key()
JWK = SUITE.jwk(SUITE.public_key(PRIVATE))


def signed(text: str, private: bytes = PRIVATE) -> str:
    return base64.b64encode(SUITE.sign(private, CHALLENGE_CONTEXT + text.encode())).decode()


def registered(world: World) -> str:
    """The address of an active identifier whose agent has a key."""
    here = f"/api/v1/identifiers/{active(world)['id']}"
    version = world.ada.get(here)["ETag"]
    answer = world.ada.put(f"{here}/key", {"jwk": JWK}, If_Match=version)
    assert answer.status_code == 200, answer.content
    return here


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("private", "result"), [(PRIVATE, "proven"), (FALSE, "failed")], ids=["its own", "another"]
)
def test_the_agent_s_answer_is_part_of_what_the_code_resolves_to_and_counts_once(
    world: World, private: bytes, result: str
) -> None:
    here = registered(world)
    code = world.ada.get(here).json()["code"]
    assert read(world, code)["identity"] == {"result": "unproven", "at": None, "keyid": None}
    challenge = world.ada.post(f"{here}:challenge").json()
    assert challenge["text"].startswith(code)
    proof = {"challenge": challenge["id"], "signature": signed(challenge["text"], private)}
    answer = world.ada.post(f"{here}:prove", proof)
    assert (answer.status_code, answer.json()["result"]) == (200, result)
    found, life = (read(world, code)[name] for name in ("identity", "liveness"))
    assert (life["state"], life["sign"]) == (
        ("live", "proof") if result == "proven" else ("unobserved", None)
    ), "an agent that signs is there"
    assert (found["result"], found["keyid"]) == (result, SUITE.key_id(SUITE.public_key(PRIVATE)))
    assert datetime.fromisoformat(found["at"]) <= datetime.now(UTC) + timedelta(seconds=5)
    again = world.ada.post(f"{here}:prove", proof)
    assert (again.status_code, again.json()["code"]) == (409, "challenge_over")


@pytest.mark.django_db
def test_a_challenge_ends_with_its_time_and_with_its_key_and_is_nobody_else_s(world: World) -> None:
    here = registered(world)
    row = Identifier.objects.get()
    other = Identifier.objects.get(id=active(world)["id"])

    def refused(challenge: Challenge, identifier: Identifier = row) -> str:
        from identifiers.errors import ChallengeOver  # what is asked about here alone

        with pytest.raises(ChallengeOver) as caught:
            prove_identity(identifier=identifier, challenge=challenge.id, signature=bytes(64), actor=SYSTEM)
        return str(caught.value.pointer)

    late = challenge_identity(identifier=row, actor=SYSTEM)
    Challenge.objects.filter(id=late.id).update(expires_at=now())
    assert refused(late) == "/challenge"
    fresh = challenge_identity(identifier=row, actor=SYSTEM)
    assert refused(fresh, other) == "/challenge"
    register_key(identifier=row, public_key=SUITE.public_key(FALSE), actor=SYSTEM)
    assert refused(fresh) == "/challenge"
    assert world.cleo.post(f"{here}:challenge").status_code == 404
    none = world.ada.post(f"/api/v1/identifiers/{other.id}:challenge")
    assert (none.status_code, none.json()["code"]) == (409, "no_proof_key")


@pytest.mark.django_db(transaction=True)
def test_of_two_answers_at_once_one_counts(world: World) -> None:
    registered(world)
    row = Identifier.objects.get()
    challenge = challenge_identity(identifier=row, actor=SYSTEM)
    signature = base64.b64decode(signed(challenge.text))
    results = race(
        *(
            lambda: prove_identity(identifier=row, challenge=challenge.id, signature=signature, actor=SYSTEM)
            for _ in range(4)
        )
    )
    assert kinds(results) == {"Challenge": 1, "ChallengeOver": 3}
    assert Challenge.objects.get().result == IdentityResult.PROVEN


BAD = [
    ("key", {"jwk": {"kty": "RSA"}}, "/jwk"),
    ("key", {"jwk": {**JWK, "d": "x"}}, "/jwk"),
    ("key", {}, "/jwk"),
    (":prove", {"challenge": "7", "signature": signed("x")}, "/challenge"),
    (":prove", {"challenge": "0190b6a0-0000-7000-8000-000000000001", "signature": "?"}, "/signature"),
]


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_bad_input_names_its_field(world: World, language: str) -> None:
    here = registered(world)
    for where, body, pointer in BAD:
        if where == "key":
            version = world.ada.get(here)["ETag"]
            answer = world.ada.put(f"{here}/key", body, If_Match=version, Accept_Language=language)
        else:
            answer = world.ada.post(f"{here}{where}", body, Accept_Language=language)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, pointer), where
