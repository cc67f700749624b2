"""JSON bodies as every operation reads them: a key that is given twice is refused, whichever value was meant."""

import json
from collections.abc import Mapping
from typing import IO, Any, ClassVar

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser
from rest_framework.utils.json import strict_constant

from kernel.api.bodies import UNSTORABLE
from kernel.errors import InvalidField
from kernel.objects import RepeatedKeyError, distinct, walk
from kernel.quantities import NumberText
from kernel.text import token


class DistinctParser(JSONParser):
    """JSON whose objects have every key once."""

    fractions: ClassVar[type[NumberText] | None] = None

    def parse(self, stream: IO[Any], media_type: Any = None, parser_context: Any = None) -> Any:
        """The body. Raises ParseError where it is no JSON, or too deep to be read, InvalidField with the pointer of a key that is there twice."""
        twice: list[tuple[dict[str, Any], str]] = []

        def noted(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
            try:
                return distinct(pairs)
            except RepeatedKeyError as error:
                twice.append((found := dict(pairs), error.key))
                return found

        try:
            text = stream.read().decode("utf-8")
            data = json.loads(
                text, object_pairs_hook=noted, parse_constant=strict_constant, parse_float=self.fractions
            )
        except (ValueError, RecursionError) as error:
            raise ParseError(f"JSON parse error - {error}") from error
        if twice:
            raise _given_twice(data, {id(found): key for found, key in twice})
        return data


class ExactParser(DistinctParser):
    """JSON whose numbers with a point or an exponent come as they are written: no float stands between."""

    fractions = NumberText


def _given_twice(data: Any, twice: Mapping[int, str]) -> InvalidField:
    """The fault of a key that is there twice. One that lost to its double is gone with it, and the object around it is known."""
    for path, value in walk(data):
        if (key := twice.get(id(value))) is not None:
            name = UNSTORABLE.sub("?", key)
            pointer = "".join(f"/{token(str(each))}" for each in (*path, key))
            return InvalidField(
                pointer=UNSTORABLE.sub("?", pointer),
                reason_zh=f"键 {name} 出现了两次；请只保留一个",
                reason_en=f"The key {name} is there twice; keep one",
            )
    raise AssertionError("an object with a key twice lies in the body")
