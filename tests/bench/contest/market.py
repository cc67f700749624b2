"""The world as a node has it: every row that may be sold stands in the tables, identified, filed, licensed and reported."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain
from uuid import UUID

from django.db import connection
from django.db.models import AutoField, Model
from django.db.models.expressions import DatabaseDefault
from psycopg.types.json import Jsonb

from aggregation.models import Centre, Inventory, Offer, OfferPrice, Pool
from identifiers.domain.lifecycle import IdentifierKind
from identifiers.models import Identifier
from kernel.actor import SYSTEM, Role
from kernel.clock import now
from kernel.ids import new_id
from kernel.models import Capacity
from kernel.services.outbox import drain
from participants.domain.organisations import OrganisationKind, OrganisationState
from participants.models import Membership, Organisation, User
from participants.services.credentials import issue_key
from scheduling.models import LineProduct, LineProvider, LineTariff, Site, Span
from tests.bench.contest.world import World, make_world
from tests.support.cast import social_credit_code
from tests.support.licences import license_house

HOUSES = 20


@dataclass(frozen=True)
class Market:
    """The world that was put into the tables, and the key of a buyer there."""

    world: World
    key: str


def open_market(*, offers: int, centres: int, sites: int, seed: int = 0) -> Market:
    """Make a world and put it into the empty tables of this node."""
    sellers = [_house(OrganisationKind.COMPUTE_PROVIDER, number) for number in range(HOUSES)]
    codes = [house.code for house in sellers]
    world = make_world(offers=offers, centres=centres, sites=sites, providers=codes, seed=seed)
    owners = {house.code: house.id for house in sellers}
    _lines(world)
    _compute(world, owners)
    key = _buyer()
    with connection.cursor() as cursor:
        cursor.execute(
            "ANALYZE"
        )  # as autovacuum does on a node within a minute; until then plans are those of empty tables
    drain()  # no worker runs here, and what is not relayed is looked at with every question
    return Market(world, key)


def _house(kind: OrganisationKind, number: int) -> Organisation:
    house = Organisation.objects.create(
        kind=kind,
        name=f"示范单位{number}",
        code=social_credit_code(number),
        state=OrganisationState.CERTIFIED,
    )
    license_house(house)
    return house


def _buyer() -> str:
    house = _house(OrganisationKind.COMPUTE_USER, 90)
    person = User.objects.create_user(email="bench@example.org", name="B")
    member = Membership.objects.create(user=person, organisation=house, roles=[Role.COMPUTE_USER])
    _, key = issue_key(
        membership=member, name="bench", scopes=["*"], valid_for=timedelta(hours=6), actor=SYSTEM
    )
    return key


def _lines(world: World) -> None:
    carriers = sorted({tariff.line_provider for tariff in world.tariffs})
    tenants = {name: _house(OrganisationKind.LINE_PROVIDER, 60 + at).id for at, name in enumerate(carriers)}
    providers = {name: LineProvider.objects.create(tenant_id=tenants[name], key=name) for name in carriers}
    products = {
        key: LineProduct.objects.create(provider=providers[key[0]], technology=key[1])
        for key in sorted({(tariff.line_provider, tariff.technology) for tariff in world.tariffs})
    }
    _identify(IdentifierKind.LINE, {row.id: tenants[name] for (name, _), row in products.items()})
    LineTariff.objects.bulk_create(
        LineTariff(
            product=products[row.line_provider, row.technology], bandwidth_mbps=row.bandwidth_mbps, zone=row.zone,
            one_off_cny=row.one_off_cny, monthly_cny=row.monthly_cny, monthly_cny_per_km=row.monthly_cny_per_km,
            min_months=row.min_months, elastic_cny_hour=row.elastic_cny_hour, terminal_us=row.terminal_us,
            lead_days=row.lead_days,
        )
        for row in world.tariffs
    )  # fmt: skip
    sites = {
        row.site: Site(
            tenant_id=tenants[carriers[0]], key=row.site, name=row.name or "", city=row.city, role=row.kind or "",
            lat=row.lat or 0, lon=row.lon or 0, oxc=False, hop_us=row.hop_us,
        )
        for row in world.sites
    }  # fmt: skip
    pour(sites.values())
    spans = {
        row.span: Span(
            tenant_id=tenants[row.line_provider], key=row.span, kind=row.kind, a=sites[row.a], b=sites[row.b],
            medium="silica", km=row.km, capacity_mbps=row.capacity_mbps, measured_us=row.measured_us,
            jitter_us=row.jitter_us, loss=row.loss, srlg=list(row.srlg),
        )
        for row in world.spans
    }  # fmt: skip
    pour(spans.values())
    pour(
        Capacity(
            resource=spans[row.span].id, tenant_id=spans[row.span].tenant_id, unit="mbps", total=row.capacity_mbps,
            standing=row.reserved_mbps,
        )
        for row in world.spans
    )  # fmt: skip


def _compute(world: World, owners: dict[str, UUID]) -> None:
    """Its places are invented, so its division is one of which no gazetteer here has a place."""
    of_centre = {row.centre: owners[row.provider] for row in world.offers}
    places = {row.site: row for row in world.sites}
    centres = {
        row.centre: Centre(
            tenant_id=of_centre[row.centre], key=row.centre, name=row.name or "", division="110101",
            lat=places[row.site].lat or 0, lon=places[row.site].lon or 0, site=row.site, design_racks=row.design_racks or 0, rack_kw=5, pue=row.pue,
            green_share=row.green_share, mlps_level=row.mlps_level,
        )
        for row in world.centres
        if row.centre in of_centre
    }  # fmt: skip
    pour(centres.values())
    pools = [
        Pool(
            tenant_id=owners[row.provider], centre=centres[row.centre], key=f"pool-{row.offer}", kind=row.kind,
            accelerator=row.accelerator, domestic=bool(row.domestic), accelerators=row.accelerators or 0,
            accelerator_memory_gib=row.accelerator_memory_gib, vcpus=row.vcpus or 0, memory_gib=row.memory_gib or 0,
            fp64_tflops=row.fp64_tflops, fp32_tflops=row.fp32_tflops, fp16_tflops=row.fp16_tflops,
            machines=row.available,
        )
        for row in world.offers
    ]  # fmt: skip
    pour(pools)
    offers = [
        Offer(
            tenant_id=pool.tenant_id,
            pool=pool,
            key=row.offer,
            min_hours=1,
            available=row.available,
            state="listed",
        )
        for pool, row in zip(pools, world.offers, strict=True)
    ]
    pour(offers)
    begun = now() - timedelta(days=1)
    pour(
        OfferPrice(offer=offer, price_cny_hour=row.price_cny_hour, valid_from=begun)
        for offer, row in zip(offers, world.offers, strict=True)
    )
    seen = now()
    pour(
        Inventory(
            pool=pool, observed_at=seen, sequence=1, total=pool.machines, idle=pool.machines, serving=0, faulty=0,
            fresh=True,
        )
        for pool in pools
    )  # fmt: skip
    pour(
        Capacity(resource=pool.id, tenant_id=pool.tenant_id, unit="machine", total=pool.machines)
        for pool in pools
    )
    _identify(IdentifierKind.CENTRE, {row.id: row.tenant_id for row in centres.values()})
    _identify(IdentifierKind.POOL, {row.id: row.tenant_id for row in pools})


def _identify(kind: IdentifierKind, owners: dict[UUID, UUID]) -> None:
    at = now()
    pour(
        Identifier(
            tenant_id=tenant,
            kind=kind,
            subject=subject,
            state="active",
            code=str(new_id()),
            filing="F",
            filed_at=at,
        )
        for subject, tenant in owners.items()
    )


def pour(rows: Iterable[Model]) -> None:
    """Insert rows of one model by COPY, as the database's owner; what the database fills in is left to it."""
    ordered = iter(rows)
    first = next(ordered)
    fields = [
        field
        for field in type(first)._meta.concrete_fields
        if not isinstance(field.value_from_object(first), DatabaseDefault)
        and not isinstance(field, AutoField)
    ]
    names = ", ".join(f'"{field.column}"' for field in fields)
    with connection.cursor() as cursor:
        into = cursor.cursor.copy(f'COPY "{first._meta.db_table}" ({names}) FROM STDIN')
        with into as copy:
            for row in chain([first], ordered):
                values = (field.value_from_object(row) for field in fields)
                copy.write_row([Jsonb(value) if isinstance(value, dict) else value for value in values])
