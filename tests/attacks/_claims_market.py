"""The attacks on claims that need sellers or many tenants: resellers (C-3r), cuts and suspensions in the middle (C-6), hoarders (C-9)."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from itertools import count
from random import Random
from typing import Any, Protocol
from uuid import UUID

from aggregation.errors import NotSellable
from kernel.actor import SYSTEM
from kernel.domain.quotas import HoldQuota
from kernel.errors import HoldGone, HoldQuotaReached, HoldsLapse, SoldOut
from kernel.ids import new_id
from kernel.models import Capacity, Claim
from kernel.models.capacity import ACTIVE
from kernel.models.suspensions import SuspensionCause, SuspensionScope
from kernel.services import capacity
from kernel.services.parts import open_part, shrink_part
from kernel.services.suspensions import close_suspension, open_suspension
from scheduling.services.holds import confirm_bundle, hold_bundle
from tests.aggregation.supply import beat, report
from tests.kernel.ledger import MINUTE, TENANT, books, claims_of, declare, hold, taken
from tests.scheduling.live import first_bundle, open_market
from tests.support.cast import World

BANDWIDTH = 10**9
SECONDS_BETWEEN_REPORTS = 60


class Crowd(Protocol):
    """So many threads that start their acts at one instant."""

    outcomes: Counter[str]

    def race(self, acts: list[Callable[[], Any]]) -> list[Any]:
        """The results or exceptions, in order."""


class Sellers:
    """C-6: a provider cuts while buyers hold, and the regulator suspends while they confirm."""

    def __init__(self) -> None:
        """Ada's machines and Lin's network, and the bundle that everybody wants."""
        world = World()
        open_market(world)
        self.provider, self.actor, self.facts = world.ada, world.ben.actor, first_bundle(world.ben)
        self.numbers, self.reported = count(2), time.monotonic()
        for span in self.facts.spans:
            self.set(span, BANDWIDTH)

    def keep_fresh(self) -> None:
        """Let the provider's agent report as agents do: what is known of too old a time is not sold."""
        if time.monotonic() - self.reported > SECONDS_BETWEEN_REPORTS:
            report(self.provider, beat(next(self.numbers)))
            self.reported = time.monotonic()

    @staticmethod
    def set(resource: UUID, total: int) -> None:
        """Declare how much there is."""
        row = Capacity.objects.get(resource=resource)
        capacity.set_totals(totals={resource: total}, tenant=row.tenant_id, unit=row.unit, actor=SYSTEM)

    def __call__(self, people: Crowd, buyers: int, dice: Random) -> Iterator[str]:
        """One round; what was broken, in words."""
        actor, facts = self.actor, self.facts
        self.keep_fresh()
        self.set(facts.pool, buyers)
        bundles = [new_id() for _ in range(buyers - 1)]
        left = dice.randrange(buyers)

        def hold(bundle: UUID) -> UUID:
            hold_bundle(bundle=bundle, facts=facts, tenant=new_id(), ttl=MINUTE, actor=actor)
            return bundle

        acts: list[Callable[[], Any]] = [partial(hold, bundle) for bundle in bundles]
        held = people.race([*acts, partial(self.set, facts.pool, left)])[:-1]
        yield from (repr(each) for each in held if not isinstance(each, UUID | SoldOut))
        yield from self.cut_is_marked(facts.pool)
        cause: dict[str, Any] = {
            "subject": facts.pool, "tenant": None, "cause": SuspensionCause.INSTRUCTION, "reference": new_id(), "actor": SYSTEM,
        }  # fmt: skip
        suspend = partial(open_suspension, scope=SuspensionScope.NEW_SALE, **cause)
        mine = [each for each in held if isinstance(each, UUID)]
        confirm = partial(confirm_bundle, facts=facts, actor=actor)
        kept, raced = mine[:1], mine[1:]  # one waits until the suspension stands
        ends = people.race([*[partial(confirm, bundle=each) for each in raced], suspend])
        ends.pop()
        yield from (repr(each) for each in ends if each is not None and not isinstance(each, NotSellable))
        _quantities, states = claims_of(raced)
        for bundle, end in zip(raced, ends, strict=True):
            if states[bundle] != ({"confirmed"} if end is None else {"held"}):
                yield f"bundle {bundle} is {states[bundle]} after {end!r}"
        again = [*kept, *(bundle for bundle, end in zip(raced, ends, strict=True) if end)]
        late = people.race([*[partial(confirm, bundle=each) for each in again], partial(hold, new_id())])
        yield from (
            f"after the suspension: {each!r}" for each in late if not isinstance(each, NotSellable | SoldOut)
        )
        close_suspension(**cause)
        for bundle in mine:
            capacity.release(bundle=bundle)
        if books(facts.pool)[1]:
            yield "something stands after all was given back"

    @staticmethod
    def cut_is_marked(pool: UUID) -> Iterator[str]:
        """C4: the books are right, the mark says whether too much is sold, and then nothing new is granted."""
        row = Capacity.objects.get(resource=pool)
        if row.standing != taken(pool) or row.over_committed != (row.standing > row.total):
            yield f"{row.standing} stand of {row.total}, {taken(pool)} are taken, marked {row.over_committed}"


