"""Who acts: the one value that says whose rights a call has, built by participants' authenticators."""

from dataclasses import dataclass, replace
from uuid import UUID

from kernel.errors import PersonNeeded
from kernel.text import Vocabulary


class Role(Vocabulary):
    """The roles of SCHEME §3; the operator's three administrators are never combined in one person."""

    COMPUTE_PROVIDER = "compute_provider", "算力资源提供商", "Compute provider"
    LINE_PROVIDER = "line_provider", "算力专线服务商", "Private-line provider"
    RESALE_PROVIDER = "resale_provider", "算力转售调度服务商", "Resale and dispatch provider"
    APPLICATION_PROVIDER = "application_provider", "算力应用服务商", "Application provider"
    COMPUTE_USER = "compute_user", "算力用户", "Compute user"
    OPERATOR_SYSTEM = "operator_system", "运营主体系统管理员", "Operator, system administrator"
    OPERATOR_SECURITY = "operator_security", "运营主体安全管理员", "Operator, security administrator"
    OPERATOR_AUDIT = "operator_audit", "运营主体审计管理员", "Operator, audit administrator"
    REGULATOR = "regulator", "通信管理局", "Communications administration"
    SUPPORTING_UNIT = "supporting_unit", "技术支撑单位", "Supporting unit"
    READING_AUTHORITY = "reading_authority", "读取部门", "Reading authority"
    AUDITOR = "auditor", "审计员", "Auditor"
    NODE = "node", "互联节点（机器）", "Peer node (machine)"
    ANONYMOUS = "anonymous", "未登录", "Anonymous"


class Reach(Vocabulary):
    """How far a role sees or acts: nothing, its own rows, rows it is a party to, or all.

    Masked is a reading of all rows without the members that the permission table hides; its own rows are whole.
    """

    NONE = "none", "无", "None"
    OWN = "own", "本主体", "Own tenant"
    PARTY = "party", "作为当事方", "As a party"
    MASKED = "masked", "全部（脱敏）", "All, masked"
    ALL = "all", "全部", "All"

    @property
    def width(self) -> int:
        """The place in the order none < own < party < masked < all."""
        return WIDTHS[self]

    @property
    def everywhere(self) -> bool:
        """Whether rows of every tenant are within it."""
        return self in (Reach.MASKED, Reach.ALL)


WIDTHS = {reach: place for place, reach in enumerate(Reach)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """A signed-in person or machine, or nobody.

    `user_id` is the person, None for an OAuth client; `credential` the id of the key or client that signed in, and
    `signed` says that one of its organisation's keys signed the request (RFC 9421). `tenant_id` is the organisation whose rows are its own; `reach` is how far it sees for the
    operation at hand (set from the permission table); `scopes` are those of the key it signed in with (none: only
    what everybody may do); `mandate` are the operations that a regulator delegated to its house, `mandator` the
    regulator's house; `node` is the code of a peer node.
    """

    user_id: UUID | None = None
    tenant_id: UUID | None = None
    roles: frozenset[str] = frozenset({Role.ANONYMOUS})
    scopes: frozenset[str] = frozenset()
    mandate: frozenset[str] = frozenset()
    mandator: UUID | None = None
    node: str | None = None
    credential: UUID | None = None
    signed: bool = False
    reach: Reach = Reach.NONE

    def reaching(self, reach: Reach) -> "Actor":
        """The same actor, seeing as far as the operation at hand allows."""
        return replace(self, reach=reach)

    @property
    def person(self) -> UUID:
        """The natural person who acts. Raises PersonNeeded for a machine: it is never one of four eyes."""
        if self.user_id is None:
            raise PersonNeeded
        return self.user_id

    @property
    def machine(self) -> UUID | None:
        """The OAuth client that acts; None for a person, whatever key it signed in with."""
        return self.credential if self.user_id is None else None

    @property
    def anonymous(self) -> bool:
        """Whether nobody is signed in."""
        return self.user_id is None and self.node is None and self.roles == {Role.ANONYMOUS}


ANONYMOUS = Actor()
SYSTEM = Actor(roles=frozenset({"system"}), reach=Reach.ALL)  # the node itself: handlers, jobs and sweeps
