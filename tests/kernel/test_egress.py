"""S16: whatever address others name, nothing inside is reached, no redirect is followed and nothing takes for ever."""

import os
import socket
from contextlib import suppress
from ipaddress import ip_network
from threading import Thread
from time import monotonic, sleep
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.environment import networks
from kernel import egress
from kernel.domain.egress import is_public, read_url
from kernel.egress import Answer, NoAnswerError, post
from kernel.errors import CallbackRefused
from tests.kernel import inward
from tests.support.wire import PUBLIC, Wire, dial

NAME = "hooks.example.com"


def sent(url: str, **options: Any) -> Answer:
    return post(url, body=b"{}", headers={"X-Kind": "test"}, pointer="/url", **options)


def test_300_payloads_reach_nothing_inside(wire: Wire) -> None:
    payloads = list(dict.fromkeys([*inward.by_rule(wire.canary.port), *inward.by_hand(wire.canary.port)]))
    assert len(payloads) >= 300
    wire.names.zone[NAME] = [[PUBLIC]]
    for url in payloads:
        with pytest.raises(CallbackRefused) as refusal:
            sent(url)
        assert refusal.value.pointer == "/url", url
    assert (wire.hits, wire.dialled, wire.names.asked) == (0, [], []), "not even a name is asked"


def test_names_that_point_inside_are_asked_and_not_believed(wire: Wire) -> None:
    wire.names.zone |= {name: [list(turn) for turn in turns] for name, turns in inward.NAMES.items()}
    for name in inward.NAMES:
        with pytest.raises((CallbackRefused, NoAnswerError)):
            sent(f"https://{name}:{wire.canary.port}/")
    assert (wire.hits, wire.dialled) == (0, [])
    assert set(wire.names.asked) == set(inward.NAMES)


def test_a_name_that_turns_inside_between_check_and_call_is_called_where_it_was_checked(wire: Wire) -> None:
    receiver, url = wire.receiver(NAME)
    for turn in range(20):
        wire.names.zone[NAME] = [[PUBLIC], ["127.0.0.1"]]
        assert sent(url).status == 204
        with pytest.raises(CallbackRefused):
            sent(url)
        assert len(receiver.heard) == turn + 1
    assert wire.hits == 0
    assert set(wire.dialled) == {(PUBLIC, receiver.port)}


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_an_answer_and_nothing_more(wire: Wire, status: int) -> None:
    receiver, url = wire.receiver(NAME)
    receiver.answers, receiver.location = [status], f"http://127.0.0.1:{wire.canary.port}/latest/meta-data"
    assert sent(url).status == status
    assert (wire.hits, len(receiver.heard)) == (0, 1)


def test_the_certificate_the_name_in_tls_and_the_host_are_the_name_s(wire: Wire) -> None:
    receiver, url = wire.receiver(NAME)
    assert sent(url).status == 204
    (heard,) = receiver.heard
    assert receiver.names == [NAME]
    assert heard.headers["Host"] == f"{NAME}:{receiver.port}"
    assert (heard.path, heard.body, heard.headers["X-Kind"]) == ("/hook", b"{}", "test")


def test_another_name_s_certificate_and_one_of_nobody_are_refused(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver, url = wire.receiver(NAME, certified="other.example.com")
    with pytest.raises(NoAnswerError):
        sent(url)
    own, url = wire.receiver("own.example.com")
    monkeypatch.undo()  # the usual authorities again, and the usual Internet
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, port, *_, **__: wire.names.ask(host, port))
    monkeypatch.setattr(socket, "create_connection", wire.connect)
    with pytest.raises(NoAnswerError):
        sent(url)
    assert receiver.heard == own.heard == []


def test_a_second_address_is_tried_where_the_first_does_not_answer(wire: Wire) -> None:
    receiver, url = wire.receiver(NAME)
    wire.names.zone[NAME] = [["1.1.1.1", PUBLIC]]
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        wire.places["1.1.1.1", receiver.port] = closed.getsockname()[1]
        assert sent(url).status == 204
    assert [host for host, _ in wire.dialled] == ["1.1.1.1", PUBLIC]


def drip(stream: Any, text: bytes, *, times: int) -> None:
    for _ in range(times):
        stream.write(text)
        stream.flush()
        sleep(0.05)


def head_drips(stream: Any) -> None:
    drip(stream, b"H", times=1)
    drip(stream, b"TTP/1.1 200 OK\r\nX-More: ", times=1)
    drip(stream, b"x", times=100)


def hints_drip(stream: Any) -> None:
    drip(stream, b"HTTP/1.1 103 Early Hints\r\n\r\n", times=100)


@pytest.mark.parametrize("speak", [head_drips, hints_drip])
def test_an_answer_that_trickles_ends_with_the_time_for_everything(
    wire: Wire, monkeypatch: pytest.MonkeyPatch, speak: Any
) -> None:
    monkeypatch.setattr(egress, "SECONDS", 0.6)
    receiver, url = wire.receiver(NAME)
    receiver.speak = speak
    begin = monotonic()
    with pytest.raises(NoAnswerError):
        sent(url)
    assert monotonic() - begin < 1.5


