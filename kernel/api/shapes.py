"""What an answer is made of: fewer members (`fields=`), or a relation whole (`expand=`), as far as the caller may read it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rest_framework import serializers

from kernel.actor import Actor, Reach
from kernel.errors import InvalidField
from kernel.models.base import EntityQuerySet
from kernel.permissions import by_mandate, reach_of
from kernel.services.mandates import note_mandate
from kernel.tenancy import reaching_as

ALWAYS = frozenset({"id"})
WHOLE = "expanded"


@dataclass(frozen=True, slots=True)
class Related:
    """A relation that a reader may ask to see whole.

    `id_field` is the row's member with the other's id; `operation` is the row of the permission table that says who
    may read the other; `rows` are all others with what `out` needs, in one query.
    """

    id_field: str
    operation: str
    rows: EntityQuerySet[Any]
    out: type[serializers.ModelSerializer[Any]]


def expanded(answer: str, **relations: Related) -> serializers.Serializer[Any]:
    """The member `expanded` of an answer: `expand=name` puts the other under `expanded.name`.

    It is absent where it was not asked for, is not there, or is not the caller's to read.
    """
    members: dict[str, Any] = {
        name: related.out(read_only=True, required=False) for name, related in relations.items()
    }
    members["__doc__"] = "Relations that were asked for by `expand`, as far as the caller may read them."
    members["relations"] = relations
    kind: Any = type(f"{answer}ExpandedOut", (serializers.Serializer,), members)
    return kind(read_only=True, required=False)  # type: ignore[no-any-return] # made above


def expansions_of(out: type[serializers.BaseSerializer[Any]]) -> Mapping[str, Related]:
    """The relations of an answer by name."""
    found: Mapping[str, Related] = getattr(_members(out).get(WHOLE), "relations", {})
    return found


def members_of(out: type[serializers.BaseSerializer[Any]]) -> list[str]:
    """The members of an answer that `fields` may name."""
    return [name for name in _members(out) if name != WHOLE]


def _members(out: type[serializers.BaseSerializer[Any]]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = getattr(out(), "fields", {})
    return found


def narrow(serializer: serializers.BaseSerializer[Any], wanted: Sequence[str] | None) -> None:
    """Leave only the wanted members, and the id. Raises InvalidField naming what the answer does not have."""
    one: Any = serializer.child if isinstance(serializer, serializers.ListSerializer) else serializer
    members: dict[str, Any] | None = getattr(one, "fields", None)
    if wanted is None or members is None:
        return
    _require_known("fields", wanted, [name for name in members if name != WHOLE])
    for name in set(members) - set(wanted) - ALWAYS - {WHOLE}:
        members.pop(name)


def expand(
    rows: Sequence[Any],
    out: type[serializers.BaseSerializer[Any]],
    wanted: Iterable[str],
    actor: Actor,
) -> None:
    """Put the wanted relations beside each row: one query for each relation, of rows that the actor may read.

    A masked reading has none, and none is masked: an other that stands beside its row would tell whose both are.
    """
    names = list(dict.fromkeys(wanted))
    relations = expansions_of(out) if names else {}
    _require_known("expand", names, relations)
    for name in names:
        related = relations[name]
        reader = actor.reaching(reach_of(related.operation, actor))
        if Reach.MASKED in (actor.reach, reader.reach):
            continue
        ids = {getattr(row, related.id_field) for row in rows} - {None}
        if by_mandate(related.operation, actor):
            note_mandate(operation=related.operation, on=None, actor=actor)
        with reaching_as(reader):
            others = related.rows.all().visible_to(reader).in_bulk(ids)
        for row in rows:
            if (other := others.get(getattr(row, related.id_field))) is not None:
                row.__dict__.setdefault(WHOLE, {})[name] = other


def _require_known(parameter: str, given: Iterable[str], known: Iterable[str]) -> None:
    if unknown := sorted(set(given) - set(known)):
        names = ", ".join(known)
        raise InvalidField(
            parameter=parameter,
            reason_zh=f"未知：{', '.join(unknown)}；可用：{names or '无'}。",
            reason_en=f"Unknown: {', '.join(unknown)}. It takes: {names or 'nothing'}.",
        )
