"""Dispatch: a signed callback to the provider's agent, repeated until taken, given up on in the open."""

import json
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from time import monotonic, sleep
from typing import Any
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from kernel.clock import now
from kernel.crypto.messages import RegisteredKey, Request, verify_request
from kernel.crypto.suite import INTERNATIONAL
from kernel.models.jobs import Job
from kernel.models.outbox import EventRecord
from kernel.reports import SECTIONS
from kernel.services.jobs import run_next_job
from scheduling.domain.dispatches import MAX_ATTEMPTS, DispatchAct
from scheduling.models import Dispatch
from scheduling.services import dispatches
from scheduling.services.dispatches import dispatch_again, dispatch_end, dispatch_order, send_dispatch
from tests.aggregation.supply import made
from tests.scheduling.live import chosen, open_market
from tests.support.calls import call_next
from tests.support.cast import World

pytestmark = pytest.mark.django_db


class Agent:
    """A provider's agent: what it was sent, and what it answers next."""

    def __init__(self) -> None:
        """Listen on a free port."""
        self.heard: list[tuple[str, dict[str, str], bytes]] = []
        self.answers: list[int] = []
        self.endless = False
        agent = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                agent.heard.append((self.path, dict(self.headers), body))
                self.send_response(agent.answers.pop(0) if agent.answers else 204)
                self.send_header("Location", "http://127.0.0.1:1/elsewhere")
                if not agent.endless:
                    self.send_header("Content-Length", "0")
                self.end_headers()
                with suppress(OSError):
                    for _ in range(60 if agent.endless else 0):
                        self.wfile.write(b"x")
                        sleep(0.05)

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://localhost:{self.server.server_port}/dispatch"
        Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def agent() -> Iterator[Agent]:
    listening = Agent()
    yield listening
    listening.server.shutdown()
    listening.server.server_close()


@pytest.fixture
def key(settings: Any) -> Ed25519PrivateKey:
    """The node's key, in its settings."""
    private = Ed25519PrivateKey.generate()
    settings.NODE_KEY = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    settings.ALLOW_PRIVATE_CALLBACKS = True
    return private


def dispatched(world: World, agent: Agent | None) -> UUID:
    """An order of Ben's to Ada, queued; the order's id."""
    if agent:
        made(world.ada.post("/api/v1/agents", {"agent": "a1", "callback_url": agent.url}))
    order = uuid4()
    for _ in range(2):
        dispatch_order(
            order=order,
            offer=uuid4(),
            provider=world.ada.organisation.id,
            quantity=2,
            user=world.ben.organisation.id,
            actor=world.ben.actor,
        )
    return order


def work(times: int = 1) -> None:
    """Do the due jobs as if the back-off had passed."""
    for _ in range(times):
        Job.objects.filter(done_at=None).update(run_at=now())
        call_next()


def announced(name: str) -> list[UUID]:
    return list(EventRecord.objects.filter(name=f"scheduling.{name}").values_list("subject", flat=True))


def test_an_order_reaches_the_agent_signed_by_the_node(
    world: World, agent: Agent, key: Ed25519PrivateKey
) -> None:
    order = dispatched(world, agent)
    work(2)
    ((path, headers, body),) = agent.heard
    assert path == "/dispatch"
    assert json.loads(body)["order"] == str(order)
    assert json.loads(body)["quantity"] == 2
    public = key.public_key().public_bytes_raw()
    own = RegisteredKey(INTERNATIONAL.key_id(public), "320000", INTERNATIONAL, public, now())
    checked = verify_request(
        Request("POST", agent.url, headers, body), find_key=lambda _: replace_start(own), now=now()
    )
    assert checked.key.holder == "320000"
    assert Dispatch.objects.get().state == "dispatched"
    assert announced("service_dispatched") == [order]
    send_dispatch(dispatch=Dispatch.objects.get().id)
    assert len(agent.heard) == 1, "a job that comes twice calls once"


def replace_start(key: RegisteredKey) -> RegisteredKey:
    """The key, valid for as long as anybody remembers."""
    return RegisteredKey(key.key_id, key.holder, key.suite, key.public_key, key.valid_from.replace(year=2020))


