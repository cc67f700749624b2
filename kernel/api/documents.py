"""JSON that floors keep as a document: shown as it is kept, described by a serializer."""

from typing import Any

from drf_spectacular.drainage import set_override
from rest_framework import serializers


class DocumentField(serializers.JSONField):
    """A member that is shown as it was kept. `shape` describes it in the contract and is never run over it.

    A serializer, a field, or the name of a component that another floor describes: `DocumentField("AnswerOut")`.
    """

    def __init__(self, shape: Any, **options: Any) -> None:
        """Keep the shape for the contract."""
        super().__init__(**options)
        set_override(self, "field", component(shape) if isinstance(shape, str) else shape)


def component(name: str) -> dict[str, Any]:
    """The schema of that name, which stands in the contract because another operation has it."""
    return {"$ref": f"#/components/schemas/{name}"}
