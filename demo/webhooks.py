"""A member's receiver of webhooks: it believes what the Standard Webhooks library verifies, and the first time it is busy."""

from http.server import BaseHTTPRequestHandler
from typing import Any

import httpx
from standardwebhooks import Webhook, WebhookVerificationError

from demo.client import TRUST, Client, expect
from demo.listener import Listener
from demo.world import World

TAKEN, FORGED, BUSY = 204, 401, 503


class Receiver:
    """Subscribes its member to one kind of event, and keeps what it took by the event's id."""

    def __init__(self, client: Client, event_type: str) -> None:
        """Listen, subscribe, and remember the secret, which is shown once."""
        self.client, self.taken = client, dict[str, Any]()
        self.last: tuple[dict[str, str], bytes] = {}, b""
        self._busy = 1
        self.listener = Listener(self._take)
        made = client.post("/api/v1/webhooks", {"url": self.listener.url, "event_types": [event_type]})
        self.address = f"/api/v1/webhooks/{made['webhook']['id']}"
        self._verifier = Webhook(made["secret"])

    def _take(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        """401 to what the secret did not sign; 503 to the first that it did; an event that comes twice is one event."""
        headers = {name.lower(): value for name, value in handler.headers.items()}
        try:
            event = self._verifier.verify(body, headers)
            self.last = headers, body
            status = BUSY if self._busy else TAKEN
            self._busy = max(0, self._busy - 1)
            if status == TAKEN:
                self.taken[event["id"]] = event
        except WebhookVerificationError:
            status = FORGED
        handler.send_response(status)
        handler.send_header("Content-Length", "0")
        handler.end_headers()


def subscribe(world: World, party: str, event_type: str) -> Receiver:
    """A receiver of a party's, open until the demo ends."""
    receiver = Receiver(world.clients[party], event_type)
    world.closing.append(receiver.listener.close)
    return receiver


def redelivered(world: World, receiver: Receiver, *, of: str) -> str:
    """What the receiver was too busy to take comes again, as the same event; the log shows both attempts."""
    client = receiver.client
    log = f"{receiver.address}/deliveries"
    (row,) = world.until(
        "the first delivery is noted", lambda: [row for row in client.get(log)["items"] if row["tries"]]
    )
    here = f"/api/v1/webhook-deliveries/{row['id']}"
    client.post(f"{here}:redeliver")

    def delivered() -> Any:
        told = client.get(here)
        return told if told["state"] == "delivered" else None

    told = world.until("the event is redelivered", delivered)
    answers = [attempt["status"] for attempt in told["attempts"]]  # newest first
    expect((answers[0], answers[-1]) == (TAKEN, BUSY), f"the log shows both attempts: {answers}")
    (event,) = receiver.taken.values()
    expect((event["id"], event["data"]["tenant"]) == (row["event"], of), "the event is the member's own")
    headers, body = receiver.last
    forged = httpx.post(
        receiver.listener.url, content=body.replace(b"granted", b"revoked"), headers=headers, verify=TRUST
    )
    expect(forged.status_code == FORGED, "a changed copy is refused")
    return f"{event['type']} told by webhook, refused with 503, redelivered, its signature verified"
