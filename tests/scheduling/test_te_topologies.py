"""RFC 8345 networks with RFC 8795 attributes: what is sold of a link is no more than the network says is up and free."""

from itertools import permutations
from typing import Any

import pytest

from scheduling.adapters.files.topologies import READERS
from scheduling.domain.topologies.topologies import NOTHING, Carried, There, disclosed
from scheduling.domain.topologies.topology_files import UnreadableError
from scheduling.models import Span
from tests.aggregation.supply import made
from tests.scheduling.test_redrawn_spans import sold
from tests.scheduling.test_topologies import PLAIN, RFC8345, codes, te_document, te_link, te_node, told
from tests.scheduling.test_topology_imports import send
from tests.support.cast import World

NODE, LINK = (f"/ietf-network:networks/network/0/{name}" for name in ("node", "ietf-network-topology:link"))
TE = "ietf-te-topology:te"


def test_rfc_8345_links_each_way_are_one_span_with_the_te_attributes() -> None:
    found = told("rfc8345", RFC8345)
    ((_, span),) = found.spans
    assert (span["span"], span["capacity_mbps"], "srlg" in span) == ("t-a-b", 2500, False)
    assert [members["name"] for _, members in found.sites] == ["A", "B"]
    one = te_link("a-b", "a", "b", more={"te-srlgs": {"value": [7, 9]}, "te-delay-metric": 900})
    found = told("rfc8345", te_document(one))
    assert found.spans[0][1]["srlg"] == ["t-srlg-7", "t-srlg-9"]
    here = "/ietf-network:networks/network/0/ietf-network-topology:link/0"
    assert codes(found.flags) == {
        f"{here}/te-delay-metric": "latency_not_taken", here: "one_direction", f"{here}/km": "length_estimated",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("bandwidth", "mbps", "code"),
    [
        ("0x1p20", 8, None),  # 2^20 bytes a second: 8.39 Mbit/s, and what is not whole is not promised
        ("0x1.2A05F2P+28", 2500, None),
        ("2500", None, "unknown_unit"),
        ("0,2,3,1", None, "bad_value"),
        ("0x1p2000", None, "bad_value"),
        ("0xzp1", None, "bad_value"),
    ],
)
def test_te_bandwidth_is_bytes_a_second_only_as_a_hexadecimal_float(
    bandwidth: str, mbps: int | None, code: str | None
) -> None:
    found = told(
        "rfc8345", te_document(te_link("a-b", "a", "b", bandwidth), te_link("b-a", "b", "a", bandwidth))
    )
    assert [members["capacity_mbps"] for _, members in found.spans] == ([] if mbps is None else [mbps])
    assert {each.code for each in found.faults} == ({code} if code else set())


def te_bandwidth(generic: str) -> dict[str, Any]:
    return {"te-bandwidth": {"generic": generic}}


def both_ways(**more: Any) -> str:
    told = {name.replace("_", "-"): value for name, value in more.items()}
    return te_document(*(te_link(f"{a}-{b}", a, b, "0x1p30", told) for a, b in ("ab", "ba")))


FREE = {
    "max_resv_link_bandwidth": te_bandwidth("0x1p25"),
    "unreserved_bandwidth": [
        {"priority": at, **te_bandwidth(free)} for at, free in ((0, "0x1p24"), (7, "0x1p20"))
    ],
}


@pytest.mark.parametrize(
    ("told_of", "known", "mbps", "code"),
    [
        ({"max_resv_link_bandwidth": te_bandwidth("0x1p25")}, None, 268, "bandwidth_reserved"),
        (FREE, None, 8, "bandwidth_reserved"),
        ({"unreserved_bandwidth": [{"priority": 7, **te_bandwidth("0x1p30")}]}, None, 8589, None),
        ({"max_resv_link_bandwidth": te_bandwidth("0x1p31")}, None, 8589, None),
        (FREE, Carried(100, 40), 48, "bandwidth_reserved"),  # others have taken more of it since
        (FREE, Carried(40, 40), 40, "bandwidth_reserved"),  # all that is sold has been built meanwhile
        (FREE, Carried(4, 0), 8, "bandwidth_reserved"),
        (FREE, Carried(900, 400), 268, "bandwidth_reserved"),
        ({"unreserved_bandwidth": [{"priority": 7, **te_bandwidth("0x0p0")}]}, None, None, "no_capacity"),
    ],
)
def test_what_is_sold_of_a_link_is_what_the_network_says_is_free(
    told_of: dict[str, Any], known: Carried | None, mbps: int | None, code: str | None
) -> None:
    there = There(frozenset({"t-a", "t-b"}), {"t-a-b": known} if known else {})
    found = disclosed(READERS["rfc8345"](both_ways(**told_of)), PLAIN, there)
    assert [span["capacity_mbps"] for _, span in found.spans] == ([] if mbps is None else [mbps])
    told = {each.code for each in (*found.flags, *found.faults)} - {"length_estimated", "bandwidth_reserved"}
    assert told == ({code} if code == "no_capacity" else set())
    assert [each.pointer for each in found.flags if each.code == code] == [
        f"{LINK}/{at}/capacity_mbps" for at in (0, 1) if code == "bandwidth_reserved"
    ]


