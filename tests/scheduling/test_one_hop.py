"""One-hop access to compute: a carrier's word with evidence, and the supervision's finding."""

from datetime import UTC, datetime
from typing import Any

import pytest

from kernel.models import EventRecord
from scheduling.models import OneHopAccess
from scheduling.services.one_hop import Declaration, declare_one_hop
from tests.aggregation.supply import centre, made
from tests.scheduling.live import disclose
from tests.support.cast import World
from tests.support.races import race

PATH = "/api/v1/one-hop-accesses"
PROOF = "cd" * 32


def word(**changes: Any) -> dict[str, Any]:
    return {
        "site": "sip-weiting",
        "centre": "wujiang",
        "tested_at": "2026-10-01T00:00:00Z",
        "declarer": "line-jia",
        "evidence_sha256": PROOF,
        **changes,
    }


@pytest.fixture
def ground(world: World) -> World:
    """Lin's network, and Ada's centre."""
    disclose(world.lin, evidence=False)
    made(world.ada.post("/api/v1/centres", centre()))
    return world


def reached(world: World) -> list[str]:
    (site,) = made(world.ben.get("/api/v1/sites?site=sip-weiting"))["items"]
    return list(site["one_hop_centres"])


@pytest.mark.django_db
def test_a_declaration_counts_when_the_supervision_has_verified_it(ground: World) -> None:
    row = made(ground.lin.post(PATH, word()))
    assert (row["state"], row["finding"], reached(ground)) == ("declared", "", [])
    here = f"{PATH}/{row['id']}"
    found = made(ground.rhea.post(f"{here}:verify", {"finding": "现场核验属实", "finding_sha256": PROOF}))
    assert (found["state"], found["finding"], reached(ground)) == ("verified", "现场核验属实", ["wujiang"])
    assert found["decided_at"]
    assert ground.rhea.post(f"{here}:verify", {"finding": "再次"}).json()["code"] == "state_conflict"
    made(ground.sue.post(f"{here}:refuse", {"finding": "复测不通过"}))
    assert reached(ground) == []
    assert made(ground.lin.post(PATH, word()))["state"] == "declared"
    told = EventRecord.objects.filter(name__startswith="scheduling.one_hop").order_by("id")
    assert [each.name.removeprefix("scheduling.one_hop_") for each in told] == [
        "declared", "advanced", "advanced", "declared",
    ]  # fmt: skip


@pytest.mark.django_db
def test_a_carrier_withdraws_its_own_word_and_judges_none(ground: World) -> None:
    here = f"{PATH}/{made(ground.lin.post(PATH, word()))['id']}"
    assert ground.lin.post(f"{here}:verify", {"finding": "x"}).status_code == 403
    assert ground.lou.post(f"{here}:withdraw").status_code == 404
    assert ground.otto.post(f"{here}:verify", {"finding": "x"}).status_code == 403
    assert made(ground.lin.post(f"{here}:withdraw"))["state"] == "withdrawn"
    assert ground.rhea.post(f"{here}:verify", {"finding": "x"}).status_code == 409


@pytest.mark.django_db
def test_the_centre_s_provider_is_a_party_and_strangers_see_nothing(ground: World) -> None:
    row = made(ground.lin.post(PATH, word()))
    assert [each["id"] for each in made(ground.ada.get(PATH))["items"]] == [row["id"]]
    assert made(ground.ada.get(f"{PATH}/{row['id']}"))["site"] == "sip-weiting"
    for stranger in (ground.cleo, ground.lou):
        assert made(stranger.get(PATH))["items"] == []
        assert stranger.get(f"{PATH}/{row['id']}").status_code == 404
    assert ground.ben.get(PATH).status_code == 403
    for query in (
        "site=sip-weiting",
        "centre=wujiang",
        "city__startswith=3205",
        "state__in=declared,verified",
    ):
        assert len(made(ground.rhea.get(f"{PATH}?{query}"))["items"]) == 1
    assert made(ground.rhea.get(f"{PATH}?state=verified"))["items"] == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"site": "nowhere"}, "/site", "not_an_access_point"),
        ({"site": "jia-suzhou"}, "/site", "not_an_access_point"),
        ({"centre": "nowhere"}, "/centre", "unknown_centre"),
        ({"tested_at": "2099-01-01T00:00:00Z"}, "/tested_at", "measured_in_future"),
        ({"evidence_sha256": ""}, "/evidence_sha256", "blank"),
        ({"evidence_sha256": "xyz"}, "/evidence_sha256", "invalid"),
        ({"declarer": ""}, "/declarer", "blank"),
    ],
    ids=str,
)
def test_a_wrong_word_names_its_field(ground: World, change: dict[str, Any], pointer: str, code: str) -> None:
    answer = ground.lin.post(PATH, word(**change))
    found = [(error["pointer"], error["code"]) for error in answer.json()["errors"]]
    assert (answer.status_code, found) == (400, [(pointer, code)])
    assert not OneHopAccess.objects.exists()


@pytest.mark.django_db
def test_many_are_declared_at_once_and_each_stands_once(ground: World) -> None:
    items = [word(), word(site="sip-shengpu"), word(), word(centre="nowhere"), {}]
    answer = made(ground.lin.post(f"{PATH}:batch", {"items": items}))
    told = [each["problem"] and each["problem"]["code"] for each in answer["items"]]
    assert told == [None, None, "one_hop_stands", "unknown_centre", "invalid_input"]
    again = ground.lin.post(PATH, word())
    assert (again.status_code, again.json()["code"]) == (409, "one_hop_stands")


@pytest.mark.django_db(transaction=True)
def test_of_four_who_declare_the_same_at_once_one_stands(ground: World) -> None:
    said = Declaration(**word(tested_at=datetime(2026, 10, 1, tzinfo=UTC), marking=""))
    actor = ground.lin.actor
    came = race(*[lambda: declare_one_hop(declaration=said, actor=actor)] * 4)
    assert sorted(type(each).__name__ for each in came) == ["OneHopAccess", *["OneHopStands"] * 3]
