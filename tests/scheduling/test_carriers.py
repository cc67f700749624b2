"""Carriers asked by their own interfaces: the contract, every way to fail, and never half a hold."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from kernel.actor import SYSTEM
from kernel.clock import now
from kernel.domain.windows import Window
from kernel.models.jobs import Job
from kernel.models.outbox import EventRecord
from scheduling.adapters.carriers import ADAPTERS
from scheduling.adapters.carriers.http import HttpCarrier
from scheduling.domain.carriers import (
    LIFE,
    VERBS,
    CarrierPort,
    CarrierRefusedError,
    CarrierSilentError,
    CarrierState,
    LineAsk,
    is_yes,
    kept_until,
)
from scheduling.errors.lines import CarrierNotReady
from scheduling.models import CarrierLine, LineInterface, LineOpening, Site
from scheduling.services.carriers import (
    ask_confirmation,
    ask_hold,
    ask_release,
    call_carrier,
    review_carrier_lines,
)
from tests.aggregation.supply import made
from tests.scheduling.live import disclose
from tests.support.calls import call_next
from tests.support.cast import World
from tests.support.mock_carrier import MockCarrier, mock_carrier

LATER = datetime(2099, 1, 1, tzinfo=UTC)
ASK = LineAsk("a", "z", 1000, "otn", windows=(Window(LATER, LATER + timedelta(hours=1)),))
PAST = timedelta(days=1)


@pytest.fixture
def carrier(settings: Any) -> Iterator[MockCarrier]:
    key = Ed25519PrivateKey.generate()
    settings.NODE_KEY = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    settings.ALLOW_PRIVATE_CALLBACKS = True
    with mock_carrier() as listening:
        yield listening


@pytest.mark.django_db
@pytest.mark.parametrize("adapter", sorted(ADAPTERS))
def test_the_contract_of_every_adapter(carrier: MockCarrier, adapter: str) -> None:
    port: CarrierPort = ADAPTERS[adapter](carrier.url)
    one, other = uuid4(), uuid4()
    word = port.query(one, ASK)
    assert (word.reachable, word.latency_us, word.monthly_cny, word.days) == (
        True,
        480,
        Decimal("9800.00"),
        5,
    )
    assert [port.preoccupy(one, ASK, LATER) for _ in range(2)] == [LATER, LATER]
    for _ in range(2):
        port.confirm(one, ASK.windows)
    windows = [{"start": LATER.isoformat(), "end": (LATER + timedelta(hours=1)).isoformat()}]
    told = {verb: asked.get("windows") for verb, asked in carrier.heard}
    assert told == {"query": windows, "preoccupy": windows, "confirm": windows}
    with pytest.raises(CarrierRefusedError):
        port.confirm(other)
    for _ in range(2):
        port.release(one)
    port.release(uuid4())
    with pytest.raises(CarrierRefusedError, match="spent"):
        port.preoccupy(one, ASK, LATER)  # a request that comes after its release keeps nothing
    assert carrier.kept == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    "fault", ["drop", "lose", "garbage", "201", "202", "302", "400", "401", "429", "500", "503"]
)
def test_whatever_is_no_clear_answer_is_silence(carrier: MockCarrier, fault: str) -> None:
    port = HttpCarrier(carrier.url)
    verbs: list[Callable[[], object]] = [
        lambda: port.query(uuid4(), ASK), lambda: port.preoccupy(uuid4(), ASK, LATER),
    ]  # fmt: skip
    if fault != "garbage":  # these two need no body
        verbs += [lambda: port.confirm(uuid4()), lambda: port.release(uuid4())]
    for verb in verbs:
        carrier.faults = [fault]
        with pytest.raises(CarrierSilentError):
            verb()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "word",
    [
        {"reachable": 1}, {}, {"reachable": True, "latency_us": -1}, {"reachable": True, "latency_us": True},
        {"reachable": True, "monthly_cny": 9800}, {"reachable": True, "monthly_cny": "1.001"},
        {"reachable": True, "monthly_cny": "NaN"}, {"reachable": True, "days": "5"},
    ],
)  # fmt: skip
def test_a_word_that_cannot_be_read_is_silence(carrier: MockCarrier, word: dict[str, Any]) -> None:
    carrier.word = word
    with pytest.raises(CarrierSilentError):
        HttpCarrier(carrier.url).query(uuid4(), ASK)


def test_a_yes_counts_no_longer_than_was_wanted() -> None:
    at, wanted = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)
    assert kept_until(LATER, wanted=wanted, at=at) == wanted
    assert kept_until(at + timedelta(hours=1), wanted=wanted, at=at) == at + timedelta(hours=1)
    assert kept_until(at, wanted=wanted, at=at) is None


def test_every_pending_state_has_its_verb_and_a_way_out() -> None:
    leaving = {state for sources, _ in LIFE.acts.values() for state in sources}
    assert set(VERBS) <= leaving
    assert LIFE.terminal == {
        CarrierState.ANSWERED, CarrierState.RELEASED, CarrierState.REFUSED, CarrierState.EXPIRED,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("word", "yes"),
    [
        (None, {"held", "confirmed"}),
        ({"reachable": True}, {"held", "confirmed", "answered"}),
        ({"reachable": False}, {"held", "confirmed"}),
    ],
)
def test_only_a_yes_says_that_the_line_is_there(word: dict[str, Any] | None, yes: set[str]) -> None:
    assert {state.value for state in CarrierState if is_yes(state, word)} == yes


def asked(carrier: MockCarrier, *, until: datetime = LATER) -> UUID:
    """An order's line that its carrier is asked to keep; the order."""
    sites = [
        Site.objects.create(
            tenant_id=uuid4(),
            key=key,
            name=key,
            city="320500",
            lat=lat,
            lon="120.7",
            role="core",
            oxc=True,
            hop_us=0,
        )
        for key, lat in (("a", "31.30"), ("z", "31.40"))
    ]
    provider = LineInterface.objects.create(tenant_id=uuid4(), adapter="http-1", url=carrier.url).tenant_id
    opening = LineOpening(
        order=uuid4(), provider_id=provider, user_id=uuid4(), a=sites[0], z=sites[1], bandwidth_mbps=1000, technology="otn"
    )  # fmt: skip
    ask_hold(opening=opening, until=until, actor=SYSTEM)
    return opening.order


