"""Step 2: eight parties register with their code and documents; two people certify each; the reseller qualifies; a provider's machine signs in."""

from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from demo.client import Client, expect
from demo.sign_request import public_jwk, signed_headers
from demo.world import DATA, World


def run(world: World) -> str:
    """Register, certify and qualify, and show that one person alone cannot."""
    nobody = Client(world.regional.url)
    checker, decider = world.clients["operator-system"], world.clients["operator-security"]
    parties = world.load("organisations.json")["organisations"]
    for party in parties:
        joined = register(nobody, party)
        client = Client(world.regional.url, joined["api_key"])
        here = f"/api/v1/organisations/{joined['organisation']['id']}"
        world.clients[party["key"]] = client
        world.facts[party["key"]] = joined["organisation"]["id"]
        if party["key"] == "compute-jia":
            early = checker.send("POST", f"{here}:check")
            expect(early.status_code == 409, "without documents nobody is checked")  # noqa: PLR2004
        for document in party["documents"]:
            upload(client, here, document)
        checker.post(f"{here}:check")
        alone = checker.send("POST", f"{here}:certify")
        expect(alone.status_code in (403, 409), "who checked cannot certify")
        certified = decider.post(f"{here}:certify")
        expect(certified["state"] == "certified", f"{party['name']} is certified")
    here = f"/api/v1/organisations/{world.facts['resale']}"
    proposal = checker.post(
        f"{here}:propose-qualification",
        {"act": "grant", "reason": "演示：材料齐全", "valid_until": "2027-12-31"},
    )
    decider.post(f"/api/v1/proposals/{proposal['id']}:approve")
    standing = world.clients["resale"].get(f"{here}/standing")
    expect(standing["qualified"], "the reseller is qualified")
    machine = machines(world)
    return f"{len(parties)} parties certified by two people each; reseller qualified; {machine}"


def machines(world: World) -> str:
    """A provider's program: an OAuth client without a person, a rotated key, a request that is signed once."""
    person, api = world.clients["compute-jia"], world.regional.url
    here = f"/api/v1/organisations/{world.facts['compute-jia']}"
    body = {"name": "agent", "roles": ["compute_provider"], "scopes": ["aggregation", "kernel"]}
    client = person.post(f"{here}/clients", body)
    form = {"grant_type": "client_credentials", "scope": "kernel aggregation.list_pools"}
    pair = (client["client_id"], client["client_secret"])
    token = httpx.post(f"{api}/api/v1/oauth/token", data=form, auth=pair).json()["access_token"]
    bearer = {"Authorization": f"Bearer {token}"}
    me = httpx.get(f"{api}/api/v1/me", headers=bearer).json()
    expect(me["user"] is None and me["organisation"] == world.facts["compute-jia"], "a machine is no person")
    made = person.post(f"{here}/keys", {"name": "nightly", "scopes": ["kernel", "participants"]})
    old = Client(api, made["api_key"])
    new = Client(api, old.post(f"/api/v1/keys/{made['id']}:rotate", {"overlap_hours": 1})["api_key"])
    both = {each.get("/api/v1/me")["credential"] for each in (old, new)}
    expect(len(both) == 2, "the old key works beside its successor")  # noqa: PLR2004
    key = Ed25519PrivateKey.generate()
    person.post(f"{here}/signing-keys", {"name": "agent", "key": public_jwk(key)})
    headers = bearer | signed_headers(key, "GET", f"{api}/api/v1/me")
    first, again = (httpx.get(f"{api}/api/v1/me", headers=headers) for _ in range(2))
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