def allotments(people: Crowd, buyers: int, dice: Random) -> Iterator[str]:
    """C-3r: three resellers sell their parts of one pool, its owner the rest and takes back what is unsold meanwhile."""
    quantities = [dice.randint(2, buyers // 3) for _ in range(3)]
    pool = declare(sum(quantities) + dice.randint(0, buyers // 2))
    parts = {new_id(): new_id() for _ in quantities}
    for (bundle, part), quantity in zip(parts.items(), quantities, strict=True):
        capacity.hold(bundle=bundle, tenant=TENANT, quantities={pool: quantity}, ttl=MINUTE)
        open_part(bundle=bundle, part=part, tenant=new_id(), unit="card", actor=SYSTEM)
    bundles = [new_id() for _ in range(buyers - len(parts))]
    wishes = [{dice.choice([pool, *parts.values()]): dice.randint(1, 3)} for _ in bundles]
    acts: list[Callable[[], Any]] = [
        partial(hold, wish, bundle=bundle) for wish, bundle in zip(wishes, bundles, strict=True)
    ]
    acts += [
        partial(shrink_part, bundle=bundle, part=part, resource=pool, least=0, actor=SYSTEM)
        for bundle, part in parts.items()
    ]
    dice.shuffle(acts)
    results = people.race(acts)
    yield from (repr(each) for each in results if not isinstance(each, UUID | SoldOut | int))
    for resource in (pool, *parts.values()):
        total, stands, _peak = books(resource)
        if stands > total or stands != taken(resource):
            yield f"{stands} of {total} are said to stand, {taken(resource)} are taken"
    aside = dict(Claim.objects.filter(bundle__in=parts, state__in=ACTIVE).values_list("bundle", "quantity"))
    left = {bundle: books(part)[0] for bundle, part in parts.items()}
    if aside != {bundle: each for bundle, each in left.items() if each}:
        yield f"{aside} is set aside of the pool, and its parts have {left}"
    sold = sum(map(taken, parts.values())) + taken(pool) - sum(aside.values())
    if sold > books(pool)[0]:
        yield f"{sold} are sold of {books(pool)[0]}"
    for bundle in bundles:
        capacity.release(bundle=bundle)


def hoarders(people: Crowd, buyers: int, dice: Random) -> Iterator[str]:
    """C-9: a third of the crowd are bots that hold and give back without end; honest buyers get what they want."""
    quota = HoldQuota(most=5, most_lapsed=10)
    bots = [new_id() for _ in range(max(2, buyers // 3))]
    honest = [new_id() for _ in range(buyers - len(bots))]
    sold = 9 * (len(bots) * quota.most + len(honest))
    cards = declare(sold + len(bots) * quota.most + len(honest))  # a tenth is not sold
    capacity.hold(bundle=new_id(), tenant=new_id(), quantities={cards: sold}, ttl=MINUTE)
    live = dict.fromkeys(bots, 0)

    def hoard(tenant: UUID) -> Counter[str]:
        seen, mine, luck = Counter[str](), list[UUID](), Random(tenant.int)
        for _ in range(40):
            bundle = new_id()
            try:
                capacity.hold(
                    bundle=bundle, tenant=tenant, quantities={cards: 1}, ttl=timedelta(minutes=5), quota=quota
                )
                mine.append(bundle)
                seen["granted"] += 1
            except (HoldQuotaReached, HoldsLapse, SoldOut) as refusal:
                seen[refusal.code] += 1
                if mine:
                    capacity.release(bundle=mine.pop(luck.randrange(len(mine))))
            live[tenant] = max(live[tenant], len(mine))
        return seen

    def buy(tenant: UUID) -> str:
        bundle = new_id()
        capacity.hold(bundle=bundle, tenant=tenant, quantities={cards: 1}, ttl=MINUTE, quota=quota)
        capacity.confirm(bundle=bundle)
        return "bought"

    acts: list[Callable[[], Any]] = [partial(hoard, each) for each in bots] + [
        partial(buy, each) for each in honest
    ]
    dice.shuffle(acts)
    results = people.race(acts)
    bought = sum(each == "bought" for each in results)
    tried = [each for each in results if isinstance(each, Counter)]
    yield from (
        repr(each)
        for each in results
        if isinstance(each, Exception) and not isinstance(each, SoldOut | HoldGone)
    )
    if bought < 0.99 * len(honest):
        yield f"{bought} of {len(honest)} honest buyers got theirs"
    if max(live.values()) > quota.most or any(
        each["granted"] > quota.most + quota.most_lapsed for each in tried
    ):
        yield f"a bot had {max(live.values())} holds, and {[dict(each) for each in tried]}"
    if not any(each["holds_lapse"] for each in tried):
        yield f"no bot was slowed: {[dict(each) for each in tried]}"
    if (
        books(cards)[1] != taken(cards)
        or Claim.objects.filter(resource=cards, state__in=ACTIVE, tenant_id__in=bots).count()
        > len(bots) * quota.most
    ):
        yield "the books do not say what is taken"
