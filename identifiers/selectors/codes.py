"""Reading codes, for the floors above."""

from identifiers.domain.codes import Code
from identifiers.errors import MalformedCode


def prefix_of(text: str) -> str:
    """The prefix of a code in its one canonical spelling. Raises MalformedCode for anything else."""
    code = Code.parse(text)
    if str(code) != text:
        raise MalformedCode(reason_zh=f"规范写法为 {code}", reason_en=f"its canonical spelling is {code}")
    return code.prefix
