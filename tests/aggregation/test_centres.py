"""Centres: who may register one, what is refused, and who sees it."""

from typing import Any

import pytest

from participants.domain.organisations import OrganisationState
from tests.aggregation.supply import bodies, centre, made
from tests.support.cast import World

pytestmark = pytest.mark.django_db


def test_the_demo_bodies_are_taken_as_they_are(world: World) -> None:
    for body in bodies("centres", "compute-jia"):
        answer = made(world.ada.post("/api/v1/centres", body))
        assert answer["centre"] == body["centre"]
        assert answer["marking"] == "演示数据"
        assert answer["provider"] == str(world.ada.organisation.id)
        assert float(answer["lat"]) == float(body["lat"])
        assert answer["egress_ports"] == body["egress_ports"]


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"centre": "a b"}, "/centre"),
        ({"centre": "=cmd"}, "/centre"),
        ({"name": "=HYPERLINK(1)"}, "/name"),
        ({"name": "@x"}, "/name"),
        ({"division": "32050"}, "/division"),
        ({"division": "320599"}, "/division"),
        ({"division": "320100"}, "/lat"),
        ({"lat": "39.9", "lon": "116.4"}, "/lat"),
        ({"lat": "91"}, "/lat"),
        ({"lon": "not"}, "/lon"),
        ({"pue": "0.9"}, "/pue"),
        ({"green_share": "1.1"}, "/green_share"),
        ({"mlps_level": 5}, "/mlps_level"),
        ({"rack_kw": "-1"}, "/rack_kw"),
        ({"egress_ports": {"fast": 1}}, "/egress_ports/fast"),
        ({"egress_ports": {"100": -1}}, "/egress_ports/100"),
        ({"region_tags": ["a;b"]}, "/region_tags"),
        ({"design_racks": None}, "/design_racks"),
    ],
)
def test_a_wrong_field_is_named(world: World, changes: dict[str, Any], pointer: str) -> None:
    answer = world.ada.post("/api/v1/centres", centre(**changes))
    assert answer.status_code == 400
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]
    assert world.ada.get("/api/v1/centres").json()["items"] == []


def test_a_wrong_form_is_told_with_the_form_and_a_wrong_choice_with_the_choices(world: World) -> None:
    """However deep the field lies, and in a batch too."""
    wrong = centre(centre="a b", domains=["army"])
    alone = world.ada.post("/api/v1/centres", wrong, Accept_Language="en").json()["errors"]
    batch = made(world.ada.post("/api/v1/centres:batch", {"items": [wrong]}, Accept_Language="en"))["items"]
    for errors in (alone, batch[0]["problem"]["errors"]):
        told = {error["pointer"]: error["detail"] for error in errors}
        assert told["/centre"].endswith(r"The pattern is: ^[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z")
        assert told["/domains/0"].endswith("One of: government, science_economy")


def test_what_is_unknown_stays_unknown(world: World) -> None:
    answer = made(world.ada.post("/api/v1/centres", centre(pue=None, green_share=None, mlps_level=None)))
    assert answer["pue"] is answer["green_share"] is answer["mlps_level"] is None


def test_a_key_stands_for_one_centre_in_the_node(world: World) -> None:
    made(world.ada.post("/api/v1/centres", centre()))
    again = world.cleo.post("/api/v1/centres", centre())
    assert (again.status_code, again.json()["code"]) == (409, "key_taken")


def test_only_a_certified_provider_registers(world: World) -> None:
    house = world.ada.organisation
    house.state = OrganisationState.APPLIED
    house.save()
    answer = world.ada.post("/api/v1/centres", centre())
    assert (answer.status_code, answer.json()["code"]) == (409, "not_certified")


@pytest.mark.parametrize(("who", "status"), [("nobody", 401), ("ben", 403), ("lin", 403), ("otto", 403)])
def test_who_may_not_register(world: World, who: str, status: int) -> None:
    assert getattr(world, who).post("/api/v1/centres", centre()).status_code == status


def test_another_providers_centre_and_a_missing_one_are_the_same_answer(world: World) -> None:
    row = made(world.ada.post("/api/v1/centres", centre()))
    foreign = world.cleo.get(f"/api/v1/centres/{row['id']}")
    missing = world.cleo.get("/api/v1/centres/00000000-0000-7000-8000-000000000000")
    assert foreign.status_code == missing.status_code == 404
    assert foreign.json()["code"] == missing.json()["code"] == "not_found"
    assert world.cleo.get("/api/v1/centres").json()["items"] == []
    assert world.abe.get(f"/api/v1/centres/{row['id']}").status_code == 200
    assert world.rhea.get(f"/api/v1/centres/{row['id']}").status_code == 200
