"""Who runs what in 1+M+N, and who may give codes."""

from datetime import UTC, datetime, timedelta

import pytest

from kernel.domain.systems import SYSTEMS, NodeRole, System
from nodes.domain.prefixes import Delegation, check_delegation, check_prefix, parent_of
from nodes.domain.roles import may_attach, runs
from nodes.errors import PrefixRefused

NOW = datetime(2026, 6, 1, tzinfo=UTC)
JIANGSU = Delegation("86.320000", "node-jiangsu", NOW)


def test_a_region_runs_all_six_and_an_industry_neither_issues_nor_monitors() -> None:
    assert SYSTEMS[NodeRole.REGIONAL] == set("ABCDEF")
    assert SYSTEMS[NodeRole.INDUSTRY] == set("ABCF")
    assert not runs(NodeRole.INDUSTRY, System.IDENTIFIERS)
    assert runs(NodeRole.NATIONAL, System.IDENTIFIERS)
    assert not runs(NodeRole.NATIONAL, System.SERVICE)


@pytest.mark.parametrize("role", NodeRole)
@pytest.mark.parametrize("upstream", NodeRole)
def test_regions_attach_to_the_nation_and_industries_to_a_region(role: NodeRole, upstream: NodeRole) -> None:
    assert may_attach(role, upstream) is (
        (role, upstream) in {(NodeRole.REGIONAL, NodeRole.NATIONAL), (NodeRole.INDUSTRY, NodeRole.REGIONAL)}
    )


def test_a_prefix_is_the_nations_or_a_regions() -> None:
    assert parent_of("86.320000") == "86"
    assert parent_of("86") is None


@pytest.mark.parametrize(
    "text", ["", "87", "86.", "86.32", "86.020000", "86.320000.1", "86.３２００００", " 86", "86.320000\n"]
)
def test_what_is_no_prefix_is_refused_with_the_way_out(text: str) -> None:
    with pytest.raises(PrefixRefused) as caught:
        check_prefix(text)
    assert "86.320000" in caught.value.text.zh


@pytest.mark.parametrize(
    "new",
    [
        Delegation("86", "node-jiangsu", NOW),
        Delegation("86.330000", "node-zhejiang", NOW, NOW),
        Delegation("86.320000", "node-other", NOW + timedelta(days=9)),
        Delegation("nonsense", "node-other", NOW),
    ],
)
def test_a_delegation_that_could_issue_a_code_twice_is_refused(new: Delegation) -> None:
    with pytest.raises(PrefixRefused):
        check_delegation(new, [JIANGSU])


def test_a_prefix_is_renewed_for_its_own_node() -> None:
    check_delegation(Delegation("86.320000", "node-jiangsu", NOW + timedelta(days=365)), [JIANGSU])
    check_delegation(Delegation("86.330000", "node-zhejiang", NOW), [JIANGSU])


def test_codes_are_issued_only_while_the_delegation_lasts() -> None:
    term = Delegation("86.320000", "node-jiangsu", NOW, NOW + timedelta(days=1))
    assert [term.valid_at(NOW + timedelta(days=d)) for d in (-1, 0, 1)] == [False, True, False]
    assert JIANGSU.valid_at(NOW + timedelta(days=9999))
