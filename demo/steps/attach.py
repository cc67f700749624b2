"""Step 1: the regional node attaches to the national node: keys are exchanged, a code prefix is delegated."""

from demo.client import expect
from demo.world import World


def run(world: World) -> str:
    """Invite, attach once, and show that the invitation works only once."""
    code = world.regional.spec.code
    invitation = world.clients["national-operator-system"].post(
        "/api/v1/node-invitations", {"code": code, "role": world.regional.spec.role}
    )
    wish = {"url": world.national.url, "token": invitation["token"]}
    operator = world.clients["operator-system"]
    upstream = operator.post("/api/v1/upstreams", wish)
    again = operator.send("POST", "/api/v1/upstreams", json=wish)
    expect(not again.is_success, "an invitation works once")
    theirs = world.clients["national-operator-system"].get("/api/v1/nodes")["items"]
    (known,) = [node for node in theirs if node["code"] == code]
    expect(known["state"] == "attached" and known["keys"], "the national node knows the regional node's key")
    prefix = (upstream["prefixes"] or known["prefixes"])[0]
    return f"node {code} attached, keys exchanged both ways, prefix {prefix} delegated"
