"""What a line is for, by its ends: told of a bundle, a quote, an opening and a committed line; and a demand from a centre."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from kernel.actor import SYSTEM
from scheduling.domain.sites import SiteRole
from scheduling.models import Site
from scheduling.selectors.selections import bundle
from scheduling.services.openings import note_switch, preoccupy_line
from scheduling.services.searches import told_to_others
from scheduling.services.supply import refresh_supply
from tests.aggregation.supply import bodies, made
from tests.scheduling.live import chosen, demand, enter, open_entered_market, some_order
from tests.scheduling.test_access import LINES
from tests.support.cast import Person, World

pytestmark = pytest.mark.django_db
SCENE = open_entered_market


@pytest.fixture(autouse=True)
def _centre_in_kunshan(world: World) -> None:
    """Beside Ada's centre in Wujiang, which sells and which Lin enters, another that has data and nothing on offer."""
    (body,) = (each for each in bodies("centres", "compute-jia") if each["centre"] == "kunshan")
    made(world.ada.post("/api/v1/centres", body))


FROM_KUNSHAN: dict[str, Any] = {"from_site": None, "from_centre": "kunshan", "max_latency_us": None}


def uses(found: dict[str, Any]) -> set[str]:
    return {each["use"] for each in found["installs"]}


def test_a_demand_from_a_centre_is_answered_from_its_site_with_lines_between_centres(world: World) -> None:
    found = chosen(world.ben, **FROM_KUNSHAN)
    assert (uses(found), found["access"]["site"], found["access"]["tail"]) == ({"dci"}, "kunshan", None)
    assert (found["demand"]["from_centre"], found["demand"]["from_site"]) == ("kunshan", "kunshan")
    station = chosen(world.ben, from_site="kunshan", max_latency_us=None)
    assert uses(station) == {"dci"}, "the station of a centre"
    costs = [[each["cny"]["total"] for each in one["answer"]["bundles"]] for one in (found, station)]
    assert costs[0] == costs[1] != []
    assert uses(chosen(world.ben)) == {"entry"}
    again = made(world.ben.post(f"/api/v1/selections/{found['id']}:replay"))
    assert (again["same_answer"], again["answer"]) == (True, found["answer"])
    Site.objects.filter(key="kunshan").update(role=SiteRole.CORE)
    refresh_supply(everything=True)
    assert uses(chosen(world.ben, **FROM_KUNSHAN)) == {"dci"}, "wherever the centre meets the network"
    assert uses(chosen(world.ben, from_site="kunshan", max_latency_us=None)) == {"entry"}


def test_what_is_offered_at_the_centre_itself_needs_no_line(world: World) -> None:
    within = chosen(world.ben, **FROM_KUNSHAN | {"from_centre": "wujiang"})["answer"]
    assert (within["bundles"], within["rejected"]["offers"]["from_centre"]) == ([], 1)
    assert not within["relax"], "no change of a bound makes a line of it"
    assert chosen(world.ben, from_site="wujiang")["answer"]["bundles"], "who is at the site may mean to"


def test_a_centre_that_cannot_be_started_from_is_refused_by_its_field_when_it_is_stated(world: World) -> None:
    def refused(path: str, body: dict[str, Any], language: str = "en") -> tuple[str, str]:
        answer = world.ben.send("POST", path, body, Accept_Language=language)
        assert answer.status_code == 400, answer.content
        return answer.json()["errors"][0]["pointer"], answer.json()["detail"]

    nowhere = demand(**FROM_KUNSHAN | {"from_centre": "kunshna"})
    assert refused("/api/v1/selections", nowhere)[0] == "/from_centre"
    assert "registered under" in refused("/api/v1/selections", nowhere)[1]
    assert "没有算力中心" in refused("/api/v1/selections", nowhere, "zh")[1]
    assert refused("/api/v1/demands", {"title": "x", "terms": nowhere})[0] == "/terms/from_centre"
    both = demand(from_centre="kunshan")
    assert refused("/api/v1/selections", both)[0] == "/from_site"
    assert "from_centre" in refused("/api/v1/selections", both)[1]
    wish = made(world.ben.post("/api/v1/demands", {"title": "x", "terms": demand(**FROM_KUNSHAN)}))
    selected = made(world.ben.post(f"/api/v1/demands/{wish['id']}:select"))["selection"]
    assert uses(made(world.ben.get(f"/api/v1/selections/{selected}"))) == {"dci"}
    Site.objects.filter(key="kunshan").update(key="kunshan-2")
    refresh_supply(everything=True)
    pointer, detail = refused("/api/v1/selections", demand(**FROM_KUNSHAN))
    assert (pointer, "from_coordinates" in detail) == ("/from_centre", True)


