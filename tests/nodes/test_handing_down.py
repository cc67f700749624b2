"""An instruction that goes two steps down: handed on once, told back up as it was told, lifted by who gave it alone."""

import json
from dataclasses import replace
from typing import Any

import pytest

from monitoring.models import DownwardInstruction, Instruction
from nodes.domain.envelopes import Outcome
from nodes.domain.instructions import LONGEST, ORDERS, REPORTS, compose, read_order
from nodes.models import Outgoing
from tests.nodes.far import FarNode, FarUpstream
from tests.nodes.test_instructions import draft, give, order, report, reported
from tests.nodes.test_parts import imaging  # noqa: F401 - a fixture
from tests.support.cast import World

ABOUT = "91320571MA00000000"


def handed_down() -> list[dict[str, Any]]:
    rows = Outgoing.objects.filter(stream__name=ORDERS, stream__peer__code="320571").order_by("position")
    return [json.loads(bytes(row.body)) for row in rows]


@pytest.mark.usefixtures("imaging")
def test_an_instruction_is_handed_down_once_and_every_step_is_told_back_up(
    world: World,
    attached: FarUpstream,
    imaging: FarNode,  # noqa: F811
) -> None:
    given = order(ABOUT, to="320571")
    assert give(attached, 1, given) is Outcome.STORED
    assert give(attached, 1, given) is Outcome.STORED, "the reply was lost"
    assert give(attached, 2, given) is Outcome.STORED, "said again under another number"
    (below,) = handed_down()
    assert (below["id"], below["act"], below["number"], "to" in below) == (
        given.id,
        "issue",
        given.number,
        False,
    )
    assert not Instruction.objects.exists(), "it is not this node's to carry out"
    here = f"/api/v1/node-instructions/{given.id}"
    seen = world.rhea.get(here).json()
    assert (seen["node"], seen["given_by"], seen["state"], seen["issuer"]) == (
        "320571",
        "000000",
        "sent",
        None,
    )
    lift = world.rhea.post(f"{here}:propose-lift", {"reason": "x"})
    assert (lift.status_code, lift.json()["code"]) == (409, "instruction_of_upstream")
    for sequence, state in enumerate(("in_force", "in_force", "acknowledged"), start=1):
        report(imaging, sequence, given.id, state)
    report(imaging, 4, given.id, "rectified", receipt="已整改", sha256="0" * 64)
    assert reported(attached) == [(state, "") for state in ("in_force", "acknowledged", "rectified")]
    assert attached.bodies(REPORTS)[2]["receipt"] == "已整改"
    for sequence in (3, 4):
        assert give(attached, sequence, order(ABOUT, act="lift", id=given.id, to="320571")) is Outcome.STORED
    report(imaging, 5, given.id, "lifted")
    assert reported(attached)[-1] == ("lifted", "")
    assert give(attached, 5, order(ABOUT, act="lift", id=given.id, to="320571")) is Outcome.STORED
    assert [each["act"] for each in handed_down()] == ["issue", "lift", "lift"], "none once it is over"


@pytest.mark.parametrize(
    ("changed", "why"), [({"to": "330571"}, "node_not_below"), ({"scope": "all"}, "unknown_scope")]
)
@pytest.mark.usefixtures("imaging")
def test_what_cannot_be_handed_down_is_told_with_the_reason(
    attached: FarUpstream, changed: dict[str, str], why: str
) -> None:
    assert give(attached, 1, order(ABOUT, **({"to": "320571"} | changed))) is Outcome.STORED
    assert reported(attached) == [("not_applied", why)]
    assert not DownwardInstruction.objects.exists()
    assert handed_down() == []


def test_the_nation_instructs_a_node_of_a_region_s_by_way_of_the_region(
    world: World, jiangsu: FarNode
) -> None:
    away = draft(world, node="320571", via="330000")
    assert (away.status_code, away.json()["code"]) == (409, "not_downstream")
    assert away.json()["errors"][0]["pointer"] == "/via"
    drafted = draft(world, node="320571", via="320000").json()
    world.ron.post(f"/api/v1/proposals/{drafted['proposal']}:approve")
    (sent,) = Outgoing.objects.select_related("stream__peer").all()
    assert (sent.stream.peer.code, json.loads(bytes(sent.body))["to"]) == ("320000", "320571")
    report(jiangsu, 1, drafted["id"], "in_force")
    here = f"/api/v1/node-instructions/{drafted['id']}"
    assert world.rhea.get(here).json()["state"] == "in_force"
    lift = world.ron.post(f"{here}:propose-lift", {"reason": "整改属实"}).json()
    assert world.rhea.post(f"/api/v1/proposals/{lift['id']}:approve").status_code == 200
    assert json.loads(bytes(Outgoing.objects.order_by("-position")[0].body))["to"] == "320571"


@pytest.mark.parametrize("name", LONGEST)
def test_an_instruction_that_could_not_be_kept_is_none(name: str) -> None:
    longest = replace(order("x"), **{name: "y" * LONGEST[name]})
    assert read_order(compose(longest)) == longest
    assert read_order(compose(replace(longest, **{name: "y" * (LONGEST[name] + 1)}))) is None
