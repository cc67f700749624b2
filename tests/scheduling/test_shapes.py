"""The contract and the one reader say the same of a demand, and an answer has the members that the contract names."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from kernel.quantities import NumberText
from scheduling.errors.selections import DemandRefused
from scheduling.services import questions
from tests.scheduling.live import POINT, chosen, demand, open_whole_market
from tests.support.cast import World
from tests.support.contract import contract, misfits, schema

SCENE = open_whole_market
LEAST = {"from_coordinates": POINT, "quantity": 1, "bandwidth_mbps": 1}
GROUPS: dict[str, dict[str, Any]] = {
    "compute": {},
    "centre": {},
    "providers": {},
    "line": {},
    "weights": {},
    "peers": {},
    "from_coordinates": POINT,
    "transfer": {"volume_gb": "1", "within_hours": 10**6},
    "storage": {"gib": 1, "storage_class": "standard"},
}
PLACES = ("from_site", "from_centre", "from_place", "from_coordinates", "from_address")
TRIED: tuple[Any, ...] = (
    None, True, False, {}, [], 0, 1, -1, 99, 100, 200, 201, 5000, 5001, 10**12 - 1, 10**12, 0.5,
    "", "x", "x" * 200, "x" * 201, "0", "1", "0.5", "0.0001", "0.00001", "0.000000001", "0.0000000001", "1.", ".5",
    "+1", "-1", "1e3", " 1", "９", "intelligent", "one_plus_one", "optical", "standard", "government",
    [""], ["x"], [1], ["x"] * 1000, ["x"] * 1001, ["x" * 201], ["rejected"], ["320500"], ["3"], ["32050"],
)  # fmt: skip
IN_WORDS = {(name, "None") for name in ("bandwidth_mbps", "transfer", *PLACES)}
"""What only the words say: bandwidth or a transfer, exactly one place."""


def members() -> Iterator[tuple[str, str]]:
    """(group or nothing, member) of a demand."""
    schemas = contract()["components"]["schemas"]
    for name, each in schemas["SelectionInRequest"]["properties"].items():
        yield "", name
        if name in GROUPS:
            (reference,) = re.findall(r"#/components/schemas/(\w+)", repr(each))
            yield from ((name, inner) for inner in schemas[reference]["properties"])


def wanting(group: str, name: str, value: Any) -> dict[str, Any]:
    """A demand with this value, and else what makes it whole."""
    whole: dict[str, Any] = dict(LEAST)
    if name in PLACES:
        del whole["from_coordinates"]
    if "transfer" in (group, name):
        del whole["bandwidth_mbps"]
        whole["duration_hours"] = "999999999999"
    return whole | ({group: GROUPS[group] | {name: value}} if group else {name: value})


def is_read(asked: dict[str, Any]) -> bool:
    """Whether the service reads the demand, from its JSON text."""
    try:
        questions.check_demand(json.loads(json.dumps(asked), parse_float=NumberText))
    except DemandRefused:
        return False
    return True


@pytest.mark.django_db
def test_what_the_contract_says_of_a_demands_member_is_what_its_reader_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for known in ("is_site", "site_of_centre"):
        monkeypatch.setattr(questions, known, lambda _: True)
    # the longest term is data of a profile, which the contract says in words
    monkeypatch.setattr(questions, "_require_bookable", lambda *_: None)
    told = Draft202012Validator(schema("SelectionInRequest"))
    names = list(members())
    assert len(names) > 50
    parted = [
        (group, name, value)
        for group, name in names
        for value in TRIED
        if name not in ("starts_at", "lat", "lon") and (name, repr(value)) not in IN_WORDS
        if told.is_valid(asked := wanting(group, name, value)) != is_read(asked)
    ]
    assert parted == []


SOON = (datetime.now(UTC) + timedelta(days=90)).isoformat()
ASKED: tuple[dict[str, Any], ...] = (
    {"want": ["rejected", "relax", "pareto"]},
    {"quantity": 8},
    {"max_total_cny": 1.5},
    {"from_site": None, "from_address": "江苏省苏州市苏州工业园区", "max_latency_us": None},
    {"from_site": None, "from_coordinates": POINT, "protection": "one_plus_one", "max_latency_us": None},
    {
        "starts_at": SOON,
        "max_latency_us": None,
        "weights": {"cny_per_ms": "2.5", "cny_per_kg_co2": 1, "cny_per_percent_unreliable": "1"},
        "residency": ["32"],
        "want": ["rejected", "relax", "pareto"],
    },
    {"bandwidth_mbps": None, "transfer": {"volume_gb": "5000.5", "within_hours": 24}},
    {"storage": {"gib": 10, "storage_class": "standard"}},
    {"line": {"min_availability_percent": 0, "encryption": ["none"]}},
    {"compute": {"kind": "super", "domestic": False, "accelerators": ["H20"]}},
)


@pytest.mark.django_db
def test_an_answer_has_the_members_that_the_contract_names(world: World) -> None:
    bundles, relaxed, missed = 0, 0, 0
    for changes in ASKED:
        found = chosen(world.ben, **changes)
        assert misfits("SelectionOut", found) == [], changes
        bundles += len(found["answer"]["bundles"])
        relaxed += len(found["answer"].get("relax", []))
        missed += len(found["near_misses"])
        again = world.ben.post(f"/api/v1/selections/{found['id']}:replay").json()
        assert misfits("ReplayOut", again) == [], changes
    assert min(bundles, relaxed, missed) > 0
    wish = world.ben.post("/api/v1/demands", {"title": "x", "terms": demand()}).json()
    assert misfits("DemandOut", wish) == []
    assert misfits("SelectedOut", world.ben.post(f"/api/v1/demands/{wish['id']}:select").json()) == []
