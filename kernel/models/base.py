"""The base of every table: UUIDv7 key, generation, and who may see a row."""

from typing import ClassVar, Self, TypeVar
from uuid import UUID

from django.db import models
from django.db.models.functions import Now

from kernel.actor import Actor, Reach
from kernel.ids import new_id

M_co = TypeVar("M_co", bound="Entity", covariant=True)


class EntityQuerySet(models.QuerySet[M_co]):
    """Rows, and the one verb that narrows them to what an actor may see."""

    def visible_to(self, actor: Actor) -> Self:
        """The rows within the actor's reach: all, those it is a party to, its own, or none."""
        if actor.reach.everywhere or (self.model.public and actor.reach is not Reach.NONE):
            return self
        if actor.reach is Reach.NONE or actor.tenant_id is None:
            return self.none()
        fields = [self.model.tenant_field]
        if actor.reach is Reach.PARTY:
            fields += self.model.party_fields
        mine = models.Q()
        for field in fields:
            mine |= models.Q((field, actor.tenant_id))
        return self.filter(mine)


class Entity(models.Model):
    """A row with a time-ordered key, a creation time by the database's clock, and a generation.

    Every concrete model states `tenant_field` (the path to the tenant whose row it is) or `public = True`;
    `party_fields` are paths to further tenants that are a party to the row; with rows of the tenants of `shown_with`, which may
    be many, it is shown, though they do not find it by itself. PostgreSQL keeps to all three (kernel.row_security). `signs_in` opens the table to reading at the door, before anybody is known. Of what is `few`
    a tenant has hundreds at most: for rows whose tenant is found through it, PostgreSQL reads it whole, once a statement.
    """

    tenant_field: ClassVar[str] = ""
    party_fields: ClassVar[list[str]] = []
    shown_with: ClassVar[list[str]] = []
    public: ClassVar[bool] = False
    signs_in: ClassVar[bool] = False
    few: ClassVar[bool] = False

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    generation = models.PositiveIntegerField(default=1, editable=False)

    objects = EntityQuerySet.as_manager()

    class Meta:
        abstract = True

    def within_reach_of(self, actor: Actor) -> bool:
        """Whether this very row lies within the actor's reach, without asking the database again."""
        if actor.reach.everywhere or (self.public and actor.reach is not Reach.NONE):
            return True
        if actor.reach is Reach.NONE or actor.tenant_id is None:
            return False
        fields = [self.tenant_field] + (self.party_fields if actor.reach is Reach.PARTY else [])
        return any(self._follow(field) == actor.tenant_id for field in fields)

    def concerned(self) -> tuple[UUID, ...]:
        """The tenants that the row concerns: its own first, then those that are a party to it."""
        found = [self._follow(path) for path in (self.tenant_field, *self.party_fields)]
        return tuple(dict.fromkeys(each for each in found if each is not None))

    def _follow(self, path: str) -> UUID | None:
        value: object = self
        for name in path.split("__"):
            value = getattr(value, name)
        return value if isinstance(value, UUID) else None

    def advance(self, *fields: str) -> None:
        """Save the named fields as the next generation of the row."""
        self.generation += 1
        self.save(update_fields=[*fields, "generation"])
