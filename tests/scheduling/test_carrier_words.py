"""A carrier's answer by its own interface that only hollow-core fibre could keep to."""

import pytest

from tests.aggregation.supply import made
from tests.scheduling.live import disclose, register_centres, send_csv, text
from tests.scheduling.test_carriers import carrier as carrier  # noqa: PLC0414 - the fixture
from tests.scheduling.test_carriers import work
from tests.scheduling.test_evidence import PROOF, record
from tests.support.cast import World
from tests.support.mock_carrier import MockCarrier

ENQUIRY = {
    "line_provider": "line-jia", "a": "sip-weiting", "z": "wujiang", "bandwidth_mbps": 1000, "technology": "otn",
}  # fmt: skip


@pytest.mark.django_db
def test_an_answer_below_silica_is_believed_where_accepted_evidence_shows_such_a_line(
    world: World, carrier: MockCarrier
) -> None:
    disclose(world.lin, evidence=False)
    made(world.lin.post("/api/v1/line-interfaces", {"url": carrier.url}))
    carrier.word = {**carrier.word, "latency_us": 61}  # light in a vacuum takes 57, in silica 84
    state, word, reason = asked(world)
    assert (state, word) == ("refused", None)
    assert "faster than silica" in reason
    show_hollow_core(world)
    assert asked(world)[:2] == ("answered", carrier.word)
    carrier.word = {**carrier.word, "latency_us": 60}
    assert asked(world)[0] == "refused", "no line of the carrier's was shown to be so fast"


def asked(world: World) -> tuple[str, object, str]:
    """State, word and reason of an enquiry of Ben's once it is answered."""
    row = made(world.ben.post("/api/v1/line-enquiries", ENQUIRY))
    work()
    row = made(world.ben.get(f"/api/v1/line-enquiries/{row['id']}"))
    return row["state"], row["word"], row["reason"]


def show_hollow_core(world: World) -> None:
    """Lin sells a line from the park to Wujiang end to end, and the supervision believes her 60 µs."""
    register_centres(world)
    header = text("committed_lines_yi.csv").splitlines()[0]
    line = "jia-hollow,line-jia,320571,sip-weiting,wujiang,wujiang,1000,61,0,0,"
    made(send_csv(world.lin, "/api/v1/committed-lines:import", f"{header}\n{line}\n"))
    row = made(world.lin.post("/api/v1/latency-evidence", record(span="jia-hollow", value_us=60)))
    said = {"reason": "现场查验空芯光缆", "proof_sha256": PROOF}
    made(world.rhea.post(f"/api/v1/latency-evidence/{row['id']}:accept", said))
