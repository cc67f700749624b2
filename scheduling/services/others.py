"""Answering other nodes' demands: the same engine on the same supply, nothing kept, for an order to be placed here."""

from typing import Any

from aggregation.selectors.allotments import identified_as
from aggregation.selectors.offers import facts_by_key
from identifiers.selectors.identifiers import standings
from scheduling.domain.demand import DemandError
from scheduling.domain.engine.remote import believable, told
from scheduling.domain.engine.selection import lines_of, select
from scheduling.domain.sites import Point
from scheduling.errors.selections import DemandRefused, NoAccessPoint
from scheduling.selectors.installs import install
from scheduling.services.questions import read_question
from scheduling.services.room import with_room
from scheduling.services.searches import start_of

ASKED = "search"


def answer_others(demand: dict[str, Any], most: int) -> list[dict[str, Any]]:
    """The best bundles of this node for another's demand, each under its identifier; none where it cannot be read here, or is too hard.

    What an asker could not believe is not told: one of ours whose price has too many digits must not cost us all others.
    The next ones take its place, so twice as many are looked at.
    """
    try:
        question = with_room(read_question(demand | {"demand": ASKED, "top": 2 * most, "want": []}))
        start = start_of(question.placed, question.supply.sites[question.placed.site])
        supply = question.supply
        lines = lines_of(supply, question.demand, question.wishes)
        bundles = select(supply, question.demand, lines).bundles
    except (DemandRefused, DemandError, NoAccessPoint):
        return []
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
        line = bundle.line
        soonest = install(
            question.version,
            line.charge.tariff,
            at=question.asked_at,
            end_days=line.start.days or 0,
            end_class=None,
        )
        facts = {
            "identifier": standing.code,
            "name": offer.name,
            "marking": offer.marking,
            "division": site.city if there is None else there.division,
            "usable_from": soonest.usable_from.isoformat(),
        }
        point = None if site.lat is None or site.lon is None else Point(site.lat, site.lon)
        document = told(bundle, point=point, facts=facts)
        if believable(document, demand=lines.demand, wishes=question.wishes, start=start):
            found.append(document)
    return found[:most]
