"""Line quotes: what each kind allows, the survey that makes one firm, and the pre-occupation of a firm one."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from kernel.clock import now
from kernel.models.capacity import Claim
from kernel.services.capacity import expire_next
from kernel.services.outbox import relay
from nodes.services.signatures import is_ours
from scheduling.domain.line_quotes import ALLOWS, LIFE, QuoteKind, allows, good_until, kind_of
from scheduling.domain.serviceability import Reason, conditions
from scheduling.models import LineQuote
from scheduling.services.line_quotes import hold_line, lapse_line_hold
from tests.aggregation.supply import made
from tests.scheduling.live import CLASSES, chosen, enter, open_entered_market
from tests.support.cast import Person, World
from tests.support.races import kinds, race

SCENE = open_entered_market

PATH = "/api/v1/line-quotes"
FAR = {"from_coordinates": {"lat": "31.3500", "lon": "120.7000"}, "from_site": None}  # 966 m of cable


def asked(person: Person, *, far: bool = False, **changes: Any) -> dict[str, Any]:
    """A line quote for the best bundle of the person's demand."""
    selection = chosen(person, **(FAR if far else {}))["id"]
    return dict(made(person.post(PATH, {"selection": selection, "bundle": 0, **changes})))


def act(
    person: Person, quote: dict[str, Any], verb: str, body: Any = None, status: int = 200
) -> dict[str, Any]:
    answer = person.post(f"{PATH}/{quote['id']}:{verb}", body)
    assert answer.status_code == status, answer.content.decode()
    return dict(answer.json())


@pytest.mark.parametrize(
    ("wanted", "depends", "given"),
    [
        ("firm", conditions(None, entered=True), "firm"),
        ("firm", conditions("pre_covered", entered=True), "firm"),
        ("firm", conditions("extension", entered=True), "conditional"),
        ("firm", conditions("new_build", entered=True), "conditional"),
        ("firm", conditions("pre_covered", entered=False), "conditional"),
        ("firm", conditions(None, exact=False, entered=True), "conditional"),
        ("budgetary", conditions(None, entered=True), "budgetary"),
        ("budgetary", conditions("new_build", entered=False), "budgetary"),
    ],
)
def test_a_firm_word_is_given_only_where_the_line_depends_on_nothing(
    wanted: str, depends: list[Reason], given: str
) -> None:
    assert kind_of(wanted, depends) == given


@pytest.mark.django_db
def test_the_word_is_firm_where_the_light_is_green(world: World) -> None:
    def told(where: str, **start: Any) -> tuple[str, str]:
        centre = "centre=wujiang&bandwidth_mbps=1000"
        light = made(world.ben.get(f"/api/v1/serviceability?{where}&{centre}"))["light"]
        selection = chosen(world.ben, **{"from_site": None} | start)["id"]
        return light, made(world.ben.post(PATH, {"selection": selection, "bundle": 0}))["kind"]

    at_a_site, by_division = {"from_site": "sip-weiting"}, {"from_place": "320571"}
    assert told("site=sip-weiting", **at_a_site) == ("green", "firm")
    assert told("place=320571", **by_division) == ("yellow", "conditional")
    (entry,) = made(world.lin.get("/api/v1/centre-entries?standing=true"))["items"]
    made(world.lin.post(f"/api/v1/centre-entries/{entry['id']}:withdraw"))
    assert told("site=sip-weiting", **at_a_site) == ("yellow", "conditional")
    enter(world.lin)
    assert told("site=sip-weiting", **at_a_site) == ("green", "firm")


def test_only_a_firm_word_is_held_and_only_a_conditional_one_surveyed() -> None:
    acts = {act: [kind for kind in QuoteKind if allows(kind, act)] for act in LIFE.acts}
    assert acts == {
        "survey": ["conditional"], "decline": ["conditional"], "hold": ["firm"], "release": ["firm"],
        "order": ["firm"], "return": ["firm"], "ask_hold": ["firm"], "keep": ["firm"], "refuse": ["firm"],
    }  # fmt: skip
    assert set(ALLOWS) == set(QuoteKind)


EARLY, LATE = (datetime(2026, 1, day, tzinfo=UTC) for day in (1, 2))


