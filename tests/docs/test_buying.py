"""Runs the examples of docs/buying.md as a new firm would, against a real server that does what is due."""

from pathlib import Path

import pytest

from tests.docs.test_readme import blocks, needs, run
from tests.marketplace.trade import aged, metered, running, settled
from tests.support.cast import World

OF_ADA_AND_LIN = {
    "compute": {"accelerators": ["Ascend 910B"]},
    "centre": {"include": ["wujiang"]},
    "line": {"providers": ["line-jia"]},
}


def bill_ben(world: World) -> None:
    """The firm of the demo has a statement: of an order that ran for more than a day."""
    order = aged(running(world, **OF_ADA_AND_LIN), 30)
    metered(world, order, first=0, last=10)
    settled(world, order, first=0, last=20)


@pytest.mark.slow
@needs("curl", "openssl")
@pytest.mark.django_db(transaction=True)
def test_a_new_firm_comes_from_its_first_request_to_a_statement(world: World, at_work: Path) -> None:
    bill_ben(world)
    printed = run(at_work, "\n".join(blocks("docs/buying.md", "sh"))).splitlines()
    assert printed[0] == "not_certified"
    assert printed[2:7] == ["business_licence", "authorisation", "reviewing", "checked", "certified"]
    told = [line.split(" ", 1) for line in printed if line.startswith(("0 ", "relax "))]
    assert [name for name, _ in told] == ["0", "relax", "relax", "0", "relax", "0", "relax"]
    assert "'to': 160" in told[2][1], "what fails says which bound would let something in"
    assert " fgotn " in told[5][1], "data by a deadline take the step that costs least"
    assert printed.count("accepted") == 3, "two sellers, and the line"
    after = printed[printed.index("taken_on") :]
    assert after[:5] == ["taken_on", "configured", "pass", "accepted", "awaiting_user"]
    assert after[5].startswith("cards: 8 ordered, 4 received")
    assert after[6:13] == [
        "awaiting_dispatch",
        "awaiting_user",
        "running",
        "running",
        "offered",
        "withdrawn",
        "ended",
    ]
    agrees = after.index("agrees to the fen")
    assert after[agrees + 1].startswith("By what was agreed it can be done at "), (
        "the carrier has days to answer"
    )
    assert after[agrees + 2 :] == ["answered", "settled"]
