"""Signed requests of an organisation's machines: the corpus of attacks of G5, and the rule that all must sign."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from secrets import token_urlsafe
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from rest_framework.test import APIClient

from kernel.clock import now
from kernel.crypto.digests import content_digest
from kernel.crypto.messages import LIFETIME, Request, sign_request
from kernel.crypto.suite import INTERNATIONAL as SUITE
from kernel.ids import new_id
from kernel.models import Nonce
from kernel.tasks import sweep
from participants.models import ApiKey, SigningKey
from tests.participants.machines import administers, registered
from tests.participants.newcomers import code_of
from tests.support.cast import Person, World
from tests.support.races import race

pytestmark = pytest.mark.django_db
NODE = "http://node.example"
ME = "/api/v1/me"


@pytest.fixture(autouse=True)
def _here(settings: Any) -> None:
    settings.NODE_URL = NODE


@dataclass(frozen=True)
class Sent:
    """A request as it goes over the wire."""

    method: str
    path: str
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)

    def send(self) -> Any:
        return APIClient().generic(
            self.method,
            self.path,
            self.body,  # type: ignore[arg-type] # the stubs forget that bytes go as they are
            content_type=self.headers.get("Content-Type", ""),
            headers={name: value for name, value in self.headers.items() if name != "Content-Type"},
        )


class Signer:
    """A machine of the person's organisation that signs: its key, registered by the person."""

    def __init__(self, person: Person, standing: dict[str, str] | None = None) -> None:
        self.person, self.private = administers(person), SUITE.new_private_key()
        self.standing = standing or person.standing
        self.public = SUITE.public_key(self.private)
        answer = person.post(keys_of(person), {"name": "machine", "key": SUITE.jwk(self.public)})
        assert answer.status_code == 201, answer.content
        self.id = answer.json()["id"]

    def request(self, method: str, path: str, body: object = None, *, at: datetime | None = None) -> Sent:
        raw = b"" if body is None else json.dumps(body).encode()
        headers = dict(self.standing)
        if method != "GET":
            headers |= {"Idempotency-Key": str(new_id()), "Content-Type": "application/json"}
        signed = sign_request(
            Request(method, NODE + path, headers, raw),
            suite=SUITE,
            private_key=self.private,
            now=at or now(),
            nonce=token_urlsafe(24),
        )
        return Sent(method, path, raw, signed)


def keys_of(person: Person) -> str:
    return f"/api/v1/organisations/{person.organisation.id}/signing-keys"


def api_keys_of(person: Person) -> str:
    return f"/api/v1/organisations/{person.organisation.id}/keys"


def refusal(answer: Any) -> str:
    """Why a signature was refused."""
    assert code_of(answer) == (401, "signature_refused"), answer.content
    detail = answer.json()["detail"]
    return str(detail[detail.index("（") + 1 : detail.index("）")])


def headers(**changes: str | None) -> Callable[[Sent], Sent]:
    """Headers changed on the way; None takes one off."""
    named = {name.replace("_", "-"): value for name, value in changes.items()}

    def change(sent: Sent) -> Sent:
        kept = {name: value for name, value in {**sent.headers, **named}.items() if value is not None}
        return replace(sent, headers=kept)

    return change


def edited(old: str, new: str) -> Callable[[Sent], Sent]:
    """Signature-Input edited on the way."""

    def change(sent: Sent) -> Sent:
        assert old in sent.headers["Signature-Input"]
        return headers(Signature_Input=sent.headers["Signature-Input"].replace(old, new, 1))(sent)

    return change


def body_swapped(sent: Sent) -> Sent:
    return replace(sent, body=sent.body.replace(b"kernel", b"market"))


def body_and_digest_swapped(sent: Sent) -> Sent:
    other = body_swapped(sent)
    return headers(Content_Digest=content_digest("sha-256", other.body))(other)