@pytest.mark.parametrize(
    ("state", "valid_until", "held_until", "until"),
    [
        ("offered", EARLY, None, EARLY),
        ("lapsed", EARLY, None, EARLY),
        ("held", EARLY, LATE, LATE),  # the line is kept for its user, though the word is over
        ("held", LATE, EARLY, LATE),
    ],
)
def test_a_word_is_good_while_it_is_valid_or_its_line_is_kept(
    state: str, valid_until: datetime, held_until: datetime | None, until: datetime
) -> None:
    assert good_until(state, valid_until=valid_until, held_until=held_until) == until


@pytest.mark.django_db
def test_a_firm_quote_is_signed_held_and_released(world: World) -> None:
    quote = asked(world.ben)
    assert (quote["kind"], quote["state"], quote["allows"]) == (
        "firm",
        "offered",
        ["hold", "release", "order"],
    )
    assert quote["promised_days"] == 7
    assert is_ours(quote["document"], digest=quote["digest"], signature=quote["signature"])
    assert not is_ours(quote["document"] + " ", digest=quote["digest"], signature=quote["signature"])
    held = act(world.ben, quote, "hold")
    assert held["state"] == "held"
    claims = Claim.objects.filter(bundle=UUID(quote["id"]))
    assert claims.count() > 1
    assert {(claim.quantity, claim.state) for claim in claims} == {(1000, "held")}
    assert held["held_until"]
    act(world.ben, quote, "hold", status=409)
    act(world.lin, quote, "release", status=403)
    act(world.bea, quote, "release", status=404)
    released = act(world.ben, quote, "release")
    assert (released["state"], released["held_until"]) == ("lapsed", None)
    assert {claim.state for claim in Claim.objects.filter(bundle=UUID(quote["id"]))} == {"released"}


@pytest.mark.django_db
def test_a_budget_is_a_figure_and_nothing_else(world: World) -> None:
    quote = asked(world.ben, kind="budgetary")
    assert (quote["kind"], quote["allows"]) == ("budgetary", [])
    assert act(world.ben, quote, "hold", status=409)["code"] == "line_quote_not_firm"
    assert (
        act(world.lin, quote, "survey", {"one_off_cny": "0", "days": 1}, 409)["code"] == "line_quote_not_firm"
    )
    answer = world.ben.post(PATH, {"selection": quote["selection"], "bundle": 0, "kind": "conditional"})
    assert answer.json()["errors"][0]["pointer"] == "/kind"


@pytest.mark.django_db
def test_a_survey_makes_a_conditional_quote_firm_once(world: World) -> None:
    quote = asked(world.ben, far=True)
    assert (quote["kind"], quote["promised_days"]) == ("conditional", 7 + 20)
    assert act(world.ben, quote, "hold", status=409)["code"] == "line_quote_not_firm"
    act(world.ben, quote, "survey", {"one_off_cny": "0", "days": 1}, 403)
    firm = act(world.lin, quote, "survey", {"one_off_cny": "8000.00", "days": 12}, 201)
    assert (firm["kind"], firm["follows"], firm["promised_days"]) == ("firm", quote["id"], 12)
    assert firm["line_fen"] == quote["line_fen"] + 800_000
    row = LineQuote.objects.get(id=firm["id"])
    assert Decimal(row.terms["one_off_cny"]) == 3000 + 8000
    act(world.lin, quote, "survey", {"one_off_cny": "0", "days": 1}, 409)
    act(world.lin, quote, "decline", {"reason": "无管道"}, 409)
    assert act(world.ben, firm, "hold")["state"] == "held"


