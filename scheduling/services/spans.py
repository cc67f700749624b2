"""Writing sites and spans that were found good: new ones made, own ones brought up to date by key."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any, TypeVar
from uuid import UUID

from django.db import models

from kernel.actor import Actor
from kernel.domain.imports import Fault
from kernel.models.base import Entity
from kernel.models.capacity import ACTIVE, Claim, ClaimState
from kernel.selectors.capacity import taken
from kernel.services.capacity import lock_rows, set_totals
from kernel.text import Text
from scheduling.domain.rows import COMMITMENT, FIBRE
from scheduling.domain.topologies.disclosures import Route, shared_risks
from scheduling.domain.topologies.elements import Element
from scheduling.models import LineTariff, Maintenance, Site, Span
from scheduling.models.withdrawals import Withdrawable

E = TypeVar("E", bound=Entity)
Marked = Site | Span | LineTariff
UNIT = "mbps"
KINDS = {FIBRE: Text("光缆段", "fibre"), COMMITMENT: Text("承诺线路", "a committed line")}


@dataclass(frozen=True, slots=True)
class Parallels:
    """What spans share that nobody says to run apart: their risk by key, flags, and the rows beside those that are imported."""

    risks: Mapping[str, str]
    flags: list[Fault]
    beside: list[Span] = field(default_factory=list)

    def srlg(self, key: str, named: Iterable[str]) -> list[str]:
        """The risks of a span: those that it names, and the one that it shares."""
        return sorted({*named, *([self.risks[key]] if key in self.risks else [])})

    def write(self) -> None:
        """Have the rows beside those that are imported share the risk too."""
        for row in self.beside:
            row.srlg = self.srlg(row.key, row.srlg)
            row.generation += 1
        Span.objects.bulk_update(self.beside, ["srlg", "generation"], batch_size=500)


def parallels(elements: Iterable[Element], column: str, ends: tuple[str, str], tenant: UUID) -> Parallels:
    """How spans that are imported lie beside each other, and beside the others of the organisation's; one query.

    `column` has their keys, `ends` the keys of their sites.
    """
    rows = {each.values[column]: each for each in elements}
    sites = {each.values[end] for each in rows.values() for end in ends}
    others = (
        Span.objects.listed()
        .filter(tenant_id=tenant, a__key__in=sites, b__key__in=sites)
        .exclude(key__in=rows)
    )
    known = {row.key: row for row in others.select_related("a", "b")}
    routes = {key: Route(frozenset((row.a.key, row.b.key)), tuple(row.srlg)) for key, row in known.items()}
    seen = {route.ends for route in routes.values()}
    routes |= {
        key: Route(frozenset(each.values[end] for end in ends), each.values["srlg"])
        for key, each in rows.items()
    }
    risks, flags = shared_risks(routes), []
    for key, each in rows.items():
        if key in risks and routes[key].ends in seen:
            zh = f"与同两站点间的其他线路并行，且未说明路由分离：保留，并视为同一风险组 {risks[key]}；如确已分离，请各自填写 srlg"
            en = (
                f"another line between the same sites, and nobody says that they run apart: kept, in one shared risk "
                f"{risks[key]}; where they do, have each name its own srlg"
            )
            flags.append(Fault(each.pointer, "duplicate_link", Text(zh, en)))
        seen.add(routes[key].ends)
    beside = [row for key, row in known.items() if key in risks and risks[key] not in row.srlg]
    return Parallels(risks, flags, beside)


def locked_sites(keys: Iterable[str]) -> dict[str, Site]:
    """The sites of these keys, locked in one order: none is withdrawn while spans are put between them."""
    rows = Site.objects.filter(key__in=set(keys)).order_by("id").select_for_update(no_key=True)
    return {site.key: site for site in rows}


def taken_faults(
    elements: Iterable[Element], column: str, known: Mapping[str, Any], tenant: UUID
) -> list[Fault]:
    """A fault for each element whose key is another organisation's row."""
    return [
        element.fault(
            column,
            "key_taken",
            f"编号 {element.values[column]} 已被其他主体使用，请换一个",
            f"the key {element.values[column]} is another organisation's: choose another",
        )
        for element in elements
        if (row := known.get(element.values[column])) is not None and row.tenant_id != tenant
    ]


def withdrawn_faults(
    elements: Iterable[Element], columns: Iterable[str], known: Mapping[str, Withdrawable]
) -> list[Fault]:
    """A fault for each of these columns whose key is of something that was withdrawn: a key is never used again."""
    found = []
    for element, column in product(elements, columns):
        row = known.get(element.values[column])
        if row is not None and row.withdrawn_at is not None:
            key, at = element.values[column], row.withdrawn_at.isoformat(timespec="seconds")
            zh, en = (
                f"{key} 已于 {at} 下架，编号不再使用，请换一个",
                f"{key} was withdrawn at {at}, and a key is never used again: choose another",
            )
            found.append(element.fault(column, "withdrawn", zh, en))
    return found


