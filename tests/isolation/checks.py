"""The questions that the matrix asks, each of one address and one asker; what is wrong comes back as words."""

import json
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from nodes.api.federation import FederationView
from tests.isolation.addresses import Address, reach, seen_by
from tests.isolation.calls import ASKERS, Answer, ask, once, role_of, tenant_of
from tests.isolation.conftest import House
from tests.isolation.owners import Ledger, Thing
from tests.isolation.world import canary
from tests.support.cast import CAST
from tests.support.contract import undeclared

ABSENT = UUID("01900000-0000-7000-8000-000000000000")
OTHER_SIDE = {
    "marketplace.accept_order",  # a provider's word: a reseller who buys has none of its own
    "identifiers.accept_transfer",  # the receiver's word, not the giver's
    "aggregation.accept_allotment",  # the reseller's
    "aggregation.decline_allotment",
}
NOT_CALLED = {"monitoring.follow_events": "the answer is a stream that lasts"}
COVERED = [
    *{role_of(name): name for name in ASKERS if name in CAST}.values()
]  # one of each role that holds keys
FIGURES = {"monitoring.list_points": "metric=cards_in_use"}  # without ids: what its address names decides


def expected(address: Address, role: str, tenant: UUID | None, thing: Thing | None) -> str:
    """What the law says: `401`, `404`, `403`, or `in` for somebody who gets past the questions of rights."""
    if issubclass(address.view, FederationView) and role != "node":
        return "401"  # these addresses ask for a node's signature and take no key
    if role == "node" and not issubclass(address.view, FederationView):
        role = "anonymous"  # and all others take no signature
    reaches, sees = reach(address.operation, role), reach(seen_by(address), role)
    if role == "anonymous" and reaches == "none":
        return "401"
    if thing is not None and not thing.within(sees, tenant):
        return "404"
    if reaches == "none" or (thing is not None and not thing.within(reaches, tenant)):
        return "403"
    if thing is not None and address.operation in OTHER_SIDE and thing.relation(tenant) == "own":
        return "403"
    return "in"


def said(answer: Answer, address: Address) -> str:
    """The same of an answer; what is refused for another reason than rights at this address has got in."""
    assert answer.status < 500, answer.document
    if answer.code == "forbidden" and address.operation not in answer.document["detail"]:
        return "in"  # who approves a proposal must also be one who may propose it: the proposals' own tests
    refusals = {
        "unauthenticated": "401",
        "signature_refused": "401",
        "not_found": "404",
        "forbidden": "403",
        "scope_missing": "403",
    }
    return refusals.get(answer.code, "in")


def things_at(ledger: Ledger, address: Address, tenant: UUID | None) -> list[Thing | None]:
    """The objects to ask an address about, as a tenant stands to them; nothing where it names none."""
    if address.view.queryset is None or not address.keyed:
        return [None]
    return [*ledger.some(address.view.queryset.model, tenant)]


def cells(
    house: House, ledger: Ledger, address: Address, askers: Sequence[str] = ASKERS
) -> list[tuple[str, Thing | None]]:
    """Who asks an address about what: every role in every relation to an object that stands or has ended, each once."""
    found: dict[object, tuple[str, Thing | None]] = {}
    for asker in askers:
        tenant = tenant_of(house, asker)
        for thing in things_at(ledger, address, tenant):
            relation = thing and (thing.relation(tenant), thing.over)
            found.setdefault((role_of(asker), relation), (asker, thing))
    return [*found.values()]


def wrong_rights(house: House, ledger: Ledger, address: Address, askers: Sequence[str] = ASKERS) -> list[str]:
    """Where the answer is not the matrix's, or has what the contract does not name."""
    wrong = []
    for asker, thing in cells(house, ledger, address, askers):
        answer = once(house, asker, address, thing.id if thing else "")
        law = expected(address, role_of(asker), tenant_of(house, asker), thing)
        if said(answer, address) != law:
            wrong.append(f"{asker}: {thing}: law {law}, answered {answer.status} {answer.document}")
        wrong += undeclared(address.operation, answer.status, answer.headers)
    return wrong


