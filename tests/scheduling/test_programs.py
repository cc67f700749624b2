"""The engine against an integer program on real topologies: the same least cost, to the last digit, or none on both sides."""

from collections import Counter
from random import Random

import pytest

from scheduling.domain.engine.lines import LineChoice
from tests.scheduling.programs import NETWORKS, TOPOLOGIES, cases, disagreement, engine

DEMANDS = 6
"""On each network; `./dev attack programs` asks more."""


@pytest.mark.skipif(not TOPOLOGIES.exists(), reason="the shared topologies are absent")
def test_the_engine_and_an_integer_program_agree_on_real_topologies() -> None:
    covered: Counter[tuple[str, bool]] = Counter()
    for name in NETWORKS:
        for case in cases(name, DEMANDS, Random(name)):
            assert disagreement(case) is None, (name, case.demand, case.target)
            covered[case.demand.protection, isinstance(engine(case), LineChoice)] += 1
    assert len(covered) == 4, covered  # lines and none, with and without protection