def redrawn_faults(
    elements: Iterable[Element], column: str, ends: tuple[str, str], kind: str, known: Mapping[str, Span]
) -> list[Fault]:
    """A fault for each element whose key is a span of another kind, or one that runs elsewhere and carries contracts.

    `column` has their keys, `ends` the keys of their sites. A contract is of a line between its ends; holds and
    confirmations of what runs elsewhere wait for this.
    """
    faults, moved = [], dict[UUID, Element]()
    for each in elements:
        if (row := known.get(each.values[column])) is None:
            continue
        if row.kind != kind:
            zh = f"{row.key} 是{KINDS[row.kind].zh}，编号不能改作{KINDS[kind].zh}，请换一个"
            en = f"{row.key} is {KINDS[row.kind].en}, and its key is never {KINDS[kind].en}: choose another"
            faults.append(each.fault(column, "other_kind", zh, en))
        elif _run_of(row) != ({each.values[end] for end in ends}, each.values.get("z_centre", "")):
            moved[row.id] = each
    for id_ in _contracted(moved):
        each = moved[id_]
        key = each.values[column]
        zh = f"{key} 上有已签约的带宽，不能改接其他站点或中心；请将其下架，另用编号登记新线路"
        en = (
            f"{key} carries bandwidth under contract, and runs to no other site or centre: withdraw it, and register the "
            "new line under another key"
        )
        faults.append(each.fault(ends[0], "carries_contracts", zh, en))
    return faults


def shortage_flags(elements: Iterable[Element], column: str, known: Mapping[str, Span]) -> list[Fault]:
    """A flag for each span that is to have less capacity than before, and than is taken of it: the ledger grants no more."""
    cut = {
        row.id: each
        for each in elements
        if (row := known.get(each.values[column])) is not None
        and each.values["capacity_mbps"] < row.capacity_mbps
    }
    flags = []
    for id_, mbps in (taken(cut) if cut else {}).items():
        total = cut[id_].values["capacity_mbps"]
        if mbps > total:
            zh = f"已占用 {mbps} Mbps，多于 {total}：已售的继续，其余不再出售"
            en = f"{mbps} Mbps are taken, more than {total}: what is sold goes on, and nothing more is"
            flags.append(cut[id_].fault("capacity_mbps", "capacity_below_taken", zh, en))
    return flags


def _run_of(row: Span) -> tuple[set[str], str]:
    """Between which sites a span runs, and to which centre."""
    return {row.a.key, row.b.key}, row.z_centre


def _contracted(spans: Iterable[UUID]) -> set[UUID]:
    """Those of the spans that carry what is confirmed, beside their maintenance; no claim on any is made or confirmed meanwhile."""
    if not (ids := list(spans)):
        return set()
    works = Maintenance.objects.filter(resource__in=ids).values("id")
    claims = Claim.objects.filter(resource__in=ids, state__in=ACTIVE).exclude(bundle__in=works)
    known = list(claims.order_by("id").select_for_update())
    lock_rows(ids)
    return {claim.resource_id for claim in known if claim.state == ClaimState.CONFIRMED}


def marking_kept(marking: str | None, row: Marked | None) -> str:
    """The marking of a row that is imported with one; where the import says none, its own, and none where it is new."""
    if marking is not None:
        return marking
    return "" if row is None else row.marking


def put_rows(
    rows: models.QuerySet[E], known: Mapping[Any, E], wanted: Mapping[Any, dict[str, Any]]
) -> tuple[int, int]:
    """Make the rows whose key is not known and bring the others up to date; returns (created, updated).

    A row that is already as wanted keeps its generation.
    """
    new = [rows.model(**values) for key, values in wanted.items() if key not in known]
    changed = []
    for key, values in wanted.items():
        row = known.get(key)
        if row is not None and any(getattr(row, name) != value for name, value in values.items()):
            for name, value in values.items():
                setattr(row, name, value)
            row.generation += 1
            changed.append(row)
    rows.bulk_create(new)
    if changed:
        fields = [*next(iter(wanted.values())), "generation"]
        rows.bulk_update(changed, sorted(set(fields)), batch_size=500)
    return len(new), len(changed)


def put_spans(
    known: Mapping[str, Span], wanted: Mapping[str, dict[str, Any]], actor: Actor
) -> tuple[int, int]:
    """Write spans of the actor's organisation by key and tell the ledger what each can carry; returns (created, updated)."""
    assert actor.tenant_id is not None  # noqa: S101 - a certified party is an organisation
    before = {key: row.capacity_mbps for key, row in known.items()}
    done = put_rows(Span.objects.all(), known, wanted)
    changed = [row for row in Span.objects.filter(key__in=wanted) if before.get(row.key) != row.capacity_mbps]
    totals = {row.id: row.capacity_mbps for row in changed}
    set_totals(totals=totals, tenant=actor.tenant_id, unit=UNIT, actor=actor)
    return done