def work() -> None:
    """Make every call now, as often as it takes; a failing one is given twenty tries, as a node does."""
    for _ in range(30):
        Job.objects.filter(done_at=None, dead_at=None).update(run_at=now() - PAST)
        if not call_next():
            return


def state(order: UUID) -> str:
    return str(CarrierLine.objects.get(order=order).state)


def lost() -> int:
    return EventRecord.objects.filter(name="scheduling.carrier_line_lost").count()


@pytest.mark.django_db
@pytest.mark.parametrize("faults", [[], ["drop"], ["lose"], ["503", "garbage", "lose"], ["late"]])
def test_silence_is_asked_again_until_the_answer_is_known(carrier: MockCarrier, faults: list[str]) -> None:
    until = now() + timedelta(hours=1)
    order = asked(carrier, until=until)
    carrier.faults = [*faults]
    work()
    row = CarrierLine.objects.get(order=order)
    assert (row.state, row.expires_at) == ("held", until)
    assert len({heard["key"] for _, heard in carrier.heard}) == 1
    carrier.faults = ["lose", "drop"]
    ask_confirmation(order=order, actor=SYSTEM)
    work()
    assert (state(order), list(carrier.lines.values()), lost()) == ("confirmed", ["confirmed"], 0)
    carrier.faults = ["drop", "lose"]
    ask_release(order=order, actor=SYSTEM)
    work()
    assert (state(order), carrier.kept) == ("released", [])


@pytest.mark.django_db
@pytest.mark.parametrize("fault", ["refuse", "past"])
def test_a_no_is_told_once_and_nothing_is_confirmed(carrier: MockCarrier, fault: str) -> None:
    order = asked(carrier)
    carrier.faults = [fault]
    with pytest.raises(CarrierNotReady):
        ask_confirmation(order=order, actor=SYSTEM)
    work()
    assert (state(order), lost()) == ("refused", 1)
    with pytest.raises(CarrierNotReady):
        ask_confirmation(order=order, actor=SYSTEM)


@pytest.mark.django_db
def test_a_no_after_a_yes_is_a_no(carrier: MockCarrier) -> None:
    order = asked(carrier)
    work()
    carrier.lines = {}  # the carrier has forgotten
    ask_confirmation(order=order, actor=SYSTEM)
    work()
    row = CarrierLine.objects.get(order=order)
    assert (row.state, row.reason, lost()) == ("refused", "nothing is held under this key", 1)


@pytest.mark.django_db
@pytest.mark.parametrize("faults", [["lose"], ["drop"], []])
def test_what_is_let_go_before_the_answer_is_let_go_at_the_carrier_too(
    carrier: MockCarrier, faults: list[str]
) -> None:
    order = asked(carrier)
    carrier.faults = [*faults]
    Job.objects.update(run_at=now() - PAST)
    call_next()
    ask_release(order=order, actor=SYSTEM)
    work()
    assert (state(order), carrier.kept, lost()) == ("released", [], 0)


