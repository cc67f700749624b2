"""Tables of identifiers."""

from identifiers.models.blocks import NumberBlock
from identifiers.models.descriptors import Descriptor
from identifiers.models.evidence import Challenge, ProofKey, Sighting
from identifiers.models.identifiers import Identifier, IssuedCode
from identifiers.models.prefixes import Prefix
from identifiers.models.successions import Succession
from identifiers.models.transfers import Transfer

__all__ = [
    "Challenge",
    "Descriptor",
    "Identifier",
    "IssuedCode",
    "NumberBlock",
    "Prefix",
    "ProofKey",
    "Sighting",
    "Succession",
    "Transfer",
]