def test_a_body_that_trickles_or_never_ends_is_not_waited_for(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(egress, "SECONDS", 0.6)
    receiver, url = wire.receiver(NAME)
    receiver.speak = lambda stream: drip(stream, b"HTTP/1.1 200 OK\r\n\r\n", times=40)
    begin = monotonic()
    assert sent(url, keep=100_000).status == 200
    assert sent(url).status == 200
    assert monotonic() - begin < 1.5
    flood = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + b"y" * 2**20
    receiver.speak = lambda stream: drip(stream, flood, times=40)
    answer = sent(url, keep=1000)
    assert (answer.status, len(answer.head)) == (200, 1000)


def slow_names(*_: Any, **__: Any) -> list[Any]:
    sleep(3)
    return []


def test_a_silent_listener_and_a_silent_name_service_end_too(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(egress, "SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        wire.names.zone[NAME] = [[PUBLIC]]
        wire.places[PUBLIC, 8443] = silent.getsockname()[1]
        begin = monotonic()
        with pytest.raises(NoAnswerError):
            sent(f"https://{NAME}:8443/")
        monkeypatch.setattr(socket, "getaddrinfo", slow_names)
        with pytest.raises(NoAnswerError):
            sent(f"https://{NAME}:8443/")
        assert monotonic() - begin < 2


def test_no_proxy_is_taken_from_the_environment(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setitem(os.environ, name, f"http://127.0.0.1:{wire.canary.port}")
    _, url = wire.receiver(NAME)
    assert sent(url).status == 204
    assert wire.hits == 0


def test_the_node_s_own_proxy_is_given_the_address_that_was_checked(wire: Wire, settings: Any) -> None:
    receiver, url = wire.receiver(NAME)
    asked: list[bytes] = []

    def tunnel(listening: socket.socket) -> None:
        near, _ = listening.accept()
        asked.append(near.recv(4096).split(b"\r\n")[0])
        far = dial(("127.0.0.1", receiver.port))
        near.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        Thread(target=pump, args=(far, near), daemon=True).start()
        pump(near, far)

    def pump(one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while data := one.recv(4096):
                other.sendall(data)
            other.shutdown(socket.SHUT_WR)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        settings.EGRESS_PROXY = f"http://proxy.example.com:{listening.getsockname()[1]}"
        wire.places["proxy.example.com", listening.getsockname()[1]] = listening.getsockname()[1]
        Thread(target=tunnel, args=(listening,), daemon=True).start()
        wire.names.zone[NAME] = [[PUBLIC], ["127.0.0.1"]]
        assert sent(url).status == 204
    assert asked == [f"CONNECT {PUBLIC}:{receiver.port} HTTP/1.1".encode()]
    assert receiver.names == [NAME]


@pytest.mark.parametrize(
    "url",
    [
        "https://agent.example.com:8443/dispatch?pool=1",
        "https://agent.example.com",
        "https://Agent.Example.COM/x",
        "https://203.0.114.9/x",
        "https://[2400:3200::1]/x",
        "https://xn--fiqs8s.example.cn/%E7%A4%BA",
        "https://a-1.example.com?x=@y",
    ],
)
def test_a_public_address_is_taken(url: str) -> None:
    read_url(url, allow_private=False, pointer="/url")


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9000/dispatch", "http://localhost:9000/x", "https://[::1]/"]
)
def test_a_demonstration_on_one_machine_may_call_itself(url: str) -> None:
    read_url(url, allow_private=True, pointer="/url")
    for never in ("ftp://localhost/x", "http://a@localhost/", "http://localhost:0/", "http://local host/"):
        with pytest.raises(CallbackRefused):
            read_url(never, allow_private=True, pointer="/url")


@pytest.mark.parametrize("address", ["8.8.8.8", "114.114.114.114", "2400:3200::1", "2606:4700::1111"])
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_public(address)


def test_what_the_operator_refuses_is_not_called_by_address_nor_by_name(wire: Wire, settings: Any) -> None:
    receiver, url = wire.receiver(NAME)
    settings.EGRESS_REFUSED = [ip_network("93.184.215.0/24"), ip_network("2400:3200::/32")]
    for refused in (url, f"https://{PUBLIC}/x", "https://[2400:3200::1]/x"):
        with pytest.raises(CallbackRefused) as refusal:
            sent(refused)
        assert "does not call" in str(refusal.value.params["reason_en"]), refused
    assert (receiver.heard, wire.dialled) == ([], [])
    settings.EGRESS_REFUSED = [ip_network("93.184.214.0/24")]
    assert sent(url).status == 204


def test_networks_that_are_refused_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert networks("EGRESS_REFUSED") == []
    monkeypatch.setenv("EGRESS_REFUSED", "198.51.0.0/16, 2400:1234::/32")
    assert [str(each) for each in networks("EGRESS_REFUSED")] == ["198.51.0.0/16", "2400:1234::/32"]
    monkeypatch.setenv("EGRESS_REFUSED", "198.51.0.1/16")
    with pytest.raises(ImproperlyConfigured, match=r"EGRESS_REFUSED: 198\.51\.0\.1/16"):
        networks("EGRESS_REFUSED")
