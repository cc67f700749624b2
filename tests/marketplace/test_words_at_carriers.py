"""Firm line quotes of a carrier that is asked by its own interface: held on its yes alone, and let go there too."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from kernel.clock import now
from kernel.models.capacity import Claim, HoldAccount
from kernel.models.jobs import Job
from kernel.services.capacity import expire_next
from kernel.services.outbox import deliver_one, relay
from scheduling.models import CarrierLine, LineQuote
from scheduling.services.carriers import review_carrier_lines
from scheduling.services.line_quotes import follow_carrier
from tests.aggregation.supply import made
from tests.marketplace.test_line_words import holds_of
from tests.scheduling.live import chosen, open_entered_market
from tests.scheduling.test_reservations import once
from tests.support.calls import call_next
from tests.support.cast import World
from tests.support.mock_carrier import MockCarrier

SCENE = open_entered_market
PATH = "/api/v1/line-quotes"


def work() -> None:
    """Do every job and deliver every event, as often as it takes; a failing job is given a few tries."""
    for _ in range(30):
        relay()
        while deliver_one():
            pass
        Job.objects.filter(done_at=None, dead_at=None).exclude(name__startswith="marketplace.").update(
            run_at=now() - timedelta(days=1)
        )
        if not call_next():
            return


def asked(world: World, carrier: MockCarrier) -> dict[str, Any]:
    """A firm quote of a carrier with an interface, whose pre-occupation was asked for."""
    made(world.lin.post("/api/v1/line-interfaces", {"url": carrier.url}))
    word = made(world.ben.post(PATH, {"selection": chosen(world.ben)["id"], "bundle": 0}))
    assert word["kind"] == "firm"
    held = made(world.ben.post(f"{PATH}/{word['id']}:hold"))
    assert (held["state"], held["held_until"]) == ("holding", None)
    assert carrier.heard == []
    return dict(held)


def stands(world: World, word: dict[str, Any]) -> dict[str, Any]:
    return dict(made(world.ben.get(f"{PATH}/{word['id']}")))


def order(world: World, word: dict[str, Any], **more: Any) -> Any:
    quote = {"selection": word["selection"], "bundle": word["bundle"], "line_quote": word["id"], **more}
    answer = world.ben.post("/api/v1/quotes", quote)
    if answer.status_code == 201:
        return world.ben.post("/api/v1/orders", {"quote": answer.json()["id"], "client_ref": str(uuid4())})
    return answer


def claims(bundle: str) -> set[str]:
    return {claim.state for claim in Claim.objects.filter(bundle=UUID(bundle))}


@pytest.mark.django_db
@pytest.mark.parametrize("faults", [["soon"], ["lose", "503"]])
def test_a_quote_is_held_on_its_carrier_s_yes_and_its_order_goes_on_under_the_same_key(
    world: World, carrier: MockCarrier, faults: list[str]
) -> None:
    word = asked(world, carrier)
    assert order(world, word).json()["code"] == "state_conflict"  # nobody knows yet
    carrier.faults = [*faults]
    work()
    (line,) = made(world.ben.get(f"/api/v1/line-enquiries?line_quote={word['id']}"))["items"]
    assert (line["state"], line["order"], list(carrier.lines.values())) == ("held", None, ["held"])
    held = stands(world, word)
    assert (held["state"], held["held_until"]) == ("held", line["expires_at"])
    when = {} if faults == ["soon"] else {"schedule": once(730, ahead=90)}
    placed = made(order(world, word, **when))
    (opening,) = made(world.ben.get(f"/api/v1/line-openings?order={placed['id']}"))["items"]
    assert placed["held_until"] == opening["held_until"] <= line["expires_at"]
    assert (placed["held_until"] == line["expires_at"]) is (faults == ["soon"]), (
        "else a day from the order is less"
    )
    work()
    for provider in (world.ada, world.lin):
        made(provider.post(f"/api/v1/orders/{placed['id']}:accept"))
    work()
    assert carrier.lines == {line["id"]: "confirmed"}
    told = [asked.get("windows", []) for verb, asked in carrier.heard if verb in ("preoccupy", "confirm")]
    assert not any(told[:-1]), "a word may be ordered for any time"
    assert told[-1] == [
        {name: datetime.fromisoformat(at).astimezone(UTC).isoformat() for name, at in each.items()}
        for each in when.values()
    ]
    made(world.ben.post(f"/api/v1/orders/{placed['id']}:cancel", {"reason": "不需要了"}))
    work()
    assert (carrier.kept, CarrierLine.objects.get().state) == ([], "released")


@pytest.mark.django_db
def test_a_quote_whose_carrier_refuses_is_never_held_and_keeps_nothing(
    world: World, carrier: MockCarrier
) -> None:
    word = asked(world, carrier)
    carrier.faults = ["refuse"]
    work()
    refused = stands(world, word)
    assert (refused["state"], refused["held_until"]) == ("refused", None)
    assert refused["reason"] == CarrierLine.objects.get().reason != ""
    assert (claims(word["id"]), holds_of(world.ben)) == ({"released"}, (0, 0))
    assert order(world, word).json()["code"] == "state_conflict"


@pytest.mark.django_db
@pytest.mark.parametrize("end", ["withdrawn", "released", "ledger", "ledger_first", "carrier", "silence"])
def test_a_pre_occupation_that_is_over_is_over_at_both(world: World, carrier: MockCarrier, end: str) -> None:
    word = asked(world, carrier)
    carrier.faults = ["drop"] * 40 if end in ("silence", "ledger_first") else []
    if end not in ("withdrawn", "silence", "ledger_first"):
        work()
    over = now() - timedelta(minutes=3)
    match end:
        case "withdrawn" | "released":
            made(world.ben.post(f"{PATH}/{word['id']}:release"))
        case "ledger" | "ledger_first":
            Claim.objects.update(expires_at=over)
            assert expire_next()
        case "carrier":
            CarrierLine.objects.update(expires_at=over)
            review_carrier_lines()
            carrier.lines = {}
        case _:
            CarrierLine.objects.update(wanted_until=over)
            review_carrier_lines()
    work()
    follow_carrier(line=CarrierLine.objects.get().id)
    lapsed = stands(world, word)
    assert (lapsed["state"], lapsed["held_until"], bool(lapsed["reason"])) == (
        "lapsed", None, end in ("carrier", "silence"),
    )  # fmt: skip
    ended = {"carrier": "预占已到期 / ", "silence": "未在时限内答复预占请求 / "}.get(end, "")
    assert ended in lapsed["reason"]
    assert HoldAccount.objects.get().lapsed == (0 if end in ("ledger_first", "silence") else 1), (
        "its carrier was silent"
    )
    assert carrier.kept == []
    assert claims(word["id"]) <= {"released", "expired"}
    assert CarrierLine.objects.get().state in (
        "released",
        "expired",
        *(["releasing"] if end == "ledger_first" else []),
    )


@pytest.mark.django_db
def test_an_order_on_a_hold_that_has_just_run_out_asks_its_carrier_anew(
    world: World, carrier: MockCarrier
) -> None:
    word = asked(world, carrier)
    work()
    LineQuote.objects.update(held_until=now() - timedelta(seconds=1))
    placed = made(order(world, word))
    assert claims(word["id"]) == {"released"}
    work()
    assert sorted(carrier.lines.values()) == ["held", "spent"]
    line = CarrierLine.objects.get(order=placed["id"])
    assert (line.state, line.line_quote) == ("held", None)
