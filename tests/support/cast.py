"""The named cast of every test, and the lazy world in which its people exist once they are spoken of.

Ada and her colleague Abe sell compute, Cleo too, elsewhere: she is the outsider, and every question about rights
becomes "can Cleo?". Of two firms each: Lin and Lou sell lines, Rex and Roy resell, Ann and Amy sell applications, Ben and Bea buy.
Rhea and Ron are regulators, Sue is of their supporting unit, Ray of an authority that reads; Otto, Olga and Owen are the
operator's three administrators, Aude audits. Sue and Aude hold a mandate for all that theirs may be given.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any

from stdnum.cn import uscc

from kernel.actor import ANONYMOUS, SYSTEM, Actor, Role
from kernel.clock import now, shanghai_date
from kernel.ids import new_id
from participants.domain.organisations import OrganisationKind as Kind
from participants.domain.organisations import OrganisationState
from participants.models import Mandate, Membership, Organisation, User
from participants.services.credentials import issue_key
from participants.services.mandates import mandatable
from tests.support.caller import Caller
from tests.support.licences import license_house


@dataclass(frozen=True)
class Part:
    """What the cast list says of a person: the house, and the role there."""

    house: str
    kind: Kind
    role: Role


CAST = {
    "ada": Part("示范算力商甲", Kind.COMPUTE_PROVIDER, Role.COMPUTE_PROVIDER),
    "abe": Part("示范算力商甲", Kind.COMPUTE_PROVIDER, Role.COMPUTE_PROVIDER),
    "cleo": Part("示范算力商乙", Kind.COMPUTE_PROVIDER, Role.COMPUTE_PROVIDER),
    "lin": Part("示范线路商甲", Kind.LINE_PROVIDER, Role.LINE_PROVIDER),
    "lou": Part("示范线路商乙", Kind.LINE_PROVIDER, Role.LINE_PROVIDER),
    "rex": Part("示范转售调度商", Kind.RESALE_PROVIDER, Role.RESALE_PROVIDER),
    "roy": Part("示范转售调度商乙", Kind.RESALE_PROVIDER, Role.RESALE_PROVIDER),
    "ann": Part("示范应用商", Kind.APPLICATION_PROVIDER, Role.APPLICATION_PROVIDER),
    "amy": Part("示范应用商乙", Kind.APPLICATION_PROVIDER, Role.APPLICATION_PROVIDER),
    "ben": Part("示范医学影像公司", Kind.COMPUTE_USER, Role.COMPUTE_USER),
    "bea": Part("示范材料公司", Kind.COMPUTE_USER, Role.COMPUTE_USER),
    "rhea": Part("示范通信管理局", Kind.REGULATOR, Role.REGULATOR),
    "ron": Part("示范通信管理局", Kind.REGULATOR, Role.REGULATOR),
    "otto": Part("示范运营主体", Kind.OPERATOR, Role.OPERATOR_SYSTEM),
    "olga": Part("示范运营主体", Kind.OPERATOR, Role.OPERATOR_SECURITY),
    "owen": Part("示范运营主体", Kind.OPERATOR, Role.OPERATOR_AUDIT),
    "sue": Part("示范技术支撑单位", Kind.SUPPORTING_UNIT, Role.SUPPORTING_UNIT),
    "ray": Part("示范工业和信息化厅", Kind.READING_AUTHORITY, Role.READING_AUTHORITY),
    "aude": Part("示范审计机构", Kind.AUDITOR, Role.AUDITOR),
}


class Person(Caller):
    """One of the cast: a caller over HTTP, and the rows and the actor behind."""

    def __init__(self, membership: Membership) -> None:
        """Give the member a key of every scope and sign in with it."""
        self.membership = membership
        self.row, self.key = issue_key(
            membership=membership, name="test", scopes=["*"], valid_for=timedelta(hours=1), actor=SYSTEM
        )
        super().__init__(self.key)

    @cached_property
    def user(self) -> User:
        """The natural person."""
        return self.membership.user

    @cached_property
    def organisation(self) -> Organisation:
        """The person's organisation."""
        return self.membership.organisation

    @cached_property
    def actor(self) -> Actor:
        """The actor that the person's key stands for."""
        return Actor(
            user_id=self.user.id,
            tenant_id=self.organisation.id,
            roles=frozenset(self.membership.roles),
            scopes=frozenset({"*"}),
        )

    def with_scopes(self, *scopes: str) -> Caller:
        """The same person with another key, of these scopes only."""
        _, key = issue_key(
            membership=self.membership,
            name="narrow",
            scopes=scopes,
            valid_for=timedelta(hours=1),
            actor=SYSTEM,
        )
        return Caller(key)


class World:
    """The lazy world: `world.ada` exists from the moment it is spoken of, with her firm and her key."""

    def __init__(self) -> None:
        """Start empty."""
        self.nobody = Caller()
        self.anonymous = ANONYMOUS
        self._people: dict[str, Person] = {}
        self._houses: dict[str, Organisation] = {}

    def __getattr__(self, name: str) -> Any:
        """A person of the cast, by first name."""
        if name not in CAST:
            raise AttributeError(f"{name} is not in the cast: {', '.join(CAST)}")
        if name not in self._people:
            self._people[name] = self._play(name, CAST[name])
        return self._people[name]

    def _play(self, name: str, part: Part) -> Person:
        user = User.objects.create_user(email=f"{name}@example.org", name=name.title())
        house = self._house(part)
        if operations := mandatable(part.kind):
            self._mandate(house, operations)
        return Person(Membership.objects.create(user=user, organisation=house, roles=[part.role]))

    def _mandate(self, house: Organisation, operations: Iterable[str]) -> None:
        Mandate.objects.get_or_create(
            organisation=house,
            defaults={
                "grantor": self._house(CAST["rhea"]).id,
                "operations": sorted(operations),
                "case": f"苏通信委〔2026〕{len(self._houses)}号",
                "reason": "演示委托",
                "last_day": shanghai_date(now()) + timedelta(days=30),
                "proposed_by": new_id(),
                "approved_by": new_id(),
            },
        )

    def _house(self, part: Part) -> Organisation:
        if part.house not in self._houses:
            self._houses[part.house] = Organisation.objects.create(
                kind=part.kind,
                name=part.house,
                code=social_credit_code(len(self._houses)),
                state=OrganisationState.CERTIFIED,
            )
            license_house(self._houses[part.house])
        return self._houses[part.house]


def social_credit_code(number: int) -> str:
    """An invented code with a right check character (GB 32100-2015); no firm has an all-zero region."""
    body = f"91000000MA0DEM{number:02d}X"
    return body + str(uscc.calc_check_digit(body))
