"""The gate: nothing is sold while anything stands against it, the API says why, and two readings agree."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from aggregation.domain.gate import (
    WAYS,
    IdentifierFacts,
    PartGate,
    PartyGate,
    PoolGate,
    blocks_of_offer,
    blocks_of_pool,
)
from aggregation.domain.inventory import Freshness
from aggregation.errors import NotSellable
from aggregation.models import Centre, Inventory
from aggregation.selectors.gate import blocks, sellable_offers
from aggregation.services.gate import require_sellable
from identifiers.domain.lifecycle import IdentifierKind, IdentifierState
from identifiers.models import Identifier
from identifiers.services.identifiers import suspend_identifier
from kernel.actor import SYSTEM
from kernel.models.suspensions import SuspensionCause, SuspensionScope
from kernel.services.suspensions import close_suspension, open_suspension
from kernel.text import Text
from participants.domain.organisations import OrganisationState
from tests.aggregation.supply import beat, bring_to_market, declare, enrol, identify, made, report
from tests.support.cast import World

Found = dict[str, Any]


def codes(offer: str) -> list[str]:
    return [block.code for block in blocks([UUID(offer)])[UUID(offer)]]


def on_sale() -> set[str]:
    return {str(key) for key in sellable_offers().values_list("id", flat=True)}


@pytest.mark.django_db
def test_each_missing_step_is_a_reason_until_it_is_taken(world: World) -> None:
    found = declare(world.ada)
    offer, centre, pool = (found[noun]["id"] for noun in ("offer", "centre", "pool"))
    nothing = ["centre_not_identified", "centre_not_filed", "pool_not_identified", "pool_not_filed"]
    assert codes(offer) == [*nothing, "inventory_unknown"]
    identify(world.ada, IdentifierKind.CENTRE, centre)
    assert codes(offer) == [*nothing[2:], "inventory_unknown"]
    waiting = identify(world.ada, IdentifierKind.POOL, pool, filed=False)
    assert codes(offer) == [*nothing[2:], "inventory_unknown"], "issued is not yet filed"
    identifier = Identifier.objects.filter(id=waiting.id)
    identifier.update(state="active", filing="F-2")  # were it active without the time of its filing
    assert codes(offer) == ["pool_not_filed", "inventory_unknown"]
    identifier.update(filed_at=waiting.created_at)
    enrol(world.ada)
    report(world.ada, beat())
    assert codes(offer) == []
    assert on_sale() == {offer}
    require_sellable([UUID(offer)])


def suspended(subject: str) -> Callable[[World, Found], None]:
    def shut(world: World, found: Found) -> None:
        known = {"party": str(world.ada.organisation.id)} | {noun: row["id"] for noun, row in found.items()}
        open_suspension(
            subject=UUID(known[subject]),
            tenant=world.ada.organisation.id,
            cause=SuspensionCause.INSTRUCTION,
            scope=SuspensionScope.NEW_SALE,
            reference=uuid4(),
            actor=SYSTEM,
        )

    return shut


def identifier_suspended(noun: str) -> Callable[[World, Found], None]:
    def shut(_: World, found: Found) -> None:
        row = Identifier.objects.get(subject=found[noun]["id"])
        suspend_identifier(row.id, {"reason": "test"}, SYSTEM)

    return shut


def withdrawn(world: World, found: Found) -> None:
    address = f"/api/v1/offers/{found['offer']['id']}"
    made(world.ada.patch(address, {"state": "withdrawn"}, If_Match="*"))


def uncertified(world: World, _: Found) -> None:
    world.ada.organisation.state = OrganisationState.CLOSED
    world.ada.organisation.save()


def silent(_: World, found: Found) -> None:
    row = Inventory.objects.get(pool=found["pool"]["id"])
    row.observed_at -= timedelta(hours=1)
    row.save()


def unfiled(_: World, found: Found) -> None:
    Identifier.objects.filter(subject=found["centre"]["id"]).update(filed_at=None)


def elsewhere(_: World, found: Found) -> None:
    Centre.objects.filter(id=found["centre"]["id"]).update(lat="39.9", lon="116.4")


SHUT = [
    (elsewhere, "centre_misplaced"),
    (suspended("party"), "party_suspended"),
    (suspended("centre"), "centre_suspended"),
    (suspended("pool"), "pool_suspended"),
    (suspended("offer"), "offer_suspended"),
    (identifier_suspended("centre"), "centre_not_identified"),
    (identifier_suspended("pool"), "pool_not_identified"),
    (withdrawn, "offer_not_listed"),
    (uncertified, "party_not_certified"),
    (silent, "inventory_stale"),
    (unfiled, "centre_not_filed"),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("shut", "code"), SHUT, ids=[code for _, code in SHUT])
def test_anything_that_falls_away_shuts_the_gate_everywhere(
    world: World, shut: Callable[[World, Found], None], code: str
) -> None:
    found = bring_to_market(world.ada)
    offer = found["offer"]["id"]
    assert codes(offer) == []
    shut(world, found)
    assert codes(offer) == [code]
    assert on_sale() == set()
    assert world.nobody.get("/api/v1/catalogue/offers").json()["items"] == []
    with pytest.raises(NotSellable) as refused:
        require_sellable([UUID(offer)])
    assert refused.value.params["reasons_zh"]
    assert refused.value.params["reasons_en"]


@pytest.mark.django_db
def test_the_api_says_why_in_both_languages(world: World) -> None:
    found = declare(world.ada)
    row = found["offer"]
    answer = world.ada.get(f"/api/v1/offers/{row['id']}/gate", Accept_Language="en").json()
    assert answer["sellable"] is False
    assert answer["blocks"][0]["code"] == "centre_not_identified"
    assert all(block["text"] == block["text_en"] != block["text_zh"] for block in answer["blocks"])
    assert answer["blocks"][0]["text"].endswith("apply for one.")
    identify(
        world.ada, IdentifierKind.CENTRE, found["centre"]["id"], filed=False
    )  # applied for: who has to act is told
    (told, *_) = world.ada.get(f"/api/v1/offers/{row['id']}/gate", Accept_Language="en").json()["blocks"]
    assert told["code"] == "centre_not_identified"
    assert told["text"].endswith("wait for the national node's receipt.")
    assert WAYS.keys() | {"active"} == {"none", *IdentifierState}
    market = bring_to_market(world.cleo, suffix="-c")["offer"]
    answer = world.cleo.get(f"/api/v1/offers/{market['id']}/gate").json()
    assert answer == {"sellable": True, "blocks": []}


@pytest.mark.django_db
def test_a_suspension_has_causes_and_the_last_to_close_opens_the_gate(world: World) -> None:
    found = bring_to_market(world.ada)
    offer, party = found["offer"]["id"], world.ada.organisation.id
    references = [uuid4(), uuid4()]
    for reference in references:
        open_suspension(
            subject=party,
            tenant=party,
            cause=SuspensionCause.FINDING,
            scope=SuspensionScope.NEW_SALE,
            reference=reference,
            actor=SYSTEM,
        )
    for reference, left in zip(references, (["party_suspended"], []), strict=True):
        close_suspension(
            subject=party, tenant=party, cause=SuspensionCause.FINDING, reference=reference, actor=SYSTEM
        )
        assert codes(offer) == left


@pytest.mark.django_db
def test_a_reseller_sells_only_with_its_qualification(world: World) -> None:
    offer = bring_to_market(world.rex)["offer"]["id"]
    assert codes(offer) == ["party_not_qualified"]
    assert on_sale() == set()


@pytest.mark.django_db
def test_an_identifier_of_somebody_else_does_not_count(world: World) -> None:
    found = declare(world.ada)
    identify(world.cleo, IdentifierKind.CENTRE, found["centre"]["id"])
    assert "centre_not_identified" in codes(found["offer"]["id"])


@pytest.mark.django_db
def test_an_offer_that_does_not_exist_is_not_sold(world: World) -> None:
    with pytest.raises(NotSellable):
        require_sellable([uuid4()])


@pytest.mark.django_db
def test_the_two_readings_of_the_gate_agree_and_cost_the_same_for_any_number(world: World) -> None:
    offers = [bring_to_market(world.ada, suffix=f"-{n}")["offer"]["id"] for n in range(3)]
    offers.append(declare(world.ada, suffix="-x")["offer"]["id"])
    withdrawn(world, {"offer": {"id": offers[0]}})

    def queries(wanted: list[str]) -> int:
        with CaptureQueriesContext(connection) as seen:
            blocks([UUID(key) for key in wanted])
        return len(seen)

    assert {key for key in offers if not codes(key)} == on_sale() == set(offers[1:3])
    assert queries(offers) == queries(offers[:1])


FACTS = st.builds(IdentifierFacts, state=st.sampled_from(["none", "active", "filing"]), filed=st.booleans())
CAUSES = st.lists(st.sampled_from(["instruction", "finding"]), max_size=2)
PARTY = st.builds(
    PartyGate,
    certified=st.booleans(),
    qualified=st.booleans(),
    needs_qualification=st.booleans(),
    unlicensed=st.sampled_from([(), (Text("许可证（已过期）", "licence (expired)"),)]),
    causes=CAUSES,
)


def clear_of(party: PartyGate) -> bool:
    qualified = party.qualified or not party.needs_qualification
    return party.certified and qualified and not party.unlicensed and not party.causes


@given(
    st.builds(
        PoolGate,
        pool=st.just("p"),
        centre=st.just("c"),
        city=st.just("320509"),
        provider=PARTY,
        pool_identifier=FACTS,
        centre_identifier=FACTS,
        centre_causes=CAUSES,
        pool_causes=CAUSES,
        freshness=st.sampled_from(Freshness),
        observed_at=st.datetimes(),
        elsewhere=st.sampled_from([None, Text("北京", "Beijing")]),
        off_site=st.sampled_from([None, Text("太远", "too far")]),
        part=st.none() | st.builds(PartGate, reseller=PARTY, stands=st.booleans(), short=st.booleans()),
    )
)
def test_the_gate_is_open_exactly_when_nothing_stands_against_the_pool(gate: PoolGate) -> None:
    active, part = IdentifierFacts(state="active", filed=True), gate.part
    clear = (
        clear_of(gate.provider)
        and (part is None or (clear_of(part.reseller) and part.stands and not part.short))
        and gate.pool_identifier == gate.centre_identifier == active
        and not [*gate.centre_causes, *gate.pool_causes]
        and gate.elsewhere is gate.off_site is None
        and gate.freshness is Freshness.FRESH
    )
    assert (blocks_of_pool(gate) == []) == clear
    assert all("{" not in block.text.zh + block.text.en for block in blocks_of_pool(gate))


@pytest.mark.parametrize(
    ("state", "priced", "causes", "told"),
    [
        ("listed", True, [], []),
        ("draft", True, [], ["offer_not_listed"]),
        ("withdrawn", False, ["finding"], ["offer_not_listed", "offer_not_priced", "offer_suspended"]),
        ("listed", False, [], ["offer_not_priced"]),
    ],
)
def test_what_stands_against_an_offer_itself(
    state: str, *, priced: bool, causes: list[str], told: list[str]
) -> None:
    found = blocks_of_offer(offer="o", state=state, priced=priced, causes=causes)
    assert [block.code for block in found] == told
