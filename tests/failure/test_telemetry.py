"""Points of real senders while replies are lost, sessions of the database end and web servers die (B1): what was
answered with 2xx is there at once and for ever, what is sent again is stored once, and in the end nothing lacks.
"""

import json
import os
import signal
from datetime import timedelta
from decimal import Decimal
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from random import Random
from threading import Event, Thread
from time import monotonic
from typing import Any

import pytest

from kernel.clock import now
from monitoring.models import Telemetry
from tests.monitoring.readings import declared
from tests.support.cast import World
from tests.support.processes import start_web
from tests.support.races import as_role

SENDERS, BATCHES, POINTS = 3, 25, 20
SECONDS = 60
FOUND = "SELECT count(*) FROM telemetry WHERE source_seq BETWEEN %s AND %s"
END_A_SESSION = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND usename = 'node_app' ORDER BY random() LIMIT 1"
)


class Sender:
    """Sends its batches in order, each until it is answered with 2xx; what then is not there is `missing`."""

    def __init__(self, number: int, feed: str, key: str) -> None:
        """Make its points: the numbers of one sender follow each other."""
        self.dice, self.key = Random(number), key
        first = number * BATCHES * POINTS
        begin = now() - timedelta(hours=1)
        self.batches: list[list[dict[str, Any]]] = [
            [
                {
                    "feed": feed, "metric": "cards_in_use", "ts": (begin + timedelta(milliseconds=seq)).isoformat(),
                    "value": str(seq % 48), "source_seq": seq,
                }
                for seq in range(start, start + POINTS)
            ]
            for start in range(first, first + BATCHES * POINTS, POINTS)
        ]  # fmt: skip
        self.missing: list[int] = []
        self.unknown = 0

    def run(self, port: int, stopped: Event) -> None:
        """Send what is left, until the server is gone."""
        with as_role("node_owner") as owner:
            while self.batches and not stopped.is_set():
                batch = self.batches[0]
                if self._answered(port, batch):
                    ends = batch[0]["source_seq"], batch[-1]["source_seq"]
                    (found,) = owner.execute(FOUND, ends).fetchone() or (0,)
                    self.missing += [batch[0]["source_seq"]] if found != POINTS else []
                    self.batches.pop(0)
                else:
                    self.unknown += 1

    def _answered(self, port: int, batch: list[dict[str, Any]]) -> bool:
        """Whether the whole batch was answered as stored now or before; nothing is known where no answer came, or a 5xx."""
        line = HTTPConnection("127.0.0.1", port, timeout=5)
        headers = {"Authorization": f"Api-Key {self.key}", "Content-Type": "application/json"}
        try:
            line.request("POST", "/api/v1/telemetry", json.dumps({"points": batch}), headers)
            if self.dice.random() < 0.2:
                return False  # the reply is lost
            answer = line.getresponse()
            told = answer.read()
        except (OSError, HTTPException):
            return False
        finally:
            line.close()
        assert answer.status in (200, 500, 503), told
        if answer.status != 200:
            return False
        assert json.loads(told)["refused"] == 0
        return True


@pytest.fixture
def senders(transactional_db: None) -> list[Sender]:
    """All with one feed, so that their batches wait for each other too."""
    ada = World().ada
    feed = declared(ada)["id"]
    return [Sender(number, feed, ada.key) for number in range(SENDERS)]


def sending(senders: list[Sender], folder: Path, *, left: int) -> None:
    """A web server that takes what is sent, loses sessions of its database meanwhile, and is killed once so many batches are left."""
    stopped = Event()
    process, _, port = start_web(folder)
    threads = [Thread(target=each.run, args=(port, stopped)) for each in senders]
    try:
        for thread in threads:
            thread.start()
        until, ended = monotonic() + SECONDS, 0.0
        with as_role("node_owner") as owner:
            while sum(len(each.batches) for each in senders) > left and monotonic() < until:
                if monotonic() > ended + 0.15:
                    owner.execute(END_A_SESSION)
                    ended = monotonic()
                stopped.wait(0.002)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
    stopped.set()
    for thread in threads:
        thread.join()


def test_what_was_answered_is_there_and_what_was_not_is_taken_when_it_is_sent_again(
    senders: list[Sender], tmp_path: Path
) -> None:
    for left in (50, 25, 0):
        sending(senders, tmp_path / f"web-{left}", left=left)
    assert [each.batches for each in senders] == [[]] * SENDERS
    assert all(each.unknown for each in senders)
    assert [each.missing for each in senders] == [[]] * SENDERS
    stored = list(Telemetry.objects.order_by("source_seq").values_list("source_seq", "value"))
    assert stored == [(seq, Decimal(seq % 48)) for seq in range(SENDERS * BATCHES * POINTS)]