ATTACKS: list[tuple[str, Callable[[Sent], Sent], str]] = [
    ("a swapped body", body_swapped, "digest_mismatch"),
    ("a swapped body with its digest", body_and_digest_swapped, "signature_invalid"),
    ("another method", lambda sent: replace(sent, method="GET"), "signature_invalid"),
    ("another address", lambda sent: replace(sent, path=sent.path.replace("/keys", "/invitations")), "signature_invalid"),
    ("a further query", lambda sent: replace(sent, path=sent.path + "?limit=1"), "signature_invalid"),
    ("another type of content", headers(Content_Type="application/json; charset=utf-8"), "signature_invalid"),
    ("components in another order", edited('"@method" "@authority"', '"@authority" "@method"'), "signature_invalid"),
    ("a component left out", edited(' "@query"', ""), "signature_invalid"),
    ("the digest left out", edited(' "content-digest"', ""), "signature_invalid"),
    ("no signature beside its input", headers(Signature=None), "signature_missing"),
    ("no input beside its signature", headers(Signature_Input=None), "signature_missing"),
    ("another nonce", edited('nonce="', 'nonce="0'), "signature_invalid"),
    ("no nonce", edited(";nonce=", ";nonsense="), "signature_malformed"),
    ("no key", edited(";keyid=", ";kid="), "signature_malformed"),
    ("another algorithm", edited('alg="ed25519"', 'alg="hmac-sha256"'), "signature_algorithm"),
    ("another label", edited("cin=", "sig1="), "signature_malformed"),
    ("a signature that is none", headers(Signature="cin=:AAAA:"), "signature_invalid"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "attack", "reason"), ATTACKS, ids=[name for name, _, _ in ATTACKS])
def test_g5_what_was_changed_on_the_way_is_refused_for_its_reason(
    world: World, name: str, attack: Callable[[Sent], Sent], reason: str
) -> None:
    signer = Signer(world.ada)
    good = signer.request("POST", api_keys_of(world.ada), {"name": "made", "scopes": ["kernel"]})
    assert refusal(attack(good).send()) == reason
    assert not ApiKey.objects.filter(name="made").exists()
    assert good.send().status_code == 201  # what was not changed is taken


def test_g5_the_same_signature_is_taken_once(world: World) -> None:
    sent = Signer(world.ada).request("GET", ME)
    first, again = sent.send(), sent.send()
    assert (first.status_code, first.json()["signed"]) == (200, True)
    assert refusal(again) == "nonce_replayed"


def test_g5_a_signature_that_came_to_nothing_is_spent_too(world: World) -> None:
    """Otherwise whoever holds a refused request could bring it again when its time is better."""
    sent = Signer(world.ada).request("POST", api_keys_of(world.ada), {"name": "", "scopes": []})
    assert sent.send().status_code == 400
    assert refusal(sent.send()) == "nonce_replayed"
    assert Nonce.objects.count() == 1


def test_nonces_are_forgotten_once_their_signatures_ended_and_no_sooner(world: World) -> None:
    spent, live = Signer(world.ada).request("GET", ME), Signer(world.ada).request("GET", ME)
    assert spent.send().status_code == 200
    Nonce.objects.update(remember_until=now() - timedelta(seconds=1))
    assert live.send().status_code == 200
    sweep()
    assert Nonce.objects.count() == 1
    assert refusal(live.send()) == "nonce_replayed"


@pytest.mark.django_db(transaction=True)
def test_g5_of_one_signature_sent_many_times_at_once_one_is_taken(world: World) -> None:
    signer = Signer(world.ada)
    sent = signer.request("POST", api_keys_of(world.ada), {"name": "made", "scopes": ["kernel"]})
    another = replace(sent, headers={**sent.headers, "Idempotency-Key": str(new_id())})
    answers = race(sent.send, another.send, another.send)
    assert sorted(answer.status_code for answer in answers) == [201, 401, 401]
    assert ApiKey.objects.filter(name="made").count() == 1


def test_g5_time_runs_out_and_does_not_begin_early(world: World) -> None:
    signer, moment = Signer(world.ada), now()
    late = signer.request("GET", ME, at=moment - LIFETIME - timedelta(seconds=1))
    early = signer.request("GET", ME, at=moment + timedelta(minutes=2))
    assert (refusal(late.send()), refusal(early.send())) == ("signature_expired", "clock_ahead")
    created = int(moment.timestamp())
    longer = edited(f"expires={created + 300}", f"expires={created + 3600}")
    assert refusal(longer(signer.request("GET", ME, at=moment)).send()) == "signature_lifetime"


def test_g5_an_old_key_signs_nothing_whatever_time_it_writes(world: World) -> None:
    old, new = Signer(world.ada), Signer(world.ada)
    before = old.request("GET", ME)
    assert world.ada.post(f"/api/v1/signing-keys/{old.id}:end").status_code == 200
    assert refusal(before.send()) == "key_not_valid"
    assert refusal(old.request("GET", ME, at=now() - timedelta(minutes=4)).send()) == "key_not_valid"
    assert new.request("GET", ME).send().status_code == 200


def test_g5_another_organisation_s_key_is_no_key(world: World) -> None:
    cleo = Signer(world.cleo)
    cleo.standing = world.ada.standing  # Ada's credential, found by Cleo, who signs with her own
    assert refusal(cleo.request("GET", ME).send()) == "key_unknown"


