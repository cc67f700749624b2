"""Step 2: eight parties register with their code and documents; two people decide each case; the reseller qualifies; people and a machine sign in; a webhook is redelivered."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from demo.client import TRUST, Client, expect
from demo.people import walk_in
from demo.sign_request import public_jwk, signed_headers
from demo.webhooks import redelivered, subscribe
from demo.world import DATA, World

FORBIDDEN, CONFLICT = 403, 409
AT_ONCE = 4  # parties


def run(world: World) -> str:
    """Register, certify and qualify, and show that one person alone cannot; two people sign in as soon as they may."""
    nobody = Client(world.regional.url)
    parties = world.load("organisations.json")["organisations"]
    operator, seller = f"operator-system@{world.regional.spec.code}.example", parties[0]
    walking = [(operator, "operator_system", True), (seller["contact"]["email"], seller["role"], False)]
    with ThreadPoolExecutor() as people, ThreadPoolExecutor(AT_ONCE) as all_at_once:
        walks = [
            people.submit(walk_in, world, address=at, role=role, asks=asks) for at, role, asks in walking
        ]
        list(all_at_once.map(lambda party: admit(world, nobody, party), parties))
        followed = follow_up(world, nobody)
        for walk in walks:
            walk.result()
    return f"{len(parties)} parties certified by two people each, after a question; two people signed in with TOTP; {followed}"


def follow_up(world: World, nobody: Client) -> str:
    """What certified parties go on to: licences, a code in review, a qualification, a machine's ways in, a webhook."""
    checker, decider = world.clients["operator-system"], world.clients["operator-security"]
    covered = read_licences(world)
    reviewed = review_a_code(world, nobody)
    here = f"/api/v1/organisations/{world.facts['resale']}"
    receiver = subscribe(world, "resale", "participants.qualification_granted")
    proposal = checker.post(
        f"{here}:propose-qualification",
        {"act": "grant", "reason": "演示：材料齐全", "valid_until": "2027-12-31"},
    )
    decider.post(f"/api/v1/proposals/{proposal['id']}:approve")
    standing = world.clients["resale"].get(f"{here}/standing")
    expect(standing["qualified"], "the reseller is qualified")
    machine = machines(world)
    told = redelivered(world, receiver, of=world.facts["resale"])
    return f"{covered}; {reviewed}; reseller qualified; {machine}; {told}"


def admit(world: World, nobody: Client, party: dict[str, Any]) -> None:
    """One party registers, hands in its documents, and is certified by two people."""
    checker, decider = world.clients["operator-system"], world.clients["operator-security"]
    joined = register(nobody, party)
    client = Client(world.regional.url, joined["api_key"])
    here = f"/api/v1/organisations/{joined['organisation']['id']}"
    world.clients[party["key"]] = client
    world.facts[party["key"]] = joined["organisation"]["id"]
    case = f"/api/v1/cases/{client.get(f'{here}/standing')['case']}"
    checker.post(f"{case}:assign", {})
    if party["key"] == "compute-jia":
        early = checker.send("POST", f"{case}:check")
        expect(early.status_code == CONFLICT, "without documents nobody is checked")
    for document in party["documents"]:
        upload(client, here, document)
    if party["key"] == "resale":
        ask_and_answer(checker, client, case)
    checker.post(f"{case}:check")
    alone = checker.send("POST", f"{case}:certify")
    expect(alone.status_code in (FORBIDDEN, CONFLICT), "who checked cannot certify")
    certified = decider.post(f"{case}:certify")
    expect(certified["state"] == "certified", f"{party['name']} is certified")


def ask_and_answer(checker: Client, client: Client, case: str) -> None:
    """The reviewer asks, the case waits for the applicant, the applicant answers."""
    checker.post(f"{case}:ask", {"text": "请说明转售的资源来自哪些提供商。"})
    waiting = checker.send("POST", f"{case}:check")
    expect(waiting.status_code == CONFLICT, "a case with an open question waits")
    client.post(f"{case}:answer", {"answer": "来自本节点已认证的算力资源提供商（演示）。"})
    talk = client.get(f"{case}/questions")["items"]
    expect(talk[0]["answer"], "question and answer stay with the case")


def read_licences(world: World) -> str:
    """What a provider's licence lets it sell, and where not: the reason stands beside it."""
    here = f"/api/v1/organisations/{world.facts['compute-jia']}/licences"
    at_home = world.clients["compute-jia"].get(here, city="320509")["products"]
    expect(all(product["sellable"] for product in at_home), "its licence covers Suzhou")
    away = world.clients["compute-jia"].get(here, city="330100")["products"][0]
    expect(not away["sellable"] and "330100" in away["shortfalls"][0]["text"], "and does not cover Hangzhou")
    return "licences cover Jiangsu and not Hangzhou"


