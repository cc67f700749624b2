"""Kinds of organisations, the roles their members may have, and the life of an organisation."""

from kernel.actor import Role
from kernel.states import StateTable
from kernel.text import Vocabulary


class OrganisationKind(Vocabulary):
    """What an organisation is at this node; one legal entity in two kinds is two organisations."""

    COMPUTE_PROVIDER = "compute_provider", "算力资源提供商", "Compute provider"
    LINE_PROVIDER = "line_provider", "算力专线服务商", "Private-line provider"
    RESALE_PROVIDER = "resale_provider", "算力转售调度服务商", "Resale and dispatch provider"
    APPLICATION_PROVIDER = "application_provider", "算力应用服务商", "Application provider"
    COMPUTE_USER = "compute_user", "算力用户", "Compute user"
    OPERATOR = "operator", "节点运营主体", "Node operator"
    REGULATOR = "regulator", "通信管理局", "Communications administration"
    SUPPORTING_UNIT = "supporting_unit", "技术支撑单位", "Supporting unit"
    READING_AUTHORITY = "reading_authority", "读取部门", "Reading authority"
    AUDITOR = "auditor", "审计机构", "Auditor"


class OrganisationState(Vocabulary):
    """The life of an organisation at the node."""

    APPLIED = "applied", "已申请", "Applied"
    CERTIFIED = "certified", "已认证", "Certified"
    REFUSED = "refused", "未通过", "Refused"
    CLOSED = "closed", "已注销", "Closed"


class SizeClass(Vocabulary):
    """Size of an enterprise after the classification of 2011 (工信部联企业〔2011〕300号); vouchers ask for it."""

    MICRO = "micro", "微型", "Micro"
    SMALL = "small", "小型", "Small"
    MEDIUM = "medium", "中型", "Medium"
    LARGE = "large", "大型", "Large"


# the roles that members of each kind may hold
ROLES_OF_KIND: dict[OrganisationKind, frozenset[Role]] = {
    OrganisationKind.COMPUTE_PROVIDER: frozenset({Role.COMPUTE_PROVIDER}),
    OrganisationKind.LINE_PROVIDER: frozenset({Role.LINE_PROVIDER}),
    OrganisationKind.RESALE_PROVIDER: frozenset({Role.RESALE_PROVIDER}),
    OrganisationKind.APPLICATION_PROVIDER: frozenset({Role.APPLICATION_PROVIDER}),
    OrganisationKind.COMPUTE_USER: frozenset({Role.COMPUTE_USER}),
    OrganisationKind.OPERATOR: frozenset({Role.OPERATOR_SYSTEM, Role.OPERATOR_SECURITY, Role.OPERATOR_AUDIT}),
    OrganisationKind.REGULATOR: frozenset({Role.REGULATOR}),
    OrganisationKind.SUPPORTING_UNIT: frozenset({Role.SUPPORTING_UNIT}),
    OrganisationKind.READING_AUTHORITY: frozenset({Role.READING_AUTHORITY}),
    OrganisationKind.AUDITOR: frozenset({Role.AUDITOR}),
}

# kinds that take part in the market; the others run the node or watch it
OF_THE_MARKET = (
    OrganisationKind.COMPUTE_PROVIDER,
    OrganisationKind.LINE_PROVIDER,
    OrganisationKind.RESALE_PROVIDER,
    OrganisationKind.APPLICATION_PROVIDER,
    OrganisationKind.COMPUTE_USER,
)

# kinds that a regulator appoints; what the first and the last may do beyond their own house, a mandate says
APPOINTED = (
    OrganisationKind.SUPPORTING_UNIT,
    OrganisationKind.READING_AUTHORITY,
    OrganisationKind.AUDITOR,
)

# kinds that register themselves; operator and regulator come when the node is made
SELF_REGISTERED = (
    OrganisationKind.COMPUTE_PROVIDER,
    OrganisationKind.LINE_PROVIDER,
    OrganisationKind.RESALE_PROVIDER,
    OrganisationKind.APPLICATION_PROVIDER,
    OrganisationKind.COMPUTE_USER,
)

S = OrganisationState
LIFE = StateTable(
    states=OrganisationState,
    initial=S.APPLIED,
    acts={
        # a correction is a new application, also after a refusal
        "amend": (frozenset({S.APPLIED, S.REFUSED}), S.APPLIED),
        # what a case ends in (domain.cases); a renewal that is refused leaves the certification that stands
        "certify": (frozenset({S.APPLIED, S.CERTIFIED}), S.CERTIFIED),
        "refuse": (frozenset({S.APPLIED}), S.REFUSED),
        "close": (frozenset({S.APPLIED, S.CERTIFIED, S.REFUSED}), S.CLOSED),
    },
)
