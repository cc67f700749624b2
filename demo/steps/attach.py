"""Step 1: the regional node attaches to the national node: keys are exchanged, a code prefix is delegated."""

from demo.client import expect
from demo.world import World


def run(world: World) -> str:
    """Invite, attach, and show that a forged invitation attaches nobody."""
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
    return f"node {code} attached, keys exchanged both ways, prefix {prefix} delegated"