def rights_without_scope(
    house: House, ledger: Ledger, address: Address, askers: Sequence[str] = COVERED
) -> list[str]:
    """Where a colleague whose key covers nothing gets further than anybody does.

    Of each role that a scope would let further, about one object for each answer: of the others a key takes nothing.
    """
    open_to_all = reach(address.operation, "anonymous") != "none"
    if open_to_all or issubclass(address.view, FederationView):
        return []
    wrong = []
    for asker in askers:
        role, by_law = role_of(asker), dict[str, Thing | None]()
        for thing in things_at(ledger, address, tenant_of(house, asker)):
            hidden = thing and not thing.within(reach(seen_by(address), "anonymous"), tenant_of(house, asker))
            if reach(seen_by(address) if hidden else address.operation, role) != "none":
                by_law.setdefault("404" if hidden else "403", thing)
        for law, thing in by_law.items():
            answer = ask(house, asker, address, thing.id if thing else "", caller=house.unscoped[asker])
            if said(answer, address) != law:
                wrong.append(
                    f"a colleague of {asker}: {thing}: law {law}, answered {answer.status} {answer.document}"
                )
    return wrong


def told_apart(
    house: House, ledger: Ledger, address: Address, askers: Sequence[str] = ASKERS, **how: str
) -> list[str]:
    """Where a stranger's object and one that does not exist differ in an answer or in the statements behind it."""
    wrong = []
    for asker, thing in cells(house, ledger, address, askers):
        if thing and expected(address, role_of(asker), tenant_of(house, asker), thing) == "404":
            theirs = once(house, asker, address, thing.id, **how)
            nobodys = once(house, asker, address, ABSENT, **how)
            if replace(theirs, key="") != replace(nobodys, key=""):
                wrong.append(f"{asker}: {thing}: {theirs} is not {nobodys}")
    return wrong


def answers(house: House, ledger: Ledger, address: Address, asker: str, query: str = "") -> list[Answer]:
    """What somebody reads at an address, of all that it may read there: one answer for each object it names."""
    role, tenant = role_of(asker), tenant_of(house, asker)
    asked = "&".join(filter(None, (FIGURES.get(address.operation, ""), query)))
    found = [
        once(house, asker, address, thing.id if thing else "", asked and f"?{asked}")
        for thing in things_at(ledger, address, tenant)
        if expected(address, role, tenant, thing) == "in"
    ]
    return [each for each in found if each.status == 200]


def items(answer: Answer) -> list[dict[str, object]]:
    """The rows of a list."""
    found: list[dict[str, object]] = (
        answer.document if isinstance(answer.document, list) else answer.document.get("items", [])
    )
    return found


def things_in(ledger: Ledger, answer: Answer) -> list[Thing]:
    """The rows of a list as the ledger knows them; the audit's are his who acted."""
    found = []
    for item in items(answer):
        thing = ledger.by_id.get(str(item.get("id")))
        if thing is None and "actor_tenant" in item:
            owner = UUID(str(item["actor_tenant"] or UUID(int=0)))
            thing = Thing(UUID(str(item["id"])), "event", owner, frozenset())
        if thing is not None:
            found.append(thing)
    return found


def rows_out_of_reach(
    house: House, ledger: Ledger, address: Address, asker: str, query: str = ""
) -> list[str]:
    """The rows of a list that lie beyond the asker's reach."""
    width, tenant = reach(address.operation, role_of(asker)), tenant_of(house, asker)
    return [
        f"{asker}: {thing} {query}"
        for answer in answers(house, ledger, address, asker, query)
        for thing in things_in(ledger, answer)
        if not thing.within(width, tenant)
    ]


def words_of_strangers(
    house: House, ledger: Ledger, address: Address, asker: str, query: str = ""
) -> list[str]:
    """Whose private words are heard in the answers to somebody who reaches its own only."""
    if reach(address.operation, role_of(asker)) != "own":
        return []
    strangers = [name for name in CAST if tenant_of(house, name) != tenant_of(house, asker)]
    heard = []
    for answer in answers(house, ledger, address, asker, query):
        text = json.dumps([answer.document, answer.headers], ensure_ascii=False)
        heard += [
            f"{asker} hears {name} {query}"
            for name in strangers
            if f'{canary(name)}"' in text or f"{canary(name)}@" in text
        ]
    return heard