def test_other_nodes_are_told_a_place_on_earth_and_no_centre_of_ours(world: World) -> None:
    asked = chosen(world.ben, **FROM_KUNSHAN)["demand"]
    told = told_to_others(asked, Site.objects.get(key="kunshan"))  # type: ignore[arg-type] # it has lat and lon
    assert {name for name in told if name.startswith("from_")} == {"from_coordinates"}


def test_a_line_between_centres_is_firm_where_its_carrier_enters_both_and_keeps_its_use(world: World) -> None:
    def quoted(**start: Any) -> dict[str, Any]:
        selection = chosen(world.ben, **start)["id"]
        return dict(made(world.ben.post("/api/v1/line-quotes", {"selection": selection, "bundle": 0})))

    def listed(noun: str, use: str) -> set[str]:
        return {each["id"] for each in made(world.lin.get(f"/api/v1/{noun}?use={use}"))["items"]}

    one_end = quoted(**FROM_KUNSHAN)
    assert (one_end["use"], one_end["kind"]) == ("dci", "conditional")
    enter(world.lin, "kunshan")
    both, entry = quoted(**FROM_KUNSHAN), quoted()
    assert [(each["use"], each["kind"]) for each in (both, entry)] == [("dci", "firm"), ("entry", "firm")]
    assert listed("line-quotes", "dci") == {one_end["id"], both["id"]}
    assert listed("line-quotes", "entry") == {entry["id"]}

    between, into = (bundle(UUID(each["selection"]), 0) for each in (both, entry))
    opening = preoccupy_line(
        order=some_order(),
        facts=between,
        user=between.tenant,
        held_until=datetime(2099, 1, 1, tzinfo=UTC),
        actor=SYSTEM,
    )
    assert (listed("line-openings", "dci"), listed("line-openings", "entry")) == ({str(opening.id)}, set())
    note_switch(order=opening.order, bandwidth_mbps=1000, moved=into, actor=SYSTEM)
    assert made(world.ben.get(f"/api/v1/line-openings/{opening.id}"))["use"] == "entry", "it moved to a user"
    assert world.lin.get("/api/v1/line-openings?use=metro").json()["errors"][0]["parameter"] == "use"


def test_a_committed_line_is_between_centres_where_it_begins_at_the_station_of_one(world: World) -> None:
    rows = (
        f"{name},line-yi,{area},{site},wujiang,wujiang,20000,900,10,0,"
        for name, area, site in (("yi-in", "320571", "sip-weiting"), ("yi-between", "320583", "kunshan"))
    )
    text = "\n".join([LINES, *rows, ""]).encode()
    made(world.lou.send("POST", "/api/v1/committed-lines:import", text, Content_Type="text/csv"))

    def shown(person: Person) -> dict[str, Any]:
        rows = made(person.get("/api/v1/spans?limit=200"))["items"]
        return {each["span"]: each["use"] for each in rows}

    ours = shown(world.lou)
    assert ours == {"yi-in": "entry", "yi-between": "dci"}, "though both begin at Lin's"
    everybodys = shown(world.otto)
    assert everybodys.items() > ours.items()
    assert {everybodys[span] for span in everybodys.keys() - ours} == {None}, "fibre"
    assert not {"a", "use"} & made(world.ben.get("/api/v1/spans"))["items"][0].keys()
