"""What a masked reading leaves out: the members that config/permissions.yaml hides, and filters that would tell them."""

from collections.abc import Iterable, Mapping, MutableMapping
from typing import Any

from rest_framework import serializers

from kernel.actor import Actor, Reach
from kernel.api.pagination import SAME_LIST
from kernel.api.shapes import members_of
from kernel.errors import MaskedParameter
from kernel.permissions import masks


def mask(whole: Iterable[tuple[Any, MutableMapping[str, Any]]], operation: str, actor: Actor) -> None:
    """Take the hidden members out of each answer; beside it stands the row that says whose it is.

    What the actor's house owns, or is a party to, stays whole.
    """
    if actor.reach is Reach.MASKED:
        party = actor.reaching(Reach.PARTY)
        for row, answer in whole:
            if not row.within_reach_of(party):
                for name in masks()[operation]:
                    answer.pop(name, None)


def require_told(
    given: Mapping[str, Any], out: type[serializers.BaseSerializer[Any]], operation: str, actor: Actor
) -> None:
    """Raise MaskedParameter for a filter or an order by what a masked reading does not say."""
    if actor.reach is not Reach.MASKED:
        return
    told = {*members_of(out), "created_at"} - masks()[operation]
    order = str(given.get("order_by", "created_at")).removeprefix("-")
    asked = {name: name.split("__", 1)[0] for name in given if name not in SAME_LIST} | {"order_by": order}
    if wrong := sorted(name for name, member in asked.items() if member not in told):
        known = ", ".join(sorted(SAME_LIST | told | {"order_by"}))
        raise MaskedParameter(parameter=wrong[0], names=", ".join(wrong), known=known)
