"""Batches: many items in one call, all or nothing or each for itself, with a result for every item.

Up to 1,000 items are done while the caller waits; a view may take more, and then answers later (202 and an operation).
"""

from collections.abc import Sequence
from typing import Any, ClassVar, cast
from uuid import UUID

from django.utils.translation import get_language
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.actor import Actor
from kernel.api.members import unknown_members
from kernel.api.problems import ProblemDocument, document, pointers
from kernel.api.views import HouseView
from kernel.errors import InvalidInput, Problem
from kernel.models.base import Entity
from kernel.permissions import by_mandate
from kernel.text import Text

MOST_ITEMS = 1000
TOO_MANY = Text(
    "一次最多 {most} 项；请分批提交。", "At most {most} items at once; send the rest in further batches."
)

Outcome = UUID | Problem


class BatchRefused(Problem):
    """All or nothing was asked for, and at least one item is wrong."""

    status = 409
    code = "batch_refused"
    title = Text("整批未执行", "The batch was refused")
    detail = Text(
        "{total} 项中有 {failed} 项有误，整批未执行；请按 errors 逐项更正，或以 atomic=false 仅执行正确的项。",
        "{failed} of {total} items are wrong, so nothing was done; correct what errors names, or send atomic=false.",
    )


class BatchIn(serializers.Serializer[Any]):
    """The items, each judged by itself, and whether one bad one refuses them all."""

    items = serializers.ListField(child=serializers.DictField(), min_length=1)
    atomic = serializers.BooleanField(default=False)

    def validate_items(self, items: list[Any]) -> list[Any]:
        """Refuse more than the view takes."""
        most = self.context["view"].most_items
        if len(items) > most:
            raise serializers.ValidationError(TOO_MANY.format(most=most).within(get_language()), "max_length")
        return items


class BatchItemOut(serializers.Serializer[Any]):
    """What became of one item: its id, or the problem, whose pointers are within the item."""

    index = serializers.IntegerField(help_text="place among the items, from 0")
    status = serializers.IntegerField(help_text="as if the item had come alone")
    id = serializers.UUIDField(allow_null=True)
    problem = ProblemDocument(allow_null=True)


class BatchOut(serializers.Serializer[Any]):
    """The results in the order of the items."""

    succeeded = serializers.IntegerField()
    failed = serializers.IntegerField()
    items = BatchItemOut(many=True)


def batch_of(
    item: type[serializers.Serializer[Any]], most: int = MOST_ITEMS
) -> type[serializers.Serializer[Any]]:
    """The request of a batch of `item`, for `extend_schema(request=…)`."""
    members = {
        "__doc__": f"Up to {most} items; `atomic`: all or nothing.",
        "items": item(many=True),
        "atomic": serializers.BooleanField(default=False),
    }
    name = item.__name__.removesuffix("In") + "BatchIn"
    return cast("type[serializers.Serializer[Any]]", type(name, (serializers.Serializer,), members))


class BatchView(HouseView):
    """A batch: a subclass says how an item is read (`item`) and what is done with the readable ones (`act`).

    Of more than MOST_ITEMS (up to `most_items`) the answer comes later, asked for or not.
    """

    may_wait = True
    most_items: ClassVar[int] = MOST_ITEMS
    item: ClassVar[type[serializers.Serializer[Any]]]
    status_of_item: ClassVar[int] = 201

    def _is_for_later(self, request: Request, actor: Actor) -> bool:
        if super()._is_for_later(request, actor):
            return True
        asked = request.data.get("items") if isinstance(request.data, dict) else None
        large = isinstance(asked, list) and MOST_ITEMS < len(asked) <= self.most_items
        return large and not by_mandate(self.operation, actor)

    def act(self, items: Sequence[Any]) -> list[Outcome]:
        """Do the items; for each its id or why not, in order."""
        raise NotImplementedError

    def batch(self) -> Response:
        """Read every item, do the right ones, and say what became of each.

        Raises BatchRefused, so that nothing stays, where `atomic` is asked for and any item is wrong.
        """
        data = self.read(BatchIn)
        readers = [self.item(data=item, context={"view": self}) for item in data["items"]]
        unknown = [unknown_members(reader, reader.initial_data) for reader in readers]
        readable = [place for place, reader in enumerate(readers) if reader.is_valid() and not unknown[place]]
        self.report(0, len(readers))
        done = self.act([readers[place].validated_data for place in readable]) if readable else []
        outcomes: dict[int, Outcome] = dict(zip(readable, done, strict=True))
        items = [
            self._told(place, [*unknown[place], *pointers(reader.errors)], outcomes.get(place))
            for place, reader in enumerate(readers)
        ]
        wrong = [each for each in items if each["problem"]]
        if wrong and data["atomic"]:
            raise BatchRefused(items=_together(wrong), failed=len(wrong), total=len(items))
        self.report(len(readers), len(readers))
        return Response({"succeeded": len(items) - len(wrong), "failed": len(wrong), "items": items})

    def _told(self, place: int, faults: list[dict[str, str]], outcome: Outcome | None) -> dict[str, Any]:
        if isinstance(outcome, UUID):
            return {"index": place, "status": self.status_of_item, "id": outcome, "problem": None}
        if outcome is None:
            outcome = InvalidInput(items=faults)
        return {"index": place, "status": outcome.status, "id": None, "problem": document(outcome)}


def ids_of(found: Sequence[Entity | Problem]) -> list[Outcome]:
    """The outcome of each of the rows that were made, or not."""
    return [each if isinstance(each, Problem) else each.id for each in found]


def _together(wrong: list[dict[str, Any]]) -> list[dict[str, str]]:
    """The problems of all items as one list, each pointer from the top of the body."""
    return [
        {**error, "pointer": f"/items/{each['index']}{error['pointer']}"}
        for each in wrong
        for error in each["problem"].get("errors")
        or [{"pointer": "", "code": each["problem"]["code"], "detail": each["problem"]["detail"]}]
    ]