def test_g5_what_a_machine_leaves_unsigned_is_refused_even_with_a_good_signature(world: World) -> None:
    bare = Signer(world.ada).request("GET", ME)
    typed = replace(bare, body=b" ", headers={**bare.headers, "Content-Type": "application/json"})
    assert refusal(typed.send()) == "signature_coverage"


def test_headers_may_come_in_any_order_and_case(world: World) -> None:
    sent = Signer(world.ada).request("GET", f"{ME}?a=1&b=%20")
    turned = {name.upper(): value for name, value in reversed(sent.headers.items())}
    sent = replace(sent, headers=turned)
    assert sent.send().status_code == 200


def test_a_machine_with_a_token_signs_too_and_each_credential_shows_its_last_use(world: World) -> None:
    caller = registered(world.ada).caller()
    signer = Signer(world.ada, standing=caller.standing)
    me = signer.request("GET", ME).send().json()
    assert (me["user"], me["signed"]) == (None, True)
    (row,) = world.ada.get(keys_of(world.ada)).json()["items"]
    assert row["last_used_at"]
    assert row["key_id"] == SUITE.key_id(signer.public)


def test_where_all_must_sign_an_unsigned_call_is_told_how(world: World) -> None:
    signer, caller = Signer(world.ada), registered(world.ada).caller()
    rule = f"/api/v1/organisations/{world.ada.organisation.id}:require-signatures"
    assert world.ada.post(rule, {"required": True}).json() == {"required": True}
    for answer in (world.ada.get(ME), world.abe.get(ME), caller.get(ME)):
        assert refusal(answer) == "signature_missing"
        assert '"content-digest"' in answer["Accept-Signature"]
    assert world.cleo.get(ME).status_code == 200
    assert signer.request("GET", ME).send().status_code == 200
    last = signer.request("POST", f"/api/v1/signing-keys/{signer.id}:end")
    assert code_of(last.send()) == (409, "no_signing_key")
    assert signer.request("POST", rule, {"required": False}).send().status_code == 200
    assert world.ada.get(ME).status_code == 200


def test_the_rule_is_a_signed_call_s_or_an_administrator_s(world: World) -> None:
    rule = f"/api/v1/organisations/{world.ada.organisation.id}:require-signatures"
    administers(world.ada)
    assert code_of(world.ada.post(rule, {"required": True})) == (409, "no_signing_key")
    machine = registered(world.ada).caller()
    signer = Signer(world.ada, standing=machine.standing)
    assert code_of(world.abe.post(rule, {"required": True})) == (403, "not_administrator")
    assert code_of(machine.post(rule, {"required": True})) == (403, "person_needed")
    assert code_of(world.cleo.post(rule, {"required": True})) == (404, "not_found")
    assert signer.request("POST", rule, {"required": True}).send().status_code == 200


def test_who_has_lost_the_keys_is_let_in_again_by_the_node_s_operator(world: World) -> None:
    signer = Signer(world.ada)
    rule = f"/api/v1/organisations/{world.ada.organisation.id}:require-signatures"
    assert world.ada.post(rule, {"required": True}).status_code == 200
    del signer
    assert world.ada.get(ME).status_code == 401
    call_command("allow_unsigned", str(world.ada.organisation.id))
    assert world.ada.get(ME).status_code == 200
    with pytest.raises(CommandError):
        call_command("allow_unsigned", str(new_id()))


WRONG_KEYS = [
    {"kty": "RSA", "crv": "Ed25519", "x": "AAAA"},
    {"kty": "OKP", "crv": "X25519", "x": "A" * 43},
    {"kty": "OKP", "crv": "Ed25519", "x": "AAAA"},
    {**SUITE.jwk(bytes(32)), "d": "A" * 43},
]


@pytest.mark.parametrize("key", WRONG_KEYS, ids=str)
def test_what_is_no_public_key_is_named(world: World, key: dict[str, str]) -> None:
    answer = administers(world.ada).post(keys_of(world.ada), {"name": "machine", "key": key})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/key")


def test_a_key_is_registered_once_by_an_administrator_who_is_a_person(world: World) -> None:
    signer = Signer(world.ada)
    body = {"name": "again", "key": SUITE.jwk(signer.public)}
    world.ada.post(f"/api/v1/signing-keys/{signer.id}:end")
    assert code_of(world.ada.post(keys_of(world.ada), body)) == (409, "signing_key_known")
    assert code_of(world.abe.post(keys_of(world.ada), body)) == (403, "not_administrator")
    assert code_of(registered(world.ada).caller().post(keys_of(world.ada), body)) == (403, "person_needed")
    assert (
        administers(world.cleo).post(keys_of(world.cleo), body).status_code == 201
    )  # what Ada has is not told
    assert SigningKey.objects.count() == 2
