"""The gate: every reason for which an offer may not be sold, from facts alone (SCHEME §4, DESIGN §3.9)."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from aggregation.domain.inventory import Freshness
from aggregation.domain.offers import OfferState
from kernel.text import Text, Vocabulary


class BlockCode(Vocabulary):
    """Why an offer cannot be sold, and the way out."""

    OFFER_UNKNOWN = "offer_unknown", "报价不存在。", "There is no such offer."
    OFFER_NOT_LISTED = (
        "offer_not_listed",
        "报价 {offer} 未上架；请先上架。",
        "Offer {offer} is not listed; list it.",
    )
    OFFER_NOT_PRICED = (
        "offer_not_priced",
        "报价 {offer} 当前没有有效价格；请提交新价格。",
        "Offer {offer} has no price that is valid now; set one.",
    )
    OFFER_SUSPENDED = (
        "offer_suspended",
        "报价 {offer} 已被暂停（{causes}）；须由发起方解除。",
        "Offer {offer} is suspended ({causes}); who opened the suspension closes it.",
    )
    PARTY_NOT_CERTIFIED = (
        "party_not_certified",
        "提供商尚未通过认证；请在服务中心完成认证。",
        "The provider is not certified; complete certification at the service centre.",
    )
    PARTY_NOT_QUALIFIED = (
        "party_not_qualified",
        "转售调度服务商没有有效资质；请申请资质。",
        "The resale provider holds no valid qualification; apply for it.",
    )
    PARTY_NOT_LICENSED = (
        "party_not_licensed",
        "提供商现不得在 {city} 销售该算力：{reasons_zh}；请办理后续展或补交材料。",
        "The provider may not sell this compute in {city} now: {reasons_en}; renew or submit what is lacking.",
    )
    PARTY_SUSPENDED = (
        "party_suspended",
        "提供商已被暂停（{causes}）；须由发起方解除。",
        "The provider is suspended ({causes}); who opened the suspension closes it.",
    )
    CENTRE_NOT_IDENTIFIED = (
        "centre_not_identified",
        "算力中心 {centre} 没有有效标识：{why_zh}。",
        "Centre {centre} has no active identifier: {why_en}.",
    )
    CENTRE_NOT_FILED = (
        "centre_not_filed",
        "算力中心 {centre} 的标识尚未在国家节点备案；请等待回执。",
        "The identifier of centre {centre} is not filed at the national node yet; wait for the receipt.",
    )
    CENTRE_MISPLACED = (
        "centre_misplaced",
        "算力中心 {centre} 不在其所述之处：{why_zh}；请以正确位置、另一编号重新登记。",
        "Centre {centre} is not where it says: {why_en}; register it anew at its true place, under another key.",
    )
    CENTRE_OFF_SITE = (
        "centre_off_site",
        "算力中心 {centre} 不能在该站点接入：{why_zh}；请线路商更正站点坐标，或以另一编号重新登记该中心。",
        "Centre {centre} cannot meet the network there: {why_en}; have the carrier correct the site, or register the centre anew under another key.",
    )
    CENTRE_SUSPENDED = (
        "centre_suspended",
        "算力中心 {centre} 已被暂停（{causes}）；须由发起方解除。",
        "Centre {centre} is suspended ({causes}); who opened the suspension closes it.",
    )
    POOL_NOT_IDENTIFIED = (
        "pool_not_identified",
        "资源池 {pool} 没有有效标识：{why_zh}。",
        "Pool {pool} has no active identifier: {why_en}.",
    )
    POOL_NOT_FILED = (
        "pool_not_filed",
        "资源池 {pool} 的标识尚未在国家节点备案；请等待回执。",
        "The identifier of pool {pool} is not filed at the national node yet; wait for the receipt.",
    )
    POOL_SUSPENDED = (
        "pool_suspended",
        "资源池 {pool} 已被暂停（{causes}）；须由发起方解除。",
        "Pool {pool} is suspended ({causes}); who opened the suspension closes it.",
    )
    INVENTORY_UNKNOWN = (
        "inventory_unknown",
        "资源池 {pool} 从未上报库存；请启动代理并上报心跳。",
        "Pool {pool} has never reported inventory; start its agent.",
    )
    INVENTORY_STALE = (
        "inventory_stale",
        "资源池 {pool} 的库存自 {observed} 起未更新；请恢复心跳。",
        "The inventory of pool {pool} is of {observed}; let its agent report again.",
    )
    ALLOTMENT_OVER = (
        "allotment_over",
        "资源池 {pool} 所属配额已终止或正在终止；请与提供商重新商定配额。",
        "The allotment behind pool {pool} is over or ending; agree on another with its provider.",
    )
    WHOLE_SHORT = (
        "whole_short",
        "资源池 {pool} 所属的整池现有数量少于已承诺数量；请待提供商恢复。",
        "The pool that {pool} is a part of has fewer machines than were promised; wait until its provider restores them.",
    )


@dataclass(frozen=True, slots=True)
class Block:
    """One reason, as a stable code and a sentence in both languages."""

    code: str
    text: Text

    @classmethod
    def of(cls, code: BlockCode, **params: object) -> "Block":
        """The block with the parameters of its sentence."""
        return cls(code.value, code.label.format(**params))


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentifierFacts:
    """A resource's identifier: its state ("none" without one), and whether the nation has filed it."""

    state: str
    filed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyGate:
    """What the gate knows of a party that sells: `unlicensed` is what its licences lack there, `causes` its suspensions."""

    certified: bool
    qualified: bool
    needs_qualification: bool
    unlicensed: Sequence[Text]
    causes: Collection[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PartGate:
    """What it knows of a reseller's part of a pool: whether its allotment stands, and the whole has what was promised."""

    reseller: PartyGate
    stands: bool
    short: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolGate:
    """What the gate knows of a pool, its centre and its provider; of a reseller's part also `part`, the rest is the whole's.

    `elsewhere` and `off_site` say what contradicts the centre's coordinates: its division, its site.
    """

    pool: str
    centre: str
    city: str
    provider: PartyGate
    pool_identifier: IdentifierFacts
    centre_identifier: IdentifierFacts
    centre_causes: Collection[str]
    pool_causes: Collection[str]
    freshness: Freshness
    observed_at: datetime | None
    elsewhere: Text | None = None
    off_site: Text | None = None
    part: PartGate | None = None


ACTIVE = "active"
IN_REVIEW = Text("已申请，请等待审核决定", "it is applied for, wait for the decision")
ON_ITS_WAY = Text("已签发，请等待国家节点的备案回执", "it is issued, wait for the national node's receipt")
WAYS = {
    "none": Text("请申请标识", "apply for one"),
    "applied": IN_REVIEW,
    "verified": IN_REVIEW,
    "refused": Text(
        "申请未通过，请查看原因后重新申请", "the application was refused, read its reason and apply again"
    ),
    "issued": ON_ITS_WAY,
    "filing": ON_ITS_WAY,
    "suspended": Text("标识已暂停，须由监管恢复", "it is suspended until the supervision reinstates it"),
    "retired": Text("标识已注销，不再使用", "it is retired for good"),
}
"""State of an identifier that is not active → the way out."""


def blocks_of_pool(gate: PoolGate) -> list[Block]:
    """Why nothing of this pool may be sold; empty where everything may."""
    pool, centre = gate.pool_identifier, gate.centre_identifier
    unknown, stale = (gate.freshness is each for each in (Freshness.UNKNOWN, Freshness.STALE))
    observed = gate.observed_at.isoformat(timespec="seconds") if gate.observed_at else ""
    parties = [gate.provider, *([gate.part.reseller] if gate.part else [])]
    rules: tuple[tuple[bool, BlockCode, dict[str, str]], ...] = (
        *(rule for party in parties for rule in _rules_of_party(party, gate.city)),
        (gate.part is not None and not gate.part.stands, BlockCode.ALLOTMENT_OVER, {}),
        (gate.part is not None and gate.part.short, BlockCode.WHOLE_SHORT, {}),
        (centre.state != ACTIVE, BlockCode.CENTRE_NOT_IDENTIFIED, _why(WAYS.get(centre.state))),
        (not centre.filed, BlockCode.CENTRE_NOT_FILED, {}),
        (gate.elsewhere is not None, BlockCode.CENTRE_MISPLACED, _why(gate.elsewhere)),
        (gate.off_site is not None, BlockCode.CENTRE_OFF_SITE, _why(gate.off_site)),
        (bool(gate.centre_causes), BlockCode.CENTRE_SUSPENDED, {"causes": _listed(gate.centre_causes)}),
        (pool.state != ACTIVE, BlockCode.POOL_NOT_IDENTIFIED, _why(WAYS.get(pool.state))),
        (not pool.filed, BlockCode.POOL_NOT_FILED, {}),
        (bool(gate.pool_causes), BlockCode.POOL_SUSPENDED, {"causes": _listed(gate.pool_causes)}),
        (unknown, BlockCode.INVENTORY_UNKNOWN, {}),
        (stale, BlockCode.INVENTORY_STALE, {"observed": observed}),
    )
    return [
        Block.of(code, pool=gate.pool, centre=gate.centre, **params) for shut, code, params in rules if shut
    ]


def _rules_of_party(party: PartyGate, city: str) -> Iterator[tuple[bool, BlockCode, dict[str, str]]]:
    """What each party must have that sells there."""
    yield not party.certified, BlockCode.PARTY_NOT_CERTIFIED, {}
    yield party.needs_qualification and not party.qualified, BlockCode.PARTY_NOT_QUALIFIED, {}
    lacking = {
        "city": city,
        "reasons_zh": "、".join(text.zh for text in party.unlicensed),
        "reasons_en": ", ".join(text.en for text in party.unlicensed),
    }
    yield bool(party.unlicensed), BlockCode.PARTY_NOT_LICENSED, lacking
    yield bool(party.causes), BlockCode.PARTY_SUSPENDED, {"causes": _listed(party.causes)}


def blocks_of_offer(*, offer: str, state: str, priced: bool, causes: Collection[str]) -> list[Block]:
    """Why this offer itself may not be sold, whatever its pool."""
    found = []
    if state != OfferState.LISTED:
        found.append(Block.of(BlockCode.OFFER_NOT_LISTED, offer=offer))
    if not priced:
        found.append(Block.of(BlockCode.OFFER_NOT_PRICED, offer=offer))
    if causes:
        found.append(Block.of(BlockCode.OFFER_SUSPENDED, offer=offer, causes=_listed(causes)))
    return found


def _why(text: Text | None) -> dict[str, str]:
    return {} if text is None else {"why_zh": text.zh, "why_en": text.en}


def _listed(causes: Collection[str]) -> str:
    return ", ".join(sorted(set(causes)))
