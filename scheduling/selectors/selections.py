"""The facts of a stored selection's bundle, as quotes, holds and orders need them."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import BinaryField, Func, TextField, Value
from django.db.models.functions import Cast, Concat

from kernel.errors import NotFound
from scheduling.domain.demand import LATENCY_LAYERS, PROTECTIONS
from scheduling.domain.uses import LineUse
from scheduling.errors.selections import NoSuchBundle, RemoteBundle
from scheduling.models import Selection

Begins = tuple[UUID, UUID | None]
"""Where a line begins, and where the second path of a pair does if that is another site."""


@dataclass(frozen=True, slots=True)
class BundleFacts:
    """One bundle of one selection, by our ids; amounts in fen, latency in µs one way.

    `bandwidth_mbps` is what is held on every span: the demanded bandwidth, or what data to move are given; the step
    that is paid for stands in `line_terms`. `below_us` (strict), `max_jitter_us` and `max_loss` are what the line is sold as;
    latency is that of the `latency_layer`, with the tail to where each path begins (`tails_us`). `place_exact`: the A end
    is known nearer than by its division. `from_sites` are the keys of the one or two sites at the A end, `centre` that at the
    other, `from_centre` the one that the demand starts from, if it does. `tenant` asked. `protection_a` is where the second path begins where that is not `a`. `starts_at` is None for now; `storage_fen`, for so many GiB and started months, is part of `compute_fen`.
    `marking` is 演示数据 where anything that it is made of is invented.
    """

    tenant: UUID
    offer: UUID
    provider: UUID
    pool: UUID
    centre: str
    from_centre: str | None
    from_sites: tuple[str, ...]
    quantity: int
    duration_hours: Decimal
    line_provider: UUID
    technology: str
    bandwidth_mbps: int
    spans: tuple[UUID, ...]
    protection_spans: tuple[UUID, ...]
    a: UUID
    protection_a: UUID | None
    z: UUID
    compute_fen: int
    line_fen: int
    total_fen: int
    line_terms: dict[str, Any]
    starts_at: datetime | None
    store: UUID | None
    storage_gib: int
    storage_months: int
    storage_fen: int
    latency_us: int
    below_us: int
    latency_layer: str
    tails_us: tuple[int, ...]
    max_jitter_us: int | None
    max_loss: Decimal
    place_exact: bool
    snapshot: str
    marking: str = ""

    @property
    def protection(self) -> str:
        """`one_plus_one` of a pair, which has two circuits; else `none`."""
        return PROTECTIONS[self.line_terms["circuits"] - 1]

    @property
    def use(self) -> str:
        """What the line is for (`LineUse`)."""
        return str(self.line_terms.get("use", LineUse.ENTRY))  # an earlier release said nothing of it

    @property
    def begins(self) -> Begins:
        """The one or two sites at the A end."""
        return self.a, self.protection_a

    @property
    def ends(self) -> tuple[UUID, ...]:
        """The sites at the ends of the line: one or two at the A end, and the centre's."""
        return ends_of(self.begins, self.z)


def ends_of(begins: Begins, z: UUID) -> tuple[UUID, ...]:
    """The sites at the ends of a line that begins there and leads to z."""
    return (*(site for site in begins if site is not None), z)


def made_between(start: datetime, end: datetime) -> int:
    """How many selections were made in [start, end)."""
    return Selection.objects.filter(created_at__gte=start, created_at__lt=end).count()


def drawn(*, start: datetime, end: datetime, sample: int | None, seed: str) -> list[UUID]:
    """The selections of a sample of those made in [start, end), in the order that they were made in; None is all.

    The sample are those of the least SHA-256 of seed and id (UTF-8, joined by `|`), so anybody may draw it again.
    """
    made = Selection.objects.filter(created_at__gte=start, created_at__lt=end)
    if sample is not None:
        lot = Func(
            Concat(Value(f"{seed}|"), Cast("id", TextField())),
            template="sha256(convert_to(%(expressions)s, 'UTF8'))",
            output_field=BinaryField(),
        )
        made = made.order_by(lot)[:sample]
    return sorted(made.values_list("id", flat=True))


def bundle(selection: UUID, index: int) -> BundleFacts:
    """The facts of the bundle at `index` (from 0). Raises NotFound, NoSuchBundle, RemoteBundle for another node's."""
    row = Selection.objects.filter(id=selection).first()
    if row is None:
        raise NotFound(pointer="/selection")
    remote = row.across["bundles"] if row.across else []
    if 0 <= index - len(row.terms) < len(remote):
        there = remote[index - len(row.terms)]
        raise RemoteBundle(
            pointer="/bundle", node=there["node"], name=there["node_name"], order_at=there["order_at"]
        )
    if not 0 <= index < len(row.terms):
        raise NoSuchBundle(pointer="/bundle", count=len(row.terms))
    # what an earlier release did not keep of tails and the layer counts for nothing
    terms, shown = row.terms[index], row.answer["bundles"][index]
    first, other = shown.get("from_site") or row.demand["from_site"], shown.get("protection_from_site")
    storage = terms["storage"] or {}
    return BundleFacts(
        tenant=row.tenant_id,
        offer=UUID(terms["offer"]),
        provider=UUID(terms["provider"]),
        pool=UUID(terms["pool"]),
        centre=shown["centre"],
        from_centre=row.demand.get("from_centre"),
        from_sites=(first, other) if other else (first,),
        quantity=terms["quantity"],
        duration_hours=Decimal(terms["duration_hours"]),
        line_provider=UUID(terms["line_provider"]),
        technology=terms["technology"],
        bandwidth_mbps=terms["bandwidth_mbps"],
        spans=tuple(UUID(span) for span in terms["spans"]),
        protection_spans=tuple(UUID(span) for span in terms["protection_spans"]),
        a=UUID(terms["a"]),
        protection_a=UUID(other) if (other := terms.get("protection_a")) else None,
        z=UUID(terms["z"]),
        compute_fen=terms["compute_fen"],
        line_fen=terms["line_fen"],
        total_fen=terms["compute_fen"] + terms["line_fen"],
        line_terms=terms["line_terms"],
        starts_at=datetime.fromisoformat(terms["starts_at"]) if terms["starts_at"] else None,
        store=UUID(storage["store"]) if storage else None,
        storage_gib=storage.get("gib", 0),
        storage_months=storage.get("months", 0),
        storage_fen=storage.get("fen", 0),
        latency_us=terms["latency_us"],
        below_us=terms["below_us"],
        latency_layer=terms.get("latency_layer", LATENCY_LAYERS[0]),
        tails_us=tuple(terms.get("tails_us", ())),
        max_jitter_us=terms.get("max_jitter_us"),
        max_loss=Decimal(terms["max_loss"]),
        place_exact=not row.access.get("carriers") or row.access.get("tail") is not None,
        snapshot=row.snapshot,
        marking=terms.get("marking", ""),
    )
