"""Answering other nodes' demands: the same engine on the same supply, nothing kept, for an order to be placed here."""

from typing import Any

from aggregation.selectors.allotments import identified_as
from aggregation.selectors.offers import facts_by_key
from identifiers.selectors.identifiers import standings
from scheduling.domain.remote import told
from scheduling.domain.selection import lines_of, select
from scheduling.domain.sites import Point
from scheduling.errors.selections import DemandRefused, NoAccessPoint
from scheduling.services.questions import read_question
from scheduling.services.room import with_room

ASKED = "search"


def answer_others(demand: dict[str, Any], most: int) -> list[dict[str, Any]]:
    """The best bundles of this node for another's demand, each under its identifier; none where it cannot be read here."""
    try:
        question = with_room(read_question(demand | {"demand": ASKED, "top": most, "want": []}))
    except (DemandRefused, NoAccessPoint):
        return []
    supply = question.supply
    lines = lines_of(supply, question.demand, question.wishes)
    bundles = select(supply, question.demand, lines).bundles
    offers = facts_by_key(bundle.offer for bundle in bundles)
    machines = identified_as(offer.pool for offer in offers.values())
    codes = standings(subjects={pool for _, pool in machines.values()})
    found = []
    for bundle in bundles:
        offer = offers[bundle.offer]
        standing = codes.get(machines[offer.pool])
        if standing is None or standing.code is None:
            continue
        there = supply.extras.centre_facts.get(bundle.centre)
        site = supply.sites[supply.centres[bundle.centre].site]
        facts = {
            "identifier": standing.code,
            "name": offer.name,
            "marking": offer.marking,
            "division": site.city if there is None else there.division,
        }
        point = None if site.lat is None or site.lon is None else Point(site.lat, site.lon)
        found.append(told(bundle, point=point, facts=facts))
    return found
