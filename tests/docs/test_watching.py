"""Runs the examples of docs/watching.md as a regulator would, against a real server that does what is due."""

from pathlib import Path

import pytest

from tests.docs.test_readme import blocks, needs, run
from tests.marketplace.trade import ordered
from tests.support.cast import World


@pytest.mark.slow
@needs("curl", "openssl")
@pytest.mark.django_db(transaction=True)
def test_a_regulator_reads_figures_stops_a_party_and_checks_the_log(world: World, at_work: Path) -> None:
    ordered(world.ben, line={"providers": ["line-yi"]})
    printed = run(at_work, "\n".join(blocks("docs/watching.md", "sh"))).splitlines()
    assert printed[:3] == ["1", "forbidden", "not told"]
    assert printed[3] == "resource 0 of 2 report, 0 feeds are silent", "Ada and Cleo never declared a feed"
    assert printed[7] == "None % no_feed 0 of 0 points of 0 parties", "what is missing is no zero"
    drawn = printed.index("boundary")
    assert all(line.endswith("1.0000 of metro_boundary") for line in printed[drawn - 2 : drawn])
    assert printed[drawn + 1] == "forbidden", "the geometry is the regulator's"
    told = [line.split()[:2] for line in printed[drawn + 2 : drawn + 8]]
    assert [int(number) for number, _ in told] == [1, 2, 4, 5, 8, 9]
    acts = [
        "verified",
        "1",
        "neutral",
        "answered",
        "appealed",
        "mediating",
        "mediating",
        "settled",
        "1",
        "same_person",
        "approved",
        "acknowledged",
        "rectified",
        "approved",
        "lifted",
    ]
    assert printed[drawn + 8 : drawn + 23] == acts
    assert printed[drawn + 23] == "the log is as it was signed"