class InFlight:
    """A carrier that answers, as it is told, only after the order has let the line go."""

    def __init__(self, order: UUID, end: str) -> None:
        """How the call ends: `yes`, `no` or `silence`."""
        self.order, self.end = order, end

    def preoccupy(self, _key: UUID, _ask: LineAsk, until: datetime) -> datetime:
        self._answer()
        return until

    def confirm(self, _key: UUID, _windows: Sequence[Window] = ()) -> None:
        self._answer()

    def _answer(self) -> None:
        ask_release(order=self.order, actor=SYSTEM)
        if self.end == "no":
            raise CarrierRefusedError("no duct")
        if self.end == "silence":
            raise CarrierSilentError("HTTP 503")


@pytest.mark.django_db
@pytest.mark.parametrize("end", ["yes", "no", "silence"])
@pytest.mark.parametrize("pending", ["holding", "confirming"])
def test_an_answer_that_comes_after_the_line_was_let_go_changes_nothing(
    carrier: MockCarrier, monkeypatch: pytest.MonkeyPatch, pending: str, end: str
) -> None:
    order = asked(carrier)
    if pending == "confirming":
        work()
        ask_confirmation(order=order, actor=SYSTEM)
    row = CarrierLine.objects.get(order=order)
    with monkeypatch.context() as late:
        late.setitem(ADAPTERS, "http-1", lambda _url: InFlight(order, end))
        with suppress(CarrierSilentError):
            call_carrier(line=row.id)
    after = CarrierLine.objects.get(order=order)
    assert (after.state, after.attempts, after.reason) == ("releasing", row.attempts, row.reason)
    work()
    assert (state(order), lost()) == ("released", 0)
    assert "release" in [verb for verb, _ in carrier.heard]


@pytest.mark.django_db
def test_an_expiry_is_the_end_also_where_nobody_ever_answered(carrier: MockCarrier) -> None:
    held, silent = asked(carrier), uuid4()
    work()
    CarrierLine.objects.update(expires_at=now() - timedelta(seconds=1))
    with pytest.raises(CarrierNotReady):
        ask_confirmation(order=held, actor=SYSTEM)
    row = CarrierLine.objects.get(order=held)
    CarrierLine.objects.create(
        provider_id=row.provider_id, user_id=row.user_id, order=silent, a=row.a, z=row.z, bandwidth_mbps=1,
        technology="otn", state="holding", wanted_until=now() - timedelta(minutes=1),
    )  # fmt: skip
    review_carrier_lines()
    assert (state(held), state(silent)) == ("expired", "holding")  # the carrier's clock may lag a little
    CarrierLine.objects.filter(order=silent).update(wanted_until=now() - timedelta(minutes=3))
    for _ in range(2):
        review_carrier_lines()
    assert (state(silent), lost()) == ("expired", 2)


@pytest.mark.django_db
def test_what_no_job_asks_any_more_is_asked_again(carrier: MockCarrier) -> None:
    order = asked(carrier)
    review_carrier_lines()
    assert Job.objects.count() == 1
    Job.objects.update(dead_at=now())
    review_carrier_lines()
    work()
    assert state(order) == "held"


@pytest.mark.django_db
def test_a_carrier_is_asked_for_a_line_on_behalf_of_a_user(world: World, carrier: MockCarrier) -> None:
    disclose(world.lin, evidence=False)
    body = {
        "line_provider": "line-jia", "a": "sip-weiting", "z": "wujiang", "bandwidth_mbps": 1000, "technology": "otn",
    }  # fmt: skip
    answer = world.ben.post("/api/v1/line-enquiries", body)
    assert (answer.status_code, answer.json()["code"]) == (400, "no_line_interface")
    refused = world.lin.post("/api/v1/line-interfaces", {"url": "ftp://example.org"})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "/url")
    made(world.lin.post("/api/v1/line-interfaces", {"url": carrier.url}))
    answer = world.ben.post("/api/v1/line-enquiries", {**body, "z": "nowhere"})
    assert answer.json()["errors"][0]["pointer"] == "/z"
    row = made(world.ben.post("/api/v1/line-enquiries", body))
    assert (row["state"], row["word"]) == ("asking", None)
    work()
    row = made(world.ben.get(f"/api/v1/line-enquiries/{row['id']}"))
    assert (row["state"], row["word"]) == ("answered", carrier.word)
    assert world.bea.get(f"/api/v1/line-enquiries/{row['id']}").status_code == 404
    carrier.word = {**carrier.word, "latency_us": 3}  # 17 km in 3 µs
    row = made(world.ben.post("/api/v1/line-enquiries", body))
    work()
    row = made(world.ben.get(f"/api/v1/line-enquiries/{row['id']}"))
    assert (row["state"], row["word"]) == ("refused", None)
    assert ("faster than light" in row["reason"], "快于真空光速" in row["reason"]) == (True, True)