def test_an_agent_that_is_busy_is_called_again_and_once_it_took_the_order_never_more(
    world: World, agent: Agent, key: Ed25519PrivateKey
) -> None:
    order = dispatched(world, agent)
    agent.answers = [503, 302]
    work(2)
    assert (Dispatch.objects.get().state, Dispatch.objects.get().error) == ("queued", "HTTP 302")
    work(3)
    assert [json.loads(body)["order"] for _, _, body in agent.heard] == [str(order)] * 3
    assert Dispatch.objects.get().state == "dispatched"
    assert announced("service_dispatched") == [order]


def test_what_was_refused_is_sent_as_the_next_delivery_and_no_late_answer_to_the_first_counts_for_it(
    world: World, agent: Agent, key: Ed25519PrivateKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = dispatched(world, agent)
    work(2)

    def again(row: Dispatch) -> str:
        """The order is refused while somebody still waits for an answer to a call of before."""
        dispatch_again(order=row.order, delivery=row.delivery + 1, actor=world.ben.actor)
        return ""

    again(Dispatch.objects.get())
    with monkeypatch.context() as patch:
        patch.setattr(dispatches, "_call", again)
        send_dispatch(dispatch=Dispatch.objects.get().id)
    row = Dispatch.objects.get()
    assert (row.state, row.delivery, row.attempts, row.ended_at) == ("queued", 3, 0, None)
    work(4)
    assert [json.loads(body)["delivery"] for _, _, body in agent.heard] == [1, 3]
    assert Dispatch.objects.get().state == "dispatched"
    assert announced("service_dispatched") == [order, order]
    told = EventRecord.objects.filter(name="scheduling.service_dispatched").order_by("occurred_at")
    assert [event.payload["delivery"] for event in told] == [1, 3]


def test_where_no_agent_takes_the_order_the_node_gives_up_and_says_so(
    world: World, key: Ed25519PrivateKey
) -> None:
    order = dispatched(world, None)
    work(MAX_ATTEMPTS[DispatchAct.START] + 2)
    row = Dispatch.objects.get()
    assert (row.state, row.attempts, row.error) == (
        "failed",
        MAX_ATTEMPTS[DispatchAct.START],
        "no agent is registered",
    )
    assert announced("dispatch_failed") == [order]
    assert announced("service_dispatched") == []
    items = world.ben.get("/api/v1/dispatches").json()["items"]
    assert [item["state"] for item in items] == ["failed"]
    assert len(world.ada.get("/api/v1/dispatches").json()["items"]) == 1
    assert world.cleo.get("/api/v1/dispatches").json()["items"] == []


def test_what_no_agent_took_is_called_anew_when_its_provider_says_so(
    world: World, agent: Agent, key: Ed25519PrivateKey
) -> None:
    order = dispatched(world, None)
    work(MAX_ATTEMPTS[DispatchAct.START] + 2)
    here = f"/api/v1/dispatches/{Dispatch.objects.get().id}:retry"
    assert [world.cleo.post(here, {}).status_code, world.ben.post(here, {}).status_code] == [404, 403]
    made(world.ada.post("/api/v1/agents", {"agent": "a1", "callback_url": agent.url}))
    answer = world.ada.post(here, {})
    assert (answer.status_code, answer.json()["state"], answer.json()["attempts"]) == (202, "queued", 0)
    assert world.ada.post(here, {}).json()["code"] == "state_conflict"
    work(3)
    assert Dispatch.objects.get().state == "dispatched"
    assert announced("service_dispatched") == [order]
    assert len(agent.heard) == 1


def over(world: World, order: UUID) -> Dispatch:
    """The order is over, which is said twice; what is to be told of it."""
    for _ in range(2):
        dispatch_end(order=order, actor=world.ben.actor)
    return Dispatch.objects.get(order=order, act="end")


def told(agent: Agent) -> list[tuple[str, int]]:
    """Act and delivery of each call."""
    return [(said["act"], said["delivery"]) for said in (json.loads(body) for _, _, body in agent.heard)]


def test_the_agent_is_told_that_an_order_is_over_until_it_has_heard_it(
    world: World, agent: Agent, key: Ed25519PrivateKey
) -> None:
    order = dispatched(world, agent)
    work(2)
    dispatch_again(order=order, delivery=2, actor=world.ben.actor)
    work(2)
    end = over(world, order)
    agent.answers = [503] * 9  # longer than a start is tried
    work(14)
    assert told(agent) == [("start", 1), ("start", 2)] + [("end", 2)] * 10
    end.refresh_from_db()
    assert (end.state, end.attempts, end.ended_at is None) == ("dispatched", 10, False)
    assert announced("service_ended") == [order]
    assert announced("service_dispatched") == [order, order], "an end delivers nothing"
    items = world.ada.get("/api/v1/dispatches?act=end").json()["items"]
    assert [(item["order"], item["act"], item["state"]) for item in items] == [
        (str(order), "end", "dispatched")
    ]


def test_a_start_of_what_is_over_is_called_no_more_and_the_agent_hears_of_the_end_all_the_same(
    world: World, agent: Agent, key: Ed25519PrivateKey
) -> None:
    order = dispatched(world, agent)
    agent.answers = [503]
    while not agent.heard:
        work()  # what it said may have been lost on its way
    over(world, order)
    work(4)
    assert told(agent) == [("start", 1), ("end", 1)]
    start = Dispatch.objects.get(act="start")
    assert start.state == "withdrawn"
    assert world.ada.post(f"/api/v1/dispatches/{start.id}:retry", {}).json()["code"] == "state_conflict"


def test_an_end_that_no_agent_hears_is_given_up_in_the_open_and_what_never_was_to_start_has_none(
    world: World, key: Ed25519PrivateKey
) -> None:
    order = dispatched(world, None)
    over(world, order)
    work(MAX_ATTEMPTS[DispatchAct.END] + 4)
    end = Dispatch.objects.get(act="end")
    assert (end.state, end.attempts) == ("failed", MAX_ATTEMPTS[DispatchAct.END])
    failed = EventRecord.objects.filter(name="scheduling.dispatch_failed")
    assert [event.payload["act"] for event in failed] == ["end"]
    dispatch_end(order=uuid4(), actor=world.ben.actor)
    assert Dispatch.objects.filter(act="end").count() == 1


def test_a_callback_that_turned_inwards_is_not_called(
    world: World, agent: Agent, key: Ed25519PrivateKey, settings: Any
) -> None:
    dispatched(world, agent)
    settings.ALLOW_PRIVATE_CALLBACKS = False
    work()
    assert agent.heard == []
    assert Dispatch.objects.get().error.startswith("CallbackRefused")


def test_the_report_counts_what_happened_in_the_period(
    world: World, agent: Agent, key: Ed25519PrivateKey
) -> None:
    open_market(world)
    while run_next_job():
        pass  # what the market left to do
    start = now()
    chosen(world.ben)
    chosen(world.ben, max_latency_us=1)
    made(world.ada.post("/api/v1/agents", {"agent": "a2", "callback_url": agent.url}))
    dispatched(world, None)
    work()
    section = SECTIONS["dispatch.selections"]
    (record,) = section.collect(start, now())
    assert set(section.sums) <= set(record)
    counted = {name: record[name] for name in section.sums if name != "milliseconds"}
    assert counted == {
        "selections": 2,
        "hits": 1,
        "orders_dispatched": 1,
        "orders_failed": 0,
        "lines_ordered": 0,
        "lines_delivered": 0,
        "lines_on_time": 0,
        "lines_accepted": 0,
    }
    (before,) = section.collect(start.replace(year=2020), start.replace(year=2021))
    assert set(before.values()) == {0}


def test_an_agent_whose_answer_never_ends_has_taken_the_order_by_its_status(
    world: World, agent: Agent, key: Ed25519PrivateKey
) -> None:
    dispatched(world, agent)
    agent.endless, agent.answers = True, [200]
    began = monotonic()
    work(2)
    assert Dispatch.objects.get().state == "dispatched"
    assert monotonic() - began < 2
