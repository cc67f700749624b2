"""What the floors below `nodes` ask of the federation without knowing it: the node's word on bytes, and who holds a prefix.

`nodes` keeps the key and the register; it tells this module when it starts.
"""

from collections.abc import Callable
from dataclasses import dataclass

from kernel.crypto.messages import RegisteredKey

Wire = dict[str, str]
"""A signed statement as JSON: `payload` and `signature` in base64, `keyid`, `alg`."""


@dataclass(frozen=True, slots=True)
class Holder:
    """The node that answers for a prefix, where it is reached and which keys it signs with.

    Not `certain`: the node above ours, which knows who does. This node itself is without keys.
    """

    node: str
    name: str
    url: str
    keys: tuple[RegisteredKey, ...]
    certain: bool


@dataclass(frozen=True, slots=True)
class Federation:
    """`sign(payload, context)`: the exact bytes with this node's signature beside them, made for one purpose.

    `holder_of(prefix)`: the node that answers for it, or the way to it; None where nobody is known.
    """

    sign: Callable[[bytes, bytes], Wire]
    holder_of: Callable[[str], Holder | None]


_joined: list[Federation] = []


def join(federation: Federation) -> None:
    """Say who speaks for the federation; called once, when the app that does so starts."""
    if _joined:
        raise TypeError("the federation is joined twice")
    _joined.append(federation)


def federation() -> Federation:
    """Who speaks for the federation."""
    return _joined[0]
