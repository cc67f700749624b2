"""Topologies that have a link each way: what is read of both, what is flagged where they differ, and what is not up."""

from collections import Counter
from typing import Any

import pytest

from tests.scheduling.test_topologies import FILLED, GRAPHML, codes, te_document, te_link, told

LINK = "/ietf-network:networks/network/0/ietf-network-topology:link"
WIDE, NARROW = "0x1p30", "0x1p20"
"""8589 and 8 Mbit/s."""


@pytest.mark.parametrize(
    ("there", "back", "mbps", "srlg", "apart"),
    [
        (te_link("a-b", "a", "b", WIDE), te_link("b-a", "b", "a", NARROW), 8, [], "capacity_mbps"),
        (te_link("a-b", "a", "b", NARROW), te_link("b-a", "b", "a", WIDE), 8, [], "capacity_mbps"),
        (te_link("a-b", "a", "b", WIDE), te_link("b-a", "b", "a", "0x0p0"), 8589, [], "capacity_mbps"),
        (te_link("a-b", "a", "b", more={"te-srlgs": {"value": [1, 2]}}), te_link("b-a", "b", "a", more={"te-srlgs": {"value": [3, 2]}}),
         2500, [1, 2, 3], "srlg"),
        (te_link("a-b", "a", "b"), te_link("b-a", "b", "a", more={"te-srlgs": {"value": [3]}}), 2500, [3], "srlg"),
        (te_link("a-b", "a", "b", more={"te-srlgs": {"value": [2, 1]}}), te_link("b-a", "b", "a", more={"te-srlgs": {"value": [1, 2]}}),
         2500, [1, 2], ""),
    ],
)  # fmt: skip
def test_where_two_ways_differ_a_span_is_what_is_least_wide_and_shares_most(
    there: dict[str, Any], back: dict[str, Any], mbps: int, srlg: list[int], apart: str
) -> None:
    found = told("rfc8345", te_document(there, back))
    ((_, span),) = found.spans
    risks = {"srlg": [f"t-srlg-{each}" for each in srlg]} if srlg else {}
    assert span.items() >= {"span": "t-a-b", "capacity_mbps": mbps, **risks}.items()
    assert ("srlg" in span) == bool(srlg)
    expected = {f"{LINK}/0/km": "length_estimated"} | ({f"{LINK}/1": "directions_differ"} if apart else {})
    assert codes(found.flags) == expected
    assert not apart or apart in found.flags[0].reason.en


def test_of_two_lengths_the_greater_is_taken_and_of_two_pairs_each_with_its_own() -> None:
    directed = GRAPHML.replace("undirected", "directed").replace('"capacity"', '"km"')
    links = [(200, "ab"), (210, "ba"), (220, "ab"), (220, "ba"), (230, "ab")]
    edges = "".join(
        f'<edge source="{ends[0]}" target="{ends[1]}"><data key="d3">{km}</data></edge>' for km, ends in links
    )
    text = directed[: directed.index("<edge id")] + edges + "</graph></graphml>"
    found = told("graphml", text, FILLED)
    assert [(span["span"], span["km"]) for _, span in found.spans] == [
        ("t-a--b", 210), ("t-a--b-2", 220), ("t-a--b-3", 230),
    ]  # fmt: skip
    flags = Counter(each.code for each in found.flags)
    assert flags == {"directions_differ": 1, "one_direction": 1, "capacity_assumed": 3, "told_by_order": 3}


DOWN = [
    ({"admin-status": "down"}, {}, "admin-status: down"),
    ({"admin-status": "up"}, {"oper-status": "down"}, "oper-status: down"),
    ({"admin-status": "maintenance"}, {"oper-status": "up"}, "admin-status: maintenance"),
    ({}, {"oper-status": "testing"}, "oper-status: testing"),
    ({"admin-status": "up"}, {"oper-status": "up"}, ""),
    ({"admin-status": "unknown"}, {"oper-status": "unknown"}, ""),
    ({"admin-status": ["down"]}, {"oper-status": None}, ""),
]


@pytest.mark.parametrize("at", [0, 1])
@pytest.mark.parametrize(("wanted", "found", "said"), DOWN)
def test_a_link_that_is_not_up_makes_no_span_either_way(
    at: int, wanted: dict[str, Any], found: dict[str, Any], said: str
) -> None:
    links = [te_link("a-b", "a", "b"), te_link("b-a", "b", "a")]
    links[at]["ietf-te-topology:te"] |= found
    links[at]["ietf-te-topology:te"]["te-link-attributes"] |= wanted
    read = told("rfc8345", te_document(*links))
    assert codes(read.faults) == ({f"{LINK}/{at}": "link_not_up"} if said else {})
    assert len(read.spans) == (0 if said else 1)
    assert all(said in each.reason.zh and said in each.reason.en for each in read.faults)
