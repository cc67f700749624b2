"""Whose tenants are whose: the floors below participants ask it whether an organisation is one of this node."""

from collections.abc import Callable
from uuid import UUID

Register = Callable[[UUID], bool]

_REGISTERS: list[Register] = []


def register_parties(register: Register) -> None:
    """Say how an organisation of this node is known by its id; called once, when the app starts."""
    if _REGISTERS and register not in _REGISTERS:
        raise TypeError("parties are registered by one floor")
    _REGISTERS[:] = [register]


def is_party(organisation: UUID) -> bool:
    """Whether an organisation of this id is, or was, registered at this node."""
    return bool(_REGISTERS) and _REGISTERS[0](organisation)