@pytest.mark.django_db
def test_the_survey_s_price_takes_the_place_of_that_of_the_class(world: World) -> None:
    selection = chosen(world.ben, **FAR)
    without = Decimal(selection["answer"]["bundles"][0]["cny"]["total"])
    classes = [
        {**each, "one_off_cny": price} for each, price in zip(CLASSES, ("0", "5000", "90000"), strict=True)
    ]
    made(world.lin.post("/api/v1/line-end-profiles", {"classes": classes}))
    selection = chosen(world.ben, **FAR)
    assert selection["access"]["carriers"]["line-jia"]["one_off_cny"] == "5000.00"
    assert Decimal(selection["answer"]["bundles"][0]["cny"]["total"]) == without + 5000
    quote = made(world.ben.post(PATH, {"selection": selection["id"], "bundle": 0}))
    firm = act(world.lin, quote, "survey", {"one_off_cny": "8000.00", "days": 12}, 201)
    assert firm["line_fen"] == quote["line_fen"] + 300_000
    assert Decimal(LineQuote.objects.get(id=firm["id"]).terms["one_off_cny"]) == 3000 + 8000


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "moved"),
    [
        ({"one_off_cny": "5000.01"}, "end_one_off_cny（5000.00 → 5000.01）"),
        ({"days": 11}, "end_days（10 → 11）"),
        ({"up_to_m": 600}, "end_class（extension → new_build）"),
        ({"up_to_m": 2900}, ""),  # it holds as far as before for this end
    ],
)
def test_an_end_that_is_priced_anew_is_selected_anew(
    world: World, changes: dict[str, Any], moved: str
) -> None:
    classes = [
        {**each, "one_off_cny": price}
        for each, price in zip(CLASSES, ("0.00", "5000.00", "90000.00"), strict=True)
    ]
    made(world.lin.post("/api/v1/line-end-profiles", {"classes": classes}))
    wanted = {"selection": chosen(world.ben, **FAR)["id"], "bundle": 0}
    classes[1] |= changes
    made(world.lin.post("/api/v1/line-end-profiles", {"classes": classes}))
    for path in (PATH, "/api/v1/quotes"):
        answer = world.ben.post(path, wanted)
        if moved:
            assert (answer.json()["code"], moved in answer.json()["detail"]) == ("price_changed", True)
        else:
            made(answer)
    made(world.ben.post(PATH, {"selection": chosen(world.ben, **FAR)["id"], "bundle": 0}))


@pytest.mark.django_db
def test_a_survey_may_say_no(world: World) -> None:
    quote = asked(world.ben, far=True)
    declined = act(world.lin, quote, "decline", {"reason": "市政管道已满"})
    assert (declined["state"], declined["reason"]) == ("declined", "市政管道已满")
    act(world.lin, quote, "survey", {"one_off_cny": "0", "days": 1}, 409)


@pytest.mark.django_db
def test_an_expired_word_is_not_held(world: World) -> None:
    quote = asked(world.ben)
    LineQuote.objects.update(valid_until=now() - timedelta(seconds=1))
    assert act(world.ben, quote, "hold", status=409)["code"] == "line_quote_expired"
    assert not Claim.objects.filter(bundle=UUID(quote["id"])).exists()


@pytest.mark.django_db
def test_the_pre_occupation_lapses_by_the_clock(world: World) -> None:
    quote = asked(world.ben)
    act(world.ben, quote, "hold")
    Claim.objects.update(expires_at=now() - timedelta(seconds=1))
    LineQuote.objects.update(held_until=now() - timedelta(seconds=1))
    before = act(world.ben, quote, "release", status=409)
    assert (before["code"], LineQuote.objects.get().state) == ("state_conflict", "held")
    assert expire_next()
    relay()
    lapse_line_hold(quote=UUID(quote["id"]))
    assert LineQuote.objects.get().state == "lapsed"
    assert act(world.ben, quote, "release", status=409)["detail"] == before["detail"]
    lapse_line_hold(quote=UUID(quote["id"]))


@pytest.mark.django_db
def test_anothers_selection_is_not_there(world: World) -> None:
    selection = chosen(world.ben)["id"]
    answer = world.bea.post(PATH, {"selection": selection, "bundle": 0})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (404, "/selection")
    answer = world.ben.post(PATH, {"selection": selection, "bundle": 99})
    assert (answer.json()["code"], answer.json()["errors"][0]["pointer"]) == ("no_such_bundle", "/bundle")


@pytest.mark.django_db(transaction=True)
def test_two_holds_of_one_word_are_one(world: World) -> None:
    quote = LineQuote.objects.get(id=asked(world.ben)["id"])
    done = race(*[lambda: hold_line(quote=quote, actor=world.ben.actor)] * 4)
    assert kinds(done) == {"LineQuote": 1, "StateConflict": 3}