@pytest.mark.parametrize(
    "state",
    [
        {"oper-status": "down"},
        {"te-node-attributes": {"admin-status": "maintenance"}},
        {"oper-status": "testing"},
    ],
)
def test_a_node_that_is_not_up_is_refused_with_what_ends_at_it(state: dict[str, Any]) -> None:
    nodes = [te_node("a", "18.60", "54.20"), te_node("b", 17.90, 53.10), te_node("c", 17.90, 53.20)]
    nodes[2][TE] |= state
    found = told("rfc8345", te_document(te_link("b-c", "b", "c"), te_link("a-b", "a", "b"), nodes=nodes))
    assert codes(found.faults) == {f"{NODE}/2": "node_not_up"}
    assert codes(found.flags)[f"{LINK}/0"] == "end_refused"
    assert [span["span"] for _, span in found.spans] == ["t-a-b"]
    nodes[2][TE] |= {"oper-status": "unknown", "te-node-attributes": {"admin-status": "up"}}
    assert told("rfc8345", te_document(nodes=nodes)).faults == []


def test_a_link_at_a_termination_point_that_is_not_up_is_not_up() -> None:
    nodes = [te_node("a", "18.60", "54.20"), te_node("b", 17.90, 53.10)]
    port = {"tp-id": "1-0-1", TE: {"admin-status": "up", "oper-status": "down"}}
    nodes[1]["ietf-network-topology:termination-point"] = [{"tp-id": "1-0-2"}, port]
    link = te_link("a-b", "a", "b")
    link["destination"]["dest-tp"] = "1-0-1"
    (fault,) = told("rfc8345", te_document(link, nodes=nodes)).faults
    assert (fault.pointer, fault.code) == (f"{LINK}/0", "link_not_up")
    assert "1-0-1: oper-status: down" in fault.reason.en
    link["destination"]["dest-tp"] = "1-0-2"
    assert told("rfc8345", te_document(link, nodes=nodes)).faults == []


def test_bandwidths_that_are_no_list_are_unreadable() -> None:
    with pytest.raises(UnreadableError, match="unreserved-bandwidth: a list"):
        READERS["rfc8345"](both_ways(unreserved_bandwidth=te_bandwidth("0x1p20")))


def test_the_order_of_a_file_decides_neither_a_key_nor_what_stands_under_it() -> None:
    def spans(*order: int, there: There = NOTHING) -> dict[str, tuple[str, int, tuple[str, ...]]]:
        links = [
            te_link("Ring-A", "a", "b", "0x1p30", {"te-srlgs": {"value": [1]}}),
            te_link("ring-a", "a", "b", "0x1p33", {"te-srlgs": {"value": [2]}}),
            te_link("x-2", "b", "a", "0x1p30", {"te-srlgs": {"value": [1]}}),
            te_link("x-1", "b", "a", "0x1p33", {"te-srlgs": {"value": [2]}}),
        ]
        read = READERS["rfc8345"](te_document(*(links[at] for at in order)))
        found = disclosed(read, PLAIN, there)
        assert "told_by_order" not in {each.code for each in found.flags}
        return {
            members["span"]: (members["a"], members["capacity_mbps"], tuple(members["srlg"]))
            for _, members in found.spans
        }

    one = spans(0, 1, 2, 3)
    assert len(one) == 2
    assert all(spans(*order) == one for order in permutations(range(4)))
    assert {*spans(0, 2)} == {"t-ring-a"}
    assert {*spans(2, 0, there=There(spans={"t-x-2": Carried(1, 0)}))} == {"t-x-2"}


@pytest.mark.django_db
def test_what_was_sold_and_built_since_is_not_taken_off_twice(world: World) -> None:
    def free(generic: str) -> str:
        return both_ways(unreserved_bandwidth=[{"priority": 7, **te_bandwidth(generic)}])

    span = Span.objects.filter(key="zoo-a-b")
    made(send(world.lin, free("0x1p28"), "rfc8345"))
    sold(world, "zoo-a-b", 1000)
    sold(world, "zoo-a-b", 500, confirmed=False)
    for unreserved, mbps in (("0x1p28", 2147), ("0x1.2p27", 2147), ("0x1p26", 1536), ("0x1p29", 4294)):
        made(send(world.lin, free(unreserved), "rfc8345"))
        assert span.get().capacity_mbps == mbps, unreserved
