"""JSON that floors keep as a document: read without a float, shown as it is kept, described by a serializer."""

import json
from typing import IO, Any

from drf_spectacular.drainage import set_override
from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser
from rest_framework.utils.json import strict_constant

from kernel.quantities import NumberText


class ExactParser(JSONParser):
    """JSON whose numbers with a point or an exponent come as they are written: no float stands between."""

    def parse(self, stream: IO[Any], media_type: Any = None, parser_context: Any = None) -> Any:
        """The body; raises ParseError as the parser of every other operation does."""
        try:
            return json.loads(stream.read(), parse_float=NumberText, parse_constant=strict_constant)
        except ValueError as error:
            raise ParseError(f"JSON parse error - {error}") from error


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
