"""Step 1: the region applies for its node and attaches to the national one: form, keys, a code prefix."""

import hashlib

from demo.client import Client, expect
from demo.world import World

CONTACT = {
    "name": "演示联系人",
    "sex": "female",
    "post": "演示职务",
    "phone": "025-00000000",
    "email": "node@example.org",
}


def run(world: World) -> str:
    """Apply; invite, attach, and show that a forged invitation attaches nobody."""
    applied = apply(world, world.clients["operator-system"])
    code = world.regional.spec.code
    invitation = world.clients["national-operator-system"].post(
        "/api/v1/node-invitations", {"code": code, "role": world.regional.spec.role}
    )
    wish = {"url": world.national.url, "token": invitation["token"]}
    operator = world.clients["operator-system"]
    forged = operator.send("POST", "/api/v1/upstreams", json={**wish, "token": "0" * 43})
    expect(not forged.is_success, "nobody attaches with a token that was not given")
    upstream = operator.post("/api/v1/upstreams", wish)
    again = operator.post("/api/v1/upstreams", wish)
    expect(again["id"] == upstream["id"], "attaching again after a lost reply changes nothing")
    theirs = world.clients["national-operator-system"].get("/api/v1/nodes")["items"]
    (known,) = [node for node in theirs if node["code"] == code]
    expect(known["state"] == "attached" and known["keys"], "the national node knows the regional node's key")
    prefix = (upstream["prefixes"] or known["prefixes"])[0]
    return f"{applied}; node {code} attached, keys exchanged both ways, prefix {prefix} delegated"


def apply(world: World, operator: Client) -> str:
    """Fill in the region's form, learn what it lacks, make it final, and download what is printed and sealed."""
    draft = operator.post("/api/v1/node-applications", world.load("application.json"))
    path = f"/api/v1/node-applications/{draft['id']}"
    missing = operator.post(f"{path}:check")["findings"]
    expect(
        {each["pointer"] for each in missing} == {f"/contact/{name}" for name in CONTACT},
        "the form lacks its contact, and says so field by field",
    )
    amended = operator.change("PATCH", path, {"contact": CONTACT})
    expect(operator.post(f"{path}:check")["complete"], "now the form is complete")
    version = {"If-Match": f'"{amended["generation"]}"'}
    final = operator.post(f"{path}:finalise", headers=version)
    paper = operator.http.get(f"{path}/document")
    expect(
        hashlib.sha256(paper.content).hexdigest() == final["sha256"], "the paper has the hash that is kept"
    )
    return f"application for {final['kind']} final, .docx of {len(paper.content) >> 10} KiB, SHA-256 {final['sha256'][:12]}…"