def review_a_code(world: World, nobody: Client) -> str:
    """A code that fails its check digit, as some really issued ones do, waits for a reviewer and is not refused."""
    checker = world.clients["operator-system"]
    party = world.load("organisations.json")["in_review"]
    joined = register(nobody, party)
    expect(joined["organisation"]["code_check"] == "review", "the code goes to review")
    client = Client(world.regional.url, joined["api_key"])
    here = f"/api/v1/organisations/{joined['organisation']['id']}"
    case = f"/api/v1/cases/{client.get(f'{here}/standing')['case']}"
    for document in party["documents"]:
        upload(client, here, document)
    checker.post(f"{case}:assign", {})
    early = checker.send("POST", f"{case}:check")
    expect(early.json()["code"] == "code_unconfirmed", "no check before the code is confirmed")
    words = {"confirmed": True, "reason": "演示：与营业执照原件一致"}
    expect(checker.post(f"{here}:review-code", words)["code_check"] == "confirmed", "a person confirms it")
    checker.post(f"{case}:check")
    world.clients["operator-security"].post(f"{case}:certify")
    return "a code confirmed by a reviewer"


def machines(world: World) -> str:
    """A provider's program: an OAuth client without a person, a rotated key, a request that is signed once."""
    person, api = world.clients["compute-jia"], world.regional.url
    here = f"/api/v1/organisations/{world.facts['compute-jia']}"
    body = {"name": "agent", "roles": ["compute_provider"], "scopes": ["aggregation", "kernel"]}
    client = person.post(f"{here}/clients", body)
    form = {"grant_type": "client_credentials", "scope": "kernel aggregation.list_pools"}
    pair = (client["client_id"], client["client_secret"])
    token = httpx.post(
        f"{api}/api/v1/oauth/token", data=form, auth=pair, verify=TRUST, trust_env=False
    ).json()["access_token"]
    bearer = {"Authorization": f"Bearer {token}"}
    me = httpx.get(f"{api}/api/v1/me", headers=bearer, verify=TRUST, trust_env=False).json()
    expect(me["user"] is None and me["organisation"] == world.facts["compute-jia"], "a machine is no person")
    made = person.post(f"{here}/keys", {"name": "nightly", "scopes": ["kernel", "participants"]})
    old = Client(api, made["api_key"])
    new = Client(api, old.post(f"/api/v1/keys/{made['id']}:rotate", {"overlap_hours": 1})["api_key"])
    both = {each.get("/api/v1/me")["credential"] for each in (old, new)}
    expect(len(both) == 2, "the old key works beside its successor")  # noqa: PLR2004
    key = Ed25519PrivateKey.generate()
    person.post(f"{here}/signing-keys", {"name": "agent", "key": public_jwk(key)})
    headers = bearer | signed_headers(key, "GET", f"{api}/api/v1/me")
    first, again = (
        httpx.get(f"{api}/api/v1/me", headers=headers, verify=TRUST, trust_env=False) for _ in range(2)
    )
    expect(first.json()["signed"], "a good signature is taken")
    expect(again.json()["code"] == "signature_refused", "and the same one not twice")
    return "a machine signed in, a key rotated, a signature taken once"


def register(nobody: Client, party: dict[str, Any]) -> Any:
    """Apply to take part; the answer shows the first key once."""
    body = {
        "kind": party["role"],
        "name": party["name"],
        "code": party["uscc"],
        "division": party["division"],
        "size": party.get("size") or "",
        "person_name": party["contact"]["name"],
        "email": party["contact"]["email"],
    }
    return nobody.post("/api/v1/organisations", body)


def upload(client: Client, here: str, document: dict[str, Any]) -> None:
    """Hand in one document with its file."""
    fields = {"kind": document["kind"], "number": document["number"]}
    fields["particulars"] = json.dumps(document.get("particulars", {}))
    if document["valid_until"]:
        fields["valid_until"] = document["valid_until"]
    file = DATA / document["file"]
    response = client.send(
        "POST",
        f"{here}/documents",
        data=fields,
        files={"file": (file.name, file.read_bytes(), "application/pdf")},
    )
    expect(response.is_success, f"{document['kind']} is taken: {response.text[:300]}")
