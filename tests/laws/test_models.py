"""Laws about tables: foreign keys point down, and every row says whose it is or that it is public."""

from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, PermissionsMixin
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import FieldDoesNotExist
from django.db import models

from identifiers.models import Identifier
from kernel.models import Claim, Job
from kernel.models.base import Entity
from participants.models import Membership, Organisation, User
from tests.laws.house import FLOORS

Model = type[models.Model]


def models_of_the_house() -> list[Model]:
    return [model for model in apps.get_models() if model._meta.app_label in FLOORS]


def pointing_up(model: Model, target: Model) -> str | None:
    """What is wrong with a foreign key from `model` to `target`, if anything is."""
    own, other = model._meta.app_label, target._meta.app_label
    if other not in FLOORS:
        inherited = model is User and issubclass(User, PermissionsMixin)
        return None if inherited else f"{model.__name__} points out of the house at {target.__name__}"
    if FLOORS.index(other) > FLOORS.index(own):
        return f"{model.__name__} ({own}) points up at {target.__name__} ({other}): keep the id instead"
    return None


def last_field(model: Model, path: str) -> "models.Field[Any, Any] | None":
    """The field that a path of double underscores ends at; None where it leads nowhere."""
    here: Model | None = model
    found = None
    for name in path.split("__"):
        if here is None:
            return None
        try:
            found = here._meta.get_field(name)
        except FieldDoesNotExist:  # organisation_id is the attribute of the field organisation
            by_column = [each for each in here._meta.concrete_fields if each.attname == name]
            if not by_column:
                return None
            found = by_column[0]
        here = found.related_model if isinstance(found.related_model, type) else None
    return found if isinstance(found, models.Field) else None


def crosses_many(model: Model, path: str) -> bool:
    """Whether a path passes a relation to many rows: a filter on it would give a row once for each of them."""
    here: Any = model
    for name in path.split("__"):
        try:
            field = here._meta.get_field(name) if here else None
        except FieldDoesNotExist:
            return False
        if field is None:
            return False
        if field.one_to_many or field.many_to_many:
            return True
        here = field.related_model
    return False


def tenancy_complaints(model: Model) -> Iterator[str]:
    """What is wrong with a model's word on whose rows it has."""
    public, path = getattr(model, "public", False), getattr(model, "tenant_field", "")
    if public and path:
        yield f"{model.__name__} is public and has a tenant: choose"
    if not public and not path:
        yield f"{model.__name__} says neither tenant_field nor public = True"
    paths: Iterable[str] = (
        [path, *getattr(model, "party_fields", []), *getattr(model, "shown_with", [])] if path else []
    )
    for each in paths:
        field = last_field(model, each)
        if not isinstance(field, models.UUIDField | models.ForeignKey):
            yield f"{model.__name__}: {each} does not lead to the id of a tenant"


@pytest.mark.parametrize("model", models_of_the_house(), ids=lambda model: model._meta.label)
def test_foreign_keys_point_down(model: Model) -> None:
    targets = [each.related_model for each in model._meta.get_fields() if each.is_relation and each.concrete]
    assert [
        wrong for target in targets if isinstance(target, type) if (wrong := pointing_up(model, target))
    ] == []


@pytest.mark.parametrize("model", models_of_the_house(), ids=lambda model: model._meta.label)
def test_every_table_says_whose_its_rows_are(model: Model) -> None:
    assert list(tenancy_complaints(model)) == []


@pytest.mark.parametrize("model", [each for each in models_of_the_house() if issubclass(each, Entity)],
                         ids=lambda model: model._meta.label)  # fmt: skip
def test_visible_to_never_gives_a_row_twice(model: type[Entity]) -> None:
    paths = [model.tenant_field, *model.party_fields]
    assert [path for path in paths if path and crosses_many(model, path)] == []


def test_a_path_to_many_rows_is_noticed() -> None:
    assert crosses_many(Membership, "keys__membership_id")
    assert crosses_many(Membership, "user__memberships__organisation_id")
    assert not crosses_many(Membership, "organisation__id")


@pytest.mark.parametrize("model", models_of_the_house(), ids=lambda model: model._meta.label)
def test_every_constraint_and_index_has_a_name_that_a_person_gave(model: Model) -> None:
    named = [*model._meta.constraints, *model._meta.indexes]
    assert [each.name for each in named if not each.name or each.name.endswith("_idx")] == []
    assert not model._meta.unique_together


def test_a_foreign_key_upwards_and_one_out_of_the_house_are_noticed() -> None:
    assert pointing_up(Identifier, Organisation) is not None
    assert pointing_up(Claim, Membership) is not None
    assert pointing_up(Membership, ContentType) is not None
    assert pointing_up(Membership, User) is None
    assert pointing_up(User, Group) is None


def test_a_table_without_a_tenant_and_a_path_to_nowhere_are_noticed() -> None:
    class Planted:
        """The words of a model on tenancy, around a real table."""

        def __init__(self, **words: object) -> None:
            self._meta, self.__name__ = Membership._meta, "Planted"
            vars(self).update(words)

    def complaints(**words: object) -> list[str]:
        return list(tenancy_complaints(Planted(**words)))  # type: ignore[arg-type] # quacks like one

    assert complaints() != []
    assert complaints(public=True, tenant_field="organisation_id") != []
    assert complaints(tenant_field="organization_id") != []
    assert complaints(tenant_field="roles") != []
    assert complaints(tenant_field="organisation_id", party_fields=["user__nobody"]) != []
    assert complaints(tenant_field="organisation_id") == []
    assert complaints(tenant_field="organisation__id") == []
    assert list(tenancy_complaints(Job)) == []
